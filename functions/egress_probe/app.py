"""The handler of tradai-egress-probe.

It calls no AWS service: its subnets reach none while the NAT is down. A verdict against the NAT ends the
invocation with an error, and the Lambda service, which needs neither NAT nor endpoint, hands that to the
on-failure destination, tradai-update-nat-routes.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from egress_probe.events import Action, parse
from egress_probe.observe import ask_all
from egress_probe.reconcile import CONFIRMING_ROUNDS, SCHEDULED_ROUNDS, Watch
from egress_probe.settings import Settings
from tradai_shared.handler import invocation, make_logger

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

    from tradai_shared.errors import Answer

SERVICE = "egress_probe"
logger = make_logger(SERVICE)


def lambda_handler(event: dict[str, object], context: LambdaContext) -> Answer:
    """Probe egress for one minute, or for a few rounds to confirm a failure.

    Raises:
        EgressDownError, WrongEgressAddressError: the verdict, for the on-failure destination.
        EventError: the event cannot be understood.
        SettingsError: a deployment variable is missing or malformed.
    """
    with invocation(logger, context):
        return _handle(event)


def _handle(event: dict[str, object]) -> Answer:
    settings = Settings.from_env(os.environ)
    request = parse(event)
    watch = Watch(settings, ask_all)
    try:
        watch.run(SCHEDULED_ROUNDS if request.action is Action.PROBE else CONFIRMING_ROUNDS)
    finally:
        _log(watch, request.suspect)
    return _answer(settings, watch)


def _log(watch: Watch, suspect: str | None) -> None:
    problems = sorted(
        {
            f"{attempt.endpoint} {attempt.problem}"
            for each in watch.rounds
            for attempt in each.tries
            if attempt.problem
        }
    )
    logger.info("probed", extra={**_summary(watch), "suspect": suspect, "problems": problems})


def _summary(watch: Watch) -> dict[str, object]:
    return {"rounds": len(watch.rounds), "silent": watch.silent, "addresses": list(watch.addresses)}


def _answer(settings: Settings, watch: Watch) -> Answer:
    return {
        "success": True,
        "data": {"summary": _summary(watch), "results": []},
        "environment": str(settings.environment),
    }

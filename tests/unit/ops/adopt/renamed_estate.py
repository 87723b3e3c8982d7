"""The platform's estate under other names and with other values: what a real account may look like."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from drift_check import checks
from drift_check.observe.observer import Observer, no_progress
from drift_check.scan import Scan, Scanner
from ops.adopt.account import AccountLook
from ops.adopt.dialogue import Dialogue, Outcome, refused_again
from simulator import estate
from simulator.estate import network, services
from tests.fakes.clock import FakeClock
from tradai_shared import clock
from tradai_shared.config.build import build
from tradai_shared.config.naming import Environment
from tradai_shared.config.overrides import OverrideFile
from tradai_shared.config.parameters import copied, put, with_parameters
from tradai_shared.config.paths import value_at

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from ops.adopt.model import Decision, Difference
    from tradai_shared.config.models import CanonicalConfig

ENV = Environment.PROD
AWS = {
    "AWS_DEFAULT_REGION": "eu-central-1",
    "AWS_ACCESS_KEY_ID": "invented",
    "AWS_SECRET_ACCESS_KEY": "invented",
    "MOTO_EC2_LOAD_DEFAULT_AMIS": "false",
}
SECTIONS = (
    "dynamodb.tables",
    "s3.buckets",
    "secrets",
    "sns",
    "ecs.services",
    "lambdas",
    "network.security_groups",
)
SINGLE = ("rds.identifier", "cognito.name", "ecs.cluster", "nat.name", "nat.group.name", "nat.alarm")


def renamed(rename: Callable[[str], str], values: Mapping[str, Any]) -> dict[str, Any]:
    """Own values in which every name is another one, with more values laid over them."""
    config, own = build(ENV), dict[str, Any]()
    for section in SECTIONS:
        entries: Any = value_at(config, section)
        for key, entry in entries.items():
            put(own, f"{section}.{key}.name", rename(entry.name))
    for path in SINGLE:
        put(own, path, rename(str(value_at(config, path))))
    put(own, "nat.function", rename(config.nat.function))
    put(own, "nat.lifecycle_hooks.launch.name", rename("tradai-nat-launch-prod"))
    put(own, "network.route_tables.private.name", rename("tradai-private-rt-prod"))
    for path, value in values.items():
        put(own, path, value)
    return own


@dataclass(frozen=True, slots=True)
class Account:
    """What stands, the configuration that it was made from, and what doctor finds of it."""

    client: Callable[[str], Any]
    built: estate.Estate
    truth: CanonicalConfig
    parameters: Mapping[str, str]

    def adopt(
        self,
        answer: Callable[[Difference], Decision | None],
        file: OverrideFile | None = None,
        client: Callable[[str], Any] | None = None,
    ) -> Outcome:
        look = AccountLook(ENV, client or self.client, self.parameters, no_progress)
        dialogue = Dialogue(ENV, clock.now().date(), look, answer)
        return refused_again(dialogue.run(file or OverrideFile()))

    def scan(self, file: OverrideFile, client: Callable[[str], Any] | None = None) -> Scan:
        config = build(ENV, with_parameters(file, self.parameters, ENV))
        return Scanner(config, checks.ALL, Observer(client or self.client)).scan()


@contextmanager
def account(rename: Callable[[str], str], values: Mapping[str, Any]) -> Iterator[Account]:
    """An account with everything that the configuration names, under other names."""
    truth = build(ENV, copied(renamed(rename, values)))

    def resource_name(component: str, env: str) -> str:
        return rename(f"tradai-{component}-{env}")

    with (
        patch.dict(os.environ, AWS),
        estate.account() as client,
        patch.object(network, "resource_name", resource_name),
        patch.object(services, "resource_name", resource_name),
        clock.use(FakeClock(clock.now())),
    ):
        cached = cache(client)
        built = estate.build(truth, cached)
        yield Account(cached, built, truth, parameters(truth, built))


def parameters(truth: CanonicalConfig, built: estate.Estate) -> dict[str, str]:
    """The stack's parameters, as doctor finds them."""
    return {
        "NatAsgName": truth.nat.group.name,
        "NatFunctionName": truth.nat.function,
        "NatAlarmName": truth.nat.alarm,
        "NatHookNames": truth.nat.lifecycle_hooks["launch"].name,
        "PrivateRouteTableIds": built.ids["table:private"],
    }

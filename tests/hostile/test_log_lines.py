"""No secret in a log line: what an event carries beside the names that a run needs is not logged."""

from __future__ import annotations

import copy
import io
import json
from typing import Any
from unittest.mock import patch

import pytest

from simulator.scenario import boot_scripts
from simulator.scenario.world import World
from tradai_shared.handler import make_logger

pytestmark = pytest.mark.any_python

SECRET = "wJalrXUtnFEMI-EXAMPLE-SECRET"


def with_secrets(event: dict[str, Any]) -> dict[str, Any]:
    """The event with a secret wherever AWS or an operator could put one more field."""
    more = copy.deepcopy(event)
    more["detail"] |= {"NotificationMetadata": SECRET, "SecretString": SECRET}
    return more | {"secret": SECRET}


@pytest.mark.parametrize("refused", [False, True])
def test_no_token_and_no_secret_of_an_event_is_logged(*, refused: bool) -> None:
    with World(1, variables={"NAT_READINESS": "signal"}) as world:
        world.machines.script = boot_scripts.own(world.platform.allocation)
        world.start()
        world.kill(world.nat())
        world.advance(300)
        actions = [event for event in world.bus.history if "LifecycleActionToken" in event["detail"]]
        for event in actions:
            sent = with_secrets(event)
            if refused:
                sent["detail"]["EC2InstanceId"] = 7
            world.function.invoke(sent)
        tokens = {str(event["detail"]["LifecycleActionToken"]) for event in actions}
        logged = "".join(run.output.getvalue() for run in world.function.invocations)
        assert len(tokens) >= 2
        assert any(run.error is not None for run in world.function.invocations) is refused
        assert not [token for token in (SECRET, *tokens) if token in logged]


def test_half_a_surrogate_pair_loses_no_line(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    """As a Lambda's log has it: bytes of UTF-8."""
    with io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) as stream:
        logger = make_logger("update_nat_routes")
        with patch.object(logger.registered_handler, "stream", stream):
            logger.info("read", extra={"resource": "a\ud800b"})
        line = json.loads(stream.buffer.getvalue())
    assert line["resource"] == "a\ud800b"
    assert capfdbinary.readouterr().err == b""

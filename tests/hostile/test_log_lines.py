"""No secret in a log line: what an event carries beside the names that a run needs is not logged."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from simulator.scenario import boot_scripts
from simulator.scenario.world import World

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

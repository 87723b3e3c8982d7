"""One message when an outage begins, one when it is over, and none that repeats them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from simulator.aws.event_bridge import DeliveryFault
from simulator.scenario.world import World
from tests.simulation.assertions import SIGNAL, healed, signalling, writes

if TYPE_CHECKING:
    from collections.abc import Sequence

pytestmark = pytest.mark.any_python

STATE = "EC2 Instance State-change Notification"
REBALANCE, CLAIMED = "EC2 Instance Rebalance Recommendation", "i-0123456789abcdef0"
UNVERIFIED = "routes moved"  # without a signal nothing shows that the successor forwards
CODE_NAMES = ("ReplaceRoute", "AssociateAddress", "LAUNCH_ACTION", "rtb_", "None", "[]")


def messages(world: World, after: float) -> list[tuple[str, str]]:
    """Subject and plain text of each message that was published."""
    calls = [call for call in writes(world, after) if call.action == "sns:Publish"]
    return [
        (str(call.parameters["Subject"]), str(json.loads(str(call.parameters["Message"]))["default"]))
        for call in calls
    ]


def assert_begins_and_ends(
    published: Sequence[tuple[str, str]], lost: str, successor: str, outcome: str = UNVERIFIED
) -> None:
    assert [subject.partition(": ")[2].partition(" after")[0] for subject, _ in published] == [
        "the private subnets have no egress",
        outcome,
    ]
    (_, began), (_, over) = published
    assert lost in began
    assert successor in over
    for text in (began, over):
        for label in ("Since: 20", "Done: ", "Next: ", "You: ", "Runbook: "):
            assert label in text
        assert not [name for name in CODE_NAMES if name in text]


@pytest.mark.parametrize("seed", [3, 7])
def test_a_failover_that_worked_has_two_messages(seed: int) -> None:
    with World(seed=seed) as world:
        world.start()
        died = world.kill(lost := world.nat())
        assert healed(world, lost)
        world.advance(600)
        assert_begins_and_ends(messages(world, died), lost, world.nat())


def test_a_stopped_nat_has_two_messages() -> None:
    with World(seed=5) as world:
        world.start()
        stopped = world.stop(lost := world.nat())
        assert healed(world, lost)
        world.advance(600)
        assert_begins_and_ends(messages(world, stopped), lost, world.nat())


def test_a_lost_event_leaves_the_message_of_the_end() -> None:
    with World(seed=3) as world:
        world.start()
        world.mishap(DeliveryFault(detail_type=STATE, copies=0))
        died = world.kill(lost := world.nat())
        assert healed(world, lost)
        world.advance(600)
        ((subject, text),) = messages(world, died)
        assert UNVERIFIED in subject
        assert f"check that {world.nat()} forwards: nothing has shown it yet" in text


def test_egress_is_called_restored_where_the_successor_signalled() -> None:
    with World(seed=3, variables=SIGNAL) as world:
        world.machines.script = signalling(world)
        world.start()
        died = world.kill(lost := world.nat())
        assert healed(world, lost)
        world.advance(600)
        published = messages(world, died)
        assert_begins_and_ends(published, lost, world.nat(), "egress restored")
        assert "nothing has shown" not in published[-1][1]


def test_a_replacement_without_an_outage_needs_no_message() -> None:
    with World(seed=21, variables=SIGNAL) as world:
        world.machines.script = signalling(world)
        world.start()
        before = world.nat()
        began = world.refresh()
        assert healed(world, before, 600)
        world.advance(600)
        assert messages(world, began) == []


@pytest.mark.parametrize(("detail", "subjects"), [({}, 0), ({"notify": True}, 1), ({"notify": "yes"}, 0)])
def test_a_drill_is_quiet_unless_it_asks(detail: dict[str, object], subjects: int) -> None:
    with World(seed=23) as world:
        world.start()
        began = world.clock.elapsed
        world.bus.put("tradai.drill", REBALANCE, {"instance-id": CLAIMED, **detail}, [])
        world.advance(300)
        published = messages(world, began)
        assert len(published) == subjects
        assert all("drill" in subject and "Found: not verified" in text for subject, text in published)

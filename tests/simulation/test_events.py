"""Delivery of events: by the template's own patterns, at least once, in no promised order."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from simulator.aws.event_bridge import DeliveryFault
from simulator.scenario.world import World

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from simulator.aws.event_bridge import Event

LAUNCH = "EC2 Instance-launch Lifecycle Action"


@pytest.fixture
def arrivals() -> list[tuple[float, Event]]:
    return []


@pytest.fixture
def listening(arrivals: list[tuple[float, Event]]) -> Iterator[World]:
    """A world whose function writes down what arrives, before anything has happened in it."""

    def note(event: Event, _context: object) -> None:
        arrivals.append((made.clock.elapsed, event))

    made = World(handler=note)
    with made:
        yield made


@pytest.fixture
def send(listening: World) -> Callable[..., Event]:
    def state(instance: str = "i-1", state: str = "stopping", source: str = "aws.ec2") -> Event:
        detail = {"instance-id": instance, "state": state}
        return listening.bus.put(source, "EC2 Instance State-change Notification", detail, [])

    return state


def of(arrivals: list[tuple[float, Event]], instance: str) -> list[Event]:
    return [event for _, event in arrivals if event.get("detail", {}).get("instance-id") == instance]


def test_an_event_that_a_rule_matches_arrives_after_a_moment(
    listening: World, send: Callable[..., Event], arrivals: list[tuple[float, Event]]
) -> None:
    sent = send()
    listening.advance(5)
    assert of(arrivals, "i-1") == [sent]
    assert sent["time"] == "2026-03-28T09:00:00Z"
    assert arrivals[0][0] >= 0.3


def test_what_no_rule_matches_does_not_arrive(
    listening: World, send: Callable[..., Event], arrivals: list[tuple[float, Event]]
) -> None:
    send(state="pending")
    send(source="somebody.else")
    listening.bus.put("aws.autoscaling", LAUNCH, {"AutoScalingGroupName": "another group"}, [])
    listening.advance(2)
    assert arrivals == []


def test_a_drill_arrives_as_a_real_event_does(
    listening: World, send: Callable[..., Event], arrivals: list[tuple[float, Event]]
) -> None:
    sent = send(source="tradai.drill")
    listening.advance(5)
    assert of(arrivals, "i-1") == [sent]


@pytest.mark.parametrize("copies", [0, 1, 2])
def test_events_can_be_lost_or_come_twice(
    listening: World, send: Callable[..., Event], arrivals: list[tuple[float, Event]], copies: int
) -> None:
    listening.mishap(DeliveryFault("EC2 Instance State-change Notification", copies=copies, times=1))
    send("i-1")
    send("i-2")
    listening.advance(5)
    assert len(of(arrivals, "i-1")) == copies
    assert len(of(arrivals, "i-2")) == 1


def test_late_events_overtake_each_other(listening: World, send: Callable[..., Event]) -> None:
    listening.mishap(DeliveryFault(source="aws.ec2", delay=30))
    names = [f"i-{number}" for number in range(10)]
    for name in names:
        send(name)
    listening.advance(60)
    delivered = [entry for entry in listening.journal.entries if entry.what == "delivered"]
    mine = [entry.fields["instance"] for entry in delivered if entry.fields["instance"] in names]
    assert sorted(mine) == names
    assert mine != names
    assert max(entry.at for entry in delivered) > 10


def test_what_cannot_be_delivered_is_kept(
    listening: World, send: Callable[..., Event], arrivals: list[tuple[float, Event]]
) -> None:
    listening.mishap(DeliveryFault(source="aws.ec2", undeliverable=True, times=1))
    sent = send()
    listening.advance(5)
    assert of(arrivals, "i-1") == []
    assert listening.bus.dead_letters == [sent]


def test_the_schedule_ticks_every_minute_with_its_own_input(
    listening: World, arrivals: list[tuple[float, Event]]
) -> None:
    listening.advance(300)
    ticks = [time for time, event in arrivals if event == {"action": "reconcile", "dry_run": False}]
    assert len(ticks) == 5
    assert [round(later - earlier) for earlier, later in pairwise(ticks)] == [60] * 4


def test_ticks_can_be_lost(listening: World, arrivals: list[tuple[float, Event]]) -> None:
    listening.mishap(DeliveryFault(source="aws.scheduler", copies=0))
    listening.advance(300)
    assert not [event for _, event in arrivals if "action" in event]


def test_a_handler_cannot_change_the_event_of_another_invocation() -> None:
    def spoil(event: dict[str, Any], _context: object) -> None:
        event.clear()

    with World(handler=spoil) as world:
        world.mishap(DeliveryFault(copies=2))
        world.advance(20)
        launches = [
            invocation.event
            for invocation in world.function.invocations
            if invocation.event.get("detail-type") == LAUNCH
        ]
        assert len(launches) == 2
        assert launches[0] == launches[1] != {}

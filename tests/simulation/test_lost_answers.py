"""An answer is lost: the world is read before anything is written again, and a late effect is corrected."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from simulator.engine import interceptor
from simulator.engine.faults import Fault, Kind
from simulator.scenario.world import World
from tests.simulation.assertions import at_rest, healed

if TYPE_CHECKING:
    from simulator.engine.journal import Call

pytestmark = pytest.mark.any_python

WRITES = ["ec2:ReplaceRoute", "ec2:AssociateAddress", "ec2:ModifyInstanceAttribute"]
LIFETIME = 270.0  # seconds: the function's time-out
EARLIER = 10.0  # seconds after the time-out: the late effect finds the route as it wants it
PUT_RIGHT_WITHIN = 10.0  # seconds


@pytest.mark.parametrize("kind", [Kind.ANSWER_LOST, Kind.TIME_OUT])
@pytest.mark.parametrize("write", WRITES)
def test_no_write_is_repeated_before_the_world_was_read(write: str, kind: Kind) -> None:
    with World(seed=7) as world:
        world.start()
        world.fault(Fault(kind, write, actor="lambda", times=1))
        world.kill(lost := world.nat())
        assert healed(world, lost)
        for invocation in world.function.invocations:
            ordered: set[str] = set()
            for call in world.journal.calls_of(invocation.name):
                if not call.is_write:
                    ordered.clear()
                    continue
                order = f"{call.action} {sorted(call.parameters.items())}"
                assert order not in ordered, f"{order} was repeated blindly by {invocation.name}"
                ordered.add(order)


def test_an_order_that_takes_effect_late_leaves_the_world_right(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interceptor, "LATE_BY", (20.0, 20.0))
    with World(seed=7) as world:
        world.start()
        of_one = {"RouteTableId": world.platform.tables[0]}
        world.fault(Fault(Kind.LATE, "ec2:ReplaceRoute", parameters=of_one, actor="lambda", times=1))
        world.kill(first := world.nat())
        assert healed(world, first)
        world.kill(second := world.nat())
        assert healed(world, second)
        world.advance(90)
        assert at_rest(world)


def _late_order_and_refresh(world: World) -> str:
    """An order whose answer is lost, and then a planned replacement; the NAT that serves after it."""
    of_one = {"RouteTableId": world.platform.tables[0]}
    world.fault(Fault(Kind.LATE, "ec2:ReplaceRoute", parameters=of_one, actor="lambda", times=1))
    world.kill(lost := world.nat())
    assert healed(world, lost)
    before = world.nat()
    world.refresh()
    assert healed(world, before, 600)
    return world.nat()


def _orders(world: World, nat: str) -> list[Call]:
    """The function's orders of the first table's route to a NAT."""
    interface = world.machines[nat].instance.nics[0].id
    wanted = {"RouteTableId": world.platform.tables[0], "NetworkInterfaceId": interface}
    return [
        call
        for call in world.journal.calls
        if call.action == "ec2:ReplaceRoute"
        and call.actor.startswith("lambda")
        and wanted.items() <= call.parameters.items()
    ]


def _reads_between(world: World, run: str) -> list[str]:
    """What a run read of the tables between its last order of a route and its answer to the hook."""
    calls = sorted(world.journal.calls_of(run), key=lambda call: call.at)
    last = max(call.at for call in calls if call.action == "ec2:ReplaceRoute")
    (answer,) = [call.at for call in calls if call.action == "autoscaling:CompleteLifecycleAction"]
    return [
        call.action for call in calls if last < call.at < answer and call.action == "ec2:DescribeRouteTables"
    ]


def test_an_order_that_takes_effect_after_a_newer_one_is_put_right_by_the_same_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The same seed twice: the first time shows when the newer order is answered, before it is read back."""
    monkeypatch.setattr(interceptor, "LATE_BY", (EARLIER, EARLIER))
    with World(seed=7) as world:
        world.start()
        (newer,) = _orders(world, _late_order_and_refresh(world))
        (harmless,) = world.journal.calls_of(interceptor.LATE)
        assert harmless.at < newer.at
        answered = min(call.at for call in world.journal.calls_of(newer.actor) if call.at > newer.at)
    late_by = EARLIER + answered - harmless.at
    monkeypatch.setattr(interceptor, "LATE_BY", (late_by, late_by))
    with World(seed=7) as world:
        world.start()
        first, *again = _orders(world, _late_order_and_refresh(world))
        (late,) = world.journal.calls_of(interceptor.LATE)
        assert (first.at, late.at) == pytest.approx((newer.at, answered))
        assert [call.actor for call in again] == [first.actor]
        assert again[0].at < late.at + PUT_RIGHT_WITHIN
        assert _reads_between(world, again[-1].actor) == ["ec2:DescribeRouteTables"]
        assert at_rest(world)


@pytest.mark.parametrize("action", ["*", "ec2:ReplaceRoute", "sns:*"])
def test_calls_that_hang_leave_time_for_the_report(action: str) -> None:
    with World(seed=3) as world:
        world.start()
        world.fault(fault := Fault(Kind.TIME_OUT, action, actor="lambda"))
        died = world.kill(world.nat())
        world.advance(400)
        fault.times = 0
        world.run_until(lambda: not world.busy(), LIFETIME)
        runs = [one for one in world.function.invocations if one.started > died]
        assert runs
        for run in runs:
            assert run.error is None
            assert run.metrics
            assert run.ended is not None
            assert run.ended - run.started < LIFETIME

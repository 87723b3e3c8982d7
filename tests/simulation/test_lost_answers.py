"""An answer is lost: the world is read before anything is written again, and what comes late is mended."""

from __future__ import annotations

import pytest

from simulator.engine import interceptor
from simulator.engine.faults import Fault, Kind
from simulator.scenario.world import World
from tests.simulation.assertions import at_rest, healed

pytestmark = pytest.mark.any_python

WRITES = ["ec2:ReplaceRoute", "ec2:AssociateAddress", "ec2:ModifyNetworkInterfaceAttribute"]
LIFETIME = 270.0  # seconds: the function's time-out


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


@pytest.mark.parametrize("action", ["*", "ec2:ReplaceRoute", "sns:*"])
def test_calls_that_hang_leave_time_to_tell(action: str) -> None:
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

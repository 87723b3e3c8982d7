"""A drill: the shipped command against the simulated account, and what it makes of two looks."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ops.doctor.model import Account, Group, RouteTable
from ops.drill.follow import terminate_and_follow, watched
from ops.drill.log import drill_run
from ops.drill.model import Look, Moment, changes, is_healed, seconds_by_name
from ops.identity import Identity
from simulator.engine.virtual_clock import VirtualClock
from simulator.scenario.world import World
from tradai_shared import clock
from tradai_shared.errors import PermanentError

pytestmark = pytest.mark.any_python

HERE = Identity("123456789012", "arn:aws:iam::123456789012:user/operator", "eu-central-1")


def account(**changed: Any) -> Account:
    group = Group("nat", 1, ("subnet-1",), (), ())
    table = RouteTable("rtb-1", "private", "vpc-1", instance_id="i-a")
    values = {"group": group, "instance_id": "i-a", "tables": (table,), "allocation_ids": ("eipalloc-1",)}
    return Account(HERE, **{**values, **changed})


def healthy(target: str = "i-b") -> Look:
    return Look({target: "InService"}, {target: "running"}, {"rtb-1": target}, target)


def test_a_failover_is_followed_to_its_end_in_the_simulated_account() -> None:
    with World(seed=1) as world:
        world.start()
        victim = world.nat()
        observed = account(
            group=Group(world.platform.group, 1, (), (), ()),
            instance_id=victim,
            tables=tuple(RouteTable(table, "", "vpc") for table in world.platform.tables),
            allocation_ids=(world.platform.allocation,),
        )
        shown: list[Moment] = []
        report = terminate_and_follow(world.client, observed, "prod", shown.append)
        assert report.healed
        assert world.run_until(lambda: world.traffic.up, 10)  # packets follow what EC2 shows by some seconds
        assert report.instance_id == victim
        assert list(report.moments) == shown
        assert report.seconds["replacement_running"] <= report.seconds["routes_moved"]
        assert report.seconds["routes_moved"] == pytest.approx(world.traffic.outages[-1].seconds, abs=15)
        assert json.loads(json.dumps(report.document()))["seconds"] == report.seconds


def test_a_group_that_replaces_nothing_ends_at_the_limit_unhealed() -> None:
    with World(seed=1) as world:
        world.start()
        world.client("autoscaling").suspend_processes(
            AutoScalingGroupName=world.platform.group, ScalingProcesses=["Launch"]
        )
        observed = account(
            group=Group(world.platform.group, 1, (), (), ()),
            instance_id=world.nat(),
            tables=tuple(RouteTable(table, "", "vpc") for table in world.platform.tables),
            allocation_ids=(world.platform.allocation,),
        )
        report = terminate_and_follow(world.client, observed, "prod", lambda _: None, limit=60)
        assert not report.healed


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"group": None}, "run doctor"),
        ({"instance_id": None}, "run doctor"),
        ({"group": Group("nat", 0, (), (), ())}, "desired 0"),
        ({"group": Group("nat", 1, (), ("Launch",), ())}, "Launch suspended"),
    ],
)
def test_where_the_nat_would_not_be_replaced_there_is_no_drill(changed: dict[str, Any], reason: str) -> None:
    with pytest.raises(PermanentError, match=reason):
        watched(account(**changed))


def test_it_is_healed_when_all_is_with_one_other_member_that_serves() -> None:
    assert is_healed(healthy(), "i-a", with_address=True)
    assert not is_healed(healthy("i-a"), "i-a", with_address=True)
    for broken in (
        Look({"i-b": "Pending:Wait"}, {"i-b": "running"}, {"rtb-1": "i-b"}, "i-b"),
        Look({"i-b": "InService"}, {"i-b": "pending"}, {"rtb-1": "i-b"}, "i-b"),
        Look({"i-b": "InService"}, {"i-b": "running"}, {"rtb-1": "i-b", "rtb-2": "i-a"}, "i-b"),
        Look({"i-b": "InService"}, {"i-b": "running"}, {"rtb-1": None}, "i-b"),
        Look({}, {}, {}, None),
    ):
        assert not is_healed(broken, "i-a", with_address=True)
    no_address = Look({"i-b": "InService"}, {"i-b": "running"}, {"rtb-1": "i-b"}, None)
    assert is_healed(no_address, "i-a", with_address=False)
    assert not is_healed(no_address, "i-a", with_address=True)


def test_each_change_is_named_once() -> None:
    before = Look({"i-a": "InService"}, {"i-a": "running"}, {"rtb-1": "i-a"}, "i-a")
    after = Look({"i-a": "Terminating", "i-b": "Pending"}, {"i-a": "terminated"}, {"rtb-1": "i-a"}, None)
    assert [name for name, _ in changes(before, after, "i-a")] == [
        "instance_ended",
        "replacement_launched",
        "address_free",
    ]
    assert [name for name, _ in changes(after, healthy(), "i-a")] == [
        "instance_ended",
        "replacement_running",
        "address_moved",
        "route_moved",
        "replacement_in_service",
    ]
    assert list(changes(after, after, "i-a")) == []


def test_egress_counts_as_back_when_the_last_route_has_moved() -> None:
    moments = (Moment(3, "route_moved", "a"), Moment(5, "route_moved", "b"), Moment(1, "address_moved", "c"))
    assert seconds_by_name(moments) == {"routes_moved": 5, "address_moved": 1}


class Logs:
    """Answers FilterLogEvents with these messages, after so many empty answers."""

    def __init__(self, *messages: str, empty: int = 0) -> None:
        self.messages, self.empty = messages, empty

    @staticmethod
    def can_paginate(_: str) -> bool:
        return False

    def filter_log_events(self, **_: object) -> dict[str, Any]:
        self.empty -= 1
        return {"events": [] if self.empty >= 0 else [{"message": message} for message in self.messages]}


def run_line(trigger: str) -> str:
    return json.dumps({"message": "run", "summary": {"trigger": trigger, "routes_replaced": 0}})


@pytest.mark.parametrize(
    ("logs", "observed"),
    [
        (Logs("not json", "[1]", run_line("reconcile"), run_line("drill"), empty=3), True),
        (Logs(run_line("reconcile")), False),
        (Logs(), False),
    ],
)
def test_only_the_drill_s_own_run_answers_it(logs: Logs, observed: bool) -> None:  # noqa: FBT001 - a parameter
    with clock.use(VirtualClock()):
        summary = drill_run(lambda _: logs, "tradai-update-nat-routes", clock.now(), limit=20)
    assert (summary is not None) is observed

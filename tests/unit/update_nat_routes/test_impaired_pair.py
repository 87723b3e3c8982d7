"""Status checks that fail in a pair: a move can be undone, so that one witness is enough for it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tests.unit.update_nat_routes.builder import (
    NOW,
    SHARED,
    decide,
    instance,
    kinds,
    member,
    tables,
    to_instance,
    two_groups,
)
from update_nat_routes.actions import AssociateAddress
from update_nat_routes.events import Trigger, TriggerKind
from update_nat_routes.model import DOUBT_TAG
from update_nat_routes.planner.lifecycle_hooks import DataRequest
from update_nat_routes.planner.nat_state import RunState, TableState

if TYPE_CHECKING:
    from update_nat_routes.model import Observed
    from update_nat_routes.planner.plan import Plan

RECONCILE = Trigger(kind=TriggerKind.RECONCILE)
OLD = 900.0


def pair(eip: str | None = "i-a", **changes: Any) -> Observed:  # noqa: ANN401 - the fields of a dataclass
    """a carries, b stands by; both say that they are ready. The hooks have been read."""
    instances = [instance(name, age=OLD, ready_tag="boot") for name in ("i-a", "i-b")]
    world = two_groups([member("i-a")], [member("i-b")], instances, tables(to_instance("i-a")), eip=eip)
    return replace(world, **{"hooks": (), **changes})


def scheduled(world: Observed, memory: RunState | None = None) -> Plan:
    return decide(world, trigger=RECONCILE, given=SHARED, memory=memory or RunState())


def test_traffic_leaves_an_impaired_carrier_before_it_is_replaced() -> None:
    plan = scheduled(pair(impaired={"i-a": NOW}))
    assert kinds(plan) == [f"TagGroup {DOUBT_TAG}", "AssociateAddress eipalloc-0a", "ReplaceRoute rtb-1"]
    assert plan.tables == {"rtb-1": TableState.DOWN}
    assert plan.standby_ready is False


def test_the_impaired_one_is_replaced_once_traffic_has_left_it() -> None:
    world = pair("i-b", impaired={"i-a": NOW}, tables=tables(to_instance("i-b")))
    assert kinds(scheduled(world)) == ["ReportUnhealthy i-a"]


def test_traffic_stays_where_both_are_impaired() -> None:
    plan = scheduled(pair(impaired={"i-a": NOW, "i-b": NOW}))
    assert kinds(plan) == ["ReportUnhealthy i-a"]
    assert plan.egress_down == ("rtb-1",)


def test_before_a_free_address_is_given_the_status_checks_are_read() -> None:
    world = pair(None, impaired=None)
    plan = scheduled(world)
    assert kinds(plan) == ["AssociateAddress eipalloc-0a"]
    assert plan.data_requests == {DataRequest.STATUS}
    after = scheduled(replace(world, impaired={"i-a": NOW}))
    assert [move.instance_id for move in after.moves if isinstance(move, AssociateAddress)] == ["i-b"]


def test_a_run_that_moved_something_reads_no_status_checks() -> None:
    assert not scheduled(pair(None, impaired=None), RunState(changed=True)).data_requests

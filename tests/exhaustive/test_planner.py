"""The shipped planner over every combination of the bounded values; ``make exhaust`` plans the whole."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.exhaustive.invariants import INVARIANTS, violations
from tests.exhaustive.search import search
from tests.exhaustive.worlds import (
    BOUNDED,
    IMPAIRED,
    TRIED_AGAIN,
    TWO_GROUPS,
    TWO_TABLES,
    WHOLE_OWN_ADDRESSES,
    Case,
    Values,
)
from tests.unit.update_nat_routes.builder import (
    ALLOCATION,
    GROUP,
    LAUNCH_HOOK,
    SCHEDULE,
    TERMINATE_HOOK,
    eni,
    instance,
    member,
    observed,
    tables,
    to_gateway,
    to_instance,
)
from update_nat_routes.actions import (
    Action,
    AssociateAddress,
    CompleteLifecycleAction,
    CreateRoute,
    ReplaceInstance,
    ReplaceRoute,
    Route,
)
from update_nat_routes.planner import plan
from update_nat_routes.planner.nat_state import NatState
from update_nat_routes.planner.plan import Plan

if TYPE_CHECKING:
    from collections.abc import Callable

    from update_nat_routes.model import Instance, RouteTable

pytestmark = pytest.mark.any_python

PARTS = 4  # so that workers share them


@pytest.mark.any_python
@pytest.mark.parametrize("part", range(PARTS))
def test_no_plan_violates_an_invariant(part: int) -> None:
    result = search(BOUNDED, part, PARTS)
    assert not result.violated, "\n".join(result.violated)
    assert result.planned > 10_000


@pytest.mark.parametrize("part", range(PARTS))
def test_none_is_tried_again_that_should_be_left(part: int) -> None:
    result = search(TRIED_AGAIN, part, PARTS)
    assert not result.violated, "\n".join(result.violated)


@pytest.mark.parametrize("part", range(PARTS))
def test_two_tables_that_differ_violate_none_either(part: int) -> None:
    result = search(TWO_TABLES, part, PARTS)
    assert not result.violated, "\n".join(result.violated)
    assert result.planned > 10_000


@pytest.mark.parametrize("part", range(PARTS))
def test_two_groups_violate_none_either(part: int) -> None:
    result = search(TWO_GROUPS, part, PARTS)
    assert not result.violated, "\n".join(result.violated)
    assert result.planned > 10_000


@pytest.mark.parametrize("part", range(PARTS))
def test_failed_status_checks_violate_none_either(part: int) -> None:
    result = search(IMPAIRED, part, PARTS)
    assert not result.violated, "\n".join(result.violated)
    assert result.planned > 4_000


A, B = "i-a", "i-b"
BOTH_RUN = [instance(A, age=900, ready_tag="boot"), instance(B, age=300)]
BOTH = [member(A), member(B)]
TO_B = ReplaceRoute("rtb-1", eni(B), eni(A), "why")
HELD = observed(
    [member(A, "Terminating:Wait"), member(B, "Pending:Wait")], BOTH_RUN, tables(to_instance(A)), eip=A
)
SECOND = observed([member(B, "Pending:Wait")], [instance(B, age=300)], tables(), abandoned=True)
GATEWAY = observed(BOTH, BOTH_RUN, tables(to_gateway()))
LEFT = observed([member(B)], BOTH_RUN, tables(to_instance(A)), eip=A)
WORLD = observed(BOTH, BOTH_RUN, tables(to_instance(A)), eip="i-stranger")


@pytest.mark.parametrize(
    ("world", "action", "invariant"),
    [
        (observed([member(A)], BOTH_RUN, tables()), TO_B, "moves_only_to_what_may_serve"),
        (WORLD, TO_B, "never_past_one_that_has_signalled"),
        (GATEWAY, ReplaceRoute("rtb-1", eni(A), "nat-0a", "why"), "leaves_external_routes_alone"),
        (
            WORLD,
            AssociateAddress(ALLOCATION, eni(A), A, "i-stranger", "why"),
            "takes_no_stranger_s_address",
        ),
        (WORLD, ReplaceInstance(GROUP, A, "why"), "ends_nobody_who_runs"),
        (LEFT, TO_B, "nothing_that_serves_is_parted_from_a_strangers_address"),
        (
            SECOND,
            CompleteLifecycleAction(GROUP, LAUNCH_HOOK, B, "ABANDON", "why"),
            "never_gives_up_twice_in_a_row",
        ),
        (
            HELD,
            CompleteLifecycleAction(GROUP, TERMINATE_HOOK, A, "CONTINUE", "why"),
            "lets_no_carrier_go_while_its_successor_comes",
        ),
    ],
)
def test_each_invariant_sees_its_violation(world: object, action: Action, invariant: str) -> None:
    case = Case(world, SCHEDULE)  # type: ignore[arg-type]  # built above
    planned = Plan(actions=(action,))
    assert invariant in {text.split(":")[0] for text in violations(case, planned)}


def another_write(plant: pytest.MonkeyPatch) -> None:
    tried = plan._still_tried
    plant.setattr(plan, "_still_tried", lambda *given: (*tried(*given), "RebootInstances"))


def ends_who_runs(plant: pytest.MonkeyPatch) -> None:
    plant.setattr(plan, "DEAD_STATES", {"running", "stopped"})


def routes_to_the_other_one(plant: pytest.MonkeyPatch) -> None:
    route = plan._route

    def other(state: NatState, table: RouteTable, gateway: Instance) -> Route | None:
        planned = route(state, table, gateway)
        another = eni(A if gateway.instance_id == B else B)
        return replace(planned, interface_id=another) if isinstance(planned, CreateRoute) else planned

    plant.setattr(plan, "_route", other)


def one_address_for_both_groups(plant: pytest.MonkeyPatch) -> None:
    plant.setattr(NatState, "allocation", lambda state, _: state.settings.allocation_id)


def trusts_the_impaired(plant: pytest.MonkeyPatch) -> None:
    plant.setattr(NatState, "impaired", lambda *_: False)


@pytest.mark.parametrize(
    ("plant", "values", "invariant"),
    [
        (another_write, BOUNDED, "only_known_writes"),
        (ends_who_runs, BOUNDED, "ends_nobody_who_runs"),
        (routes_to_the_other_one, BOUNDED, "address_and_routes_go_together"),
        (trusts_the_impaired, IMPAIRED, "never_past_one_that_has_signalled"),
        (one_address_for_both_groups, WHOLE_OWN_ADDRESSES, "address_and_routes_go_together"),
    ],
)
def test_a_bug_in_the_planner_is_found(
    plant: Callable[[pytest.MonkeyPatch], None],
    values: Values,
    invariant: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plant(monkeypatch)
    assert any(invariant in text for text in search(values).violated)


def test_all_invariants_are_named_apart() -> None:
    assert len({check.__name__ for check in INVARIANTS}) == len(INVARIANTS)

"""The shipped planner over every combination of the bounded values; ``make exhaust`` plans the whole."""

from __future__ import annotations

import pytest

from tests.exhaustive.invariants import INVARIANTS, violations
from tests.exhaustive.search import search
from tests.exhaustive.worlds import BOUNDED, TRIED_AGAIN, TWO_GROUPS, TWO_TABLES, Case
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
    ReplaceInstance,
    ReplaceRoute,
)
from update_nat_routes.planner.plan import Plan

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
    plan = Plan(actions=(action,))
    assert invariant in {text.split(":")[0] for text in violations(case, plan)}


def test_all_invariants_are_named_apart() -> None:
    assert len({check.__name__ for check in INVARIANTS}) == len(INVARIANTS)

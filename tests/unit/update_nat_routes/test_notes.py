"""Each note names what it is about and says why, in words that an operator can act on."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.unit.update_nat_routes.builder import (
    ALLOCATION,
    GROUP,
    LAUNCHING,
    NOW,
    NOWHERE,
    SHARED,
    SIGNAL,
    STANDBY_GROUP,
    TERMINATING,
    decide,
    instance,
    member,
    observed,
    tables,
    to_instance,
)
from tests.unit.update_nat_routes.pair import calm, nat
from tradai_shared.errors import AccessDenied, AwsError, Outcome, PermanentError, Status
from update_nat_routes.actions import Action, AssociateAddress, ReplaceRoute
from update_nat_routes.model import Group, Hook
from update_nat_routes.planner.notes import Note, NoteKind, refusal_notes

SERVING = observed(
    [member("i-a")], [instance("i-a", age=900, ready_tag="boot")], tables(to_instance("i-a")), eip="i-a"
)
ADDRESS = AssociateAddress(ALLOCATION, "eni-a", "i-a", None, "why")
ROUTE = ReplaceRoute("rtb-1", "eni-a", "i-a", "why")
DENIED = AccessDenied("ec2:ReplaceRoute", "UnauthorizedOperation", "no")
TAKEN = PermanentError("ec2:AssociateAddress", "Resource.AlreadyAssociated", "i-z has it")
OTHER = PermanentError("ec2:AssociateAddress", "InvalidParameter", "no")
UNSUPPORTED = PermanentError("ec2:AssociateAddress", "UnsupportedOperation", "no")


def refused(action: Action, error: AwsError | None) -> Outcome[Action]:
    return Outcome(action, Status.FAILED, "in AWS's words", error=error)


def test_a_read_that_the_role_may_not_make_is_named_with_its_permission() -> None:
    (note,) = refusal_notes(AccessDenied("ec2:DescribeInstances", "UnauthorizedOperation", "no"), [])
    assert (note.kind, note.subject) == (NoteKind.ROLE_REFUSED, "ec2:DescribeInstances")
    assert list(refusal_notes(OTHER, [])) == list(refusal_notes(None, [])) == []


@pytest.mark.parametrize(
    ("action", "error", "kind", "subject"),
    [
        (ROUTE, DENIED, NoteKind.ROLE_REFUSED, "ec2:ReplaceRoute"),
        (ADDRESS, DENIED, NoteKind.ROLE_REFUSED, "ec2:ReplaceRoute"),
        (ADDRESS, TAKEN, NoteKind.EIP_ELSEWHERE, ALLOCATION),
    ],
)
def test_a_refused_write_is_named(action: Action, error: AwsError, kind: NoteKind, subject: str) -> None:
    assert list(refusal_notes(None, [refused(action, error)])) == [Note(kind, subject, "in AWS's words")]


@pytest.mark.parametrize(
    ("action", "error"),
    [
        *((ADDRESS, OTHER), (ADDRESS, UNSUPPORTED), (ADDRESS, None)),
        *((ROUTE, TAKEN), (ROUTE, OTHER), (ROUTE, None)),
    ],
)
def test_another_failure_is_no_note(action: Action, error: AwsError | None) -> None:
    assert list(refusal_notes(None, [refused(action, error)])) == []


def test_a_table_that_is_named_and_missing_and_one_with_ipv6_are_named() -> None:
    routes = (replace(SERVING.tables[0], ipv6_target="eigw-0a"),)
    notes = decide(replace(SERVING, tables=routes, missing_tables=("rtb-9",)), given=SIGNAL).notes
    assert [(note.kind, note.subject) for note in notes] == [
        (NoteKind.TABLE_MISSING, "rtb-9"),
        (NoteKind.IPV6_ROUTE, "rtb-1"),
    ]


def test_an_instance_that_serves_without_a_signal_is_named() -> None:
    silent = replace(SERVING, instances={"i-a": instance("i-a", age=900)})
    assert [(note.kind, note.subject) for note in decide(silent, given=SIGNAL).notes] == [
        (NoteKind.UNPROVEN, "i-a")
    ]


def test_a_first_launch_is_noted_of_the_first_group() -> None:
    young = NOW - timedelta(seconds=70)
    first = Group(GROUP, 1, frozenset(), (member("i-a", "Pending:Wait"),), created_at=young)
    second = Group(STANDBY_GROUP, 1, frozenset(), (member("i-b", "Pending:Wait"),), created_at=young)
    booting = [instance(name, age=60) for name in ("i-a", "i-b")]
    world = replace(observed([], booting, tables(NOWHERE)), group=first, standby=second)
    notes = {note.kind: note.subject for note in decide(world, given=SHARED).notes}
    assert notes[NoteKind.FIRST_LAUNCH] == GROUP


def test_a_suspended_process_is_noted_with_its_group_where_there_are_two() -> None:
    (alone,) = decide(replace(SERVING, group=_suspended(GROUP)), given=SIGNAL).notes
    assert alone.reason.endswith("does not heal")
    (second,) = decide(calm(standby=_suspended(STANDBY_GROUP, "i-b")), given=SHARED).notes
    assert second.reason.endswith(f"does not heal ({STANDBY_GROUP})")


def _suspended(name: str, instance_id: str = "i-a") -> Group:
    return Group(name, 1, frozenset({"Launch"}), (member(instance_id),))


def test_why_there_is_no_standby() -> None:
    """Of the candidates the ones without an address are named, or the outage that a death would be."""
    unaddressed = replace(nat("i-b"), addressed=False)
    without = decide(calm(instances={"i-a": nat("i-a"), "i-b": unaddressed}), given=SHARED)
    alone = decide(calm(standby=Group(STANDBY_GROUP, 1, frozenset(), ())), given=SHARED)
    reasons = [note.reason for plan in (without, alone) for note in plan.notes]
    assert reasons[0] == "i-b has no public address at the moment"
    assert "no second NAT is ready: the death of the one that serves is an outage" in reasons[1]


@pytest.mark.parametrize(("lifecycle", "noted"), [("Pending:Wait", True), ("Standby", False)])
def test_only_who_waits_in_a_hook_of_others_is_noted_as_waiting(lifecycle: str, *, noted: bool) -> None:
    others = (Hook("x-launch", LAUNCHING, 300), Hook("a", TERMINATING, 300), Hook("b", TERMINATING, 300))
    world = replace(SERVING, group=Group(GROUP, 1, frozenset(), (member("i-a", lifecycle),)), hooks=others)
    given = replace(SIGNAL, hooks_named=True)
    reasons = [
        note.reason for note in decide(world, given=given).notes if note.kind is NoteKind.HOOK_NOT_OURS
    ]
    assert [reason for reason in reasons if "i-a waits in it" in reason] == reasons[:noted]

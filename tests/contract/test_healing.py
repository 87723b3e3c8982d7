"""Every heal on a live estate: AWS is then as configured, the write is read back, a rerun writes nothing."""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from copy import copy
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import pytest
from moto.autoscaling.models import InstanceState, autoscaling_backends
from moto.core import DEFAULT_ACCOUNT_ID as ACCOUNT

from drift_check.actions import Remediation
from drift_check.events import Mode
from drift_check.findings import Healing
from drift_check.observe import boto3_names
from tests.contract.drift_scenarios import AUTOMATIC, NEVER, ON_APPROVAL, check_on, route_elsewhere, ttl
from tests.contract.estate import Live, live
from tradai_shared.errors import Status

if TYPE_CHECKING:
    from collections.abc import Iterator

    from drift_check.findings import Finding
    from drift_check.model import Report

pytestmark = pytest.mark.any_python

BEFORE = 82  # of an estate without queues and API, before the calls of the page's second table
PAGE = Path(__file__).parents[2] / "docs" / "drift-check.md"
OF_THE_FAILOVER = {"ReplaceRoute", "CreateRoute", "CompleteLifecycleAction"}


@pytest.fixture(scope="module")
def world() -> Iterator[Live]:
    with live() as estate:
        yield estate


def camel(operation: str) -> str:
    return "".join(part.capitalize() for part in operation.split("_"))


def open_findings(report: Report) -> list[Finding]:
    return [finding for finding in report.findings if not finding.waiver]


def proposed(world: Live) -> set[type[Remediation]]:
    return {type(remediation) for assessed in world.scan().assessed for remediation in assessed.remediations}


@contextmanager
def member_more(state: str) -> Iterator[None]:
    """The group with a second member in that state; moto's own controller knows none of them."""
    members = (
        autoscaling_backends[ACCOUNT]["eu-central-1"]
        .autoscaling_groups["tradai-nat-asg-prod"]
        .instance_states
    )
    another = copy(members[0].instance)
    another.id = "i-0123456789abcdef0"
    members.append(InstanceState(another, lifecycle_state=state))
    try:
        yield
    finally:
        members.pop()


def test_every_remedy_has_a_case() -> None:
    assert {remediation for remediation, _ in AUTOMATIC.values()} == by_class(Healing.AUTOMATIC)
    assert {remediation for remediation, _ in ON_APPROVAL.values()} == by_class(Healing.ON_APPROVAL)


def by_class(healing: Healing) -> set[type[Remediation]]:
    return {remediation for remediation in get_args(Remediation) if remediation.healing is healing}


def tabled(heading: str) -> dict[tuple[str, ...], int]:
    """The calls of a table of the page, by the operations of each row."""
    _, _, table = PAGE.read_text(encoding="utf-8").partition(f"| {heading} |")
    rows = [row.strip("| ").split(" | ") for row in table.partition("\n\n")[0].splitlines()[2:]]
    return {tuple(row[2].split(", ")): int(row[0]) for row in rows}


def recorded(world: Live) -> Counter[str]:
    """How often each operation was sent."""
    return Counter(request.rpartition(".")[2] for request in world.requests)


def test_a_confirmed_estate_is_in_sync_by_the_calls_that_the_page_tables(world: Live) -> None:
    world.requests.clear()
    report = world.run(Mode.REPORT)
    assert open_findings(report) == []
    sent, all_calls = recorded(world) + Counter(["GetItem"]), tabled("operations")  # no history was read
    assert {row: sum(sent[name] for name in row) for row in all_calls} == all_calls
    assert sent.keys() == {name for row in all_calls for name in row}
    since = tabled("from")
    assert {row: sum(sent[name] for name in row) for row in since} == since
    assert sent.total() == report.calls + 1 == BEFORE + sum(since.values())


def test_a_first_run_with_drift_asks_for_nothing_more(world: Live) -> None:
    check_on(world)
    world.requests.clear()
    report = world.run(Mode.REPORT, history=True)
    assert report.changes.new
    calls = BEFORE + sum(tabled("from").values())
    assert report.calls == len(world.requests) <= calls + 1  # the lease with the history, and what is new
    world.run()


@pytest.mark.parametrize("case", AUTOMATIC)
def test_an_automatic_heal_is_written_once_and_read_back(world: Live, case: str) -> None:
    remediation, spoil = AUTOMATIC[case]
    world.clock.advance(hours=2)  # since AWS allows one change of a table's TTL an hour
    spoil(world)
    world.clock.advance(hours=2)
    drifted = open_findings(world.run(Mode.REPORT))
    assert drifted
    assert Healing.AUTOMATIC in {finding.healing for finding in drifted}
    assert proposed(world) == {remediation}
    assert not world.writes
    planned = world.run(dry_run=True)
    assert {heal.status for heal in planned.heals} == {Status.PLANNED}
    assert not world.writes
    healed = world.run()
    assert {heal.status for heal in healed.heals} <= {Status.DONE, Status.ALREADY}
    assert world.writes
    operations = [camel(boto3_names(write.action)[1]) for heal in planned.heals for write in heal.writes]
    assert set(world.writes) - OF_THE_FAILOVER <= set(operations)
    again = world.run()
    assert open_findings(again) == []
    assert not world.writes


@pytest.mark.parametrize("case", ON_APPROVAL)
def test_what_needs_approval_waits_for_it(world: Live, case: str) -> None:
    remediation, spoil = ON_APPROVAL[case]
    world.clock.advance(hours=2)
    spoil(world)
    world.clock.advance(hours=2)
    assert proposed(world) == {remediation}
    report = world.run()
    assert not world.writes
    ids = frozenset(open_finding.id for open_finding in open_findings(report))
    healed = world.run(approve=ids)
    assert {heal.status for heal in healed.heals} == {Status.DONE}
    assert world.writes
    world.clock.advance(hours=2)
    world.run()  # the second half, where there is one
    world.run()
    assert not world.writes
    assert open_findings(world.run()) == []


def test_a_second_change_of_ttl_within_the_hour_is_refused_and_reported(world: Live) -> None:
    world.clock.advance(hours=2)
    ttl(world, on=False)
    (heal,) = world.run().heals
    assert heal.status is Status.FAILED
    assert "multiple times" in heal.detail
    world.clock.advance(hours=2)
    (heal,) = world.run().heals
    assert heal.status is Status.DONE


def test_a_route_is_left_to_a_pending_lifecycle_action(world: Live) -> None:
    route_elsewhere(world)
    for state in ("Pending:Wait", "Terminating:Wait"):
        with member_more(state):
            (finding,) = open_findings(world.run(Mode.REPORT))
            assert "member" in str(finding.observed)
            assert proposed(world) == set()
            world.run()
            assert not world.writes
    world.run()
    assert open_findings(world.run(Mode.REPORT)) == []


def test_a_finding_that_is_never_healed_is_not_written_even_if_approved(world: Live) -> None:
    for spoil in NEVER.values():
        spoil(world)
    drifted = open_findings(world.run(Mode.REPORT))
    assert len(drifted) >= len(NEVER)
    world.run(approve=frozenset(finding.id for finding in drifted))
    assert not world.writes

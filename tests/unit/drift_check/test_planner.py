"""What may be healed: everything else is refused with its reason."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from drift_check.findings import FindingStatus, Healing, Waiver
from drift_check.history import History, Record
from drift_check.planner import COOL_DOWN, FAILURES, HealPlan, plan_heals
from tests.unit.drift_check.findings import TABLE, assessed, finding
from tradai_shared.config.provenance import Provenance

if TYPE_CHECKING:
    from drift_check.compare import AssessedFinding

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def chosen(
    *assessed_finding: AssessedFinding, approved: str = "", history: History | None = None, most: int = 5
) -> HealPlan:
    ids = frozenset({approved}) if approved else frozenset()
    return plan_heals(assessed_finding, ids, history or History(), most, NOW)


def past(tried: timedelta = timedelta(days=1), failures: int = 0, attribute: str = "ttl") -> History:
    record = Record("tables", TABLE, NOW - timedelta(days=2), attempted_at=NOW - tried, failures=failures)
    return History({finding(attribute=attribute).id: record})


def test_an_automatic_finding_is_healed() -> None:
    assert len(chosen(assessed()).chosen) == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"provenance": Provenance.ASSUMED},
        {"waiver": Waiver("why", "who", date(2027, 1, 1))},
        {"healing": Healing.NEVER},
        {"healing": Healing.ON_APPROVAL},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_a_finding_that_must_not_be_healed_is_refused_with_a_reason(changes: dict[str, object]) -> None:
    choice = chosen(assessed(**changes))
    assert not choice.chosen
    assert [reason for _, reason in choice.refused if reason]


def test_a_finding_on_approval_is_healed_once_approved() -> None:
    candidate = assessed(healing=Healing.ON_APPROVAL)
    assert chosen(candidate, approved=candidate.finding.id).chosen == (candidate,)


@pytest.mark.parametrize("changes", [{"healing": Healing.NEVER}, {"provenance": Provenance.ASSUMED}])
def test_no_approval_heals_a_finding_that_is_never_healed_or_only_assumed(changes: dict[str, object]) -> None:
    candidate = assessed(**changes)
    assert not chosen(candidate, approved=candidate.finding.id).chosen


def test_what_is_unknown_is_never_written() -> None:
    candidate = assessed(status=FindingStatus.UNKNOWN)
    assert not chosen(candidate, approved=candidate.finding.id).chosen


def test_a_run_heals_at_most_its_limit() -> None:
    choice = chosen(*(assessed(resource=f"table-{number}") for number in range(3)), most=2)
    assert (len(choice.chosen), len(choice.refused)) == (2, 1)


def test_a_resource_that_was_just_written_is_left_to_cool_down() -> None:
    assert not chosen(assessed(), history=past(tried=COOL_DOWN / 2)).chosen
    assert chosen(assessed(), history=past(tried=COOL_DOWN)).chosen


def test_what_keeps_failing_waits_for_a_person() -> None:
    blocked = past(failures=FAILURES, attribute=finding().attribute)
    choice = chosen(assessed(), history=blocked)
    assert not choice.chosen
    assert choice.blocked == (finding(),)
    assert chosen(assessed(), history=blocked, approved=finding().id).chosen

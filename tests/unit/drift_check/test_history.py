"""New, persisting, resolved; notified once; and what heals remember."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from drift_check.findings import Finding, Severity, Waiver
from drift_check.history import (
    History,
    Record,
    compare,
    from_json,
    remember,
    to_json,
    to_notify,
    with_outcome,
)
from tests.unit.drift_check.findings import finding, unknown
from tradai_shared.errors import Status

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
CHECKS = {"tables"}


def after(findings: list[Finding], history: History | None = None, now: datetime = NOW) -> History:
    history = history or History()
    changes = compare(history, findings, CHECKS)
    return remember(history, changes, findings, to_notify(history, changes, findings, now), now)


def notified_ids(history: History, findings: list[Finding], now: datetime = NOW) -> list[str]:
    return [due.id for due in to_notify(history, compare(history, findings, CHECKS), findings, now)]


def test_a_finding_that_no_run_has_seen_is_new_and_notified() -> None:
    assert compare(History(), [finding()], CHECKS).new == {finding().id}
    assert notified_ids(History(), [finding()]) == [finding().id]


def test_a_finding_that_stays_is_not_notified_again() -> None:
    assert notified_ids(after([finding()]), [finding()], NOW + timedelta(days=30)) == []


def test_a_critical_finding_that_stays_is_notified_again_after_a_week() -> None:
    critical = finding(severity=Severity.CRITICAL)
    history = after([critical])
    assert notified_ids(history, [critical], NOW + timedelta(days=6)) == []
    assert notified_ids(history, [critical], NOW + timedelta(days=7)) == [critical.id]


def test_what_is_gone_is_resolved() -> None:
    assert compare(after([finding()]), [], CHECKS).resolved == {finding().id}


@pytest.mark.parametrize(
    ("resource", "unread", "judged", "resolved"),
    [
        ("tables/tradai-extra-dev", "tables", {"tables"}, False),  # a stranger, and the list failed
        ("tables/tradai-extra-dev", "tradai-other-dev", {"tables", "tradai-other-dev"}, True),
        ("tradai-backtest-dev", "queues", {"queues"}, False),  # behind the list of queues
        ("tradai-backtest-dev", "tradai-other-dev", {"tradai-backtest-dev", "tradai-other-dev"}, True),
        ("tradai-backtest-dev", "tables", {"tables", "tradai-backtest-dev"}, False),  # as a failed check
    ],
)
def test_what_is_behind_a_list_that_failed_is_not_resolved(
    resource: str, unread: str, judged: set[str], *, resolved: bool
) -> None:
    history = after([finding(resource=resource)])
    pairs = {("tables", name) for name in judged}
    changes = compare(history, [replace(unknown(), resource=unread)], CHECKS, pairs)
    assert bool(changes.resolved) is resolved


def test_what_cannot_be_read_is_not_resolved() -> None:
    assert not compare(after([finding()]), [unknown()], CHECKS).resolved


def test_what_was_not_looked_at_is_not_resolved() -> None:
    assert not compare(after([finding()]), [], {"network"}).resolved


def test_a_finding_that_comes_and_goes_is_notified_once() -> None:
    gone = after([], after([finding()]), NOW + timedelta(hours=1))
    assert notified_ids(gone, [finding()], NOW + timedelta(hours=2)) == []


def test_a_critical_finding_that_was_over_and_returns_is_notified_again_once_a_day() -> None:
    """Who heard that it was over looks no more."""
    critical = finding(severity=Severity.CRITICAL)
    gone = after([], after([critical]), NOW + timedelta(hours=1))
    assert notified_ids(gone, [critical], NOW + timedelta(hours=23)) == []
    assert notified_ids(gone, [critical], NOW + timedelta(hours=24)) == [critical.id]


def test_what_returns_after_a_week_is_new() -> None:
    gone = after([], after([finding()]), NOW + timedelta(hours=1))
    later = NOW + timedelta(days=8)
    assert notified_ids(after([], gone, later), [finding()], later) == [finding().id]


def test_the_first_sight_is_kept() -> None:
    history = after([finding()], after([finding()]), NOW + timedelta(days=1))
    assert history.records[finding().id].first_seen == NOW


@pytest.mark.parametrize(
    "quiet", [finding(severity=Severity.INFO), finding(waiver=Waiver("r", "o", NOW.date()))]
)
def test_information_and_accepted_findings_are_not_notified(quiet: Finding) -> None:
    assert notified_ids(History(), [quiet]) == []


def test_without_history_nothing_is_new_and_only_critical_findings_are_notified() -> None:
    blind = History(known=False)
    critical = finding(severity=Severity.CRITICAL)
    assert not compare(blind, [finding()], CHECKS).new
    assert notified_ids(blind, [finding()]) == []
    assert notified_ids(blind, [critical]) == [critical.id]


def test_failures_in_a_row_are_counted_and_a_success_ends_them() -> None:
    history = History()
    for _ in range(2):
        history = with_outcome(history, finding(), Status.FAILED, NOW, temporary=False)
    assert history.records[finding().id].failures == 2
    assert with_outcome(history, finding(), Status.DONE, NOW).records[finding().id].failures == 0


def test_history_survives_its_table() -> None:
    history = with_outcome(after([finding()]), finding(), Status.FAILED, NOW, temporary=False)
    assert from_json(to_json(history)) == history


def test_what_the_platform_itself_accepts_is_never_news() -> None:
    accepted = replace(finding(), waiver=Waiver("known", "the platform"))
    assert after([accepted]) == History()


def test_a_record_needs_its_fields() -> None:
    with pytest.raises(KeyError):
        from_json({"x": {"check": "tables"}})
    assert Record("a", "b", NOW).failures == 0


def test_what_was_not_delivered_is_sent_by_the_next_run() -> None:
    failed = remember(History(), compare(History(), [finding()], CHECKS), [finding()], [], NOW)
    assert notified_ids(failed, [finding()], NOW + timedelta(hours=1)) == [finding().id]


def test_records_that_earlier_versions_stored_are_read_and_written_alike() -> None:
    """The table's names are older than the code's."""
    stored = {
        "0123456789ab": {
            "check": "tables",
            "resource": "tradai-deployments-dev",
            "first_seen": "2026-11-20T10:00:00+00:00",
            "told": "2026-11-20T10:00:05+00:00",
            "gone": "2026-11-21T10:00:00+00:00",
            "tried": "2026-11-20T11:00:00+00:00",
            "failures": 2,
        }
    }
    (record,) = from_json(stored).records.values()
    assert record.notified_at == datetime(2026, 11, 20, 10, 0, 5, tzinfo=UTC)
    assert record.resolved_at == datetime(2026, 11, 21, 10, tzinfo=UTC)
    assert record.attempted_at == datetime(2026, 11, 20, 11, tzinfo=UTC)
    assert to_json(from_json(stored)) == stored


def test_the_outcome_of_a_heal_counts_failures_and_a_success_ends_the_count() -> None:
    healed = finding()
    now = datetime(2026, 11, 28, tzinfo=UTC)
    failed = with_outcome(History(), healed, Status.FAILED, now, temporary=False)
    assert failed.records[healed.id].failures == 1
    assert with_outcome(failed, healed, Status.PLANNED, now, temporary=False) == failed
    done = with_outcome(failed, healed, Status.DONE, now, temporary=False)
    assert done.records[healed.id].failures == 0

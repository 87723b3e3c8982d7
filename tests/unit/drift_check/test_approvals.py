"""Approvals and waivers are about a content: another one, or a late one, is refused or news."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from drift_check.compare import assess
from drift_check.findings import Finding, Healing, Waiver
from drift_check.history import (
    Changes,
    History,
    compare,
    honoured,
    remember,
    to_notify,
    with_approval,
    with_attempt,
    with_outcome,
)
from drift_check.planner import FAILURES, approval_code, approved_ids, plan_heals
from tests.unit.drift_check.findings import assessed, finding
from tradai_shared.errors import EventError, Status

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
ON_APPROVAL = assess(finding(attribute="max_size", observed=3, healing=Healing.ON_APPROVAL), (), frozenset())
SHOWN = ON_APPROVAL.finding
CHANGED = assess(replace(SHOWN, observed=5), (), frozenset()).finding


def reported(shown: Finding = SHOWN, now: datetime = NOW) -> History:
    """After a run that reported it."""
    return remember(History(), Changes(), [shown], [shown], now)


def approve(
    approval: str,
    current: Finding = SHOWN,
    history: History | None = None,
    now: datetime = NOW,
    *,
    attended: bool = False,
) -> frozenset[str]:
    return approved_ids([approval], [current], history or History(), now, attended=attended)


def test_the_digest_is_of_what_differs_and_of_what_would_be_written() -> None:
    base = assessed().finding
    digests = {
        assess(base, assessed().remediations, frozenset()).finding.digest,
        assess(replace(base, observed=None), assessed().remediations, frozenset()).finding.digest,
        assess(replace(base, desired=None), assessed().remediations, frozenset()).finding.digest,
        assess(base, (), frozenset()).finding.digest,
        assess(base, (), frozenset(), "another rule").finding.digest,
    }
    assert len(digests) == 5


def test_a_code_approves_its_content_for_a_day() -> None:
    code = approval_code(SHOWN, NOW)
    assert approve(code) == {SHOWN.id}
    assert approve(code, now=NOW + timedelta(hours=24)) == {SHOWN.id}
    with pytest.raises(EventError, match="24 hours"):
        approve(code, now=NOW + timedelta(hours=24, seconds=1))
    with pytest.raises(EventError, match="24 hours"):
        approve(approval_code(SHOWN, NOW + timedelta(days=30)))
    with pytest.raises(EventError, match="stale"):
        approve(code, CHANGED)


PLACES = (
    "prod/123456789012/eu-central-1",
    "staging/123456789012/eu-central-1",
    "prod/210987654321/eu-central-1",
)


@pytest.mark.parametrize("place", [*PLACES[1:], "prod/123456789012/eu-west-1", ""])
def test_a_code_of_another_environment_account_or_region_approves_nothing(place: str) -> None:
    shown = replace(SHOWN, place=PLACES[0])
    assert approve(approval_code(shown, NOW), shown) == {SHOWN.id}
    with pytest.raises(EventError, match="another account"):
        approve(approval_code(replace(SHOWN, place=place), NOW), shown)


def test_a_waiver_of_another_place_holds_here_no_more_than_another_content() -> None:
    content = replace(SHOWN, place=PLACES[0]).placed_digest
    accepted = replace(SHOWN, waiver=Waiver("why", "who", date(2027, 1, 1), content))
    here, there = (honoured(History(), replace(accepted, place=place)) for place in PLACES[:2])
    assert (bool(here.waiver), bool(there.waiver)) == (True, False)


def test_an_id_that_approved_one_content_approves_no_other_once_that_is_reported() -> None:
    used = with_approval(reported(), SHOWN, NOW)
    hour = timedelta(hours=1)
    later = remember(used, Changes(), [CHANGED], [], NOW + hour)
    with pytest.raises(EventError, match="another content"):
        approve(SHOWN.id, CHANGED, with_approval(later, CHANGED, NOW + hour), NOW + 2 * hour)


@pytest.mark.parametrize("approval", ["0123456789ab", "", "0123456789ab.0123456789ab.20261122T1200Z", "*"])
def test_an_approval_of_nothing_that_is_found_is_an_error(approval: str) -> None:
    with pytest.raises(EventError, match="no finding"):
        approve(approval)


@pytest.mark.parametrize("content", ["x", "0123456789ab", "0123456789ab.", "a.b.c"])
def test_a_malformed_code_is_an_error(content: str) -> None:
    with pytest.raises(EventError):
        approve(f"{SHOWN.id}.{content}")


def test_an_id_alone_approves_what_the_last_report_showed() -> None:
    assert approve(SHOWN.id, history=reported()) == {SHOWN.id}
    with pytest.raises(EventError, match="no report"):
        approve(SHOWN.id)
    with pytest.raises(EventError, match="stale"):
        approve(SHOWN.id, CHANGED, reported())


def test_an_id_alone_works_for_a_day_from_its_first_use() -> None:
    used = with_approval(reported(), SHOWN, NOW)
    assert approve(SHOWN.id, history=used, now=NOW + timedelta(hours=23)) == {SHOWN.id}
    week_later = NOW + timedelta(days=7)
    again = with_approval(remember(used, Changes(), [CHANGED], [], week_later), CHANGED, week_later)
    with pytest.raises(EventError, match="expired"):
        approve(SHOWN.id, CHANGED, again, week_later)


def test_a_used_id_is_remembered_for_longer_than_what_it_healed() -> None:
    history = with_approval(reported(), SHOWN, NOW)
    changes = compare(history, [], {SHOWN.check})
    for days in (1, 20):
        history = remember(history, changes, [], [], NOW + timedelta(days=days))
        changes = Changes()
    assert history.records[SHOWN.id].approved_at == NOW


def test_somebody_who_was_just_shown_the_calls_needs_no_report() -> None:
    assert approve(SHOWN.id, attended=True) == {SHOWN.id}
    with pytest.raises(EventError, match="stale"):
        approve(SHOWN.id, CHANGED, reported(), attended=True)


def test_a_heal_of_one_content_is_no_heal_of_another() -> None:
    shown_finding = assess(finding(), assessed().remediations, frozenset())
    shown = f"{shown_finding.finding.id}.{shown_finding.finding.digest}"
    assert plan_heals([shown_finding], frozenset(), History(), 5, NOW, frozenset({shown})).chosen == (
        shown_finding,
    )
    other = frozenset({f"{shown_finding.finding.id}.0123456789ab"})
    plan = plan_heals([shown_finding], frozenset(), History(), 5, NOW, other)
    assert (plan.chosen, plan.refused[0][1]) == ((), "it has changed since it was shown")
    assert plan_heals([shown_finding], frozenset(), History(), 5, NOW, frozenset({"another"})).refused == ()


def waived(content: str | None = None, digest: str = "a-content") -> Finding:
    waiver = Waiver("why", "who", date(2027, 1, 1), content)
    return finding(waiver=waiver, digest=digest)


def test_a_waiver_is_of_the_content_that_it_names() -> None:
    assert honoured(History(), waived("a-content")).waiver
    assert not honoured(History(), waived("another")).waiver
    assert "changed since" in honoured(History(), waived("another")).reason


def test_a_waiver_without_a_content_is_of_the_first_that_it_met() -> None:
    first, other = waived(), waived(digest="opened to the world")
    ids = {first.id}
    history = remember(History(), Changes(), [first], [], NOW, waived=ids)
    assert honoured(history, first).waiver
    opened = honoured(history, other)
    assert opened.waiver is None
    assert to_notify(history, Changes(), [opened], NOW) == [opened]
    later = remember(history, Changes(), [opened], [opened], NOW, waived=ids)
    assert honoured(later, other).waiver is None  # seeing it once more does not accept it
    assert honoured(later, first).waiver


def test_changed_content_is_news() -> None:
    assert to_notify(reported(), Changes(), [SHOWN], NOW) == []
    assert to_notify(reported(), Changes(), [CHANGED], NOW) == [CHANGED]


def test_a_record_of_an_earlier_version_makes_no_news() -> None:
    history = reported()
    old = replace(history.records[SHOWN.id], digest=None, notified_digest=None)
    assert to_notify(History({SHOWN.id: old}), Changes(), [SHOWN], NOW) == []


def test_what_passes_by_itself_does_not_count_as_failed() -> None:
    history = History()
    for _ in range(FAILURES):
        history = with_outcome(with_attempt(history, SHOWN, NOW), SHOWN, Status.FAILED, NOW, temporary=True)
    assert history.records[SHOWN.id].failures == 0


def test_only_a_heal_that_is_done_or_was_cut_off_lets_its_resource_rest() -> None:
    candidate = assessed()
    soon = NOW + timedelta(minutes=5)
    attempted = with_attempt(History(), candidate.finding, NOW)
    assert not plan_heals([candidate], frozenset(), attempted, 5, soon).chosen
    assert not plan_heals(
        [candidate], frozenset(), with_outcome(attempted, candidate.finding, Status.DONE, NOW), 5, soon
    ).chosen
    failed = with_outcome(attempted, candidate.finding, Status.FAILED, NOW, temporary=False)
    assert plan_heals([candidate], frozenset(), failed, 5, soon).chosen == (candidate,)

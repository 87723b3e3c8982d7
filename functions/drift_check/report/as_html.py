"""The report of a run as one self-contained HTML page, light and dark."""

from __future__ import annotations

import html
import json
from pathlib import Path
from typing import TYPE_CHECKING

from drift_check.report import headline, to_text
from tradai_shared.errors import Status, visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from drift_check.apply.healer import HealOutcome
    from drift_check.findings import Finding
    from drift_check.model import Report

STYLE = Path(__file__).with_name("style.css")
TONES = {Status.DONE: "good", Status.ALREADY: "good", Status.PLANNED: "low", Status.FAILED: "critical"}


def escape(text: str) -> str:
    return html.escape(visible(text, keep="\n"))


def page(report: Report) -> str:
    """The whole page. It loads nothing."""
    title = escape(headline(report))
    return "".join(
        (
            '<!doctype html><html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{title}</title><style>{STYLE.read_text(encoding='utf-8')}</style></head><body><main>",
            f'<h1>{title}</h1><p class="soft">{_place(report)}</p>',
            *_tiles(report),
            *[f'<p class="note">{escape(note)}</p>' for note in report.notes],
            *_findings("To look at", report.open, report),
            *_heals(report),
            *_findings("Could not be read", report.unknown, report),
            *_findings("Assumed or contradicted", report.informative, report),
            *_findings("Accepted", report.accepted, report),
            "</main></body></html>",
        )
    )


def _place(report: Report) -> str:
    account = report.account or "not known"
    place = escape(f"account {account} · region {report.region} · environment {report.environment}")
    return (
        f"{place}<br>{report.started:%d %B %Y, %H:%M} UTC · AWS against the canonical configuration · "
        f"{report.calls} calls in {report.seconds:.1f} s"
    )


def _section(title: str, cards: list[str]) -> list[str]:
    """Cards under a heading that is a link to itself, so that it can be passed on; nothing without a card."""
    anchor = title.lower().replace(" ", "-")
    heading = f'<h2 id="{anchor}"><a href="#{anchor}">{title}</a> <span>{len(cards)}</span></h2>'
    return cards and [heading, *cards]


def _tiles(report: Report) -> Iterator[str]:
    yield '<div class="tiles">'
    for severity, count in report.by_severity.items():
        yield _tile(count, str(severity), str(severity))
    yield _tile(len(report.unknown), "not readable", "unknown")
    yield _tile(len(report.changes.new), "new", "")
    if report.heals:
        yield _tile(len(report.healed), "healed", "good")
    yield "</div>"


def _tile(count: int, name: str, tone: str) -> str:
    return f'<div class="tile {tone if count else "none"}"><b>{count}</b><small>{name}</small></div>'


def _findings(title: str, findings: list[Finding], report: Report) -> list[str]:
    cards = [_finding(finding, is_new=finding.id in report.changes.new) for finding in findings]
    return _section(title, cards)


def _article(  # noqa: PLR0913, PLR0917 - what a card shows
    finding: Finding, tone: str, badge: str, anchor: str, pills: str, details: Iterable[str]
) -> str:
    return (
        f'<article class="{tone}"{anchor}><header><span class="badge">{badge}</span>'
        f"<strong>{escape(finding.resource)}</strong><span>{escape(finding.attribute)}</span>{pills}</header>"
        f"{''.join(details)}</article>"
    )


def _finding(finding: Finding, *, is_new: bool) -> str:
    pills = '<span class="pill new">new</span>' if is_new else ""
    tone, values, waiver = "unknown", "", ""
    if finding.waiver:
        until = f", until {finding.waiver.until:%d %B %Y}" if finding.waiver.until else ""
        waiver = f"<p>Accepted by {escape(finding.waiver.owner)}{until}: {escape(finding.waiver.reason)}</p>"
    if not finding.is_unknown:
        tone, values = str(finding.severity), _values(finding)
        pills += f'<span class="pill">healing: {finding.healing}</span>'
    details = (
        values,
        f"<p>{escape(finding.reason)}</p>",
        waiver,
        f"<small>{_facts(finding)}</small>",
    )
    return _article(finding, tone, tone, f' id="finding-{finding.id}"', pills, details)


def _values(finding: Finding, now_label: str = "AWS has", goal_label: str = "should be") -> str:
    observed, desired = escape(to_text(finding.observed)), escape(to_text(finding.desired))
    return (
        f'<div class="values"><div class="seen"><small>{now_label}</small>{observed}</div>'
        f'<div class="wanted"><small>{goal_label}</small>{desired}</div></div>'
    )


def _facts(finding: Finding) -> str:
    since = f"since {finding.first_seen:%d %b %H:%M} UTC · " if finding.first_seen else ""
    path = f"{escape(finding.path)} ({finding.provenance}) · " if finding.path else ""
    anchor = f'<a href="#finding-{finding.id}"><code>{finding.id}</code></a>'
    return f"{since}{path}check {finding.check} · {anchor}"


def _heals(report: Report) -> list[str]:
    title = "What would be healed" if report.request.dry_run else "Healed"
    return _section(title, [*map(_heal, report.heals)])


def _heal(heal: HealOutcome) -> str:
    calls = "\n".join([f"{write.action} {json.dumps(write.parameters, indent=1)}" for write in heal.writes])
    notes = "; ".join(filter(None, (heal.detail, *[write.note for write in heal.writes])))
    count = len(heal.writes)
    summary = f"{count} call{'s' if count != 1 else ''}"
    details = (
        _values(heal.finding, *(("was", "is now") if heal.status is Status.DONE else ())),
        f"<p>{escape(notes)}</p>" if notes else "",
        f"<details><summary>{summary}</summary><pre>{escape(calls)}</pre></details>" if count else "",
    )
    return _article(heal.finding, TONES[heal.status], heal.status, "", "", details)

"""The report of a run as one self-contained HTML page, light and dark."""

from __future__ import annotations

import html
import json
from pathlib import Path
from typing import TYPE_CHECKING

from drift_check.findings import FindingStatus, Severity
from drift_check.report.as_text import headline
from tradai_shared.errors import Status, visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from drift_check.apply.healer import HealOutcome
    from drift_check.findings import Finding, Json
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
            f'<h1>{title}</h1><p class="soft">{_where(report)}<br>{_when(report)}</p>',
            *_tiles(report),
            *(f'<p class="note">{escape(note)}</p>' for note in report.notes),
            *_findings("To look at", report.open, report),
            *_heals(report),
            *_findings("Could not be read", report.unknown, report),
            *_findings("Assumed or contradicted", _assumed(report), report),
            *_findings("Accepted", [finding for finding in report.findings if finding.waiver], report),
            "</main></body></html>",
        )
    )


def _where(report: Report) -> str:
    account = report.account or "not known"
    return escape(f"account {account} · region {report.region} · environment {report.environment}")


def _when(report: Report) -> str:
    return (
        f"{report.started:%d %B %Y, %H:%M} UTC · AWS against the canonical configuration · "
        f"{report.calls} calls in {report.seconds:.1f} s"
    )


def _heading(title: str, count: int) -> str:
    """A heading that is a link to itself, so that it can be passed on."""
    anchor = title.lower().replace(" ", "-")
    return f'<h2 id="{anchor}"><a href="#{anchor}">{title}</a> <span>{count}</span></h2>'


def _assumed(report: Report) -> list[Finding]:
    return [
        finding
        for finding in report.findings
        if finding.severity is Severity.INFO
        and not finding.waiver
        and finding.status is not FindingStatus.UNKNOWN
    ]


def _tiles(report: Report) -> Iterator[str]:
    yield '<div class="tiles">'
    for severity in Severity:
        if severity is not Severity.INFO:
            count = sum(finding.severity is severity for finding in report.open)
            yield _tile(count, str(severity), str(severity))
    yield _tile(len(report.unknown), "not readable", "unknown")
    yield _tile(len(report.changes.new), "new", "")
    if report.heals:
        yield _tile(sum(heal.status is Status.DONE for heal in report.heals), "healed", "good")
    yield "</div>"


def _tile(count: int, name: str, tone: str) -> str:
    return f'<div class="tile {tone if count else "none"}"><b>{count}</b><small>{name}</small></div>'


def _findings(title: str, findings: Iterable[Finding], report: Report) -> Iterator[str]:
    shown = list(findings)
    if shown:
        yield _heading(title, len(shown))
    for finding in shown:
        yield _finding(finding, new=finding.id in report.changes.new)


def _finding(finding: Finding, *, new: bool) -> str:
    unknown = finding.status is FindingStatus.UNKNOWN
    tone = "unknown" if unknown else str(finding.severity)
    pills = "".join(
        (
            '<span class="pill new">new</span>' if new else "",
            "" if unknown else f'<span class="pill">healing: {finding.healing}</span>',
        )
    )
    return "".join(
        (
            f'<article class="{tone}" id="finding-{finding.id}"><header><span class="badge">{tone}</span>',
            f"<strong>{escape(finding.resource)}</strong><span>{escape(finding.attribute)}</span>{pills}</header>",
            "" if unknown else _values(finding),
            f"<p>{escape(finding.reason)}</p>",
            _waiver(finding),
            f"<small>{_facts(finding)}</small></article>",
        )
    )


def _values(finding: Finding, now_label: str = "AWS has", goal_label: str = "should be") -> str:
    return (
        f'<div class="values"><div class="seen"><small>{now_label}</small>{_value(finding.observed)}</div>'
        f'<div class="wanted"><small>{goal_label}</small>{_value(finding.desired)}</div></div>'
    )


def _value(value: Json) -> str:
    if value is None:
        return "none"
    return escape(value if isinstance(value, str) else json.dumps(value))


def _waiver(finding: Finding) -> str:
    if finding.waiver is None:
        return ""
    until = f", until {finding.waiver.until:%d %B %Y}" if finding.waiver.until else ""
    return f"<p>Accepted by {escape(finding.waiver.owner)}{until}: {escape(finding.waiver.reason)}</p>"


def _facts(finding: Finding) -> str:
    since = f"since {finding.first_seen:%d %b %H:%M} UTC · " if finding.first_seen else ""
    path = f"{escape(finding.path)} ({finding.provenance}) · " if finding.path else ""
    anchor = f'<a href="#finding-{finding.id}"><code>{finding.id}</code></a>'
    return f"{since}{path}check {finding.check} · {anchor}"


def _heals(report: Report) -> Iterator[str]:
    if report.heals:
        title = "What would be healed" if report.request.dry_run else "Healed"
        yield _heading(title, len(report.heals))
    for heal in report.heals:
        yield _heal(heal)


def _tenses(heal: HealOutcome) -> tuple[str, str]:
    return ("was", "is now") if heal.status is Status.DONE else ("AWS has", "should be")


def _heal(heal: HealOutcome) -> str:
    tone = TONES[heal.status]
    calls = "\n".join(f"{write.action} {json.dumps(write.parameters, indent=1)}" for write in heal.writes)
    notes = "; ".join(note for note in (heal.detail, *(write.note for write in heal.writes)) if note)
    count = len(heal.writes)
    plural = "s" if count != 1 else ""
    return "".join(
        (
            f'<article class="{tone}"><header><span class="badge">{heal.status}</span>',
            f"<strong>{escape(heal.finding.resource)}</strong><span>{escape(heal.finding.attribute)}</span>",
            "</header>",
            _values(heal.finding, *_tenses(heal)),
            f"<p>{escape(notes)}</p>" if notes else "",
            f"<details><summary>{count} call{plural}</summary><pre>{escape(calls)}</pre></details>"
            if count
            else "",
            "</article>",
        )
    )

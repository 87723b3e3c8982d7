"""Printing a run of drift_check, in each of its forms."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from rich.markup import escape
from rich.table import Table

from drift_check.report.as_html import page
from drift_check.report.as_json import document
from drift_check.report.as_markdown import headline, markdown, short
from ops.app import console

if TYPE_CHECKING:
    from collections.abc import Callable

    from drift_check.findings import Finding
    from drift_check.model import Report

TONES = {"critical": "bold red", "high": "red", "medium": "yellow", "low": "blue", "info": "dim"}


def table(report: Report) -> None:
    """For a terminal."""
    console.print(
        f"[bold]{escape(headline(report))}[/bold]  [dim]{report.calls} calls, {report.seconds:.1f} s[/dim]"
    )
    for note in report.notes:
        console.print(f"[yellow]{escape(note)}[/yellow]")
    shown = [finding for finding in report.findings if finding.is_actionable]
    if shown:
        console.print(differences(shown))
    for one in report.unknown:
        console.print(f"[magenta]unknown[/magenta] {escape(f'{one.resource}: {one.reason}')}")
    for heal in report.heals:
        console.print(
            f"[green]{heal.status}[/green] "
            + escape(f"{heal.finding.resource} {heal.finding.attribute} {heal.detail}")
        )
        for write in heal.writes:
            console.print(
                "  [dim]" + escape(f"{write.action} {json.dumps(write.parameters)} {write.note}") + "[/dim]"
            )
    for refused, reason in report.plan.refused:
        console.print(
            "[dim]" + escape(f"not healed: {refused.resource} {refused.attribute}: {reason}") + "[/dim]"
        )
    rest = len(report.findings) - len(shown) - len(report.unknown)
    if rest:
        console.print(f"[dim]{rest} more are only assumed or accepted: --format markdown lists them[/dim]")


def differences(findings: list[Finding]) -> Table:
    """One row a finding."""
    rows = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("severity", "resource", "attribute", "is", "should be", "healing", "id"):
        rows.add_column(name, overflow="fold")
    for finding in findings:
        rows.add_row(
            f"[{TONES[finding.severity]}]{finding.severity}[/]",
            escape(finding.resource),
            escape(finding.attribute),
            escape(short(finding.observed)),
            escape(short(finding.desired)),
            str(finding.healing),
            finding.id,
        )
    return rows


PRINTERS: dict[str, Callable[[Report], object]] = {
    "table": table,
    "json": lambda report: sys.stdout.write(json.dumps(document(report), indent=2) + "\n"),
    "markdown": lambda report: sys.stdout.write(markdown(report)),
    "html": lambda report: sys.stdout.write(page(report)),
}

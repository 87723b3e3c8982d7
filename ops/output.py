"""Printing a run of drift_check, in each of its forms."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from drift_check.model import Report
from drift_check.report import difference, headline
from drift_check.report.as_html import page
from drift_check.report.as_json import asff, document
from ops.junit import junit
from ops.markdown import markdown
from ops.options import Format
from ops.sarif import sarif
from ops.screen import console, print_document, styled
from tradai_shared import clock

if TYPE_CHECKING:
    from collections.abc import Callable

    from drift_check.apply.healer import HealOutcome
    from drift_check.events import Request
    from drift_check.findings import Finding
    from ops.options import Common
    from ops.session import Session
    from tradai_shared.errors import TradaiError

TONES = {"critical": "bold red", "high": "red", "medium": "yellow", "low": "blue", "info": "dim"}


def table(report: Report, *, quiet: bool = False) -> None:
    """For a terminal."""
    console.print(styled(headline(report), "bold"))
    if not quiet:
        console.print(styled(f"{report.calls} calls, {report.seconds:.1f} s", "dim"))
    for note in report.notes:
        console.print(styled(note, "yellow"))
    shown = [finding for finding in report.findings if finding.is_actionable]
    for finding in shown:
        print_finding(finding)
    for unread in report.unknown:
        console.print(styled("unknown ", "magenta"), f"{unread.resource}: {unread.reason}")
    for heal in report.heals:
        print_heal(heal)
    for refused, reason in report.plan.refused:
        text = f"not healed: {refused.resource} {refused.attribute}: {reason}"
        console.print(styled(text, "dim"))
    others = len(report.findings) - len(shown) - len(report.unknown)
    if others and not quiet:
        console.print(
            styled(f"{others} more are assumed, contradicted or accepted: see --format markdown", "dim")
        )


def print_finding(finding: Finding) -> None:
    """Two lines, the difference and the id; neither is wrapped."""
    severity = styled(f"{finding.severity:<9}", TONES[finding.severity])
    console.print(severity, f"{finding.resource} {finding.attribute}")
    console.print(f"          {difference(finding)}; heal {finding.healing}; id {finding.id}")


def print_heal(heal: HealOutcome) -> None:
    text = f"{heal.finding.resource} {heal.finding.attribute} {heal.detail}"
    console.print(styled(f"{heal.status} ", "green"), text)
    for write in heal.writes:
        call = f"  {write.action} {json.dumps(write.parameters)} {write.note}"
        console.print(styled(call, "dim"))


def as_json(report: Report, session: Session) -> None:
    print_document({**session.place, **document(report)})


def as_markdown(report: Report, session: Session) -> None:
    sys.stdout.write(f"{where(session)}\n\n{markdown(report)}")


def as_asff(report: Report, session: Session) -> None:
    """A list, as ``aws securityhub batch-import-findings --findings`` takes it."""
    identity = session.identity
    partition = identity.arn.split(":")[1] if identity.arn.startswith("arn:") else "aws"
    product = f"arn:{partition}:securityhub:{identity.region}:{identity.account}"
    findings = asff(report, f"{product}:product/{identity.account}/default")
    sys.stdout.write(json.dumps(findings, indent=2) + "\n")


def where(session: Session) -> str:
    return "account {account}, region {region}, environment {environment}".format_map(session.place)


PRINTERS: dict[Format, Callable[[Report, Session], object]] = {
    Format.TABLE: lambda report, session: table(report, quiet=session.common.quiet),
    Format.JSON: as_json,
    Format.MARKDOWN: as_markdown,
    Format.HTML: lambda report, _: sys.stdout.write(page(report)),
    Format.SARIF: lambda report, session: print_document(sarif(report, session.place)),
    Format.ASFF: as_asff,
    Format.JUNIT: lambda report, _: sys.stdout.write(junit(report)),
}


def print_failure(common: Common, request: Request, error: TradaiError) -> None:
    """What a program reads also of a run that never began, so that its CI shows why."""
    report = Report(common.env, request, clock.now(), error=f"{type(error).__name__} {error}")
    if common.format is Format.SARIF:
        print_document(sarif(report, {"environment": common.env}))
    elif common.format is Format.JUNIT:
        sys.stdout.write(junit(report))

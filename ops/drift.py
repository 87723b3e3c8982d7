"""``tradai-ops drift``: the loop of tradai-drift-check from a laptop or CI."""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from drift_check import checks
from drift_check.apply import Writer
from drift_check.events import Mode, parse
from drift_check.observe.reader import WORKERS, Observer
from drift_check.run import ExitCode, Report, Run
from drift_check.settings import MAX_HEALS, Allowed, Settings
from drift_check.survey import Surveyor, chosen
from drift_check.tell.as_html import page
from drift_check.tell.as_json import document
from drift_check.tell.as_markdown import headline, markdown, short
from ops.app import app, console
from ops.session import clients_of
from tradai_shared.config.load import canonical_config, environment, waivers
from tradai_shared.errors import TradaiError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tradai_shared.findings import Finding

Many = Annotated[list[str] | None, Parameter(negative=())]
TONES = {"critical": "bold red", "high": "red", "medium": "yellow", "low": "blue", "info": "dim"}


@app.command
def drift(  # noqa: PLR0913 - one parameter an option
    *,
    env: str,
    mode: Mode = Mode.REPORT,
    dry_run: bool = False,
    approve: Many = None,
    checks: Many = None,
    format: Literal["table", "json", "markdown", "html"] = "table",  # noqa: A002 - the option's name
    max_heals: int = MAX_HEALS,
    profile: str | None = None,
    region: str | None = None,
) -> int:
    """Compare AWS with the canonical configuration, and mend what may be mended.

    Exit code: 0 in sync, 1 drift, 2 error, 3 something could not be read.

    Parameters
    ----------
    env
        dev, staging or prod.
    mode
        report only reads; heal mends what is automatic or approved.
    dry_run
        With --mode heal: show the exact calls and send none.
    approve
        Id of a finding that you approve of mending; may be given several times.
    checks
        Only this check; may be given several times.
    format
        How to print what was found.
    max_heals
        Findings to mend at most.
    profile
        As in the AWS CLI.
    region
        As in the AWS CLI; else the profile's, else the configuration's.
    """
    event = {"mode": mode, "dry_run": dry_run, "approve": approve or [], "checks": checks or []}
    try:
        report = look(env, event, max_heals, profile, region)
    except TradaiError as error:
        Console(stderr=True).print(f"[red]{type(error).__name__}[/red] {error}", highlight=False)
        return ExitCode.ERROR
    PRINTERS[format](report)
    return report.exit_code


def look(
    env: str, event: dict[str, object], max_heals: int, profile: str | None, region: str | None
) -> Report:
    """One run with a progress display on standard error."""
    request = parse(event, tuple(checks.BY_NAME))
    config = canonical_config(env)
    client = clients_of(profile, region, config.region, WORKERS)
    with progress() as told:
        surveyor = Surveyor(config, chosen(request.checks), Observer(client, told=told), waivers(env))
        settings = Settings(environment(env), Allowed.HEAL, max_heals=max_heals)
        return Run(settings, request, surveyor, Writer(client, region or config.region)).run()


@contextmanager
def progress() -> Iterator[Callable[[int, int], None]]:
    columns = (TextColumn("reading AWS"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("reading", total=None)
        yield lambda done, of: bar.update(task, completed=done, total=of)


def table(report: Report) -> None:
    """For a terminal."""
    console.print(f"[bold]{headline(report)}[/bold]  [dim]{report.calls} calls, {report.seconds:.1f} s[/dim]")
    for note in report.notes:
        console.print(f"[yellow]{note}[/yellow]")
    shown = [one for one in report.findings if one.counts]
    if shown:
        console.print(differences(shown))
    for one in report.unknown:
        console.print(f"[magenta]unknown[/magenta] {one.resource}: {one.reason}")
    for heal in report.heals:
        console.print(
            f"[green]{heal.status}[/green] {heal.finding.resource} {heal.finding.attribute} {heal.detail}"
        )
        for write in heal.writes:
            console.print(f"  [dim]{write.action} {json.dumps(write.parameters)} {write.note}[/dim]")
    for refused, reason in report.choice.refused:
        console.print(f"[dim]not mended: {refused.resource} {refused.attribute}: {reason}[/dim]")
    rest = len(report.findings) - len(shown) - len(report.unknown)
    if rest:
        console.print(f"[dim]{rest} more are only assumed or accepted: --format markdown lists them[/dim]")


def differences(findings: list[Finding]) -> Table:
    """One row a finding."""
    rows = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("severity", "resource", "attribute", "is", "should be", "mending", "id"):
        rows.add_column(name, overflow="fold")
    for one in findings:
        rows.add_row(
            f"[{TONES[one.severity]}]{one.severity}[/]",
            one.resource,
            one.attribute,
            short(one.observed),
            short(one.desired),
            str(one.healing),
            one.id,
        )
    return rows


PRINTERS: dict[str, Callable[[Report], object]] = {
    "table": table,
    "json": lambda report: sys.stdout.write(json.dumps(document(report), indent=2) + "\n"),
    "markdown": lambda report: sys.stdout.write(markdown(report)),
    "html": lambda report: sys.stdout.write(page(report)),
}

"""``tradai-ops drift``: the loop of tradai-drift-check from a laptop or CI."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter

from drift_check import checks
from drift_check.apply.requests import RequestBuilder
from drift_check.events import Mode, parse
from drift_check.observe.observer import WORKERS, Observer
from drift_check.reconcile import Run
from drift_check.scan import Scanner
from drift_check.settings import MAX_HEALS, Allowed, Settings
from ops.aws_clients import clients_of
from ops.output import PRINTERS
from ops.progress import progress
from tradai_shared.config.loader import canonical_config, environment, waivers

if TYPE_CHECKING:
    from drift_check.reconcile import Report

Many = Annotated[list[str] | None, Parameter(negative=())]


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
    report = look(env, event, max_heals, profile, region)
    PRINTERS[format](report)
    return report.exit_code


def look(env: str, event: dict[str, Any], max_heals: int, profile: str | None, region: str | None) -> Report:
    """One run with a progress display on standard error."""
    config = canonical_config(env)
    client = clients_of(profile, region, config.region, WORKERS)
    with progress() as told:
        return run(env, event, Observer(client, told=told), max_heals, region)


def run(env: str, event: dict[str, Any], observer: Observer, max_heals: int, region: str | None) -> Report:
    request = parse(event, tuple(checks.BY_NAME))
    config = canonical_config(env)
    scanner = Scanner(config, checks.chosen(request.checks), observer, waivers(env))
    settings = Settings(environment(env), Allowed.HEAL, max_heals=max_heals)
    return Run(
        settings,
        request,
        scanner,
        RequestBuilder(observer.client, region or config.region),
        writes_history=request.mode is Mode.HEAL,
    ).run()

"""``tradai-ops drift``: the loop of tradai-drift-check from a laptop or CI."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter

from drift_check import checks
from drift_check.events import Mode, parse
from drift_check.observe.observer import WORKERS
from drift_check.reconcile import make_reconciler
from drift_check.settings import MAX_HEALS, Allowed, Settings
from ops.aws_clients import clients_of
from ops.output import PRINTERS
from ops.progress import progress
from tradai_shared.config.loader import canonical_config, environment, waivers

if TYPE_CHECKING:
    from drift_check.model import Report

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
    report = collect(env, event, max_heals, profile, region)
    PRINTERS[format](report)
    return report.exit_code


def collect(
    env: str, event: dict[str, Any], max_heals: int, profile: str | None, region: str | None
) -> Report:
    """One run with a progress display on standard error. Only healing writes the history."""
    config = canonical_config(env)
    request = parse(event, tuple(checks.BY_NAME))
    settings = Settings(environment(env), Allowed.HEAL, max_heals=max_heals)
    with progress() as on_progress:
        return make_reconciler(
            settings,
            request,
            config,
            clients_of(profile, region, config.region, WORKERS),
            waivers=waivers(env),
            writes_history=request.mode is Mode.HEAL,
            on_progress=on_progress,
        ).run()

"""``tradai-ops drift``: the loop of tradai-drift-check from a laptop or CI."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from drift_check import checks
from drift_check.events import Mode, parse
from drift_check.observe.observer import WORKERS
from drift_check.reconcile import make_reconciler
from drift_check.settings import MAX_HEALS, Allowed, Settings
from ops.options import FLAG, Common
from ops.output import PRINTERS
from ops.progress import progress
from ops.session import Simulation, connect
from tradai_shared.config.loader import canonical_config, waivers

if TYPE_CHECKING:
    from drift_check.reconcile import Report
    from ops.session import Session

Many = Annotated[list[str] | None, Parameter(negative=())]


def drift(  # noqa: PLR0913 - one parameter an option
    *,
    common: Common,
    mode: Mode = Mode.REPORT,
    dry_run: Annotated[bool, FLAG] = False,
    approve: Many = None,
    checks: Many = None,
    max_heals: int = MAX_HEALS,
) -> int:
    """Compare AWS with the canonical configuration, and heal what may be healed.

    Exit code: 0 in sync, 1 drift, 2 error, 3 something could not be read.

    Parameters
    ----------
    mode
        report only reads; heal heals what is automatic or approved.
    dry_run
        With --mode heal: show the exact calls and send none.
    approve
        Id of a finding whose heal you approve; may be given several times.
    checks
        Only this check; may be given several times.
    max_heals
        Findings to heal at most.
    """
    event = {"mode": mode, "dry_run": dry_run, "approve": approve or [], "checks": checks or []}
    with connect(common, Simulation.ESTATE, pool=WORKERS) as session:
        report = collect(session, event, max_heals)
        PRINTERS[common.format](report, session)
        return report.exit_code


def collect(session: Session, event: dict[str, Any], max_heals: int) -> Report:
    """One run with a progress display on standard error. Only healing writes the history."""
    env = session.env
    request = parse(event, tuple(checks.BY_NAME))
    settings = Settings(env, Allowed.HEAL, max_heals=max_heals)
    with progress(quiet=session.common.quiet) as on_progress:
        return make_reconciler(
            settings,
            request,
            canonical_config(env),
            session.client,
            waivers=waivers(env),
            writes_history=request.mode is Mode.HEAL,
            on_progress=on_progress,
        ).run()

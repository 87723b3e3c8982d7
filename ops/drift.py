"""``tradai-ops drift``: the loop of tradai-drift-check from a laptop or CI."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter, validators

from drift_check import checks
from drift_check.events import Mode, Request, parse
from drift_check.history_store import HistoryUse
from drift_check.observe.observer import WORKERS
from drift_check.planner import approval_code
from drift_check.reconcile import make_reconciler
from drift_check.settings import MAX_HEALS, Allowed, Settings
from ops.interrupt import INTERRUPTED, Interrupt
from ops.options import FLAG, Common, Format, Many
from ops.output import PRINTERS, print_failure
from ops.progress import progress
from ops.screen import agreed, error_console
from ops.session import Simulation, connect
from tradai_shared import clock
from tradai_shared.config.loader import waivers
from tradai_shared.errors import ConfigError, Status, TradaiError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from drift_check.model import Report
    from ops.session import Session


def drift(  # noqa: PLR0913 - one parameter an option
    *,
    common: Common,
    mode: Mode = Mode.REPORT,
    dry_run: Annotated[bool, FLAG] = False,
    approve: Many = None,
    only: Many = None,
    checks: Many = None,
    max_heals: Annotated[int, Parameter(validator=validators.Number(gte=0))] = MAX_HEALS,
    yes: Annotated[bool, FLAG] = False,
) -> int:
    """Compare AWS with the canonical configuration, and heal what may be healed.

    Exit code: 0 in sync, 1 drift, 2 error, 3 something could not be read, 130 interrupted. Healing shows
    account, region and the exact calls, and asks before it sends them. Ctrl-C ends it after the heal that is
    under way.

    Parameters
    ----------
    mode
        report only reads; heal writes what is automatic or approved, after a question.
    dry_run
        With --mode heal: show the exact calls and send none.
    approve
        Approval code or id of a finding that you approve of healing; may be given several times. Without
        --mode heal these alone are healed.
    only
        Heal this finding only, by its id; may be given several times.
    checks
        Only this check; may be given several times.
    max_heals
        Findings to heal at most.
    yes
        With --mode heal: send the calls without asking.
    """
    request = requested(mode, approve or [], only or [], checks or [])
    if only and request.mode is Mode.REPORT:
        raise ConfigError("--only", "names findings to heal: say --mode heal, or --mode heal --dry-run")
    try:
        with connect(common, Simulation.ESTATE, pool=WORKERS, formats=frozenset(Format)) as session:
            if request.mode is Mode.HEAL and not dry_run:
                report = heal(session, request, max_heals, yes=yes)
            else:
                report = collect(session, replace(request, dry_run=dry_run), max_heals)
            PRINTERS[common.format](report, session)
            return INTERRUPTED if report.interrupted else report.exit_code
    except TradaiError as error:
        print_failure(common, request, error)
        raise


def requested(mode: Mode, approve: list[str], only: list[str], names: list[str]) -> Request:
    """Raises EventError: a check that does not exist."""
    if approve and mode is Mode.REPORT:
        mode, only = Mode.HEAL, [*only, *(approval.partition(".")[0] for approval in approve)]
    event = {"mode": mode, "approve": approve, "only": only, "checks": names}
    return parse(event, tuple(checks.BY_NAME))


def heal(session: Session, request: Request, max_heals: int = MAX_HEALS, *, yes: bool) -> Report:
    """Show, ask, and heal what was shown; the report of the dry run where nothing is healed."""
    preview = collect(session, replace(request, dry_run=True), max_heals)
    planned = [healed for healed in preview.heals if healed.status is Status.PLANNED]
    if not planned:
        return preview
    error_console.print(described(session, preview))
    if not (yes or agreed(f"Heal {len(planned)} finding{'s' if len(planned) > 1 else ''}?")):
        error_console.print("nothing was written")
        return preview
    shown = [healed.finding for healed in planned]
    approvals = {approval.partition(".")[0] for approval in request.approve}
    now = clock.now()
    return collect(
        session,
        replace(
            request,
            only=frozenset(f"{finding.id}.{finding.digest}" for finding in shown),
            approve=frozenset(approval_code(finding, now) for finding in shown if finding.id in approvals),
        ),
        max_heals,
    )


def described(session: Session, preview: Report) -> str:
    """Account, region, and every call that would be sent."""
    account = session.identity.account
    lines = [f"environment {session.env}, account {account}, region {preview.region}: would be sent"]
    for healed in preview.heals:
        lines.append(f"  {healed.finding.resource} {healed.finding.attribute} ({healed.finding.id})")
        lines += [
            f"    {write.action} {json.dumps(write.parameters)}{write.note and f'  # {write.note}'}"
            for write in healed.writes
        ]
        lines += [f"    mind: {healed.detail}"] if healed.detail else []
    return "\n".join(lines)


@contextmanager
def caught(*, wanted: bool) -> Iterator[Interrupt]:
    """While something is written Ctrl-C ends the run after the heal under way; else at once."""
    if not wanted:
        yield Interrupt()
        return
    with Interrupt.caught() as interrupt:
        yield interrupt


def collect(session: Session, request: Request, max_heals: int = MAX_HEALS) -> Report:
    """One run with a progress display on standard error. Of the history only attempts to heal are kept."""
    settings = Settings(session.env, Allowed.HEAL, max_heals=max_heals)
    is_healing = request.mode is Mode.HEAL and not request.dry_run
    with progress(quiet=session.common.quiet) as on_progress, caught(wanted=is_healing) as interrupt:
        return make_reconciler(
            settings,
            request,
            session.config,
            session.client,
            waivers=waivers(session.env),
            use=HistoryUse.ATTEMPTS if is_healing else HistoryUse.READ,
            on_progress=on_progress,
            attended=True,
            holder="tradai-ops drift",
            account=session.identity.account,
            is_interrupted=lambda: interrupt.came,
        ).run()

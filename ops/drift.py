"""``tradai-ops drift``: the loop of tradai-drift-check from a laptop or CI."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter
from rich.console import Console
from rich.markup import escape
from rich.prompt import Confirm

from drift_check import checks
from drift_check.events import Mode, Request, parse
from drift_check.history_store import HistoryUse
from drift_check.observe.observer import WORKERS
from drift_check.planner import approval_code
from drift_check.reconcile import make_reconciler
from drift_check.settings import MAX_HEALS, Allowed, Settings
from ops.aws_clients import clients_of
from ops.output import PRINTERS
from ops.progress import progress
from tradai_shared import clock
from tradai_shared.aws.error_mapping import translate_errors
from tradai_shared.config.loader import canonical_config, environment, waivers
from tradai_shared.outcomes import Status

if TYPE_CHECKING:
    from collections.abc import Callable

    from drift_check.model import Report

Many = Annotated[list[str] | None, Parameter(negative=())]


@dataclass(frozen=True, slots=True)
class Target:
    """The environment that a command is about, and how it is reached."""

    env: str
    client: Callable[[str], Any]
    max_heals: int


def drift(  # noqa: PLR0913 - one parameter an option
    *,
    env: str,
    mode: Mode = Mode.REPORT,
    dry_run: bool = False,
    approve: Many = None,
    only: Many = None,
    checks: Many = None,
    format: Literal["table", "json", "markdown", "html"] = "table",  # noqa: A002 - the option's name
    max_heals: int = MAX_HEALS,
    yes: bool = False,
    profile: str | None = None,
    region: str | None = None,
) -> int:
    """Compare AWS with the canonical configuration, and heal what may be healed.

    Exit code: 0 in sync, 1 drift, 2 error, 3 something could not be read. Healing shows account, region and
    the exact calls, and asks before it sends them.

    Parameters
    ----------
    env
        dev, staging or prod.
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
    format
        How to print what was found.
    max_heals
        Findings to heal at most.
    yes
        With --mode heal: send the calls without asking.
    profile
        As in the AWS CLI.
    region
        As in the AWS CLI; else the profile's, else the configuration's.
    """
    request = requested(mode, approve or [], only or [], checks or [])
    config = canonical_config(env)
    target = Target(env, clients_of(profile, region, config.region, WORKERS), max_heals)
    if request.mode is Mode.HEAL and not dry_run:
        report = heal(target, request, yes=yes)
    else:
        report = collect(target, replace(request, dry_run=dry_run))
    PRINTERS[format](report)
    return report.exit_code


def requested(mode: Mode, approve: list[str], only: list[str], names: list[str]) -> Request:
    """Raises EventError: a check that does not exist."""
    if approve and mode is Mode.REPORT:
        mode, only = Mode.HEAL, [*only, *(approval.partition(".")[0] for approval in approve)]
    event = {"mode": mode, "approve": approve, "only": only, "checks": names}
    return parse(event, tuple(checks.BY_NAME))


def heal(target: Target, request: Request, *, yes: bool) -> Report:
    """Show, ask, and heal what was shown; the report of the dry run where nothing is healed."""
    preview = collect(target, replace(request, dry_run=True))
    planned = [healed for healed in preview.heals if healed.status is Status.PLANNED]
    if not planned:
        return preview
    errors = Console(stderr=True, highlight=False)
    errors.print(escape(described(target, preview)))
    if not (yes or asked(errors, len(planned))):
        errors.print("nothing was written")
        return preview
    shown = [healed.finding for healed in planned]
    approvals = {approval.partition(".")[0] for approval in request.approve}
    now = clock.now()
    return collect(
        target,
        replace(
            request,
            only=frozenset(f"{finding.id}.{finding.digest}" for finding in shown),
            approve=frozenset(approval_code(finding, now) for finding in shown if finding.id in approvals),
        ),
    )


def described(target: Target, preview: Report) -> str:
    """Account, region, and every call that would be sent."""
    with translate_errors("sts:GetCallerIdentity"):
        account = target.client("sts").get_caller_identity()["Account"]
    lines = [f"environment {target.env}, account {account}, region {preview.region}: would be sent"]
    for healed in preview.heals:
        lines.append(f"  {healed.finding.resource} {healed.finding.attribute} ({healed.finding.id})")
        lines += [
            f"    {write.action} {json.dumps(write.parameters)}{write.note and f'  # {write.note}'}"
            for write in healed.writes
        ]
        lines += [f"    mind: {healed.detail}"] if healed.detail else []
    return "\n".join(lines)


def asked(console: Console, repairs: int) -> bool:
    """Whether a person answers yes; no where nobody can answer."""
    try:
        question = f"Heal {repairs} finding{'s' if repairs > 1 else ''}?"
        return Confirm.ask(question, console=console, default=False)
    except EOFError:
        return False


def collect(target: Target, request: Request) -> Report:
    """One run with a progress display on standard error. Of the history only attempts to heal are kept."""
    config = canonical_config(target.env)
    settings = Settings(environment(target.env), Allowed.HEAL, max_heals=target.max_heals)
    is_healing = request.mode is Mode.HEAL and not request.dry_run
    with progress() as on_progress:
        return make_reconciler(
            settings,
            request,
            config,
            target.client,
            waivers=waivers(target.env),
            use=HistoryUse.ATTEMPTS if is_healing else HistoryUse.READ,
            on_progress=on_progress,
            attended=True,
            holder="tradai-ops drift",
        ).run()

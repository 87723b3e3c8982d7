"""``tradai-ops findings``: lists what a drift check finds now; shows, approves or waives one finding."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path  # noqa: TC003 - the same
from typing import TYPE_CHECKING, Annotated

from drift_check.events import Mode
from drift_check.observe.observer import WORKERS
from drift_check.report import short
from drift_check.report.as_json import finding_json, heal_json
from ops.drift import collect, heal, requested
from ops.options import FLAG, Common
from ops.output import print_finding, print_heal
from ops.screen import agreed, console, print_document, styled
from ops.session import Simulation, connect
from tradai_shared import clock
from tradai_shared.config.loader import OWN_VALUES, own_file, own_path
from tradai_shared.config.overrides import Waiver
from tradai_shared.errors import ConfigError, EventError, Status

if TYPE_CHECKING:
    from drift_check.findings import Finding
    from drift_check.model import Report
    from ops.session import Session

WAIVED_DAYS = 30


def list_findings(*, common: Common) -> int:
    """Print every open finding with its id and since when it is known. Reads only."""
    with connect(common, Simulation.ESTATE, pool=WORKERS) as session:
        report = collect(session, requested(Mode.REPORT, [], [], []))
        if not session.prints_text:
            results = [finding_json(report, finding) for finding in report.open]
            print_document({**session.place, "findings": results})
        elif report.open:
            for finding in report.open:
                print_finding(finding)
                console.print(f"          {since(finding)}")
        else:
            session.note("no finding is open")
        return report.exit_code


def show_finding(finding_id: str, *, common: Common) -> int:
    """Print one finding: what AWS has, what the configuration says, why it matters, the heal. Reads only.

    Parameters
    ----------
    finding_id
        The id that `findings list` prints.
    """
    with connect(common, Simulation.ESTATE, pool=WORKERS) as session:
        report, finding = _preview(session, finding_id)
        if not session.prints_text:
            print_document({**session.place, "finding": finding_json(report, finding)})
            return 0
        _print_whole(finding)
        _print_heals(report)
        return 0


def approve(finding_id: str, *, common: Common, yes: Annotated[bool, FLAG] = False) -> int:
    """Heal this finding alone, after its exact calls were shown and a question was answered.

    Parameters
    ----------
    finding_id
        The id that `findings list` prints.
    yes
        Do not ask.
    """
    with connect(common, Simulation.ESTATE, pool=WORKERS) as session:
        _preview(session, finding_id)
        report = heal(session, requested(Mode.HEAL, [finding_id], [finding_id], []), yes=yes)
        if session.prints_text:
            _print_heals(report)
        else:
            print_document({**session.place, "heals": [heal_json(healed) for healed in report.heals]})
        return 0 if any(healed.status is Status.DONE for healed in report.heals) else 1


def waive(  # noqa: PLR0913 - one parameter an option
    finding_id: str,
    *,
    common: Common,
    reason: str,
    owner: str,
    until: date | None = None,
    out: Path | None = None,
    yes: Annotated[bool, FLAG] = False,
) -> int:
    """Accept this finding until a day: writes a waiver into the deployment's own file, after a question.

    The deployed drift check knows it after the next deployment.

    Parameters
    ----------
    finding_id
        The id that `findings list` prints.
    reason
        Why it is accepted.
    owner
        Whom to ask.
    until
        The last day, as 2027-01-31; by default 30 days from now.
    out
        The file; by default the one that is packed into the layer.
    yes
        Do not ask.
    """
    today = clock.now().date()
    last = until or today + timedelta(days=WAIVED_DAYS)
    _refuse_unfit(reason, owner, last, today)
    with connect(common, Simulation.ESTATE, pool=WORKERS) as session:
        _, finding = _preview(session, finding_id)
        waiver = Waiver(
            finding=finding.id, content=finding.placed_digest, reason=reason, owner=owner, until=last
        )
        path = out or own_path(session.env) or OWN_VALUES / f"{session.env}.json"
        session.text.print(f"{finding.resource} {finding.attribute}: {finding.reason}")
        if not (yes or agreed(f"Write into {path}: accepted until {last}, owner {owner}, reason {reason}?")):
            session.note("nothing was written")
            return 1
        _write(path, session.env, waiver)
        session.note(f"wrote {path}; deploy, so that the drift check knows it")
        if not session.prints_text:
            print_document({**session.place, "waiver": waiver.model_dump(mode="json"), "file": str(path)})
        return 0


def _refuse_unfit(reason: str, owner: str, last: date, today: date) -> None:
    """Raises ConfigError: the waiver would say nothing, or be over already."""
    for option, text in (("--reason", reason), ("--owner", owner)):
        if not text.strip():
            raise ConfigError(option, "is empty")
    if last < today:
        raise ConfigError("--until", f"{last} is over")


def _write(path: Path, env: str, waiver: Waiver) -> None:
    own = own_file(env)
    others = [other for other in own.waivers if other.finding != waiver.finding]
    document = own.model_copy(update={"waivers": (*others, waiver)}).model_dump(
        mode="json", exclude_defaults=True
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


def _preview(session: Session, finding_id: str) -> tuple[Report, Finding]:
    """The finding, and the report of a dry run that would heal it alone.

    Raises:
        EventError: no open finding has this id.
    """
    request = replace(requested(Mode.HEAL, [finding_id], [finding_id], []), dry_run=True)
    report = collect(session, request)
    open_finding = next((finding for finding in report.open if finding.id == finding_id), None)
    if open_finding is None:
        raise EventError("finding", f"none is open with the id {finding_id!r}: see tradai-ops findings list")
    return report, open_finding


def since(finding: Finding) -> str:
    return f"known since {finding.first_seen:%Y-%m-%d %H:%M} UTC" if finding.first_seen else "new"


def _print_whole(finding: Finding) -> None:
    print_finding(finding)
    for name, text in (
        ("since", since(finding)),
        ("is", short(finding.observed)),
        ("should be", short(finding.desired)),
        ("reason", finding.reason),
        ("heal", finding.healing),
    ):
        console.print(styled(f"  {name:<10}", "dim"), str(text))


def _print_heals(report: Report) -> None:
    for healed in report.heals:
        print_heal(healed)
    for refused, reason in report.plan.refused:
        console.print(f"not healed: {refused.resource} {refused.attribute}: {reason}")

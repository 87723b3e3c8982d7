"""``tradai-ops drill``: by an event alone, or by ending the real NAT and measuring what follows."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from ops.doctor.observe import AccountReader
from ops.drill.follow import terminate_and_follow, watched
from ops.drill.log import drill_run
from ops.options import FLAG, Common
from ops.reconcile import as_text
from ops.screen import agreed, console, error_console, print_document, styled
from ops.session import connect
from tradai_shared import clock
from tradai_shared.aws.error_mapping import translate_errors
from tradai_shared.errors import ConfigError, PermanentError

if TYPE_CHECKING:
    from collections.abc import Callable

    from ops.drill.model import DrillReport, Moment
    from ops.session import Session

CLAIMED = "i-0123456789abcdef0"  # nothing that a drill event claims is believed


def drill(
    *,
    common: Common,
    terminate: Annotated[bool, FLAG] = False,
    notify: Annotated[bool, FLAG] = False,
    yes: Annotated[bool, FLAG] = False,
    out: Path | None = None,
) -> int:
    """Try the failover: send the drill event, which moves nothing that is right, and show what the run said.

    With --terminate it ends the real NAT, after asking, and measures the failover: egress is down meanwhile.

    Exit code: 0 the loop ran, or traffic was moved; 1 it did not within the time; 2 error, or nothing
    was agreed to.

    Parameters
    ----------
    terminate
        End the NAT that carries the routes now. Egress of the private subnets is down until it is replaced.
    notify
        Ask the failover for a message to the alerts topic; a drill is quiet otherwise.
    yes
        With --terminate: do not ask.
    out
        With --terminate: where the figures are written; by default out/drill-<env>-<time>.json.
    """
    if out and not terminate:
        raise ConfigError("--out", "needs --terminate: a drill by an event has no figures")
    if notify and terminate:
        raise ConfigError("--notify", "not with --terminate: the end of the NAT is reported in any case")
    with connect(common, deployed=True) as session:
        if not terminate:
            return _by_event(session, notify=notify)
        account = AccountReader(session.client).read(session.identity, session.wanted)
        _, victim = watched(account)
        question = (
            f"End {victim} in account {session.identity.account}, region {session.identity.region}?"
            f" The private subnets of {session.env} have no egress until it is replaced."
        )
        if not yes and not agreed(question):
            session.note("nothing was done")
            return 2
        file = out or Path(f"out/drill-{session.env}-{clock.now():%Y%m%dT%H%M%S}.json")
        if file.is_dir():
            raise ConfigError("--out", f"{file} is a folder")
        file.parent.mkdir(parents=True, exist_ok=True)  # before the NAT ends: else its figures could be lost
        show = _show if session.prints_text else _silent
        try:
            followed = terminate_and_follow(session.client, account, session.env, show)
        except KeyboardInterrupt:
            error_console.print(
                f"A NAT that was told to end is replaced without this command as well:"
                f" tradai-ops status --env {session.env}"
            )
            raise
        report = replace(followed, simulated=common.simulate)
        _conclude(session, report, file)
        return 0 if report.healed else 1


def _by_event(session: Session, *, notify: bool) -> int:
    started = clock.now()
    entry = {
        "Source": "tradai.drill",
        "DetailType": "EC2 Instance Rebalance Recommendation",
        "Detail": json.dumps({"instance-id": CLAIMED} | ({"notify": True} if notify else {})),
    }
    put_event(session.client, entry)
    session.note("sent the drill event; waiting for the function's log")
    summary = drill_run(session.client, session.function, started)
    if not session.prints_text:
        print_document({**session.place, "answered": summary is not None, "summary": summary or {}})
    elif summary is None:
        console.print(
            styled("no run of the loop answered it: docs/runbooks/dead-letters.md says why", "bold red")
        )
    else:
        for name, value in summary.items():
            console.print(f"  {name}: {as_text(value)}")
    return 0 if summary else 1


def put_event(client: Callable[[str], Any], entry: dict[str, str]) -> None:
    """Put one event on the default bus.

    Raises:
        AwsError: it was not taken.
    """
    with translate_errors("events:PutEvents"):
        response = client("events").put_events(Entries=[entry])
    if response.get("FailedEntryCount"):
        failed = response["Entries"][0]
        raise PermanentError(
            "events:PutEvents", str(failed.get("ErrorCode")), str(failed.get("ErrorMessage"))
        )


def _show(moment: Moment) -> None:
    console.print(f"{moment.seconds:>7.1f} s  {moment.text}")


def _silent(_: Moment) -> None:
    """Prints nothing meanwhile: with --format json the report comes at the end."""


def _conclude(session: Session, report: DrillReport, file: Path) -> None:
    file.write_text(json.dumps(report.document(), indent=2) + "\n", encoding="utf-8")
    if not session.prints_text:
        print_document(report.document())
        return
    if report.healed:
        moved = report.seconds.get("routes_moved")
        console.print(
            styled(f"moved: every route {moved} s after the order, read once a second", "bold green")
        )
    else:
        console.print(styled("not healed within the time: docs/runbooks/nat-failover-failed.md", "bold red"))
    session.note(f"written to {file}")

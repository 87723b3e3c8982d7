"""``tradai-ops drill``: by an event alone, or by ending the real NAT and measuring what follows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.prompt import Confirm

from ops.app import console
from ops.doctor.command import Deployment, deployment
from ops.doctor.observe import AccountReader, identify
from ops.drill.follow import terminate_and_follow, watched
from ops.drill.log import drill_run
from tradai_shared import clock
from tradai_shared.aws.error_mapping import translate_errors
from tradai_shared.errors import PermanentError

if TYPE_CHECKING:
    from collections.abc import Callable

    from ops.drill.model import DrillReport, Moment

CLAIMED = "i-0123456789abcdef0"  # nothing that a drill event claims is believed


def drill(  # noqa: PLR0913 - one parameter an option
    *,
    env: str,
    terminate: bool = False,
    yes: bool = False,
    out: Path | None = None,
    samconfig_file: Path = Path("samconfig.toml"),
    profile: str | None = None,
    region: str | None = None,
    endpoint_url: str | None = None,
) -> int:
    """Try the failover: send the drill event, which moves nothing that is right, and show what the run said.

    With --terminate it ends the real NAT, after asking, and measures the failover: egress is down meanwhile.

    Exit code: 0 the loop ran, or traffic was moved; 1 it did not within the time; 2 error.

    Parameters
    ----------
    env
        dev, staging or prod.
    terminate
        End the NAT that carries the routes now. Egress of the private subnets is down until it is replaced.
    yes
        With --terminate: do not ask.
    out
        With --terminate: where the figures are kept; by default out/drill-<env>-<time>.json.
    samconfig_file
        The file that `sam deploy` reads.
    profile
        As in the AWS CLI.
    region
        As in the AWS CLI; else the profile's, else the one in samconfig.toml.
    endpoint_url
        Another AWS, such as a stand-in on this machine; AWS_ENDPOINT_URL does the same.
    """
    target = deployment(env, samconfig_file, profile, region, endpoint_url)
    identity = identify(target.client, target.region)
    console.print(f"account {identity.account}, region {identity.region}, environment {env}")
    if not terminate:
        return _by_event(target)
    account = AccountReader(target.client).read(identity, target.wanted)
    _, victim = watched(account)
    question = f"End {victim}? The private subnets of {env} have no way out until it is replaced."
    if not yes and not Confirm.ask(question, console=console, default=False):
        console.print("nothing was done")
        return 0
    report = terminate_and_follow(target.client, account, env, _show)
    _conclude(report, out or Path(f"out/drill-{env}-{clock.now():%Y%m%dT%H%M%S}.json"))
    return 0 if report.healed else 1


def _by_event(target: Deployment) -> int:
    started = clock.now()
    entry = {
        "Source": "tradai.drill",
        "DetailType": "EC2 Instance Rebalance Recommendation",
        "Detail": json.dumps({"instance-id": CLAIMED}),
    }
    put_event(target.client, entry)
    console.print("sent the drill event; waiting for the function's log")
    summary = drill_run(target.client, target.function, started)
    if summary is None:
        console.print("[bold red]no run of the loop answered it: see the runbook of dead letters[/bold red]")
        return 1
    for name, value in summary.items():
        console.print(f"  {name}: {value}", markup=False, highlight=False)
    return 0


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
    console.print(f"{moment.seconds:>7.1f} s  {moment.text}", markup=False, highlight=False)


def _conclude(report: DrillReport, file: Path) -> None:
    if report.healed:
        moved = report.seconds.get("routes_moved")
        console.print(
            f"[bold green]moved[/bold green]: every route {moved} s after the order, seen once a second"
        )
    else:
        console.print("[bold red]not healed within the time: see the runbook nat-failover-failed[/bold red]")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(report.document(), indent=2) + "\n", encoding="utf-8")
    console.print(f"kept in {file}", highlight=False)

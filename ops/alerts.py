"""``tradai-ops alerts test``: does a message of an alarm arrive?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cyclopts import App
from rich.prompt import Confirm

from ops.alert_test import AlertTest
from ops.app import console
from ops.doctor.command import deployment
from ops.doctor.observe import identify
from tradai_shared.errors import AwsError

if TYPE_CHECKING:
    from ops.alert_test import ActionResult

OK, NOT_ARRIVED, UNKNOWN = 0, 1, 3
alerts = App(name="alerts", help="Prove that the messages of alarms arrive.")


@alerts.command(name="test")
def send_test_alert(  # noqa: PLR0913 - one parameter an option
    *,
    env: str,
    alarm: str | None = None,
    yes: bool = False,
    samconfig_file: Path = Path("samconfig.toml"),
    profile: str | None = None,
    region: str | None = None,
    endpoint_url: str | None = None,
) -> int:
    """Set one alarm by hand, show what its actions did, and ask whether the message came. Asks first.

    CloudWatch returns the alarm to its own state within some minutes.
    Exit code: 0 the message came, 1 it did not or CloudWatch could not send it, 2 error, 3 nobody knows.

    Parameters
    ----------
    env
        dev, staging or prod.
    alarm
        The alarm's name; else the one that tells of lost egress.
    yes
        Ask nothing: the result is what CloudWatch itself recorded.
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
    trial = AlertTest(target.client, alarm or target.wanted.alarm)
    topics = trial.targets()
    console.print(f"account {identity.account}, region {identity.region}, environment {env}")
    for topic in topics:
        console.print(f"{trial.alarm} sends to {topic}", markup=False, highlight=False)
    if not yes and not Confirm.ask("Set it to ALARM? Whoever is on call gets a message", default=False):
        console.print("nothing was done")
        return UNKNOWN
    results = _followed(trial, len(topics))
    for line in lines_of(results, len(topics)):
        console.print(line, markup=False, highlight=False)
    if any(result.error for result in results):
        return NOT_ARRIVED
    if yes:
        return OK if len(results) >= len(topics) else UNKNOWN
    return OK if Confirm.ask("Did the message arrive?", default=False) else NOT_ARRIVED


def _followed(trial: AlertTest, count: int) -> list[ActionResult]:
    """Nothing where CloudWatch's record may not be read: the message may have come all the same."""
    since = trial.raise_alarm()
    try:
        return trial.follow(since, count)
    except AwsError as error:
        console.print(f"its history could not be read: {error}", markup=False, highlight=False)
        return []


def lines_of(results: list[ActionResult], count: int) -> list[str]:
    """What CloudWatch recorded, one line an action."""
    lines = [
        f"CloudWatch could not send to {result.target}: {result.error}"
        if result.error
        else f"CloudWatch sent to {result.target}"
        for result in results
    ]
    missing = count - len(results)
    return [*lines, f"of {missing} actions CloudWatch has recorded nothing yet"] if missing > 0 else lines

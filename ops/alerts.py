"""``tradai-ops alerts test``: does a message of an alarm arrive?"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

from ops.alert_test import AlertTest
from ops.options import FLAG, Common
from ops.screen import agreed, error_console, print_document
from ops.session import connect
from tradai_shared.errors import AwsError

if TYPE_CHECKING:
    from ops.alert_test import ActionResult

OK, NOT_ARRIVED, UNKNOWN = 0, 1, 3


def send_test_alert(*, common: Common, alarm: str | None = None, yes: Annotated[bool, FLAG] = False) -> int:
    """Set one alarm by hand, show what its actions did, and ask whether the message came. Asks first.

    CloudWatch returns the alarm to its own state within some minutes.

    Parameters
    ----------
    alarm
        The alarm's name; the alarm of lost egress by default.
    yes
        Ask nothing: the result is what CloudWatch itself recorded.
    """
    with connect(common) as session:
        trial = AlertTest(session.client, alarm or session.wanted.alarm)
        topics = trial.targets()
        for topic in topics:
            session.text.print(f"{trial.alarm} sends to {topic}")
        if not yes and not agreed("Set it to ALARM? Whoever is on call gets a message."):
            session.text.print("nothing was done")
            return UNKNOWN
        results = _followed(trial, len(topics))
        for line in lines_of(results, len(topics)):
            session.text.print(line)
        code = _exit_code(results, len(topics), yes=yes)
        if not session.prints_text:
            print_document(
                {**session.place, "alarm": trial.alarm, "actions": [asdict(one) for one in results]}
            )
        return code


def _exit_code(results: list[ActionResult], count: int, *, yes: bool) -> int:
    if any(result.error for result in results):
        return NOT_ARRIVED
    if yes:
        return OK if len(results) >= count else UNKNOWN
    return OK if agreed("Did the message arrive?") else NOT_ARRIVED


def _followed(trial: AlertTest, count: int) -> list[ActionResult]:
    """Nothing where CloudWatch's record may not be read: the message may have come all the same."""
    since = trial.raise_alarm()
    try:
        return trial.follow(since, count)
    except AwsError as error:
        error_console.print(f"its history could not be read: {error}")
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

"""Sets one alarm by hand and follows what its actions do."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ops.calls import call
from tradai_shared import clock
from tradai_shared.errors import PermanentError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

REASON = "Set by hand by tradai-ops alerts test: nothing is wrong. The alarm returns by itself."
FOLLOW_SECONDS = 20.0
POLL_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class ActionResult:
    """One action of the alarm, as CloudWatch records it. ``error`` is empty where it was carried out."""

    target: str
    error: str = ""


@dataclass(frozen=True, slots=True)
class AlertTest:
    """One alarm of the deployment. ``client`` makes or finds a client by the service's name."""

    client: Callable[[str], Any]
    alarm: str

    def targets(self) -> tuple[str, ...]:
        """Where the alarm sends its message.

        Raises:
            AwsError: it could not be read; PermanentError also where the test would show nothing: the alarm
                does not exist, is raised already, or has no action that is carried out.
        """
        names = [self.alarm]
        alarms = call(self.client, "cloudwatch:DescribeAlarms", "MetricAlarms", AlarmNames=names)
        if not alarms:
            raise self._refusal("does not exist: is the stack deployed?")
        if alarms[0]["StateValue"] == "ALARM":
            raise self._refusal("is in ALARM: a test would change nothing; look at it, or name another one")
        if not alarms[0].get("ActionsEnabled", True):
            raise self._refusal("has its actions disabled: aws cloudwatch enable-alarm-actions")
        if not alarms[0].get("AlarmActions"):
            raise self._refusal("has no action: no alarm of it would reach anybody")
        return tuple(alarms[0]["AlarmActions"])

    def raise_alarm(self) -> datetime:
        """Set the alarm; its actions are carried out at once. The time before that."""
        before = clock.now()
        alarm = {"AlarmName": self.alarm, "StateValue": "ALARM", "StateReason": REASON}
        call(self.client, "cloudwatch:SetAlarmState", **alarm)
        return before

    def follow(self, since: datetime, count: int) -> list[ActionResult]:
        """What CloudWatch says of so many actions; fewer where it has not said it in time."""
        results: list[ActionResult] = []
        for _ in range(int(FOLLOW_SECONDS / POLL_SECONDS)):
            results = self._results(since)
            if len(results) >= count:
                break
            clock.sleep(POLL_SECONDS)
        return results

    def _results(self, since: datetime) -> list[ActionResult]:
        chosen = {"AlarmName": self.alarm, "HistoryItemType": "Action", "StartDate": since}
        items = call(self.client, "cloudwatch:DescribeAlarmHistory", "AlarmHistoryItems", **chosen)
        return [_result(item) for item in items]

    def _refusal(self, problem: str) -> PermanentError:
        return PermanentError("tradai-ops alerts test", "Refused", f"{self.alarm} {problem}")


def _result(item: dict[str, Any]) -> ActionResult:
    """CloudWatch keeps an action's outcome as JSON, and a summary for people.

    AWS documents neither beyond "in JSON format" (AlarmHistoryItem); public recordings
    show ``actionState``, ``notificationResource`` and the summaries "Successfully executed action" and
    "Failed to execute action".
    """
    try:
        data = json.loads(item.get("HistoryData") or "{}")
    except ValueError:
        data = {}
    target = str(data.get("notificationResource", ""))
    failed = str(data.get("actionState", "")).lower() == "failed"
    summary = str(item.get("HistorySummary", ""))
    if not data:
        failed = summary.startswith("Failed")
    return ActionResult(target, str(data.get("error") or summary) if failed else "")

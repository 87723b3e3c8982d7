"""The function's own log, as CloudWatch Logs has it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ops.calls import call
from tradai_shared import clock

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

POLL_SECONDS = 2.0
LIMIT_SECONDS = 90.0  # EventBridge, a cold start, and CloudWatch Logs' own delay of some seconds
PATTERN = '{ $.summary.trigger = "drill" }'


def drill_run(
    client: Callable[[str], Any], function: str, since: datetime, limit: float = LIMIT_SECONDS
) -> dict[str, Any] | None:
    """The summary of the first run that a drill started after ``since``; None if there was none in time.

    Raises:
        AwsError: the log could not be read.
    """
    started = clock.now()
    while (clock.now() - started).total_seconds() < limit:
        events = call(
            client,
            "logs:FilterLogEvents",
            "events",
            logGroupName=f"/aws/lambda/{function}",
            startTime=int(since.timestamp() * 1000),
            filterPattern=PATTERN,
        )
        for event in events:
            summary = _summary(event.get("message", ""))
            if summary is not None:
                return summary
        clock.sleep(POLL_SECONDS)
    return None


def _summary(message: str) -> dict[str, Any] | None:
    try:
        line = json.loads(message)
    except ValueError:
        return None
    summary = line.get("summary") if isinstance(line, dict) else None
    if not isinstance(summary, dict) or summary.get("trigger") != "drill":
        return None
    return summary

"""``tradai-ops logs``: a function's structured log as lines that a person reads."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any, Literal

from ops.options import FLAG, Common
from ops.screen import console
from ops.session import connect
from tradai_shared import clock
from tradai_shared.aws.error_mapping import translate_errors
from tradai_shared.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ops.session import Session

POLL_SECONDS = 2.0
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
EMPTY: tuple[object, ...] = (None, False, [], {}, "")
# what every line has and no reader of one line needs
USUAL = frozenset(
    {"level", "location", "message", "timestamp", "service", "request_id", "xray_trace_id", "exception_name"}
)


def logs(
    *,
    common: Common,
    function: Literal["nat", "drift", "reaper", "probe"] = "nat",
    since: str = "1h",
    follow: Annotated[bool, FLAG] = False,
) -> int:
    """Print a function's log. Reads only; metric lines are left out.

    Parameters
    ----------
    function
        Whose log.
    since
        How far back: a number and s, m, h or d.
    follow
        Go on until Ctrl-C.
    """
    distance = span(since)
    with connect(common, deployed=True) as session:
        began = clock.now() - distance
        names = {
            "nat": session.function,
            "drift": session.wanted.drift_function,
            "reaper": session.wanted.reaper_function,
            "probe": session.wanted.probe_function,
        }
        printed: set[str] = set()
        while True:
            for event in events(session.client, f"/aws/lambda/{names[function]}", began):
                line = readable(event)
                if event["eventId"] not in printed and line:
                    _print(session, line, event)
                printed.add(event["eventId"])
            if not follow:
                return 0
            clock.sleep(POLL_SECONDS)


def _print(session: Session, line: str, event: dict[str, Any]) -> None:
    """Print a readable line; with --format json one JSON document a line."""
    if session.prints_text:
        console.print(line)
    else:
        print(json.dumps({**session.place, "timestamp": event["timestamp"], "message": event["message"]}))


def span(text: str) -> timedelta:
    """A time span such as 90s, 15m, 2h or 1d.

    Raises:
        ConfigError: it is none.
    """
    parts = re.fullmatch(r"([0-9]{1,6})([smhd])", text)
    if parts is None:
        raise ConfigError("--since", f"expected a number and s, m, h or d, got {text!r}")
    return timedelta(seconds=int(parts[1]) * UNITS[parts[2]])


def events(client: Callable[[str], Any], group: str, since: datetime) -> Iterator[dict[str, Any]]:
    """The log's events since then, oldest first.

    Raises:
        AwsError: the log could not be read.
    """
    with translate_errors("logs:FilterLogEvents"):
        pages = client("logs").get_paginator("filter_log_events")
        for page in pages.paginate(logGroupName=group, startTime=int(since.timestamp() * 1000)):
            yield from page.get("events", [])


def readable(event: dict[str, Any]) -> str | None:
    """One line, or None for a line that only carries metrics or is Lambda's own bookkeeping."""
    message = str(event.get("message", "")).rstrip()
    moment = datetime.fromtimestamp(event["timestamp"] / 1000, UTC)
    try:
        fields = json.loads(message)
    except ValueError:
        return (
            None
            if message.startswith(("START ", "END ", "REPORT ", "INIT_"))
            else f"{moment:%H:%M:%S} {message}"
        )
    if not isinstance(fields, dict) or "_aws" in fields:
        return None
    if "message" not in fields:
        return None
    extra = " ".join(f"{name}={_value(value)}" for name, value in _flat(fields))
    return f"{moment:%H:%M:%S} {fields.get('level', ''):<7} {fields['message']} {extra}".rstrip()


def _flat(fields: dict[str, Any]) -> Iterator[tuple[str, object]]:
    """What a line's fields say, without the usual ones; a run's summary by its own fields."""
    for name, value in fields.items():
        if name == "summary" and isinstance(value, dict):
            yield from _flat(value)
        elif name not in USUAL and value not in EMPTY:
            yield name, value


def _value(value: object) -> str:
    if isinstance(value, list):
        return ",".join(map(_value, value))
    if isinstance(value, dict):
        return ",".join(f"{name}:{_value(entry)}" for name, entry in value.items())
    return value if isinstance(value, str) else json.dumps(value)

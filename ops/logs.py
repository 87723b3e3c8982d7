"""``tradai-ops logs``: a function's structured log as lines that a person reads."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ops.app import console
from ops.doctor.command import deployment
from ops.doctor.observe import identify
from tradai_shared import clock
from tradai_shared.aws.error_mapping import translate_errors
from tradai_shared.config import naming
from tradai_shared.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

POLL_SECONDS = 2.0
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
# what every line has and no reader of one line needs
USUAL = frozenset(
    {"level", "location", "message", "timestamp", "service", "request_id", "xray_trace_id", "exception_name"}
)


def logs(  # noqa: PLR0913 - one parameter an option
    *,
    env: str,
    function: Literal["nat", "drift", "reaper"] = "nat",
    since: str = "1h",
    follow: bool = False,
    samconfig_file: Path = Path("samconfig.toml"),
    profile: str | None = None,
    region: str | None = None,
    endpoint_url: str | None = None,
) -> int:
    """Print a function's log. Reads only; metric lines are left out.

    Parameters
    ----------
    env
        dev, staging or prod.
    function
        Whose log.
    since
        How far back: a number and s, m, h or d.
    follow
        Go on until Ctrl-C.
    samconfig_file
        The file that `sam deploy` reads.
    profile
        As in the AWS CLI.
    region
        As in the AWS CLI; else the profile's, else the one in samconfig.toml.
    endpoint_url
        Another AWS, such as a stand-in on this machine; AWS_ENDPOINT_URL does the same.
    """
    began = clock.now() - span(since)
    target = deployment(env, samconfig_file, profile, region, endpoint_url)
    identify(target.client, target.region)
    names = {
        "nat": target.function,
        "drift": naming.drift_check_function_name(env),
        "reaper": naming.ttl_reaper_function_name(env),
    }
    printed: set[str] = set()
    while True:
        for event in events(target.client, f"/aws/lambda/{names[function]}", began):
            line = readable(event)
            if event["eventId"] not in printed and line:
                console.print(line, markup=False, highlight=False, soft_wrap=True)
            printed.add(event["eventId"])
        if not follow:
            return 0
        clock.sleep(POLL_SECONDS)


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
    at = datetime.fromtimestamp(event["timestamp"] / 1000, UTC)
    try:
        fields = json.loads(message)
    except ValueError:
        return (
            None if message.startswith(("START ", "END ", "REPORT ", "INIT_")) else f"{at:%H:%M:%S} {message}"
        )
    if not isinstance(fields, dict) or "_aws" in fields:
        return None
    if "message" not in fields:
        return None
    extra = " ".join(f"{name}={_value(value)}" for name, value in fields.items() if name not in USUAL)
    return f"{at:%H:%M:%S} {fields.get('level', ''):<7} {fields['message']} {extra}".rstrip()


def _value(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)

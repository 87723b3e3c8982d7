"""One message when a table's trouble begins, one when it is over; the same cause is sent once.

Each trouble that was sent is kept as an object by table and mode below ``checkpoints/troubles/`` in the
bucket, since nothing else survives the day between two reports. A run that finds the trouble again writes
the object again, so that the bucket's lifecycle rule of 31 days does not expire one that lasts. Without a
bucket no message is sent; the alarm ``reap-failed`` still rings.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from tradai_shared import clock
from tradai_shared.alerts import PUT_EVENTS, Alert, publish_alert, put_event
from tradai_shared.aws.error_mapping import translate_errors
from ttl_reaper.model import Mode, RunStatus

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ttl_reaper.events import SegmentResult
    from ttl_reaper.results import TableResult
    from ttl_reaper.settings import Settings

PREFIX = "checkpoints/troubles"
FAILED, RECOVERED = "Reap Failed", "Reap Recovered"
VERSION = "1"  # of both events; docs/events/ has their schemas
PERMISSIONS = (PUT_EVENTS, "sns:Publish")
LATE = "not reached for a week"
WEEK = timedelta(weeks=1)
ITEMS = "items failed"
MOST = 40  # tables in a message
MOST_REASON = 300  # characters


@dataclass(frozen=True, slots=True)
class Ended:
    """How the work on a table ended; ``cause`` is what kind of trouble it is, empty where it is none."""

    table: str
    mode: str
    cause: str
    reason: str
    is_whole: bool = True  # the table's end was reached: only that ends an earlier trouble
    is_begun: bool = True


@dataclass(frozen=True, slots=True)
class Trouble:
    """What was sent of a table. With an empty cause nothing was: since when no run has begun it."""

    table: str
    mode: str
    cause: str
    reason: str
    since: str  # ISO 8601


def ended(result: TableResult, mode: str) -> Ended:
    """A table's result as what a message is about. Out of time is no trouble for a week."""
    is_whole = result.end is RunStatus.FINISHED
    if result.ok:
        return Ended(result.table, mode, "", result.reason, is_whole, result.is_begun)
    if result.end is RunStatus.OUT_OF_TIME:
        cause = LATE if result.is_late else ITEMS
    else:
        cause = ITEMS if is_whole else result.end.value
    reason = "; ".join([result.reason, *result.notes] if cause == LATE else [result.reason])
    return Ended(result.table, mode, cause, reason, is_whole)


def of_plan(results: Sequence[SegmentResult], order: dict[str, Any]) -> list[Ended]:
    """How the work of a plan's runs ended on each table, by the first run that failed there."""
    mode = str(order.get("mode", Mode.REPORT.value))
    if order.get("dry_run") and mode != Mode.REPORT:
        return []
    endings = list[Ended]()
    for table in dict.fromkeys(result.table for result in results):
        failed = next((each for each in results if each.table == table and not each.is_well), None)
        cause = (failed.end or RunStatus.FAILED.value) if failed else ""
        endings.append(Ended(table, mode, cause, failed.reason if failed else ""))
    return endings


def send_messages(own: Settings, results: Sequence[Ended], client: Callable[[str], Any]) -> None:
    """Send what is news, then remember it: what was not sent is news to the next run.

    Raises:
        AwsError: the bucket, the topic or the bus refused.
    """
    if own.bucket is None:
        return
    s3, now = client("s3"), clock.now().isoformat(timespec="seconds")
    known = {(result.table, result.mode): _load(s3, own.bucket, result) for result in results}
    begun, lasting, over = list[Trouble](), list[Trouble](), list[Trouble]()
    for result in results:
        before = known[result.table, result.mode]
        trouble = _trouble(result, before, now)
        if trouble:
            is_news = trouble.cause and (before is None or before.cause != trouble.cause)
            (begun if is_news else lasting).append(trouble)
        elif before and (result.is_whole or not before.cause):
            over.append(before)
    for kind, troubles in ((FAILED, begun), (RECOVERED, [trouble for trouble in over if trouble.cause])):
        if troubles:
            _send(own, kind, troubles, client)
    for trouble in (*begun, *lasting):
        _save(s3, own.bucket, trouble)
    for trouble in over:
        with translate_errors("s3:DeleteObject"):
            s3.delete_object(Bucket=own.bucket, Key=_key(trouble))


def _trouble(result: Ended, before: Trouble | None, now: str) -> Trouble | None:
    """What to keep of a table. Where no run has begun it, there is a cause to send after a week only."""
    since = before.since if before else now
    if not result.is_begun:
        if before and before.cause:
            return before
        waits = datetime.fromisoformat(now) - datetime.fromisoformat(since)
        cause = LATE if waits >= WEEK else ""
        return Trouble(result.table, result.mode, cause, f"no run has begun it since {since[:10]}", since)
    if result.cause:
        return Trouble(result.table, result.mode, result.cause, result.reason[:MOST_REASON], since)
    return None


def _send(own: Settings, kind: str, troubles: list[Trouble], client: Callable[[str], Any]) -> None:
    if own.topic_arn:
        publish_alert(client("sns"), own.topic_arn, alert(own, kind, troubles))
    put_event(client("events"), kind, json.dumps(detail(own, troubles)))


def detail(own: Settings, troubles: list[Trouble]) -> dict[str, Any]:
    """The detail of both events."""
    return {
        "version": VERSION,
        "environment": str(own.environment),
        "tables": [asdict(trouble) for trouble in troubles[:MOST]],
        "omitted": max(0, len(troubles) - MOST),
    }


def alert(own: Settings, kind: str, troubles: list[Trouble]) -> Alert:
    """The message for people."""
    env, names = own.environment, ", ".join(sorted({trouble.table for trouble in troubles})[:MOST])
    lines = tuple(f"{trouble.table} ({trouble.mode}): {trouble.reason}" for trouble in troubles[:MOST])
    since = f"{datetime.fromisoformat(min(trouble.since for trouble in troubles)):%Y-%m-%d %H:%M:%S} UTC"
    runbook = ("Runbook", f"{own.runbooks}reap-failed.md")
    if kind == RECOVERED:
        return Alert(
            f"tradai {env}: the reaper has recovered",
            f"The reaper of {env} has reached the end of {names} again.",
            (
                ("Since", f"{since}, when the trouble began"),
                ("Affected", names),
                ("Next", "the next report is in a day"),
                ("You", "nothing to do"),
                runbook,
            ),
        )
    command = f"tradai-ops reap --env {env} --table {troubles[0].table}"
    return Alert(
        f"tradai {env}: the reaper failed, expired items remain",
        f"The reaper of {env} did not finish {names}. Expired items remain there."
        " No unexpired item was deleted.",
        (
            ("Since", since),
            ("Affected", names),
            ("Done", "the other tables were processed; the next run continues where this one stopped"),
            ("Next", "the next report is in a day; the same cause is not sent again"),
            ("You", f"look at the runbook, and at the table: {command}"),
            runbook,
        ),
        lines,
    )


def _key(about: Ended | Trouble) -> str:
    return f"{PREFIX}/{about.table}-{about.mode}.json"


def _load(s3: Any, bucket: str, result: Ended) -> Trouble | None:  # noqa: ANN401 - boto3's client
    with translate_errors("s3:GetObject"):
        try:
            body = s3.get_object(Bucket=bucket, Key=_key(result))["Body"].read()
        except s3.exceptions.NoSuchKey:
            return None
    try:
        return Trouble(**json.loads(body))
    except (TypeError, ValueError):
        return None  # of another version: sent once more


def _save(s3: Any, bucket: str, trouble: Trouble) -> None:  # noqa: ANN401 - boto3's client
    with translate_errors("s3:PutObject"):
        s3.put_object(Bucket=bucket, Key=_key(trouble), Body=json.dumps(asdict(trouble)).encode())

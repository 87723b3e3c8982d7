"""The record of a run: every deleted key with its TTL and class."""

from __future__ import annotations

import gzip
import hashlib
import json
from typing import TYPE_CHECKING, Protocol

from tradai_shared.aws.error_mapping import translate_errors
from ttl_reaper.model import Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_lambda_powertools import Logger
    from types_boto3_s3 import S3Client

    from ttl_reaper.model import Candidate, Item, ItemOutcome

LOG_LINES = 25  # items in one log record, which CloudWatch limits to 256 KB and a key to 3 KB
WRITTEN = frozenset({Verdict.DELETED, Verdict.REPAIRED})
PERMISSIONS = ("s3:PutObject",)


def key_hash(key: Item) -> str:
    """Twelve hex digits that distinguish failed items without showing the key."""
    return hashlib.sha256(json.dumps(key, sort_keys=True).encode()).hexdigest()[:12]


class Audit(Protocol):
    """Records a round's items before and after the writes."""

    def record_planned(self, candidates: Sequence[Candidate]) -> None:
        """Record what is about to be sent, so that a killed run leaves no deletion unrecorded."""
        ...

    def record_outcome(self, outcomes: Sequence[ItemOutcome]) -> None:
        """Record what was written, item by item."""
        ...

    def flush(self) -> None:
        """Write the records that are still held, at the run's end."""
        ...


class LogAudit:
    """For a deployment without a bucket: one record for every 25 items. What is intended is not logged."""

    def __init__(self, logger: Logger, table: str) -> None:
        """Write to ``logger``; each record names the table."""
        self._logger = logger
        self._table = table

    def record_planned(self, candidates: Sequence[Candidate]) -> None:
        """Does nothing: a second record of each item would double the log's price."""

    def record_outcome(self, outcomes: Sequence[ItemOutcome]) -> None:
        """Log what was deleted or repaired."""
        items = [
            _line(outcome.candidate, outcome.verdict) for outcome in outcomes if outcome.verdict in WRITTEN
        ]
        for start in range(0, len(items), LOG_LINES):
            self._logger.info(
                "Items written", extra={"table": self._table, "items": items[start : start + LOG_LINES]}
            )

    def flush(self) -> None:
        """Nothing is held."""


class S3Audit:
    """JSON lines, compressed: an object a round, of what the last round came to and what is intended next.

    A round's outcomes wait for the next round's object: a PUT a round, not two. What is intended is always
    written before the first statement of its round is sent.
    """

    def __init__(self, client: S3Client, bucket: str, prefix: str) -> None:
        """Write below ``prefix``, which names the table and the invocation."""
        self._client = client
        self._bucket = bucket
        self._prefix = prefix
        self._round = 0
        self._outcomes: list[dict[str, object]] = []

    def record_planned(self, candidates: Sequence[Candidate]) -> None:
        """Write the last round's outcomes and this round's candidates."""
        self._put("intended", [_line(candidate, "intended") for candidate in candidates])

    def record_outcome(self, outcomes: Sequence[ItemOutcome]) -> None:
        """Hold the round's outcomes, the renewed and the failed ones too."""
        self._outcomes += [_line(outcome.candidate, outcome.verdict, outcome.detail) for outcome in outcomes]

    def flush(self) -> None:
        """Write the outcomes that are held."""
        if self._outcomes:
            self._put("", [])

    def _put(self, name: str, lines: Sequence[dict[str, object]]) -> None:
        self._round += 1
        names = "-".join(part for part in ("done" if self._outcomes else "", name) if part)
        body = "".join(json.dumps(line) + "\n" for line in [*self._outcomes, *lines]).encode()
        with translate_errors("s3:PutObject"):
            self._client.put_object(
                Bucket=self._bucket,
                Key=f"{self._prefix}/{self._round:05d}-{names}.jsonl.gz",
                Body=gzip.compress(body, compresslevel=1),
            )
        self._outcomes = []


def _line(candidate: Candidate, verdict: str, detail: str = "") -> dict[str, object]:
    line: dict[str, object] = {
        "verdict": verdict,
        "key": candidate.key,
        "ttl": candidate.ttl,
        "class": candidate.ttl_class,
    }
    return line | {"detail": detail} if detail else line

"""Stores checkpoints between invocations: in S3, or not at all."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Protocol

from pydantic import TypeAdapter, ValidationError

from tradai_shared.aws.error_mapping import translate_errors, whole_answer
from tradai_shared.errors import PermanentError
from ttl_reaper.checkpoint import Checkpoint
from ttl_reaper.model import Tally

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

TALLY = TypeAdapter(Tally)
# without s3:ListBucket S3 answers 403 for a checkpoint that does not exist
PERMISSIONS = ("s3:DeleteObject", "s3:GetObject", "s3:ListBucket", "s3:PutObject")


class Checkpoints(Protocol):
    """Stores checkpoints between invocations."""

    def load(self, name: str) -> Checkpoint | None:
        """The stored one, or None."""
        ...

    def tally(self, name: str, started: int) -> Tally | None:
        """What the run that began at ``started`` is recorded to have counted, or None."""
        ...

    def save(self, name: str, checkpoint: Checkpoint) -> None:
        """Store it in place of the earlier one."""
        ...

    def forget(self, name: str, ended: Checkpoint) -> None:
        """The run is over: only its tally is stored on, against a replay of an older checkpoint."""
        ...

    def mark_ended(self, plan: str, run: str) -> None:
        """A plan's run is over, however it ended: the others may divide the rate among fewer."""
        ...

    def count_ended(self, plan: str) -> int:
        """How many runs of a plan are over."""
        ...


class NoCheckpoints:
    """For a deployment without a bucket: the answer's checkpoint is the only one."""

    def load(self, name: str) -> Checkpoint | None:  # noqa: ARG002 - the protocol's name
        """None was stored."""
        return None

    def tally(self, name: str, started: int) -> Tally | None:  # noqa: ARG002 - the protocol's names
        """None was stored."""
        return None

    def save(self, name: str, checkpoint: Checkpoint) -> None:
        """Nothing."""

    def forget(self, name: str, ended: Checkpoint) -> None:
        """Nothing."""

    def mark_ended(self, plan: str, run: str) -> None:
        """Nothing."""

    def count_ended(self, plan: str) -> int:  # noqa: ARG002 - the protocol's name
        """None is known to be over."""
        return 0


class S3Checkpoints:
    """One small object a table (or a share of it) below ``checkpoints/``, ended runs below ``tallies/``."""

    def __init__(self, client: S3Client, bucket: str, prefix: str = "checkpoints") -> None:
        """Store them below ``prefix``; nothing is called yet."""
        self._client = client
        self._prefix = prefix
        self._bucket = bucket

    def load(self, name: str) -> Checkpoint | None:
        """The stored one; None where there is none, or where it is not one of this version."""
        body = self._get(self._key(name))
        try:
            return None if body is None else Checkpoint.model_validate_json(body)
        except ValidationError:
            return None

    def tally(self, name: str, started: int) -> Tally | None:
        """Of the stored checkpoint of that run, or of its record where it has ended."""
        stored = self.load(name)
        if stored is not None and stored.started == started:
            return stored.tally
        record = self._get(_tally_key(name, started))
        return None if record is None else TALLY.validate_json(record)

    def save(self, name: str, checkpoint: Checkpoint) -> None:
        """Write it."""
        self._put(self._key(name), checkpoint.model_dump_json().encode())

    def forget(self, name: str, ended: Checkpoint) -> None:
        """Write the tally of a run that changed something, and delete the checkpoint."""
        if ended.tally.changed:
            self._put(_tally_key(name, ended.started), TALLY.dump_json(ended.tally))
        with translate_errors("s3:DeleteObject"):
            self._client.delete_object(Bucket=self._bucket, Key=self._key(name))

    def mark_ended(self, plan: str, run: str) -> None:
        """Write an empty object; it expires with the checkpoints."""
        self._put(f"{self._prefix}/plans/{plan}/{run}", b"")

    def count_ended(self, plan: str) -> int:
        """Count the objects, 1,000 a request."""
        count, request = 0, {"Bucket": self._bucket, "Prefix": f"{self._prefix}/plans/{plan}/"}
        while True:
            with translate_errors("s3:ListBucket"):
                answer = self._client.list_objects_v2(**request)  # type: ignore[arg-type]  # strings all
            count += answer["KeyCount"]
            if "NextContinuationToken" not in answer:
                return count
            request["ContinuationToken"] = answer["NextContinuationToken"]

    def _key(self, name: str) -> str:
        return f"{self._prefix}/{name}.json"

    def _put(self, key: str, body: bytes) -> None:
        with translate_errors("s3:PutObject"):
            self._client.put_object(Bucket=self._bucket, Key=key, Body=body)

    def _get(self, key: str) -> bytes | None:
        try:
            with translate_errors("s3:GetObject"):
                return self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read()
        except PermanentError as error:
            if error.code == "NoSuchKey":
                return None
            raise


def written_results(client: S3Client, bucket: str, key: str) -> list[dict[str, Any]]:
    """What a Distributed Map's result writer wrote: the output of each run, or its input and its error.

    The manifest at ``key`` names the files; each is a list of executions with Input and Output as text:
    https://docs.aws.amazon.com/step-functions/latest/dg/input-output-resultwriter.html
    """
    manifest = _json(client, bucket, key)
    files = [file["Key"] for ended in manifest["ResultFiles"].values() for file in ended]
    return [_result(execution) for file in files for execution in _json(client, bucket, file)]


def _json(client: S3Client, bucket: str, key: str) -> Any:  # noqa: ANN401 - JSON
    with translate_errors("s3:GetObject"), whole_answer("s3:GetObject"):
        return json.loads(client.get_object(Bucket=bucket, Key=key)["Body"].read())


def _result(execution: dict[str, Any]) -> dict[str, Any]:
    if execution.get("Output"):
        result: dict[str, Any] = json.loads(execution["Output"])
        return result
    event = json.loads(execution["Input"])["event"]
    reason = execution.get("Error") or execution.get("Status") or "no result"
    return {
        "table": event["table"],
        "segment": event["segments"]["index"],
        "success": False,
        "reason": str(reason),
    }


def _tally_key(name: str, started: int) -> str:
    return f"tallies/{name}-{started}.json"

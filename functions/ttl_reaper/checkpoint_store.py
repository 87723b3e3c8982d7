"""Where checkpoints outlive an invocation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from pydantic import ValidationError

from tradai_shared.aws.error_mapping import translate_errors
from tradai_shared.errors import PermanentError
from ttl_reaper.checkpoint import Checkpoint

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

# without s3:ListBucket a checkpoint that is not there would look forbidden
PERMISSIONS = ("s3:DeleteObject", "s3:GetObject", "s3:ListBucket", "s3:PutObject")


class Checkpoints(Protocol):
    """Where checkpoints outlive an invocation."""

    def load(self, name: str) -> Checkpoint | None:
        """The kept one, or None."""
        ...

    def save(self, name: str, checkpoint: Checkpoint) -> None:
        """Keep it in place of the earlier one."""
        ...

    def forget(self, name: str) -> None:
        """The run is over."""
        ...


class NoCheckpoints:
    """For a deployment without a bucket: the answer's checkpoint is the only one."""

    def load(self, name: str) -> Checkpoint | None:  # noqa: ARG002 - the protocol's name
        """None was kept."""
        return None

    def save(self, name: str, checkpoint: Checkpoint) -> None:
        """Nothing."""

    def forget(self, name: str) -> None:
        """Nothing."""


class S3Checkpoints:
    """One small object a table (or a segment of it) below ``checkpoints/``."""

    def __init__(self, client: S3Client, bucket: str, prefix: str) -> None:
        """Keep them below ``prefix``."""
        self._client = client
        self._bucket = bucket
        self._prefix = prefix

    def load(self, name: str) -> Checkpoint | None:
        """The kept one; None where there is none, or where it is not one of this version."""
        try:
            with translate_errors("s3:GetObject"):
                body = self._client.get_object(Bucket=self._bucket, Key=self._key(name))["Body"].read()
        except PermanentError as error:
            if error.code == "NoSuchKey":
                return None
            raise
        try:
            return Checkpoint.model_validate_json(body)
        except ValidationError:
            return None

    def save(self, name: str, checkpoint: Checkpoint) -> None:
        """Write it."""
        with translate_errors("s3:PutObject"):
            body = checkpoint.model_dump_json().encode()
            self._client.put_object(Bucket=self._bucket, Key=self._key(name), Body=body)

    def forget(self, name: str) -> None:
        """Delete it."""
        with translate_errors("s3:DeleteObject"):
            self._client.delete_object(Bucket=self._bucket, Key=self._key(name))

    def _key(self, name: str) -> str:
        return f"{self._prefix}/{name}.json"

"""Records every AWS call between the function and the wire, and keeps what IAM would be asked about it."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from botocore.client import BaseClient
from botocore.exceptions import ClientError

from tests.contract.permissions.iam import needs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.contract.permissions.policy import Need

NOTHING_THERE = "NoSuchKey"
THROUGH = BaseClient._make_api_call  # type: ignore[attr-defined]  # the one way of every call


@dataclass
class Recorder:
    """``recorded`` are the questions to IAM; ``listens`` says whether a call is the function's own."""

    recorded: set[Need] = field(default_factory=set)
    on: bool = False
    listens: Callable[[], bool] = lambda: False
    report: Callable[[list[Need]], None] = lambda _: None

    def __post_init__(self) -> None:
        self.listens, self.report = lambda: self.on, self.recorded.update

    def record(self, service: str, operation: str, given: dict[str, Any]) -> None:
        if self.listens():
            self.report(needs(service, operation, given))

    @contextmanager
    def acting(self, *, on: bool = True) -> Iterator[None]:
        """What is called in here is the function's; with ``on`` false, somebody else's within it."""
        before, self.on = self.on, on
        try:
            yield
        finally:
            self.on = before

    @contextmanager
    def connected(self) -> Iterator[None]:
        """Beside whatever stands in for AWS: enter it last."""
        through = BaseClient._make_api_call  # type: ignore[attr-defined]  # the one way of every call
        with patch.object(BaseClient, "_make_api_call", self.around(through)):
            yield

    def around(self, through: Callable[..., Any]) -> Callable[..., Any]:
        """A function that records each call and passes it on."""

        def call(client: Any, operation: str, given: dict[str, Any]) -> Any:
            service = client.meta.service_model.service_name
            self.record(service, operation, given)
            try:
                return through(client, operation, given)
            except ClientError as error:
                if error.response["Error"].get("Code") == NOTHING_THERE:
                    # S3 says so only to those who may list the bucket: to others the key is forbidden.
                    # https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
                    self.record(service, "ListBucket", given)
                raise

        return call

"""AWS's API as far as an instance calls it, over a Unix socket that the stub `aws` writes to."""

from __future__ import annotations

import json
import socketserver
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from tests.kernel.vpc import NATS, Nat, Vpc

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from types import TracebackType

ALLOCATION = "eipalloc-0000000000000000e"
READY_TAG = "tradai:nat-ready"
METRICS = "TradAI/Nat"


@dataclass(frozen=True, slots=True)
class Refused(Exception):  # noqa: N818 - AWS refuses: an answer, not a fault
    """An error of AWS's, as its command line prints it."""

    code: str
    message: str
    operation: str

    def __str__(self) -> str:
        return f"An error occurred ({self.code}) when calling the {self.operation} operation: {self.message}"


@dataclass
class ControlPlane:
    """Answers what the instance's profile allows, refuses everything else."""

    vpc: Vpc
    path: Path
    tags: dict[str, dict[str, str]] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    fail_with: Refused | None = None
    refusals: list[Refused] = field(default_factory=list)
    groups: dict[Nat, str] = field(default_factory=dict)  # of a pair; EC2 calls its members running
    on_event: Callable[[dict[str, str]], None] = lambda _: None
    metrics: list[list[dict[str, Any]]] = field(default_factory=list)  # a list a PutMetricData

    def call(self, arguments: list[str]) -> str:
        """Carry out one command of the AWS command line and return what it prints.

        Raises:
            Refused: AWS would refuse it.
        """
        service, operation, *remaining = arguments
        self.calls.append(operation)
        options = _options(remaining)
        if self.refusals:
            raise self.refusals.pop(0)
        if self.fail_with and self.fail_with.operation.lower() == operation.replace("-", ""):
            raise self.fail_with
        match (service, operation):
            case ("ec2", "associate-address"):
                self._associate(options)
            case ("ec2", "create-tags"):
                self._tag(options)
            case ("ec2", "describe-instances"):
                return self._members(options)
            case ("cloudwatch", "put-metric-data"):
                self._measure(options)
            case ("events", "put-events"):
                self._put(options)
            case _:
                raise Refused("UnauthorizedOperation", "You are not authorized.", operation)

        return ""

    def _members(self, options: dict[str, str]) -> str:
        wanted = f"Name=tag:aws:autoscaling:groupName,Values={','.join(sorted(self.groups.values()))}"
        assert wanted in options["filters"].split(), options
        return json.dumps(
            [
                {
                    "Id": nat.instance_id,
                    "Address": nat.address,
                    "Tags": [{"Key": "aws:autoscaling:groupName", "Value": group}],
                }
                for nat, group in self.groups.items()
            ]
        )

    def _put(self, options: dict[str, str]) -> None:
        for entry in json.loads(options["entries"]):
            if entry["Source"] != "tradai.nat":
                raise Refused("AccessDeniedException", "Not that source.", "PutEvents")
            self.on_event(entry)

    def _measure(self, options: dict[str, str]) -> None:
        if options["namespace"] != METRICS:
            raise Refused("AccessDenied", "Not that namespace.", "PutMetricData")
        self.metrics.append(json.loads(options["metric-data"]))

    def _associate(self, options: dict[str, str]) -> None:
        nat = _nat(options["instance-id"])
        if options["allocation-id"] != ALLOCATION or "no-allow-reassociation" not in options:
            raise Refused("UnauthorizedOperation", "Not this address, or not this way.", "AssociateAddress")
        if self.vpc.holder is not None:
            raise Refused("Resource.AlreadyAssociated", "resource is already associated", "AssociateAddress")
        self.vpc.associate_address(nat)

    def _tag(self, options: dict[str, str]) -> None:
        key, value = (part.split("=", 1)[1] for part in options["tags"].split(",", 1))
        if key != READY_TAG:
            raise Refused("UnauthorizedOperation", "Not that key.", "CreateTags")
        self.tags.setdefault(_nat(options["resources"]).instance_id, {})[key] = value

    def __enter__(self) -> Self:
        control = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                try:
                    answer = {"output": control.call(json.loads(self.rfile.readline()))}
                except Refused as refused:
                    answer = {"refusal": str(refused)}
                self.wfile.write(json.dumps(answer).encode())

        self._server = socketserver.ThreadingUnixStreamServer(str(self.path), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def _nat(instance_id: str) -> Nat:
    return next(nat for nat in NATS if nat.instance_id == instance_id)


def _options(arguments: list[str]) -> dict[str, str]:
    options: dict[str, str] = {}
    name = ""
    for argument in arguments:
        if argument.startswith("--"):
            options[name := argument[2:]] = ""
        else:
            options[name] = f"{options[name]} {argument}".strip()
    return options

"""Both clients for tests of writes: botocore's stubber checks parameters against AWS's model."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import boto3
from botocore.stub import Stubber

from update_nat_routes.actions import (
    AssociateAddress,
    CompleteLifecycleAction,
    CreateRoute,
    DisableSourceDestCheck,
    RecordHeartbeat,
    ReplaceInstance,
    ReplaceRoute,
    ReportUnhealthy,
    RouteToFallback,
)
from update_nat_routes.apply import Result, Writer

CHECK = DisableSourceDestCheck("eni-a", "i-a", "why")
ADDRESS = AssociateAddress("eipalloc-0a", "eni-a", "i-a", None, "why")
ROUTE_1 = ReplaceRoute("rtb-1", "eni-a", "eni-x", "why")
ROUTE_2 = ReplaceRoute("rtb-2", "eni-a", "eni-x", "why")
NEW_ROUTE = CreateRoute("rtb-1", "eni-a", "why")
COMPLETE = CompleteLifecycleAction("g", "h", "i-a", "CONTINUE", "why")
HEARTBEAT = RecordHeartbeat("g", "h", "i-a", "why")
REPLACE = ReplaceInstance("g", "i-a", "why")
UNHEALTHY = ReportUnhealthy("g", "i-a", "why")
FALLBACK = RouteToFallback("rtb-1", "nat-0f", "eni-x", True, "why")  # noqa: FBT003 - it replaces
NEW_FALLBACK = replace(FALLBACK, replaces=False)
HOLDER = {"AllocationId": "eipalloc-0a", "PublicIp": "203.0.113.7"}


class Aws:
    """Both clients, each with the answers that a test gives it, in order, and no others."""

    def __init__(self) -> None:
        options: dict[str, Any] = {
            "region_name": "eu-central-1",
            "aws_access_key_id": "testing",
            "aws_secret_access_key": "testing",
        }
        self.ec2, self.autoscaling = boto3.client("ec2", **options), boto3.client("autoscaling", **options)
        self.stubs = {"ec2": Stubber(self.ec2), "autoscaling": Stubber(self.autoscaling)}
        for stub in self.stubs.values():
            stub.activate()

    def answers(self, call: str, params: dict[str, Any], reply: dict[str, Any] | None = None) -> None:
        service, operation = call.split(":")
        self.stubs[service].add_response(operation, reply or {}, params)

    def refuses(self, call: str, code: str, message: str = "") -> None:
        service, operation = call.split(":")
        self.stubs[service].add_client_error(operation, code, message)

    def apply(self, *actions: Any) -> list[Result]:  # noqa: ANN401 - actions of every kind
        return Writer(self.ec2, self.autoscaling, ("g",)).apply(actions)


def route(table: str) -> dict[str, str]:
    return {"RouteTableId": table, "DestinationCidrBlock": "0.0.0.0/0", "NetworkInterfaceId": "eni-a"}

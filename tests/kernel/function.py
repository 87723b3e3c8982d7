"""The real handler of tradai-update-nat-routes over the lab: its clients answer from the lab's VPC.

EventBridge and Lambda are a thread for each event. Calls and effects take no time: what AWS adds to the
lab's seconds is not measured here.
"""

from __future__ import annotations

import json
import threading
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Self
from unittest.mock import patch

from botocore.exceptions import ClientError

from tests.kernel.control import ALLOCATION
from tests.kernel.vpc import ELASTIC_IP, NATS, Nat
from update_nat_routes import app
from update_nat_routes.apply import Writer
from update_nat_routes.observe import Reader
from update_nat_routes.settings import Settings

if TYPE_CHECKING:
    from types import TracebackType

    from tests.kernel.pair import Pair

TABLE = "rtb-0000000000000001"
DEFAULT_ROUTE = "0.0.0.0/0"
LAUNCHED = datetime.now(UTC) - timedelta(hours=1)
MILLISECONDS = 40_000  # that an invocation has left


class Ec2:
    """EC2's API over the lab's VPC."""

    def __init__(self, pair: Pair) -> None:
        self._vpc, self._control = pair.lab.vpc, pair.lab.control
        self._oldest_first = list(pair.groups)

    def describe_route_tables(self, Filters: Any) -> Any:
        target = self._vpc.target
        route = {"DestinationCidrBlock": DEFAULT_ROUTE, "State": "active", "Origin": "CreateRoute"}
        if target:
            route |= {"NetworkInterfaceId": target.interface_id, "InstanceId": target.instance_id}
        assert Filters[0]["Values"] == [TABLE]
        table = {"RouteTableId": TABLE, "VpcId": "vpc-0a", "Routes": [route] if target else []}
        return {"RouteTables": [table]}

    def describe_instances(self, Filters: Any) -> Any:
        wanted = set(Filters[0]["Values"])  # ids, or names of groups
        nats = [nat for nat, group in self._control.groups.items() if {nat.instance_id, group} & wanted]
        return {"Reservations": [{"Instances": [self._instance(nat) for nat in nats]}]}

    def describe_network_interfaces(self, Filters: Any) -> Any:
        wanted = Filters[0]["Values"]
        nats = [nat for nat in self._control.groups if nat.interface_id in wanted]
        return {"NetworkInterfaces": [self._interface(nat) for nat in nats]}

    def describe_addresses(self, AllocationIds: Any = None, Filters: Any = None) -> Any:
        assert (AllocationIds or Filters[0]["Values"]) == [ALLOCATION]
        address = {"AllocationId": ALLOCATION, "PublicIp": ELASTIC_IP}
        if holder := self._vpc.holder:
            address |= {"NetworkInterfaceId": holder.interface_id, "InstanceId": holder.instance_id}
        return {"Addresses": [address]}

    def describe_instance_status(self, InstanceIds: Any) -> Any:
        assert InstanceIds
        return {"InstanceStatuses": []}

    def modify_instance_attribute(self, InstanceId: str, SourceDestCheck: Any) -> None:
        (nat,) = (nat for nat in self._control.groups if nat.instance_id == InstanceId)
        self._vpc.set_check(nat, on=SourceDestCheck["Value"])

    def associate_address(self, AllocationId: str, NetworkInterfaceId: str, AllowReassociation: bool) -> None:
        assert AllocationId == ALLOCATION
        if self._vpc.holder and not AllowReassociation:
            raise ClientError({"Error": {"Code": "Resource.AlreadyAssociated"}}, "AssociateAddress")
        self._vpc.associate_address(_nat(NetworkInterfaceId))

    def replace_route(self, RouteTableId: str, DestinationCidrBlock: str, NetworkInterfaceId: str) -> None:
        assert (RouteTableId, DestinationCidrBlock) == (TABLE, DEFAULT_ROUTE)
        self._vpc.replace_route(_nat(NetworkInterfaceId))

    create_route = replace_route

    def _instance(self, nat: Nat) -> Any:
        interface = self._interface(nat) | {"Attachment": {"DeviceIndex": 0}}
        tags = {**self._control.tags.get(nat.instance_id, {})}
        tags["aws:autoscaling:groupName"] = self._control.groups[nat]
        return {
            "InstanceId": nat.instance_id,
            "State": {"Name": "running"},
            "LaunchTime": LAUNCHED + timedelta(minutes=self._oldest_first.index(nat)),
            "VpcId": "vpc-0a",
            "Tags": [{"Key": key, "Value": value} for key, value in tags.items()],
            "NetworkInterfaces": [interface],
        }

    def _interface(self, nat: Nat) -> Any:
        described: dict[str, Any] = {
            "NetworkInterfaceId": nat.interface_id,
            "SourceDestCheck": nat in self._vpc.checked,
        }
        if address := self._vpc.public.get(nat):
            described["Association"] = {"PublicIp": address, "IpOwnerId": "amazon"}
            if address == ELASTIC_IP:
                described["Association"] |= {"IpOwnerId": "123456789012", "AllocationId": ALLOCATION}
        return described


@dataclass
class AutoScaling:
    """Two groups of one. ``replaced``: whom it was asked to replace."""

    pair: Pair
    tags: list[dict[str, Any]] = field(default_factory=list)
    replaced: list[str] = field(default_factory=list)

    def describe_auto_scaling_groups(self, AutoScalingGroupNames: Any) -> Any:
        groups = self.pair.lab.control.groups
        return {
            "AutoScalingGroups": [
                {
                    "AutoScalingGroupName": name,
                    "DesiredCapacity": 1,
                    "SuspendedProcesses": [],
                    "Tags": [tag for tag in self.tags if tag["ResourceId"] == name],
                    "Instances": [
                        {
                            "InstanceId": nat.instance_id,
                            "LifecycleState": "InService",
                            "HealthStatus": "Healthy",
                        }
                        for nat, group in groups.items()
                        if group == name
                    ],
                }
                for name in AutoScalingGroupNames
            ]
        }

    def describe_lifecycle_hooks(self, AutoScalingGroupName: str) -> Any:
        assert AutoScalingGroupName
        return {"LifecycleHooks": []}

    def describe_scaling_activities(self, AutoScalingGroupName: str, MaxRecords: int) -> Any:
        assert AutoScalingGroupName
        assert MaxRecords
        return {"Activities": []}

    def create_or_update_tags(self, Tags: Any) -> None:
        keys = {tag["Key"] for tag in Tags}
        self.tags = [*(tag for tag in self.tags if tag["Key"] not in keys), *Tags]

    def terminate_instance_in_auto_scaling_group(
        self,
        InstanceId: str,
        ShouldDecrementDesiredCapacity: bool,
    ) -> None:
        assert not ShouldDecrementDesiredCapacity
        self.replaced.append(InstanceId)


class Context:
    """Lambda's, of an invocation that is never cut off."""

    aws_request_id = "0b1c2d3e"

    def __init__(self, ended: threading.Event) -> None:
        self._ended = ended

    def get_remaining_time_in_millis(self) -> int:
        return 0 if self._ended.is_set() else MILLISECONDS


class Function:
    """Runs the handler for each event of the instances. ``answers`` are what it returned, in order."""

    def __init__(self, pair: Pair) -> None:
        self._pair = pair
        self.ec2, self.autoscaling = Ec2(pair), AutoScaling(pair)
        self.answers: list[Any] = []
        self.failures: list[BaseException] = []
        self._threads: list[threading.Thread] = []
        self._single, self._ended, self._patches = threading.Lock(), threading.Event(), ExitStack()
        first, second = pair.groups.values()
        self._environment = {
            "ENVIRONMENT": "dev",
            "NAT_ASG_NAME": first,
            "NAT_STANDBY_ASG_NAME": second,
            "NAT_EIP_ALLOCATION_ID": ALLOCATION,
            "PRIVATE_ROUTE_TABLE_IDS": TABLE,
            "NAT_READINESS": "signal",
        }

    def __enter__(self) -> Self:
        settings = Settings.from_env(self._environment)
        reader = Reader(self.ec2, self.autoscaling, settings)  # type: ignore[arg-type]
        clients = app.Clients(self.ec2, self.autoscaling)  # type: ignore[arg-type]
        self._patches.enter_context(patch.dict("os.environ", self._environment))
        writer = Writer(self.ec2, self.autoscaling, settings.group_names)  # type: ignore[arg-type]
        self._patches.enter_context(patch.object(app, "clients", lambda: clients))
        self._patches.enter_context(patch.object(app, "reader", lambda _: reader))
        self._patches.enter_context(patch.object(app, "writer", lambda _: writer))
        self._pair.listener = self._deliver
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join()
        self._patches.close()

    def invoke(self, event: dict[str, Any]) -> None:
        """One invocation at a time, as with a reserved concurrency of one."""
        with self._single:
            try:
                self.answers.append(app.lambda_handler(event, Context(self._ended)))  # type: ignore[arg-type]
            except BaseException as error:
                self.failures.append(error)
                raise

    def _deliver(self, entry: dict[str, str]) -> None:
        event = {
            "version": "0",
            "id": "6f1d4a52-9b0e-4c57-8f6d-2f5b1c7e9a30",
            "detail-type": entry["DetailType"],
            "source": entry["Source"],
            "account": "123456789012",
            "time": datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
            "region": "eu-central-1",
            "resources": [],
            "detail": json.loads(entry["Detail"]),
        }
        thread = threading.Thread(target=self.invoke, args=(event,))
        self._threads.append(thread)
        thread.start()


def _nat(interface_id: str) -> Nat:
    return next(nat for nat in NATS if nat.interface_id == interface_id)

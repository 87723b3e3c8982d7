"""Reads the VPC around the NAT, and what the region offers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ops.calls import call
from ops.doctor.image import parameter_of
from ops.doctor.network import Acl, AclRule, Network, Offers
from tradai_shared.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ops.doctor.model import Group, RouteTable
    from ops.doctor.observe import AccountReader
    from ops.doctor.wanted import Wanted

RUNTIME = "python3.13"
UNKNOWN_VALUE = frozenset({"InvalidParameterValueException", "ValidationException"})


@dataclass(frozen=True, slots=True)
class NetworkReader:
    """Reads by the account's reader, which keeps what was refused."""

    reader: AccountReader

    def network(
        self,
        tables: tuple[RouteTable, ...],
        group: Group | None,
        standby: Group | None = None,
        *,
        made: bool = False,
    ) -> Network | None:
        """None where there is no route table. ``made``: the stack makes the NAT."""
        if not tables:
            return None
        vpc_id = tables[0].vpc_id
        private = frozenset(subnet for table in tables for subnet in table.subnets)
        groups = [each for each in (group, standby) if each]
        nat = frozenset(subnet for each in groups for subnet in each.subnets)
        return Network(
            vpc_id,
            self._cidrs(private | nat),
            self._acls(private | nat),
            nat,
            self._endpoints(vpc_id),
            self._neighbours(nat, groups),
            private_subnets=private,
            vpc_cidrs=self._vpc_cidrs(vpc_id) if made else (),
            peers=standby is not None and len(nat) > 1,
        )

    def offers(self, wanted: Wanted) -> Offers:
        runtime = self._runtime(wanted.architecture)
        if not wanted.creates_nat:
            return Offers(runtime)
        return Offers(runtime, self._types(wanted), self._image(wanted))

    def _image(self, wanted: Wanted) -> str | None:
        """The newest, by the parameter that AWS keeps for it."""
        name = parameter_of(wanted.instance_types)
        parameter: Mapping[str, str] = self.reader.ask("ssm:GetParameter", "Parameter", {}, Name=name)
        return parameter.get("Value")

    def _acls(self, subnets: frozenset[str]) -> tuple[Acl, ...]:
        if not subnets:
            return ()
        filters = [{"Name": "association.subnet-id", "Values": sorted(subnets)}]
        acls = self.reader.items("ec2:DescribeNetworkAcls", "NetworkAcls", Filters=filters)
        return tuple(acl(described, subnets) for described in acls)

    def _cidrs(self, subnets: frozenset[str]) -> dict[str, str]:
        if not subnets:
            return {}
        described = self.reader.items("ec2:DescribeSubnets", "Subnets", SubnetIds=sorted(subnets))
        return {subnet["SubnetId"]: subnet["CidrBlock"] for subnet in described}

    def _vpc_cidrs(self, vpc_id: str) -> tuple[str, ...]:
        """The first CIDR and those that were associated later."""
        vpcs = self.reader.items("ec2:DescribeVpcs", "Vpcs", VpcIds=[vpc_id])
        blocks = [block for vpc in vpcs for block in vpc.get("CidrBlockAssociationSet", [])]
        live = (block for block in blocks if block.get("CidrBlockState", {}).get("State") == "associated")
        return tuple(block["CidrBlock"] for block in live)

    def _endpoints(self, vpc_id: str) -> frozenset[str] | None:
        filters = [{"Name": "vpc-id", "Values": [vpc_id]}]
        endpoints = self.reader.ask("ec2:DescribeVpcEndpoints", "VpcEndpoints", None, Filters=filters)
        return None if endpoints is None else frozenset(item["ServiceName"] for item in endpoints)

    def _neighbours(self, subnets: frozenset[str], groups: list[Group]) -> tuple[str, ...]:
        if not subnets or not groups:
            return ()
        filters = [{"Name": "subnet-id", "Values": sorted(subnets)}]
        interfaces = self.reader.items("ec2:DescribeNetworkInterfaces", "NetworkInterfaces", Filters=filters)
        members = {member for group in groups for member in group.members}
        return tuple(
            _described(item)
            for item in interfaces
            if item.get("Attachment", {}).get("InstanceId") not in members
        )

    def _runtime(self, architecture: str) -> bool | None:
        """A refusal shows that Lambda lacks them: it validates runtime and architecture of a request."""
        try:
            call(
                self.reader.client,
                "lambda:ListLayers",
                CompatibleRuntime=RUNTIME,
                CompatibleArchitecture=architecture,
                MaxItems=1,
            )
        except AwsError as error:
            if error.code in UNKNOWN_VALUE:
                return False
            self.reader.refuse("lambda:ListLayers", error.code)
            return None
        return True

    def _types(self, wanted: Wanted) -> dict[str, frozenset[str]] | None:
        subnets = [part for part in wanted.parameter("NatSubnetIds").split(",") if part]
        if not subnets:
            return None
        described = self.reader.items("ec2:DescribeSubnets", "Subnets", SubnetIds=subnets)
        zones = sorted({subnet["AvailabilityZone"] for subnet in described})
        offered = self.reader.items(
            "ec2:DescribeInstanceTypeOfferings",
            "InstanceTypeOfferings",
            LocationType="availability-zone",
            Filters=[{"Name": "location", "Values": zones}],
        )
        return {zone: _types_of(zone, offered) for zone in zones} if offered else None


def _described(interface: Mapping[str, Any]) -> str:
    """An interface's id with what identifies its owner."""
    holder = interface.get("Attachment", {}).get("InstanceId") or interface.get("Description")
    return f"{interface['NetworkInterfaceId']} ({holder or interface.get('InterfaceType', 'not attached')})"


def _types_of(zone: str, offered: Iterable[Mapping[str, str]]) -> frozenset[str]:
    return frozenset(item["InstanceType"] for item in offered if item["Location"] == zone)


def acl(described: Mapping[str, Any], subnets: frozenset[str]) -> Acl:
    """A network ACL as far as IPv4 is concerned."""
    guarded = {association["SubnetId"] for association in described.get("Associations", [])}
    rules = tuple(_rule(entry) for entry in described.get("Entries", []) if "CidrBlock" in entry)
    return Acl(described["NetworkAclId"], tuple(sorted(guarded & subnets)), rules)


def _rule(entry: Mapping[str, Any]) -> AclRule:
    ports = entry.get("PortRange", {})
    return AclRule(
        int(entry["RuleNumber"]),
        bool(entry["Egress"]),
        entry["RuleAction"] == "allow",
        str(entry["Protocol"]),
        entry["CidrBlock"],
        int(ports.get("From", 0)),
        int(ports.get("To", 65_535)),
    )

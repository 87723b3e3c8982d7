"""A second NAT in a group of its own, where the configuration names one: judged as the first is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from drift_check.findings import FindingStatus, Severity
from drift_check.observe.observer import Observer
from tests.unit.drift_check.moto_estate import Standing, config, scan, standing
from tradai_shared.config.loader import deployed_config

if TYPE_CHECKING:
    from collections.abc import Iterator

    from drift_check.findings import Finding

SECOND = "tradai-nat-standby-asg-dev"
PAIR = deployed_config("dev", {"NatStandbyAsgName": SECOND})


@pytest.fixture
def estate() -> Iterator[Standing]:
    """The estate, and beside its NAT a second one that does not carry anything."""
    with standing() as standing_estate:
        make_standby(standing_estate)
        yield standing_estate


def make_standby(estate: Standing) -> None:
    nat, autoscaling, ec2 = config().nat, estate.client("autoscaling"), estate.client("ec2")
    (first,) = groups(estate, nat.group.name)
    tags = [{"Key": tag["Key"], "Value": tag["Value"], "PropagateAtLaunch": True} for tag in first["Tags"]]
    autoscaling.create_auto_scaling_group(
        AutoScalingGroupName=SECOND,
        LaunchTemplate={"LaunchTemplateName": nat.name},
        MinSize=1,
        MaxSize=1,
        DesiredCapacity=1,
        HealthCheckType="EC2",
        VPCZoneIdentifier=first["VPCZoneIdentifier"],
        Tags=tags,
    )
    for key, hook in nat.lifecycle_hooks.items():
        autoscaling.put_lifecycle_hook(
            AutoScalingGroupName=SECOND,
            LifecycleHookName=hook.name,
            LifecycleTransition=str(hook.transition),
            HeartbeatTimeout=hook.heartbeat_seconds,
            DefaultResult="ABANDON" if key == "launch" else "CONTINUE",
        )
    instance_id = member(estate, SECOND)
    ec2.modify_instance_metadata_options(InstanceId=instance_id, HttpTokens="required")
    ec2.monitor_instances(InstanceIds=[instance_id])
    ec2.modify_network_interface_attribute(
        NetworkInterfaceId=interface(estate, instance_id), SourceDestCheck={"Value": False}
    )


def groups(estate: Standing, *names: str) -> list[dict[str, Any]]:
    described = estate.client("autoscaling").describe_auto_scaling_groups(AutoScalingGroupNames=[*names])
    listed: list[dict[str, Any]] = described["AutoScalingGroups"]
    return listed


def member(estate: Standing, group: str) -> str:
    ((instance,),) = (found["Instances"] for found in groups(estate, group))
    return str(instance["InstanceId"])


def interface(estate: Standing, instance_id: str) -> str:
    (described,) = estate.client("ec2").describe_instances(InstanceIds=[instance_id])["Reservations"]
    return str(described["Instances"][0]["NetworkInterfaces"][0]["NetworkInterfaceId"])


def fail_over(estate: Standing) -> None:
    """Address and routes are with the second group's NAT."""
    ec2, target = estate.client("ec2"), interface(estate, member(estate, SECOND))
    for address in ec2.describe_addresses()["Addresses"]:
        if address.get("InstanceId"):
            ec2.associate_address(
                AllocationId=address["AllocationId"], NetworkInterfaceId=target, AllowReassociation=True
            )
    for table in ec2.describe_route_tables()["RouteTables"]:
        for route in table["Routes"]:
            if route.get("NetworkInterfaceId") and route["DestinationCidrBlock"] == "0.0.0.0/0":
                ec2.replace_route(
                    RouteTableId=table["RouteTableId"],
                    DestinationCidrBlock="0.0.0.0/0",
                    NetworkInterfaceId=target,
                )


def news(estate: Standing, of: Any = PAIR) -> list[Finding]:
    """What is found beyond what is accepted anyway."""
    ordinary = {finding.id for finding in estate.ordinary.findings}
    found = scan(of, Observer(estate.client)).findings
    return [finding for finding in found if finding.id not in ordinary]


def test_a_pair_as_it_should_be_has_no_finding_whoever_carries(estate: Standing) -> None:
    assert news(estate) == []
    fail_over(estate)
    assert news(estate) == []


def test_who_does_not_know_of_the_pair_calls_the_second_nat_a_stranger(estate: Standing) -> None:
    fail_over(estate)
    found = {finding.attribute: finding for finding in news(estate, config())}
    assert "no member of the group" in str(found["live target"].observed)


def test_a_missing_second_group_is_one_finding(estate: Standing) -> None:
    estate.client("autoscaling").delete_auto_scaling_group(AutoScalingGroupName=SECOND, ForceDelete=True)
    (finding,) = news(estate)
    assert (finding.resource, finding.status) == (SECOND, FindingStatus.MISSING)
    assert finding.severity is Severity.CRITICAL, "vital: nothing takes over"


def test_drift_of_the_second_group_is_reported_under_its_name(estate: Standing) -> None:
    autoscaling, ec2 = estate.client("autoscaling"), estate.client("ec2")
    autoscaling.suspend_processes(AutoScalingGroupName=SECOND, ScalingProcesses=["Launch"])
    autoscaling.update_auto_scaling_group(AutoScalingGroupName=SECOND, MaxSize=3)
    hook = config().nat.lifecycle_hooks["launch"].name
    autoscaling.delete_lifecycle_hook(AutoScalingGroupName=SECOND, LifecycleHookName=hook)
    ec2.modify_network_interface_attribute(
        NetworkInterfaceId=interface(estate, member(estate, SECOND)), SourceDestCheck={"Value": True}
    )
    found = {(finding.resource, finding.attribute): finding for finding in news(estate)}
    assert set(found) == {
        (f"{SECOND}/Launch", "suspended process"),
        (SECOND, "max_size"),
        (f"{hook} of {SECOND}", "existence"),
        (f"{config().nat.name} of {SECOND}", "boot.source_destination_check"),
    }
    assert found[f"{SECOND}/Launch", "suspended process"].severity is Severity.HIGH


def test_an_address_with_neither_is_reported(estate: Standing) -> None:
    ec2 = estate.client("ec2")
    for address in ec2.describe_addresses()["Addresses"]:
        if "AssociationId" in address:
            ec2.disassociate_address(AssociationId=address["AssociationId"])
    assert {finding.attribute for finding in news(estate)} == {"boot.eip_associated"}

"""doctor's lines on what others own, and on a default route whose NAT no longer exists."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError

from ops.doctor import samconfig_edit
from tests.unit.ops.doctor_account import SAMCONFIG, Account, account, config, diagnosis, remedies
from tests.unit.ops.test_doctor_lines import GROUP, Case, check, deployed, nothing

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.any_python

__all__ = ["account", "config"]  # fixtures


def subscribed(world: Account, protocol: str, endpoint: str) -> None:
    topic = world.client("sns").create_topic(Name="group-events")["TopicArn"]
    world.client("sns").subscribe(TopicArn=topic, Protocol=protocol, Endpoint=endpoint)
    kind = "autoscaling:EC2_INSTANCE_TERMINATE"
    world.notifications.append({"AutoScalingGroupName": GROUP, "TopicARN": topic, "NotificationType": kind})


def notifies_a_function(world: Account) -> None:
    subscribed(world, "lambda", "arn:aws:lambda:eu-central-1:123456789012:function:mover")


def notifies_a_person(world: Account) -> None:
    subscribed(world, "email", "ops@example.com")


def a_rule_of_the_platform(world: Account) -> None:
    """Under the stack's own name, and about something else."""
    world.client("events").put_rule(
        Name="tradai-nat-group-events-prod", EventPattern='{"source": ["aws.s3"]}'
    )


def a_rule_of_a_stack(world: Account) -> None:
    tags = [{"Key": "aws:cloudformation:stack-name", "Value": "network"}]
    world.client("events").put_rule(
        Name="tradai-nat-spot-notices-prod", EventPattern='{"source": ["aws.ec2"]}', Tags=tags
    )


def a_state_machine(world: Account) -> None:
    world.client("stepfunctions").create_state_machine(
        name="tradai-reap-prod",
        definition='{"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}',
        roleArn="arn:aws:iam::123456789012:role/theirs",
    )


def a_table_of_pulumi(world: Account) -> None:
    world.client("dynamodb").create_table(
        TableName="tradai-notifications-prod",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
        Tags=[{"Key": "ManagedBy", "Value": "pulumi"}],
    )


def _mark_dead(world: Account, *, shows_instance: bool) -> None:
    """What EC2 shows once the NAT and its interface are gone; moto forgets neither."""
    world.dead_route = {"InstanceId": world.nat} if shows_instance else {"NetworkInterfaceId": "eni-0dead"}
    world.client("ec2").terminate_instances(InstanceIds=[world.nat])


def a_black_hole(world: Account) -> None:
    """The successor runs with its source/destination check off, and no route leads to it."""
    successor = _successor(world)
    _let_forward(world, successor)
    _mark_dead(world, shows_instance=False)


def a_black_hole_of_an_activity(world: Account) -> None:
    """Nothing runs; the route still shows the instance, and EC2 no longer does."""
    world.client("ec2").terminate_instances(InstanceIds=[_successor(world)])
    _mark_dead(world, shows_instance=True)
    world.hidden = world.nat
    description = f"Terminating EC2 instance: {world.nat}"
    world.activities.append({"AutoScalingGroupName": GROUP, "Description": description})


def two_that_may_be_meant(world: Account) -> None:
    a_black_hole(world)
    autoscaling = world.client("autoscaling")
    autoscaling.create_auto_scaling_group(
        AutoScalingGroupName="vpn",
        LaunchConfigurationName="acme",
        MinSize=1,
        MaxSize=1,
        VPCZoneIdentifier=world.subnet,
    )
    groups = autoscaling.describe_auto_scaling_groups(AutoScalingGroupNames=["vpn"])["AutoScalingGroups"]
    other = groups[0]["Instances"][0]["InstanceId"]
    _let_forward(world, other)


def _let_forward(world: Account, instance: str) -> None:
    ec2 = world.client("ec2")
    described = ec2.describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"][0]
    interface = described["NetworkInterfaces"][0]["NetworkInterfaceId"]
    ec2.modify_network_interface_attribute(NetworkInterfaceId=interface, SourceDestCheck={"Value": False})


def _successor(world: Account) -> str:
    autoscaling = world.client("autoscaling")
    autoscaling.update_auto_scaling_group(AutoScalingGroupName=GROUP, MaxSize=2, DesiredCapacity=2)
    members = autoscaling.describe_auto_scaling_groups(AutoScalingGroupNames=[GROUP])
    names = [member["InstanceId"] for member in members["AutoScalingGroups"][0]["Instances"]]
    return str(next(name for name in names if name != world.nat))


CASES = [
    Case(notifies_a_function, "do", f"notifications of {GROUP}", "EC2_INSTANCE_TERMINATE (arn:aws:lambda:"),
    Case(notifies_a_person, "info", f"notifications of {GROUP}", "(ops@example.com)"),
    Case(a_rule_of_the_platform, "do", "rule tradai-nat-group-events-prod", "belongs to no stack"),
    Case(a_rule_of_a_stack, "do", "rule tradai-nat-spot-notices-prod", "belongs to stack network"),
    Case(a_state_machine, "do", "state machine tradai-reap-prod", "belongs to no stack"),
    Case(nothing, "info", "DynamoDB tables", "not in this account: "),
    Case(a_table_of_pulumi, "info", "DynamoDB tables", "Pulumi manages tradai-notifications-prod"),
    Case(a_black_hole, "do", "group", f"is a black hole, and its NAT was of {GROUP}"),
    Case(a_black_hole_of_an_activity, "do", "group", f"is a black hole, and its NAT was of {GROUP}"),
    Case(two_that_may_be_meant, "do", "group", "no private default route leads to a group"),
    Case(a_black_hole, "info", "TABLE", "its default route is a black hole now"),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_an_account_made_so_gives_this_line(
    case: Case, account: Account, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    check(case, account, config, capsys)


def test_what_belongs_to_the_stack_itself_is_no_obstacle(
    account: Account, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tags = [{"Key": "aws:cloudformation:stack-name", "Value": "tradai-ops-prod"}]
    account.client("events").put_rule(
        Name="tradai-nat-group-events-prod", EventPattern='{"source": ["aws.s3"]}', Tags=tags
    )
    _, document = diagnosis(config, capsys)
    assert not any("rule" in line["subject"] for line in document["lines"])


def test_a_table_whose_tags_cannot_be_read_is_not_called_absent(
    account: Account, config: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert account.nat
    answer = BaseClient._make_api_call  # type: ignore[attr-defined]  # botocore's own

    def refuse(client: Any, operation: str, request: Any) -> Any:
        if operation == "ListTagsOfResource":
            raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, operation)
        return answer(client, operation, request)

    monkeypatch.setattr(BaseClient, "_make_api_call", refuse)
    _, document = diagnosis(config, capsys)
    assert not any(line["subject"] == "DynamoDB tables" for line in document["lines"])
    assert [line["level"] for line in document["lines"] if "ListTagsOf" in line["subject"]] == ["unread"]


@pytest.mark.parametrize("own", [True, False])
def test_a_rule_without_tags_is_the_stack_s_own_by_its_list(
    account: Account,
    config: Path,
    capsys: pytest.CaptureFixture[str],
    *,
    own: bool,
) -> None:
    a_rule_of_the_platform(account)
    deployed(account)
    account.stack_rules = ["tradai-nat-group-events-prod"] if own else []
    _, document = diagnosis(config, capsys)
    taken = [line for line in document["lines"] if line["subject"] == "rule tradai-nat-group-events-prod"]
    assert bool(taken) is not own


def test_a_group_that_the_stack_is_to_make_and_that_exists(
    account: Account, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """CloudFormation refuses a second group of the name, the adopted one's as well."""
    making = {"CreateNat": "true", "NatAsgName": GROUP}
    config.write_text(samconfig_edit.changed(SAMCONFIG, "prod", making))
    _, document = diagnosis(config, capsys)
    wanted = f"deploy under another name: NatAsgName={GROUP}-ops"
    assert remedies(document)[f"group {GROUP}"] == wanted
    assert document["parameters"]["NatAsgName"] == f"{GROUP}-ops"
    tags = [{"ResourceId": GROUP, "ResourceType": "auto-scaling-group", "PropagateAtLaunch": False}]
    tags[0] |= {"Key": "aws:cloudformation:stack-name", "Value": "tradai-ops-prod"}
    account.client("autoscaling").create_or_update_tags(Tags=tags)
    assert f"group {GROUP}" not in remedies(diagnosis(config, capsys)[1])


def test_of_a_pair_that_is_made_each_group_s_name_is_looked_at(
    account: Account, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert account.nat, "a member of the group"
    making = {"CreateNat": "true", "NatStandby": "true", "NatStandbyAsgName": GROUP}
    config.write_text(samconfig_edit.changed(SAMCONFIG, "prod", making))
    remedy = remedies(diagnosis(config, capsys)[1])[f"group {GROUP}"]
    assert remedy == f"deploy under another name: NatStandbyAsgName={GROUP}-ops"


def test_the_probe_s_name_is_taken_only_where_there_is_to_be_a_probe(
    account: Account, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name = "/aws/lambda/tradai-egress-probe-prod"
    account.client("logs").create_log_group(logGroupName=name)
    assert f"log group {name}" not in remedies(diagnosis(config, capsys)[1])
    config.write_text(samconfig_edit.changed(SAMCONFIG, "prod", {"EgressProbe": "true"}))
    assert f"log group {name}" in remedies(diagnosis(config, capsys)[1])


def test_an_empty_value_is_proposed_as_sam_takes_it(
    account: Account, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """SAM refuses a bare ``Name=``."""
    parameters = {"NatEipAllocationId": {"Type": "String", "Default": ""}}
    body = {"Parameters": parameters, "Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}}
    account.client("cloudformation").create_stack(StackName="tradai-ops-prod", TemplateBody=json.dumps(body))
    given = {"NatEipAllocationId": account.allocation, "ReservedConcurrency": "5"}
    config.write_text(samconfig_edit.changed(SAMCONFIG, "prod", given))
    found = remedies(diagnosis(config, capsys)[1])
    assert found["stack"].endswith('write NatEipAllocationId="" into samconfig.toml')
    assert found["concurrency"].startswith('write ReservedConcurrency="" into samconfig.toml')

"""The NAT that the stack makes where CreateNat is true."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.stack import ENVIRONMENTS, MADE_NAT, MADE_STANDBY, Stack
from toolchain.build.marked import TEMPLATE
from toolchain.build.user_data import boot_script, commands, generated, packed
from tradai_shared.config.loader import canonical_config

NAT = {
    "NatExperimentRole",
    "NatExperimentTemplate",
    "NatGroup",
    "NatInstanceProfile",
    "NatInstanceRole",
    "NatLaunchTemplate",
    "NatSecurityGroup",
}
EC2_USER_DATA_BYTES = 16 * 1024


def made(env: str = "prod", **parameters: str) -> Stack:
    return Stack(env, **{**MADE_NAT, **parameters})


def launch_data(**parameters: str) -> Any:
    """The launch template's data without the script, which is tested as text."""
    stack = made(**parameters)
    raw = {**stack.raw["NatLaunchTemplate"]["Properties"]["LaunchTemplateData"]}
    raw.pop("UserData")
    return stack.template.resolve(raw)


def protocols(rules: list[Any]) -> set[tuple[str, int, int, str]]:
    return {(rule["IpProtocol"], rule["FromPort"], rule["ToPort"], rule["CidrIp"]) for rule in rules}


def test_an_adopted_nat_is_left_alone() -> None:
    conditional = {name for name, resource in Stack().raw.items() if "Condition" in resource}
    conditional -= {name for name in conditional if name.startswith(("EgressProbe", "DriftCheckAdopted"))}
    conditional -= {name for name in conditional if "Standby" in name or name.startswith("NatPeer")}
    assert conditional == {*NAT, "NatEip", "NatKeptEip", "NatMetricsSilentAlarm"}
    assert Stack("prod").made.isdisjoint(conditional)


@pytest.mark.parametrize("env", ENVIRONMENTS)
def test_the_group_is_the_platform_s(env: str) -> None:
    group, config = made(env)["NatGroup"], canonical_config(env).nat
    assert group["AutoScalingGroupName"] == config.group.name
    sizes = [int(group[name]) for name in ("MinSize", "MaxSize", "DesiredCapacity")]
    assert sizes == [config.group.min_size, config.group.max_size, config.group.desired_capacity] == [1, 1, 1]
    assert group["HealthCheckType"] == config.group.health_check
    assert group["VPCZoneIdentifier"] == ["subnet-0123456789abcdef0"]


def test_a_successor_is_launched_before_its_predecessor_goes() -> None:
    group = made()["NatGroup"]
    assert group["InstanceMaintenancePolicy"] == {"MinHealthyPercentage": 100, "MaxHealthyPercentage": 200}
    assert group["DefaultInstanceWarmup"] == 0
    assert Stack().raw["NatGroup"]["UpdatePolicy"] == {"AutoScalingInstanceRefresh": {"Strategy": "Rolling"}}


def test_the_maximum_size_and_the_lifetime_are_parameters() -> None:
    assert "MaxInstanceLifetime" not in made()["NatGroup"]
    group = made(NatMaxSize="2", NatMaxLifetimeSeconds="604800")["NatGroup"]
    assert (group["MaxSize"], group["MaxInstanceLifetime"]) == ("2", "604800")


@pytest.mark.parametrize("env", ENVIRONMENTS)
def test_both_hooks_are_in_the_group_from_its_first_instance_on(env: str) -> None:
    launch, terminate = made(env)["NatGroup"]["LifecycleHookSpecificationList"]
    config = canonical_config(env).nat.lifecycle_hooks["launch"]
    assert launch == {
        "LifecycleHookName": config.name,
        "LifecycleTransition": config.transition,
        "HeartbeatTimeout": config.heartbeat_seconds,
        "DefaultResult": "ABANDON",
    }
    assert terminate == {
        "LifecycleHookName": f"tradai-nat-terminate-{env}",
        "LifecycleTransition": "autoscaling:EC2_INSTANCE_TERMINATING",
        "HeartbeatTimeout": 300,
        "DefaultResult": "CONTINUE",
    }


def test_the_group_comes_after_and_goes_before_all_that_listens_to_it() -> None:
    listeners = {
        "UpdateNatRoutesFunction",
        "UpdateNatRoutesFunctionEventInvokeConfig",
        "DeadLetterQueuePolicy",
    }
    for name, event in Stack().raw["UpdateNatRoutesFunction"]["Properties"]["Events"].items():
        if event["Type"] == "EventBridgeRule":  # the schedule comes after the group, so that no run misses it
            listeners |= {f"UpdateNatRoutesFunction{name}", f"UpdateNatRoutesFunction{name}Permission"}
    assert set(Stack().raw["NatGroup"]["DependsOn"]) == listeners


def test_the_instance_is_the_platform_s() -> None:
    data, config = launch_data(), canonical_config("prod").nat
    assert data["InstanceType"] == config.instance_type
    assert data["ImageId"] == MADE_NAT["NatAmiId"]
    assert data["MetadataOptions"]["HttpTokens"] == "required"
    assert data["Monitoring"] == {"Enabled": "true"}
    (interface,) = data["NetworkInterfaces"]
    assert interface["AssociatePublicIpAddress"] is True
    assert "SecurityGroupIds" not in data, "beside NetworkInterfaces EC2 refuses it"


def test_the_image_is_needed_and_never_looked_up() -> None:
    rule = Stack().template.document["Rules"]["NatNeedsItsPlace"]
    described = [assertion["AssertDescription"] for assertion in rule["Assertions"]]
    assert "CreateNat needs NatAmiId, the image of the NAT" in described
    assert "resolve:ssm" not in str(Stack().raw["NatLaunchTemplate"])


def test_the_image_and_the_monitoring_are_parameters() -> None:
    data = launch_data(NatAmiId="ami-0a", NatDetailedMonitoring="false")
    assert (data["ImageId"], data["Monitoring"]) == ("ami-0a", {"Enabled": "false"})
    assert "USD" in Stack().template.document["Parameters"]["NatDetailedMonitoring"]["Description"]


@pytest.mark.parametrize(
    "types",
    ["t4g.nano", "t4g.nano,,", "t4g.nano,t4g.micro", "t4g.nano,t4g.micro,", "t4g.nano,t4g.micro,t4g.small"],
)
def test_instance_types_are_tried_in_their_order(types: str) -> None:
    policy = made(NatInstanceTypes=types)["NatGroup"]["MixedInstancesPolicy"]
    assert [override["InstanceType"] for override in policy["LaunchTemplate"]["Overrides"]] == [
        name for name in types.split(",") if name
    ]
    assert policy["InstancesDistribution"]["OnDemandAllocationStrategy"] == "prioritized"
    assert policy["InstancesDistribution"]["OnDemandPercentageAboveBaseCapacity"] == 100


def test_more_than_one_subnet_can_be_given() -> None:
    group = made(NatSubnetIds="subnet-0a,subnet-0b")["NatGroup"]
    assert group["VPCZoneIdentifier"] == ["subnet-0a", "subnet-0b"]


def test_only_tcp_of_the_vpc_passes() -> None:
    group = made()["NatSecurityGroup"]
    assert protocols(group["SecurityGroupIngress"]) == {("tcp", 0, 65535, "10.0.0.0/16")}
    assert protocols(group["SecurityGroupEgress"]) == {("tcp", 0, 65535, "0.0.0.0/0")}


def test_dns_and_ntp_pass_where_a_parameter_lets_them() -> None:
    group = made(NatAllowUdp="true")["NatSecurityGroup"]
    for rules, peer in (("SecurityGroupIngress", "10.0.0.0/16"), ("SecurityGroupEgress", "0.0.0.0/0")):
        udp = {protocol for protocol in protocols(group[rules]) if protocol[0] == "udp"}
        assert udp == {("udp", 53, 53, peer), ("udp", 123, 123, peer)}


@pytest.mark.parametrize(
    "cidrs",
    ["10.0.0.0/16", "10.0.0.0/16,", "10.0.0.0/16,100.64.0.0/16", "10.0.0.0/16,100.64.0.0/16,10.9.0.0/16"],
)
def test_what_comes_from_each_cidr_of_the_vpc_passes(cidrs: str) -> None:
    group = made(VpcCidr=cidrs, NatAllowUdp="true")["NatSecurityGroup"]
    assert protocols(group["SecurityGroupIngress"]) == {
        (protocol, first, last, cidr)
        for protocol, first, last in (("tcp", 0, 65535), ("udp", 53, 53), ("udp", 123, 123))
        for cidr in cidrs.split(",")
        if cidr
    }


@pytest.mark.parametrize(
    ("env", "address"), [("dev", "NatEip"), ("staging", "NatEip"), ("prod", "NatKeptEip")]
)
def test_its_own_address_is_kept_in_prod_alone(env: str, address: str) -> None:
    stack = made(env)
    assert stack.made & {"NatEip", "NatKeptEip"} == {address}
    variable = stack["UpdateNatRoutesFunction"]["Environment"]["Variables"]["NAT_EIP_ALLOCATION_ID"]
    assert f"{address}/AllocationId" in variable
    policies = {name: Stack().raw[name]["DeletionPolicy"] for name in ("NatEip", "NatKeptEip")}
    assert policies == {"NatEip": "Delete", "NatKeptEip": "RetainExceptOnCreate"}


def test_an_existing_address_is_used_and_none_is_made() -> None:
    stack = made(NatEipAllocationId="eipalloc-0a")
    assert stack.made.isdisjoint({"NatEip", "NatKeptEip"})
    variables = stack["UpdateNatRoutesFunction"]["Environment"]["Variables"]
    assert variables["NAT_EIP_ALLOCATION_ID"] == "eipalloc-0a"


def test_everything_that_is_made_carries_the_name_and_the_required_tags() -> None:
    wanted = {"Name": "tradai-nat-prod", "Project": "tradai", "Environment": "prod", "ManagedBy": "sam"}
    stack = made()
    tagged = [stack[name]["Tags"] for name in ("NatKeptEip", "NatSecurityGroup", "NatGroup")]
    tagged += [tag_specification["Tags"] for tag_specification in launch_data()["TagSpecifications"]]
    assert [{tag["Key"]: tag["Value"] for tag in tags} for tags in tagged] == [wanted] * 6
    kinds = {tag_specification["ResourceType"] for tag_specification in launch_data()["TagSpecifications"]}
    assert kinds == {"instance", "volume", "network-interface"}


def test_the_template_holds_the_boot_script_as_it_is() -> None:
    template = TEMPLATE.read_text(encoding="utf-8")
    assert generated(template, boot_script()) == template


def test_the_template_is_a_quarter_shorter_than_it_was() -> None:
    assert len(TEMPLATE.read_text(encoding="utf-8").splitlines()) <= 1_589, "docs/decisions/0312 has the aim"


def test_an_older_copy_of_the_boot_script_is_noticed() -> None:
    template = TEMPLATE.read_text(encoding="utf-8")
    assert generated(template, boot_script() + "echo more\n") != template


def test_the_copy_lacks_comments_and_empty_lines_alone() -> None:
    script = "#!/bin/bash\n# why\nif x; then # because\n\n  # here\n  echo 1 '#' \nfi\n"
    assert commands(script) == ["if x; then # because", "  echo 1 '#'", "fi"]


def user_data(**parameters: str) -> str:
    stack = made(**parameters)
    data = stack.raw["NatLaunchTemplate"]["Properties"]["LaunchTemplateData"]["UserData"]
    return str(stack.template.resolve(data["Fn::Base64"]))


def test_the_script_s_values_are_exported_before_it() -> None:
    assert user_data(
        NatEipAllocationId="eipalloc-0a",
        NatMss="1400",
        NatSelftestUrls="https://192.0.2.1/,https://192.0.2.2:8443/",
    ) == (
        "#!/bin/bash\n"
        "export AWS_DEFAULT_REGION='eu-central-1'\n"
        "export NAT_EIP_ALLOCATION_ID='eipalloc-0a'\n"
        "export NAT_GROUPS=''\n"
        "export NAT_METRICS=''\n"
        "export NAT_MSS='1400'\n"
        "export NAT_SELFTEST_URLS='https://192.0.2.1/ https://192.0.2.2:8443/'\n"
        f"{packed(boot_script())}"
    )


def test_what_the_instance_boots_with_fits_into_user_data_with_every_option_on() -> None:
    assert len(user_data().encode()) < EC2_USER_DATA_BYTES
    longest = user_data(
        NatEipAllocationId="eipalloc-0123456789abcdef0",
        NatSelftestUrls=",".join(["https://255.255.255.255:65535/a-path-of-some-length"] * 3),
        NatMetrics="true",
        **{**MADE_STANDBY, "NatAsgName": "n" * 64, "NatStandbyAsgName": "s" * 64},
    )
    assert "n s" in longest
    assert "prod n" in longest
    assert len(longest.encode()) < EC2_USER_DATA_BYTES


def test_in_a_pair_the_script_knows_both_groups_and_no_address() -> None:
    text = user_data(**MADE_STANDBY, NatEipAllocationId="eipalloc-0a")
    assert "export NAT_GROUPS='tradai-nat-asg-prod tradai-nat-standby-asg-prod'\n" in text
    assert "export NAT_EIP_ALLOCATION_ID=''\n" in text


def test_the_two_nats_of_a_pair_may_ask_each_other_and_nobody_else_may() -> None:
    stack = made(**MADE_STANDBY)
    rules = stack["NatPeerIngress"], stack["NatPeerEgress"]
    for rule, other in zip(rules, ("SourceSecurityGroupId", "DestinationSecurityGroupId"), strict=True):
        assert (rule["IpProtocol"], rule["FromPort"], rule["ToPort"]) == ("udp", 3217, 3217)
        assert rule["GroupId"] == rule[other]
        assert not {"CidrIp", "CidrIpv6"} & set(rule)


def test_sessions_by_systems_manager_are_a_parameter() -> None:
    """No more than AWS's own minimal policy for sessions.

    Source: https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSCloud9SSMInstanceProfile.html
    """

    def actions(**parameters: str) -> list[str]:
        [policy] = made(**parameters)["NatInstanceRole"]["Policies"]
        statements = policy["PolicyDocument"]["Statement"]
        allowed = [statement["Action"] for statement in statements if isinstance(statement, dict)]
        every = [name for names in allowed for name in ([names] if isinstance(names, str) else names)]
        return sorted(name for name in every if name.startswith("ssm"))

    assert actions() == []
    assert actions(NatSsm="true") == [
        "ssm:UpdateInstanceInformation",
        "ssmmessages:CreateControlChannel",
        "ssmmessages:CreateDataChannel",
        "ssmmessages:OpenControlChannel",
        "ssmmessages:OpenDataChannel",
    ]

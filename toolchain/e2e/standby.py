"""A second NAT beside an adopted one: the deployed function moves to it, and back when it is switched off.

The group is made on moto beforehand, as an operator's own: NatStandbyAsgName names it. A pair that the stack
makes needs CreateNat, which ministack refuses.
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from toolchain.e2e.environment import until
from toolchain.e2e.failover import drill
from toolchain.e2e.report import require
from toolchain.e2e.sam import deploy
from toolchain.e2e.stacks import physical, stack_status
from tradai_shared.config import naming

if TYPE_CHECKING:
    from toolchain.e2e.environment import DeployedEnvironment
    from tradai_shared.config.naming import Environment

SECOND_SUBNET = "subnet:public-2"
ALARM, RULE = "NatStandbyMissingAlarm", "NatPeerSilentRule"


def switched_on(deployed: DeployedEnvironment, env: Environment) -> str:
    """A NAT of the operator's in a second group, which is to move nothing by itself."""
    estate, second = deployed.estates[env], naming.nat_standby_asg_name(env)
    # without an address of its own an instance does not count as ready
    deployed.client("ec2").modify_subnet_attribute(
        SubnetId=estate.ids[SECOND_SUBNET], MapPublicIpOnLaunch={"Value": True}
    )
    deployed.client("autoscaling").create_auto_scaling_group(
        AutoScalingGroupName=second,
        LaunchTemplate={"LaunchTemplateName": estate.config.nat.name},
        MinSize=1,
        MaxSize=1,
        DesiredCapacity=1,
        VPCZoneIdentifier=estate.ids[SECOND_SUBNET],
    )
    before = deployed.way_out(env)
    _deploy(deployed, env, second)
    require(variables(deployed, env)["NAT_STANDBY_ASG_NAME"] == second, variables(deployed, env))
    made = physical(deployed, env)
    require({ALARM, RULE} <= made.keys(), sorted(made))
    pattern = deployed.client("events").describe_rule(Name=f"tradai-nat-group-events-{env}")["EventPattern"]
    require(second in json.dumps(pattern), pattern)
    _hear(deployed, env)
    require(deployed.way_out(env) == before, f"the route leads to {deployed.way_out(env)}")
    return f"{second} stands by; rule and alarm were made, and {before} carries on"


def takes_over(deployed: DeployedEnvironment, env: Environment) -> str:
    """The first group is emptied, as a zone without capacity leaves it, then filled again."""
    first, second = deployed.estates[env].config.nat.group.name, naming.nat_standby_asg_name(env)
    lost, standby = deployed.nat(env), member(deployed, second)
    _size(deployed, first, 0)
    until(lambda: member(deployed, first) is None, "the first group is empty")
    drill(deployed, "drill-instance-terminated", lost)
    until(lambda: deployed.way_out(env) == holder(deployed, env) == standby, "address and route are with it")
    _size(deployed, first, 1)
    until(lambda: member(deployed, first), "the first group has a NAT again")
    _hear(deployed, env)
    require(deployed.way_out(env) == standby, f"the route leads to {deployed.way_out(env)}")
    return f"address and route went from {lost} to {standby}, and stay where the replacement comes"


def switched_off(deployed: DeployedEnvironment, env: Environment) -> str:
    """While its NAT carries: what doctor refuses, and what a deployment by hand does all the same."""
    first, second = deployed.estates[env].config.nat.group.name, naming.nat_standby_asg_name(env)
    _deploy(deployed, env, '""')
    require(not variables(deployed, env).get("NAT_STANDBY_ASG_NAME"), variables(deployed, env))
    left = {ALARM, RULE} & physical(deployed, env).keys()
    require(not left, f"left: {left}")
    _hear(deployed, env)
    until(
        lambda: deployed.way_out(env) == holder(deployed, env) == member(deployed, first),
        "address and route are back",
    )
    deployed.client("autoscaling").delete_auto_scaling_group(AutoScalingGroupName=second, ForceDelete=True)
    return f"{stack_status(deployed, env)}: address and route are with {first} again; rule and alarm are gone"


def _deploy(deployed: DeployedEnvironment, env: Environment, second: str) -> None:
    own = [f"Environment={env}", "Architecture=arm64", "CreateNat=false", "DriftMode=heal"]
    ids = deployed.estates[env].ids
    places = [f"NatEipAllocationId={ids['allocation']}", f"VpcId={ids['vpc']}"]
    deploy(deployed, env, "--parameter-overrides", *own, *places, f"NatStandbyAsgName={second}")


def variables(deployed: DeployedEnvironment, env: Environment) -> dict[str, str]:
    """The failover's settings, as they are deployed."""
    name = naming.update_nat_routes_function_name(env)
    described = deployed.client("lambda").get_function_configuration(FunctionName=name)
    return dict(described["Environment"]["Variables"])


def _hear(deployed: DeployedEnvironment, env: Environment) -> None:
    """An event that asks for nothing new, and the end of its run."""
    sent = drill(deployed, "drill-spot-interruption-warning", deployed.nat(env))
    function = naming.update_nat_routes_function_name(env)
    until(
        lambda: [run for run in deployed.runs(function, sent) if run["trigger"] == "drill"],
        "a message of the drill says so",
    )
    time.sleep(1)  # what it had ordered is shown


def member(deployed: DeployedEnvironment, group: str) -> str | None:
    groups = deployed.client("autoscaling").describe_auto_scaling_groups(AutoScalingGroupNames=[group])
    instances = groups["AutoScalingGroups"][0]["Instances"]
    return str(instances[0]["InstanceId"]) if instances else None


def holder(deployed: DeployedEnvironment, env: Environment) -> Any:
    """The instance that has the Elastic IP."""
    allocation = deployed.estates[env].ids["allocation"]
    described = deployed.client("ec2").describe_addresses(AllocationIds=[allocation])
    return described["Addresses"][0].get("InstanceId") or None


def _size(deployed: DeployedEnvironment, group: str, size: int) -> None:
    deployed.client("autoscaling").update_auto_scaling_group(
        AutoScalingGroupName=group, MinSize=size, DesiredCapacity=size
    )

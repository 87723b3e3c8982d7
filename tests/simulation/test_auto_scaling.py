"""What AWS does with Auto Scaling groups, and moto does not."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

from simulator.aws.instances import Script
from simulator.engine import durations
from simulator.scenario.world import World
from tests.simulation.group import GROUP, LAUNCH_HOOK, TERMINATE_HOOK, Group, idle

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture
def group(world: World) -> Group:
    return Group(world)


@pytest.fixture
def terminating_first() -> Iterator[Group]:
    with World(handler=idle, launches_first=False) as world:
        yield Group(world)


def message_of(call: Callable[[], object]) -> str:
    with pytest.raises(ClientError) as caught:
        call()
    assert caught.value.response["Error"]["Code"] == "ValidationError"
    return str(caught.value.response["Error"]["Message"])


def test_hooks_and_policy_given_at_creation_are_there_before_the_first_instance(group: Group) -> None:
    assert group.members() == {}
    hooks = group.api.describe_lifecycle_hooks(AutoScalingGroupName=GROUP)["LifecycleHooks"]
    assert {hook["LifecycleHookName"]: hook["DefaultResult"] for hook in hooks} == {
        LAUNCH_HOOK: "ABANDON",
        TERMINATE_HOOK: "CONTINUE",
    }
    assert hooks[0]["HeartbeatTimeout"] == 300
    assert hooks[0]["GlobalTimeout"] == 30000
    (shown,) = group.api.describe_auto_scaling_groups(AutoScalingGroupNames=[GROUP])["AutoScalingGroups"]
    assert shown["InstanceMaintenancePolicy"] == {"MinHealthyPercentage": 100, "MaxHealthyPercentage": 200}


def test_a_launch_waits_in_its_hook_and_goes_into_service_when_completed(group: Group) -> None:
    (instance,) = group.until("Pending")
    group.until("Pending:Wait")
    (event,) = group.events("EC2 Instance-launch Lifecycle Action")
    detail = event["detail"]
    assert (detail["EC2InstanceId"], detail["LifecycleHookName"]) == (instance, LAUNCH_HOOK)
    assert (detail["Origin"], detail["Destination"]) == ("EC2", "AutoScalingGroup")
    assert detail["LifecycleTransition"] == "autoscaling:EC2_INSTANCE_LAUNCHING"
    assert group.events("EC2 Instance Launch Successful") == []
    group.complete(instance)
    group.until("Pending:Proceed")
    group.until("InService")
    (launched,) = group.events("EC2 Instance Launch Successful")
    assert launched["detail"]["EC2InstanceId"] == instance
    assert group.activities()[0]["StatusCode"] == "Successful"


def test_an_action_is_found_by_its_token_too(group: Group) -> None:
    group.until("Pending:Wait")
    token = group.events("EC2 Instance-launch Lifecycle Action")[0]["detail"]["LifecycleActionToken"]
    group.api.complete_lifecycle_action(
        AutoScalingGroupName=GROUP,
        LifecycleHookName=LAUNCH_HOOK,
        LifecycleActionToken=token,
        LifecycleActionResult="CONTINUE",
    )
    group.until("InService")


def test_an_answer_that_comes_late_or_twice_finds_no_active_action(group: Group) -> None:
    (instance,) = group.until("Pending:Wait")
    group.complete(instance)
    missing = f"No active Lifecycle Action found with instance ID {instance}"
    assert message_of(lambda: group.complete(instance)) == missing
    assert message_of(lambda: group.complete(instance, TERMINATE_HOOK)) == missing
    token = "00000000-0000-4000-8000-000000000000"
    beat = {"AutoScalingGroupName": GROUP, "LifecycleHookName": LAUNCH_HOOK, "LifecycleActionToken": token}
    message = message_of(lambda: group.api.record_lifecycle_action_heartbeat(**beat))
    assert message == f"No active Lifecycle Action found with token {token}"


def test_no_answer_within_the_heartbeat_means_the_default_result(group: Group) -> None:
    (instance,) = group.until("Pending:Wait")
    group.world.advance(299)
    assert group.members()[instance] == "Pending:Wait"
    group.world.advance(2)
    assert group.members()[instance].startswith("Terminating")


def test_a_heartbeat_starts_the_time_out_again(group: Group) -> None:
    (instance,) = group.until("Pending:Wait")
    group.world.advance(290)
    group.api.record_lifecycle_action_heartbeat(
        AutoScalingGroupName=GROUP, LifecycleHookName=LAUNCH_HOOK, InstanceId=instance
    )
    group.world.advance(290)
    assert group.members()[instance] == "Pending:Wait"


def test_an_abandoned_launch_is_a_cancelled_activity_that_names_its_token(group: Group) -> None:
    (instance,) = group.until("Pending:Wait")
    token = group.events("EC2 Instance-launch Lifecycle Action")[0]["detail"]["LifecycleActionToken"]
    group.complete(instance, result="ABANDON")
    launch = next(
        activity for activity in group.activities() if activity["Description"].startswith("Launching")
    )
    assert launch["StatusCode"] == "Cancelled"
    assert launch["Description"] == f"Launching a new EC2 instance: {instance}"
    assert launch["StatusMessage"] == (
        "Instance failed to complete user's Lifecycle Action: Lifecycle Action with token "
        f"{token} was abandoned: Lifecycle Action Completed with ABANDON Result"
    )
    assert len(group.events("EC2 Instance Launch Unsuccessful")) == 1


def test_launches_that_keep_being_abandoned_come_more_and_more_slowly(group: Group) -> None:
    starts = []
    for _ in range(4):
        assert group.world.run_until(lambda: "Pending:Wait" in group.members().values(), 300)
        instance = next(name for name, state in group.members().items() if state == "Pending:Wait")
        starts.append(group.world.clock.elapsed)
        group.complete(instance, result="ABANDON")
    first, second, third = (later - earlier for earlier, later in pairwise(starts))
    assert first < second < third


def test_a_terminating_instance_waits_in_its_hook_and_still_runs(group: Group) -> None:
    instance = group.in_service()
    group.api.terminate_instance_in_auto_scaling_group(
        InstanceId=instance, ShouldDecrementDesiredCapacity=False
    )
    group.world.run_until(lambda: group.members()[instance] == "Terminating:Wait", 60)
    (event,) = group.events("EC2 Instance-terminate Lifecycle Action")
    assert (event["detail"]["Origin"], event["detail"]["Destination"]) == ("AutoScalingGroup", "EC2")
    assert group.world.machines[instance].state == "running"
    group.complete(instance, TERMINATE_HOOK)
    assert group.world.run_until(lambda: instance not in group.members(), 120)
    assert group.world.machines[instance].state == "terminated"
    assert len(group.events("EC2 Instance Terminate Successful")) == 1
    assert len(group.members()) == 1


def test_terminating_needs_a_member_that_is_not_on_its_way_out(group: Group) -> None:
    call = group.api.terminate_instance_in_auto_scaling_group
    strange = {"InstanceId": "i-0123456789abcdef0", "ShouldDecrementDesiredCapacity": False}
    assert "No managed instance found for instance ID: i-0123456789abcdef0" in message_of(
        lambda: call(**strange)
    )
    known = {"InstanceId": group.in_service(), "ShouldDecrementDesiredCapacity": False}
    call(**known)
    assert "not in a state" in message_of(lambda: call(**known))
    below = {"InstanceId": known["InstanceId"], "ShouldDecrementDesiredCapacity": True}
    assert "min size" in message_of(lambda: call(**below))


def test_an_instance_that_died_is_found_by_the_next_health_check_and_replaced(group: Group) -> None:
    instance = group.in_service()
    group.world.kill(instance)
    assert group.world.run_until(lambda: group.members()[instance].startswith("Terminating"), 65)
    assert group.world.run_until(lambda: len(group.members()) == 2, 20)


def test_an_impaired_instance_is_replaced_after_some_minutes(group: Group) -> None:
    instance = group.in_service()
    impaired = group.world.impair(instance)
    assert group.world.run_until(lambda: len(group.members()) == 2, 400)
    assert group.world.clock.elapsed - impaired > durations.IMPAIRED.low


def test_an_instance_that_forwards_no_more_and_passes_its_check_is_never_replaced(group: Group) -> None:
    instance = group.in_service()
    group.world.impair(instance, status_check=False)
    group.world.advance(3600)
    assert group.members() == {instance: "InService"}


def test_an_unhealthy_member_that_runs_stays_in_service_until_its_successor_is(group: Group) -> None:
    old = group.in_service()
    group.api.set_instance_health(InstanceId=old, HealthStatus="Unhealthy", ShouldRespectGracePeriod=False)
    group.until("InService", "Pending:Wait")
    (shown,) = group.api.describe_auto_scaling_groups(AutoScalingGroupNames=[GROUP])["AutoScalingGroups"]
    health = {instance["InstanceId"]: instance["HealthStatus"] for instance in shown["Instances"]}
    assert health[old] == "Unhealthy"
    (new,) = set(group.members()) - {old}
    group.complete(new)
    assert group.world.run_until(lambda: group.members()[old] == "Terminating:Wait", 60)


def test_without_a_policy_an_unhealthy_member_goes_at_once(terminating_first: Group) -> None:
    old = terminating_first.in_service()
    terminating_first.api.set_instance_health(InstanceId=old, HealthStatus="Unhealthy")
    assert terminating_first.members()[old] == "Terminating"


@pytest.mark.parametrize("first", [True, False])
def test_a_refresh_follows_the_maintenance_policy(first: bool) -> None:  # noqa: FBT001 - parametrised
    with World(handler=idle, launches_first=first) as world:
        group = Group(world)
        old = group.in_service()
        world.refresh()
        world.advance(0.01)
        assert group.members()[old] == ("InService" if first else "Terminating")


@pytest.mark.parametrize("process", ["Launch", "Terminate", "HealthCheck", "ReplaceUnhealthy"])
def test_a_suspended_process_ends_the_healing_until_it_is_resumed(group: Group, process: str) -> None:
    instance = group.in_service()
    group.api.suspend_processes(AutoScalingGroupName=GROUP, ScalingProcesses=[process])
    group.world.kill(instance)
    group.world.advance(600)
    waiting = [name for name, state in group.members().items() if state == "Pending:Wait"]
    assert waiting == []
    group.api.resume_processes(AutoScalingGroupName=GROUP, ScalingProcesses=[process])
    assert group.world.run_until(lambda: "Pending:Wait" in group.members().values(), 120)


def test_a_launch_abandoned_while_terminate_is_suspended_ends_when_it_is_resumed(group: Group) -> None:
    (instance,) = group.until("Pending:Wait")
    group.api.suspend_processes(AutoScalingGroupName=GROUP, ScalingProcesses=["Terminate"])
    group.complete(instance, result="ABANDON")
    group.world.advance(600)
    assert group.members() == {instance: "Pending:Wait"}
    group.api.resume_processes(AutoScalingGroupName=GROUP, ScalingProcesses=["Terminate"])
    assert group.world.run_until(lambda: group.members().get(instance, "").startswith("Terminating"), 5)


def test_a_member_replaced_while_terminate_is_suspended_ends_when_it_is_resumed(group: Group) -> None:
    old = group.in_service()
    group.api.set_instance_health(InstanceId=old, HealthStatus="Unhealthy", ShouldRespectGracePeriod=False)
    group.until("InService", "Pending:Wait")
    group.api.suspend_processes(AutoScalingGroupName=GROUP, ScalingProcesses=["Terminate"])
    (new,) = set(group.members()) - {old}
    group.complete(new)
    group.world.advance(600)
    assert group.members() == {old: "InService", new: "InService"}
    group.api.resume_processes(AutoScalingGroupName=GROUP, ScalingProcesses=["Terminate"])
    assert group.world.run_until(lambda: group.members()[old] == "Terminating:Wait", 60)


def test_desired_zero_is_maintenance(group: Group) -> None:
    instance = group.in_service()
    group.api.update_auto_scaling_group(AutoScalingGroupName=GROUP, MinSize=0, DesiredCapacity=0)
    group.world.run_until(lambda: group.members()[instance] == "Terminating:Wait", 60)
    group.complete(instance, TERMINATE_HOOK)
    group.world.advance(600)
    assert group.members() == {}


def test_a_hook_that_exists_is_changed_only_in_what_is_given(group: Group) -> None:
    group.api.put_lifecycle_hook(
        AutoScalingGroupName=GROUP, LifecycleHookName=LAUNCH_HOOK, HeartbeatTimeout=60
    )
    (hook,) = group.api.describe_lifecycle_hooks(
        AutoScalingGroupName=GROUP, LifecycleHookNames=[LAUNCH_HOOK]
    )["LifecycleHooks"]
    assert (hook["HeartbeatTimeout"], hook["DefaultResult"]) == (60, "ABANDON")
    assert hook["LifecycleTransition"] == "autoscaling:EC2_INSTANCE_LAUNCHING"


def test_several_hooks_hold_an_instance_until_each_is_answered(group: Group) -> None:
    group.api.put_lifecycle_hook(
        AutoScalingGroupName=GROUP,
        LifecycleHookName="somebody-elses",
        LifecycleTransition="autoscaling:EC2_INSTANCE_LAUNCHING",
    )
    (instance,) = group.until("Pending:Wait")
    group.complete(instance)
    group.world.advance(10)
    assert group.members()[instance] == "Pending:Wait"
    group.complete(instance, "somebody-elses")
    group.until("InService")


def test_a_member_whose_script_broke_is_in_service_all_the_same(group: Group) -> None:
    group.world.machines.script = Script(forwards=False)
    assert not group.world.machines[group.in_service()].serves

"""Planned replacements, drills, and what an operator does on purpose."""

from __future__ import annotations

import pytest

from simulator.aws.event_bridge import DeliveryFault
from simulator.scenario.world import World
from tests.simulation.assertions import SIGNAL, at_rest, healed, names, of_kind, routes, signalling, writes

LAUNCH = "EC2 Instance-launch Lifecycle Action"
STATE = "EC2 Instance State-change Notification"


def test_a_planned_replacement_moves_address_and_routes_back_to_back() -> None:
    with World(seed=21, variables=SIGNAL) as world:
        world.machines.script = signalling(world)
        world.start()
        before = world.nat()
        began = world.refresh()
        assert healed(world, before, 600)
        moved = [
            call
            for call in writes(world, began)
            if call.action in {"ec2:AssociateAddress", "ec2:ReplaceRoute"}
        ]
        first = [call for call in moved if call.actor == moved[0].actor]
        assert names(first) == ["AssociateAddress", "ReplaceRoute", "ReplaceRoute"]
        assert first[-1].at - first[0].at < 0.5
        all_metrics = [
            invocation.metrics for invocation in world.function.invocations if invocation.started > began
        ]
        assert not [metrics for metrics in all_metrics if "FailoverSeconds" in metrics]


def test_the_old_one_goes_only_after_its_successor_serves() -> None:
    with World(seed=22, variables=SIGNAL, launches_first=False) as world:
        world.machines.script = signalling(world)
        world.start()
        before = world.nat()
        began = world.refresh()
        assert healed(world, before, 600)
        made = [call for call in writes(world, began) if call.outcome == "ok"]
        moved = next(call.at for call in made if call.action == "ec2:ReplaceRoute")
        let_go = next(
            call.at
            for call in made
            if call.action == "autoscaling:CompleteLifecycleAction"
            and call.parameters["InstanceId"] == before
        )
        assert let_go > moved


@pytest.mark.parametrize(
    ("detail_type", "claims"),
    [
        (LAUNCH, {"EC2InstanceId": "i-0123456789abcdef0", "LifecycleHookName": "tradai-nat-launch-prod"}),
        (STATE, {"instance-id": "i-0123456789abcdef0", "state": "terminated"}),
        ("EC2 Instance Rebalance Recommendation", {"instance-id": "i-0123456789abcdef0"}),
    ],
)
def test_a_drill_starts_the_loop_and_nothing_that_it_claims_is_believed(
    detail_type: str, claims: dict[str, str]
) -> None:
    with World(seed=23) as world:
        world.start()
        world.mishap(DeliveryFault(source="aws.scheduler", copies=0))
        table = world.platform.tables[0]
        world.client("ec2").delete_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0")
        began = world.clock.elapsed
        detail = {"AutoScalingGroupName": world.platform.group, **claims}
        world.bus.put("tradai.drill", detail_type, detail, [])
        world.advance(5)
        assert names(writes(world, began)) == ["CreateRoute", "Publish"]  # a real outage, with its message
        assert routes(world) == {world.nat()}


def test_a_drill_that_calls_the_nat_dead_harms_nothing() -> None:
    with World(seed=23) as world:
        world.start()
        began = world.clock.elapsed
        claim = {"instance-id": world.nat(), "state": "terminated"}
        world.bus.put("tradai.drill", STATE, claim, [])
        world.advance(90)
        assert writes(world, began) == []
        assert at_rest(world)


def test_a_late_stopping_event_after_a_restart_does_not_kill_a_healthy_nat() -> None:
    with World(seed=24) as world:
        world.start()
        nat, began = world.nat(), world.clock.elapsed
        world.bus.put("aws.ec2", STATE, {"instance-id": nat, "state": "stopping"}, [])
        world.advance(60)
        assert writes(world, began) == []
        assert at_rest(world)


def test_a_dry_run_changes_nothing_and_says_what_it_would() -> None:
    with World(seed=25) as world:
        world.start()
        world.mishap(DeliveryFault(source="aws.scheduler", copies=0))
        table = world.platform.tables[0]
        world.client("ec2").delete_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0")
        began = world.clock.elapsed
        answer = world.invoke({"action": "reconcile", "dry_run": True}).result
        planned = [(result["action"], result["status"]) for result in answer["data"]["results"]]
        assert planned == [("CreateRoute", "planned")]
        assert writes(world, began) == []


def test_a_foreign_nat_gateway_is_left_alone_and_reported() -> None:
    with World(seed=26) as world:
        world.start()
        ec2 = world.client("ec2")
        gateway = ec2.create_nat_gateway(SubnetId=world.platform.subnet, ConnectivityType="private")[
            "NatGateway"
        ]
        chosen = world.platform.tables[0]
        ec2.replace_route(
            RouteTableId=chosen, DestinationCidrBlock="0.0.0.0/0", NatGatewayId=gateway["NatGatewayId"]
        )
        world.kill(world.nat())
        world.advance(120)
        assert routes(world) == {world.nat(), gateway["NatGatewayId"]}
        tick = of_kind(world, "reconcile")[-1]
        assert gateway["NatGatewayId"] in str(tick.result["data"]["results"])
        assert tick.result["success"]


def test_a_setting_takes_somebodys_gateway_over() -> None:
    with World(seed=26, variables={"NAT_TAKE_OVER_ROUTES": "true"}) as world:
        world.start()
        ec2 = world.client("ec2")
        gateway = ec2.create_nat_gateway(SubnetId=world.platform.subnet, ConnectivityType="private")[
            "NatGateway"
        ]
        for table in world.platform.tables:
            ec2.replace_route(
                RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", NatGatewayId=gateway["NatGatewayId"]
            )
        world.advance(90)
        assert routes(world) == {world.nat()}


def test_desired_zero_is_maintenance_and_nothing_is_replaced() -> None:
    with World(seed=27) as world:
        world.start()
        group = {"AutoScalingGroupName": world.platform.group}
        world.client("autoscaling").update_auto_scaling_group(**group, MinSize=0, DesiredCapacity=0)
        world.advance(240)
        assert world.in_service() is None
        made = names(writes(world))
        assert "TerminateInstanceInAutoScalingGroup" not in made
        tick = of_kind(world, "reconcile")[-1]
        assert tick.result["success"]
        assert "maintenance" in str(tick.result["data"]["results"])


def test_a_suspended_process_is_reported_every_minute() -> None:
    with World(seed=28) as world:
        world.start()
        group = {"AutoScalingGroupName": world.platform.group}
        world.client("autoscaling").suspend_processes(
            **group, ScalingProcesses=["Launch", "ReplaceUnhealthy"]
        )
        began = world.clock.elapsed
        world.advance(130)
        values = [
            invocation.metrics["ProcessesSuspended"] for invocation in of_kind(world, "reconcile", began)
        ]
        assert values == [2.0] * len(values)
        assert len(values) >= 2


def test_the_event_that_calls_for_another_group_reaches_nobody() -> None:
    with World(seed=29) as world:
        world.start()
        began = world.clock.elapsed
        detail = {"AutoScalingGroupName": "another", "EC2InstanceId": "i-0", "LifecycleHookName": "h"}
        world.bus.put("aws.autoscaling", LAUNCH, detail, [])
        world.advance(5)
        assert of_kind(world, LAUNCH, began) == []

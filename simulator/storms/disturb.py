"""Carries a storm's disturbances out in a world, and ends them."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from simulator.aws.event_bridge import DeliveryFault
from simulator.aws.newer_states import REPLACE_ROOT_VOLUME
from simulator.engine.faults import Fault
from simulator.engine.faults import Kind as Failure
from simulator.moto_patches.network import DEFAULT_ROUTE, PROPAGATED
from simulator.scenario import boot_scripts
from simulator.storms import by_hand, of_pairs
from simulator.storms.disturbance import OF_A_PAIR, Disturbance, Kind

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.aws.instances import Script
    from simulator.scenario.world import World

PROCESSES = ["Launch", "Terminate", "HealthCheck", "ReplaceUnhealthy"]
DENIABLE = [
    "ec2:DescribeInstances",
    "ec2:DescribeRouteTables",
    "ec2:DescribeAddresses",
    "ec2:DescribeNetworkInterfaces",
    "autoscaling:DescribeAutoScalingGroups",
    "autoscaling:DescribeLifecycleHooks",
    "autoscaling:DescribeScalingActivities",
    "ec2:ReplaceRoute",
    "ec2:CreateRoute",
    "ec2:AssociateAddress",
    "autoscaling:CompleteLifecycleAction",
    "autoscaling:RecordLifecycleActionHeartbeat",
]
WRITES = ["ec2:ReplaceRoute", "ec2:AssociateAddress", "autoscaling:CompleteLifecycleAction"]
RACES = {"RouteAlreadyExists", "InvalidParameterValue"}  # of a route that came or went meanwhile
MOST_TRIES = 5
OFTEN = 0.4  # share of the calls or events that a lasting disturbance hits
FAILURES = {
    Kind.THROTTLED: Fault(Failure.THROTTLED, actor="lambda", probability=OFTEN),
    Kind.SERVER_ERRORS: Fault(Failure.SERVER_ERROR, actor="lambda", probability=OFTEN),
    Kind.TIME_OUTS: Fault(Failure.TIME_OUT, actor="lambda", probability=OFTEN / 4),
    Kind.ANSWERS_LOST: Fault(Failure.ANSWER_LOST, actor="lambda", probability=OFTEN / 4),
}
DELIVERIES = {
    Kind.EVENTS_LOST: DeliveryFault(copies=0, probability=OFTEN),
    Kind.EVENTS_DOUBLED: DeliveryFault(copies=2, delay=30, probability=OFTEN),
    Kind.EVENTS_LATE: DeliveryFault(delay=90, probability=OFTEN),
    Kind.SCHEDULE_STOPPED: DeliveryFault("Scheduled Event", copies=0),
}


def _discard(entries: list[Any], entry: object) -> None:
    """Two equal entries count what they hit each for itself."""
    entries[:] = [other for other in entries if other is not entry]


class Disturber:
    """A hand in the world. What it does by hand, the operator did: without latency and without faults."""

    def __init__(self, world: World, script: Script) -> None:
        self._world = world
        self._script = script
        self._ec2: Any = world.client("ec2")
        self._auto_scaling: Any = world.client("autoscaling")
        self._gateway = self._ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        self._ec2.attach_internet_gateway(InternetGatewayId=self._gateway, VpcId=world.platform.vpc)
        self._stranger = self._ec2.create_network_interface(SubnetId=world.platform.subnet)[
            "NetworkInterface"
        ]["NetworkInterfaceId"]
        self._vgw = self._ec2.create_vpn_gateway(Type="ipsec.1")["VpnGateway"]["VpnGatewayId"]
        self._undo: list[Callable[[], None]] = []
        # What an instance does that nothing shows: without the signal a failed boot is hidden too.
        self._hidden = {"forwards no more"} if script.steps else {"forwards no more", "boot script broke"}

    def begin(self, disturbance: Disturbance) -> None:
        """Let it happen, and end by itself after its time."""
        self._world.journal.note("operator", "storm", kind=str(disturbance.kind), choice=disturbance.choice)
        undo = self._happen(disturbance)
        if undo is not None:
            self._undo.append(undo)
            self._world.clock.after(disturbance.seconds, lambda: self._end(undo))

    def calm(self) -> None:
        """End all of them. Somebody ends the instances that run, forward nothing and show it nowhere."""
        for undo in list(self._undo):
            self._end(undo)
        for entry in list(self._world.journal.entries):
            hidden = entry.what in self._hidden and not entry.fields.get("status_check")
            if entry.source == "ec2" and hidden:
                machine = self._world.machines[str(entry.fields["instance"])]
                if machine.state == "running" and not machine.forwarding:
                    self._world.kill(machine.id)

    def _end(self, undo: Callable[[], None]) -> None:
        if undo in self._undo:
            self._undo.remove(undo)
            undo()

    def _happen(self, disturbance: Disturbance) -> Callable[[], None] | None:
        kind = disturbance.kind
        if kind in FAILURES:
            return self._fault(replace(FAILURES[kind]))
        if kind in DELIVERIES:
            return self._mishap(replace(DELIVERIES[kind]))
        if kind in OF_A_PAIR:
            return of_pairs.begin(self._world, disturbance, self._script)
        if kind in INSTANCES:
            self._to_an_instance(disturbance)
            return None
        return self._by_hand(disturbance)

    def _fault(self, fault: Fault) -> Callable[[], None]:
        self._world.wire.faults.append(fault)
        return partial(_discard, self._world.wire.faults, fault)

    def _mishap(self, mishap: DeliveryFault) -> Callable[[], None]:
        self._world.bus.mishaps.append(mishap)
        return partial(_discard, self._world.bus.mishaps, mishap)

    def _to_an_instance(self, disturbance: Disturbance) -> None:
        running = [name for name, machine in self._world.machines.all.items() if machine.state == "running"]
        if not running:
            return
        name = disturbance.pick(running[-2 * len(self._world.platform.groups) :])
        match disturbance.kind:
            case Kind.TERMINATED:
                self._world.kill(name)
            case Kind.STOPPED:
                self._world.stop(name)
            case Kind.IMPAIRED:
                self._world.impair(name)
            case Kind.SILENT:
                self._world.impair(name, status_check=False)
            case _:
                interface = self._interface(name)
                self._ec2.modify_network_interface_attribute(
                    NetworkInterfaceId=interface, SourceDestCheck={"Value": True}
                )

    def _interface(self, name: str) -> str:
        return str(self._world.machines[name].instance.nics[0].id)

    def _by_hand(self, disturbance: Disturbance) -> Callable[[], None] | None:  # noqa: C901, PLR0911, PLR0912 - one case a kind
        world, group = self._world, disturbance.pick_group(self._world.platform.groups)
        allocation = disturbance.pick_group(tuple(dict.fromkeys(self._world.platform.allocations.values())))
        table = disturbance.pick(world.platform.tables)
        match disturbance.kind:
            case Kind.REFRESH:
                world.refresh(group)
            case Kind.BROKEN_SCRIPT:
                return self._break_boots()
            case Kind.ROUTE_DELETED:
                self._delete_route(table)
            case Kind.ROUTE_TO_OLD:
                self._route_to(table, disturbance)
            case Kind.ROUTE_EXTERNAL:
                self._set_route(table, GatewayId=self._gateway)
                return lambda: self._delete_route(table)
            case Kind.ADDRESS_RELEASED:
                self._release_address(allocation)
            case Kind.ADDRESS_TAKEN:
                self._release_address(allocation)
                self._ec2.associate_address(AllocationId=allocation, NetworkInterfaceId=self._stranger)
                return partial(self._release_address, allocation)
            case Kind.MAINTENANCE:
                self._auto_scaling.update_auto_scaling_group(
                    AutoScalingGroupName=group, MinSize=0, DesiredCapacity=0
                )
                return lambda: self._auto_scaling.update_auto_scaling_group(
                    AutoScalingGroupName=group, MinSize=1, DesiredCapacity=1
                )
            case Kind.SUSPENDED:
                named = {"AutoScalingGroupName": group, "ScalingProcesses": [disturbance.pick(PROCESSES)]}
                self._auto_scaling.suspend_processes(**named)
                return lambda: self._auto_scaling.resume_processes(**named)
            case Kind.DENIED:
                return self._fault(Fault(Failure.DENIED, disturbance.pick(DENIABLE), actor="lambda"))
            case Kind.LATE_EFFECTS:
                return self._fault(Fault(Failure.LATE, disturbance.pick(WRITES), actor="lambda", times=2))
            case Kind.TABLE_FAILS:
                return self._fault(
                    Fault(Failure.SERVER_ERROR, "ec2:ReplaceRoute", {"RouteTableId": table}, "lambda")
                )
            case Kind.KILLED:
                return self._kill_runs()
            case Kind.SECOND_RUN:
                for _ in range(2):
                    world.function.invoke_async({"action": "reconcile", "dry_run": False})
            case Kind.ROUTE_PROPAGATED:
                named = {"RouteTableId": table, "GatewayId": self._vgw}
                self._ec2.enable_vgw_route_propagation(**named)
                return lambda: self._ec2.disable_vgw_route_propagation(**named)
            case Kind.ROOT_VOLUME:
                self._auto_scaling.start_instance_refresh(
                    AutoScalingGroupName=group, Strategy=REPLACE_ROOT_VOLUME
                )
            case Kind.RETAINED:
                return by_hand.retain(world, group)
            case Kind.LAUNCHED:
                return by_hand.launch_one_more(world, group)
            case _:
                raise NotImplementedError(str(disturbance.kind))
        return None

    def _break_boots(self) -> Callable[[], None]:
        self._world.machines.script = replace(
            boot_scripts.BROKEN, boot=self._script.boot, watchman=self._script.watchman
        )

        def restore() -> None:
            self._world.machines.script = self._script

        return restore

    def _delete_route(self, table: str) -> None:
        (described,) = self._ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"]
        static = [route for route in described["Routes"] if route["Origin"] != PROPAGATED]
        if any(route.get("DestinationCidrBlock") == DEFAULT_ROUTE for route in static):
            self._ec2.delete_route(RouteTableId=table, DestinationCidrBlock=DEFAULT_ROUTE)

    def _route_to(self, table: str, disturbance: Disturbance) -> None:
        alive = [name for name, machine in self._world.machines.all.items() if machine.state == "running"]
        if alive:
            self._set_route(table, NetworkInterfaceId=self._interface(disturbance.pick(alive)))

    def _set_route(self, table: str, **target: str) -> None:
        """Delete and create, as by hand; what comes or goes between the two is replaced or created again."""
        self._delete_route(table)
        route = {"RouteTableId": table, "DestinationCidrBlock": DEFAULT_ROUTE, **target}
        for call in (self._ec2.create_route, self._ec2.replace_route) * MOST_TRIES:
            try:
                call(**route)
            except ClientError as error:
                if error.response["Error"]["Code"] not in RACES:
                    raise
            else:
                return
        raise AssertionError(f"{table} comes and goes")

    def _release_address(self, allocation: str) -> None:
        (address,) = self._ec2.describe_addresses(AllocationIds=[allocation])["Addresses"]
        if address.get("AssociationId"):
            self._ec2.disassociate_address(AssociationId=address["AssociationId"])

    def _kill_runs(self) -> Callable[[], None]:
        """End a run each few seconds, wherever it is between two of its calls."""
        ended = False

        def stop() -> None:
            nonlocal ended
            ended = True

        def kill() -> None:
            if not ended:
                self._world.function.kill_one()
                self._world.clock.after(self._world.bus.chance.uniform(0.05, 5), kill)

        kill()
        return stop


INSTANCES = frozenset({Kind.TERMINATED, Kind.STOPPED, Kind.IMPAIRED, Kind.SILENT, Kind.CHECK_ON})

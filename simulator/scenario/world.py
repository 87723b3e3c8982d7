"""The world: the platform's network, its NAT, the function with the rules that ship, and what may go wrong.

with World(seed=1) as world:
    world.start()
    world.kill(world.nat())
    world.run_until(lambda: world.traffic.up, limit=600)
    print(world.traffic.outages)
"""

from __future__ import annotations

import os
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, Self
from unittest.mock import patch

import boto3
import moto.ec2.models.instances as moto_instances
from moto.ec2 import ec2_backends

from simulator.aws.auto_scaling import Controller
from simulator.aws.auto_scaling_api import StrictAutoScaling
from simulator.aws.event_bridge import ACCOUNT, DeliveryFault, Event, EventBus
from simulator.aws.execution_environment import environment, handler_of
from simulator.aws.instances import Machine, Machines
from simulator.aws.lambda_service import FunctionService, Invocation
from simulator.aws.sam_template import Template
from simulator.engine.context import SimulationContext
from simulator.engine.durations import Duration, DurationSampler
from simulator.engine.interceptor import REGION, CallInterceptor, connected
from simulator.engine.journal import Journal
from simulator.engine.virtual_clock import VirtualClock
from simulator.fast.answers import ANSWERS, default_routes
from simulator.moto_patches.network import network
from simulator.scenario.peers import Peers
from simulator.scenario.platform import Names, Platform, Standby, build
from simulator.scenario.traffic import Traffic
from tradai_shared import clock as product_clock
from tradai_shared.config.naming import Environment

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from simulator.engine.faults import Fault

TEMPLATE = (Path(__file__).parents[1] / "template.yaml").resolve()  # in the wheel a copy
FUNCTION = "UpdateNatRoutesFunction"
PSEUDO = {
    "AWS::Region": REGION,
    "AWS::AccountId": ACCOUNT,
    "AWS::Partition": "aws",
    "AWS::StackName": "simulated",
}


@cache
def _operators_client(service: str) -> Any:
    """One for every world: it calls the world in use, and keeps nothing of it."""
    return boto3.client(service)  # type: ignore[call-overload]  # any service


class World:
    """A simulated world, in process: enter it, start it, cause events, inspect it.

    Attributes:
        clock: virtual time. ``world.advance`` and ``world.run_until`` are its.
        journal: what happened, and every AWS call.
        bus: events, their mishaps and dead letters.
        machines: the instances as they are.
        traffic: the ground truth of egress.
        peers: the watch of two NATs over each other.
        function: the function's invocations and what its on-failure destination got.
    """

    def __init__(  # noqa: PLR0913 - a scenario names the few that matter to it
        self,
        seed: int = 1,
        env: Environment = Environment.PROD,
        *,
        tables: int = 2,
        handler: Callable[[Any, Any], object] | None = None,
        template: Path = TEMPLATE,
        parameters: Mapping[str, str] | None = None,
        variables: Mapping[str, str] | None = None,
        launches_first: bool = True,
        standby: Standby = Standby.NONE,
        names: Names | None = None,
        pace: Mapping[Duration, float] | None = None,
        fast: bool = True,
    ) -> None:
        """Describe the world.

        Args:
            seed: the same seed gives the same run.
            env: the platform's environment; names follow it.
            tables: how many private route tables there are.
            handler: another one than the template's.
            template: the file that rules and settings are read from.
            parameters: of the template, over those that the world itself gives.
            variables: of the function, over the template's.
            launches_first: the groups' maintenance policy is 100 % to 200 %.
            standby: whether there is a second group, and whose address it serves with.
            names: of the group, its hooks and the tables, where they are not the canonical ones.
            pace: segments with an exact length, in seconds.
            fast: most reads of the function are answered without moto's wire; tests/simulation/test_fast.py
                shows that each call, its time and its answer are the same without.
        """
        self.seed = seed
        self.env = env
        self.clock = VirtualClock()
        self.journal = Journal(self.clock)
        self.stage = SimulationContext(self.clock, self.journal, DurationSampler(seed, pace))
        self.bus = EventBus(self.stage, Random(f"{seed} events"))
        self.machines = Machines(self.stage, self.bus)
        self.peers = Peers(self.stage, self.bus, self.machines)
        self.wire = CallInterceptor(self.stage, Random(f"{seed} wire"))
        self.wire.quick = ANSWERS if fast else {}
        self.platform: Platform
        self.traffic: Traffic
        self.function: FunctionService
        self._tables = tables
        self._handler = handler
        self._template = template
        self._parameters = dict(parameters or {})
        self._variables = dict(variables or {})
        self._launches_first = launches_first
        self._standby = standby
        self._names = names
        self._auto_scaling = StrictAutoScaling(self._controller_for)
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            # moto's catalogue of images costs seconds, and the platform registers its own
            stack.enter_context(patch.dict(os.environ, {"MOTO_EC2_LOAD_DEFAULT_AMIS": "false"}))
            stack.enter_context(connected(self.wire, self.clock, self.seed))
            naive = lambda: self.clock.now().replace(tzinfo=None)  # noqa: E731 - a name for one expression
            stack.enter_context(patch.object(moto_instances, "utcnow", naive))
            stack.enter_context(network.applied())
            stack.enter_context(self.machines.corrections().applied())
            stack.enter_context(self._auto_scaling.corrections().applied())
            stack.enter_context(product_clock.use(self.clock))
            self._build(stack)
            stack.callback(self.clock.close)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def _build(self, stack: ExitStack) -> None:
        self.platform = build(
            self.env,
            self._tables,
            launches_first=self._launches_first,
            standby=self._standby,
            names=self._names,
        )
        backend = ec2_backends[ACCOUNT][REGION]
        self.traffic = Traffic(self.stage, backend, self.machines, self.platform)
        self.clock.after_step.append(self.traffic.observe)
        if self.platform.standby:
            self.clock.after_step.append(self.peers.observe)
        template = Template.load(self._template, self.parameters, PSEUDO)
        description = template.function(FUNCTION)
        handler = self._handler or handler_of(description)
        stack.enter_context(environment(self.clock, {**description.environment, **self._variables}))
        self.function = FunctionService(description, handler, self.stage, self.bus)
        for rule in description.rules:
            self.bus.subscribe(rule, self.function.invoke_async)
        for schedule in description.schedules:
            self.bus.tick(schedule, self.function.invoke_async)

    def _controller_for(self, group: Any) -> Controller:
        return Controller(group, self.stage, self.bus, self.machines)

    # What happens
    def start(self, limit: float = 600) -> float:
        """Let each group launch its first NAT, until no invocation runs; return when egress was up."""
        groups = self.platform.groups
        if not self.run_until(lambda: self.traffic.up and all(map(self.in_service, groups)), limit):
            raise RuntimeError(f"no egress after {limit} s:\n{self.journal.text()}")
        up = self.clock.elapsed
        self.run_until(lambda: not self.busy(), limit)
        return up

    def advance(self, seconds: float) -> None:
        self.clock.advance(seconds)

    def run_until(self, predicate: Callable[[], bool], limit: float) -> bool:
        return self.clock.run_until(predicate, limit)

    def kill(self, instance_id: str) -> float:
        """Terminate the instance, not by its group; return when."""
        self.journal.note("operator", "kills", instance=instance_id)
        self.machines[instance_id].instance.terminate()
        return self.clock.elapsed

    def stop(self, instance_id: str) -> float:
        self.journal.note("operator", "stops", instance=instance_id)
        self.machines[instance_id].instance.stop()
        return self.clock.elapsed

    def impair(self, instance_id: str, *, status_check: bool = True) -> float:
        """The instance runs on and forwards nothing; with ``status_check`` EC2 notices."""
        self.machines.impair(instance_id, status_check=status_check)
        return self.clock.elapsed

    def refresh(self, group: str = "") -> float:
        """Replace the NAT of a group, of the first where none is named, by an instance refresh."""
        self.journal.note("operator", "refreshes the group")
        self.client("autoscaling").start_instance_refresh(AutoScalingGroupName=group or self.platform.group)
        return self.clock.elapsed

    def lose_zone(self, instance_id: str, seconds: float) -> float:
        """The zone of an instance fails: it ends, and its group can launch nothing there for so long."""
        controller = self._auto_scaling.controllers[self.group_of(instance_id)]
        controller.without_capacity_until = self.clock.elapsed + seconds
        return self.kill(instance_id)

    def invoke(self, event: Event) -> Invocation:
        """Invoke the function as a person does, and wait."""
        return self.function.invoke(event)

    def mishap(self, mishap: DeliveryFault) -> None:
        self.bus.mishaps.append(mishap)

    def fault(self, fault: Fault) -> None:
        self.wire.faults.append(fault)

    # What there is to see
    def client(self, service: str) -> Any:
        """A client of the person at the scenario: no latency, no faults."""
        return _operators_client(service)

    @property
    def parameters(self) -> dict[str, str]:
        """Of the template, as it is deployed in this world."""
        return {**self.platform.parameters, **self._parameters}

    @property
    def group(self) -> Controller:
        return self._auto_scaling.controllers[self.platform.group]

    @property
    def standby(self) -> Controller:
        return self._auto_scaling.controllers[self.platform.standby]

    def in_service(self, group: str = "") -> Machine | None:
        """The newest member in service, of the first group where none is named."""
        controller = self._auto_scaling.controllers[group or self.platform.group]
        members = [
            instance_state
            for instance_state in controller.group.instance_states
            if instance_state.lifecycle_state == "InService"
        ]
        return self.machines[members[-1].instance_id] if members else None

    def nat(self) -> str:
        """The id of the newest member in service."""
        machine = self.in_service()
        if machine is None:
            raise LookupError("no member is in service")
        return machine.id

    def carrier(self) -> str:
        """The id of the instance that the API shows as the target of the first table's default route."""
        return str(default_routes(self.platform.tables[:1])[0]["InstanceId"])

    def default_routes(self) -> list[dict[str, Any]]:
        """The private tables' default routes as DescribeRouteTables shows them, without a call."""
        return default_routes(self.platform.tables)

    def holder(self) -> str | None:
        """The instance that DescribeAddresses shows with the shared address, without a call."""
        addresses = ec2_backends[ACCOUNT][REGION].addresses
        mine = next(each for each in addresses if each.allocation_id == self.platform.allocation)
        return mine.instance_id or None

    def group_of(self, instance_id: str) -> str:
        """The name of the group that an instance is a member of."""
        groups = self._auto_scaling.controllers.items()
        return next(name for name, controller in groups if controller.member(instance_id))

    def rests(self, group: str) -> bool:
        """Whether a group has one member, and that in service."""
        states = self._auto_scaling.controllers[group].group.instance_states
        return [member.lifecycle_state for member in states] == ["InService"]

    def members(self, group: str) -> list[str]:
        """The ids of a group's members, whatever their state."""
        return [member.instance_id for member in self._auto_scaling.controllers[group].group.instance_states]

    def busy(self) -> bool:
        """Whether an invocation runs."""
        return any(invocation.ended is None for invocation in self.function.invocations)

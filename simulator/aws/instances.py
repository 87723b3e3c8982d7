"""The instances as machines: their states over time, their boot, whether they forward.

Corrections of moto here: an instance is pending for seconds, takes time to stop and to terminate, and each
change is an event. What DescribeInstances shows follows the event, as on AWS, not the other way round.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from moto.autoscaling.models import AutoScalingBackend
from moto.core.responses import ActionResult
from moto.ec2.exceptions import EC2ClientError, InvalidInstanceIdError
from moto.ec2.models.elastic_network_interfaces import NetworkInterface
from moto.ec2.models.instances import Instance, StateReason
from moto.ec2.models.instances import InstanceState as Shown
from moto.ec2.responses.general import General
from moto.ec2.responses.instances import InstanceResponse
from moto.ec2.utils import Base64EncodedString

from simulator.engine import durations
from simulator.moto_patches.network import release_from
from simulator.moto_patches.patcher import MotoPatch

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from simulator.aws.event_bridge import EventBus
    from simulator.engine.context import SimulationContext
    from simulator.engine.durations import Duration
    from simulator.engine.virtual_clock import Timer

ENDING = frozenset({"stopping", "stopped", "shutting-down", "terminated"})
CODES = {"pending": 0, "running": 16, "shutting-down": 32, "terminated": 48, "stopping": 64, "stopped": 80}


@dataclass(frozen=True)
class Script:
    """What an instance boots with."""

    boot: Duration = durations.BOOT_PACKAGED
    forwards: bool = True  # False: the script breaks, the instance runs and forwards nothing
    steps: Callable[[Machine], None] | None = None  # what else it does when it forwards, such as AWS calls
    watchman: Callable[[Machine], None] | None = None  # what it does when it finds that it forwards no more
    console: str = ""  # what its console shows


@dataclass
class Machine:
    """An instance as it is, whatever DescribeInstances still shows of it."""

    instance: Any  # moto's
    script: Script
    state: str = "pending"
    forwarding: bool = False
    impaired: bool = False
    impaired_since: datetime | None = None
    visible: bool = False  # to DescribeInstances by its id
    boots: int = 0
    console: str = ""
    timer: Timer | None = field(default=None, repr=False)  # of the state that comes next

    @property
    def id(self) -> str:
        return str(self.instance.id)

    @property
    def boot_id(self) -> str:
        """Another at every boot, as the kernel's."""
        return f"{self.id}-boot-{self.boots}"

    @property
    def serves(self) -> bool:
        return self.state == "running" and self.forwarding and not self.impaired


class Machines:
    """Every instance of the world."""

    def __init__(self, stage: SimulationContext, bus: EventBus) -> None:
        self.all: dict[str, Machine] = {}
        self.script = Script()  # of the instances that are launched from now on
        self.scripts: dict[str, Script] = {}  # others, by the subnet that they are launched in
        self.observers: list[Callable[[Machine], None]] = []
        self._stage = stage
        self._bus = bus

    def __getitem__(self, instance_id: str) -> Machine:
        return self.all[instance_id]

    def impair(self, instance_id: str, *, status_check: bool) -> None:
        """Let it run and forward nothing; with ``status_check`` EC2 notices."""
        machine = self[instance_id]
        machine.forwarding = False
        machine.impaired = status_check
        self._stage.journal.note("ec2", "forwards no more", instance=instance_id, status_check=status_check)
        if status_check:
            self._stage.after(durations.STATUS_CHECK_PHASE, partial(self._fail_status_check, machine))
        else:
            self._begin_watch(machine)

    def _begin_watch(self, machine: Machine) -> None:
        boots, watchman = machine.boots, machine.script.watchman
        if watchman is not None:
            self._stage.clock.spawn(machine.id, lambda: self._watch(machine, boots, watchman))

    def _fail_status_check(self, machine: Machine) -> None:
        if machine.impaired:
            machine.impaired_since = self._stage.clock.now()

    def _watch(self, machine: Machine, boots: int, watchman: Callable[[Machine], None]) -> None:
        """It sees this after some failures, and then while it still runs and has not been booted again."""
        self._stage.clock.sleep(self._stage.pace.draw(durations.WATCHMAN))
        if machine.state == "running" and machine.boots == boots and not machine.forwarding:
            watchman(machine)

    # The states, each an event
    def launched(self, instance: Any) -> None:
        machine = Machine(instance, self.scripts.get(instance.subnet_id, self.script))
        self.all[machine.id] = machine
        for interface in instance.nics.values():
            interface.delete_on_termination = True
        instance._state = Shown("pending", CODES["pending"])
        self._start(machine)

    def start(self, instance: Any) -> object:
        before = instance._state
        if self[instance.id].state == "stopped":
            instance._reason, instance.state_reason = "", StateReason()
            self._start(self[instance.id])
        return before

    def stop(self, instance: Any) -> object:
        machine, before = self[instance.id], instance._state
        if machine.state == "pending":
            raise EC2ClientError("IncorrectInstanceState", f"The instance '{machine.id}' is pending.")
        if machine.state == "running":
            self._end(machine, "stopping", "stopped", durations.STOPPING)
        return before

    def reboot(self, instance_id: str) -> None:
        """It stays "running" to EC2, forwards again once it has booted, and passes its checks again."""
        machine = self[instance_id]
        if machine.state != "running":
            return
        machine.forwarding, machine.impaired, machine.impaired_since = False, False, None
        self._stage.journal.note("ec2", "reboots", instance=instance_id)
        machine.boots += 1
        self._stage.clock.spawn(machine.id, lambda: self._boot(machine, machine.boots))

    def terminate(self, instance: Any) -> object:
        machine, before = self[instance.id], instance._state
        if machine.state not in {"shutting-down", "terminated"}:
            self._end(machine, "shutting-down", "terminated", durations.SHUTTING_DOWN)
        return before

    def _start(self, machine: Machine) -> None:
        machine.instance.launch_time = self._stage.clock.now()  # of the latest start, as AWS has it
        self._change(machine, "pending")
        machine.timer = self._stage.after(durations.PENDING, lambda: self._run(machine))

    def _run(self, machine: Machine) -> None:
        for interface in machine.instance.nics.values():
            if interface.public_ip is None:
                interface.check_auto_public_ip()
        self._change(machine, "running")
        machine.boots += 1
        self._stage.clock.spawn(machine.id, lambda: self._boot(machine, machine.boots))

    def _boot(self, machine: Machine, boot: int) -> None:
        self._stage.clock.sleep(self._stage.pace.draw(machine.script.boot))
        if machine.state != "running" or machine.boots != boot:
            return
        if not machine.script.forwards:
            machine.console = machine.script.console
            self._stage.journal.note("ec2", "boot script broke", instance=machine.id)
            self._begin_watch(machine)  # nat/user-data.sh starts it after a failed boot, too
            return
        machine.forwarding = True
        self._stage.journal.note("ec2", "forwards", instance=machine.id)
        if machine.script.steps is not None:
            machine.script.steps(machine)

    def _end(self, machine: Machine, on_the_way: str, at_last: str, takes: Duration) -> None:
        if machine.timer is not None:
            machine.timer.cancel()
        machine.forwarding = False
        stamp = self._stage.clock.now().strftime("%Y-%m-%d %H:%M:%S GMT")
        machine.instance._reason = f"User initiated ({stamp})"
        code = "Client.UserInitiatedShutdown"
        machine.instance.state_reason = StateReason(f"{code}: User initiated shutdown", code)
        self._change(machine, on_the_way)
        machine.timer = self._stage.after(takes, lambda: self._ended(machine, at_last))

    def _ended(self, machine: Machine, state: str) -> None:
        instance = machine.instance
        if state == "terminated":
            for elastic in instance.ec2_backend.addresses:
                if elastic.instance is instance:
                    self._stage.after(durations.ADDRESS_LAG, partial(release_from, elastic, instance))
            instance.teardown_defaults()
        held = {elastic.public_ip for elastic in instance.ec2_backend.addresses}
        for interface in list(instance.nics.values()):
            if interface.public_ip not in held:
                interface.public_ip = None
            if state == "terminated":
                interface.delete()
        self._change(machine, state)

    def _change(self, machine: Machine, state: str) -> None:
        machine.state = state
        self._stage.journal.note("ec2", state, instance=machine.id)
        self._stage.after(durations.DESCRIBE_LAG, lambda: self._show(machine, state))
        detail = {"instance-id": machine.id, "state": state}
        arn = self._bus.arn("ec2", f"instance/{machine.id}")
        self._bus.put("aws.ec2", "EC2 Instance State-change Notification", detail, [arn])
        for observe in self.observers:
            observe(machine)

    def _show(self, machine: Machine, state: str) -> None:
        """Late, but never an earlier state over a later one."""
        machine.visible = True
        if machine.state == state:
            machine.instance._state = Shown(state, CODES[state])

    @staticmethod
    def _readdress(machine: Machine, interface: Any, assign: Callable[[Any], None]) -> None:
        if machine.state == "running" and interface.public_ip is None:
            assign(interface)

    # What replaces moto's own
    def corrections(self) -> MotoPatch:
        instances = MotoPatch()
        made, described = Instance.__init__, InstanceResponse.describe_instances
        assign = NetworkInterface.check_auto_public_ip

        @instances.of(Instance, "__init__")
        def launch(instance: Any, *args: Any, **kwargs: Any) -> None:
            """An instance is pending for seconds, and its primary interface goes when it is terminated."""
            made(instance, *args, **kwargs)
            self.launched(instance)

        @instances.of(NetworkInterface, "check_auto_public_ip")
        def readdress(interface: Any) -> None:
            """Where an Elastic IP left a running instance, an automatic address comes back later."""
            machine = self.all.get(interface.instance.id) if interface.instance else None
            if machine is None or machine.state != "running":
                assign(interface)
            else:
                later = partial(self._readdress, machine, interface, assign)
                self._stage.after(durations.ADDRESS_RETURNS, later)

        # Starting, stopping and terminating take time.
        instances.hand(Instance, "start", self.start)
        instances.hand(Instance, "stop", self.stop)
        instances.hand(Instance, "terminate", self.terminate)
        # A group notices by its health check that a member is gone, not at once.
        instances.of(AutoScalingBackend, "notify_terminate_instances")(lambda *_: None)

        @instances.of(InstanceResponse, "describe_instances")
        def describe_instances(request: Any) -> object:
            """An instance just launched may not be found by its id yet."""
            for instance_id in request._get_param("InstanceIds", []):
                if instance_id in self.all and not self[instance_id].visible:
                    raise InvalidInstanceIdError(instance_id)
            return described(request)

        @instances.of(General, "get_console_output")
        def get_console_output(request: Any) -> object:
            """What the instance itself wrote there."""
            machine = self[request._get_param("InstanceId")]
            output = Base64EncodedString.from_raw_string(machine.console)
            shown = {"InstanceId": machine.id, "Timestamp": self._stage.clock.now(), "Output": output}
            return ActionResult(shown)

        @instances.property_of(Instance, "network_interfaces")
        def network_interfaces(instance: Any) -> list[Any]:
            """A terminated instance has none."""
            return [] if instance.state == "terminated" else list(instance.nics.values())

        instances.property_of(Instance, "instance_status")(self._status)
        instances.property_of(Instance, "system_status")(self._status)
        return instances

    def _status(self, instance: Any) -> dict[str, object]:
        """A status check can fail, and there is none for an instance that is not running."""
        if instance.state != "running":
            return {"Status": "not-applicable"}
        since = self[instance.id].impaired_since
        passed = since is None
        detail: dict[str, object] = {"Name": "reachability", "Status": "passed" if passed else "failed"}
        if since is not None:
            detail["ImpairedSince"] = since
        return {"Details": [detail], "Status": "ok" if passed else "impaired"}

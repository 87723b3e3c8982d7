"""Builds a timeline from a world's journal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.aws.lifecycle_actions import LAUNCHING
from simulator.demo.timeline import (
    HARMLESS,
    LAUNCH_ACTION,
    SHORT,
    Interval,
    Step,
    Timeline,
    TimelineEvent,
    in_order_of_time,
    trigger_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from simulator.engine.journal import Call, Entry
    from simulator.scenario.world import World


class TimelineBuilder:
    """Reads a world's journal from a moment on."""

    title = "The platform's failover flow"

    def __init__(self, world: World, begun: float, serving: tuple[str, ...], flow: tuple[str, ...]) -> None:
        """``serving`` are the instances that forward when it begins, the one that carries first."""
        self._world = world
        self._begun = begun
        self._serving = serving
        self._old = serving[0]
        self._flow = flow
        self._entries = [entry for entry in world.journal.entries if entry.at >= begun]
        self._calls = [call for call in world.journal.calls if call.at >= begun and call.actor != "operator"]
        launched = [
            instance
            for instance in world.machines.all
            if instance not in serving and self._first("ec2", "pending", instance)
        ]
        self.names = {instance: f"NAT {number}" for number, instance in enumerate([*serving, *launched], 1)}
        self.tables = {
            table: f"private table {number}" for number, table in enumerate(world.platform.tables, 1)
        }

    def build(self) -> Timeline:
        return Timeline(
            flow=self.title,
            steps=in_order_of_time(self._steps()),
            spans=sorted(
                [*self._machine_spans(), *self._invocation_spans()], key=lambda interval: interval.start
            ),
            moments=sorted([*self._event_moments(), *self._write_moments()], key=lambda event: event.at),
            outages={self.tables[table]: self._outages(table) for table in self.tables},
            machines={name: instance for instance, name in self.names.items()},
            tables=self.tables,
            invocations=sum(
                invocation.started >= self._begun for invocation in self._world.function.invocations
            ),
            calls=len(self._calls),
            writes=sum(call.is_write and call.outcome == "ok" for call in self._calls),
            lasted=self._since(self._world.clock.elapsed),
        )

    def _since(self, time: float) -> float:
        return round(time - self._begun, 3)

    def _first(self, source: str, what: str, instance: str | None = None, **fields: str) -> Entry | None:
        wanted = {**({"instance": instance} if instance else {}), **fields}
        return next(
            (
                entry
                for entry in self._entries
                if (entry.source, entry.what) == (source, what) and wanted.items() <= entry.fields.items()
            ),
            None,
        )

    # The platform's failover flow
    def _steps(self) -> Iterator[Step]:
        for flow, (time, text) in zip(self._flow, self._told(), strict=True):
            yield Step(flow, None if time is None else self._since(time), text)

    def _told(self) -> tuple[tuple[float | None, str], ...]:
        """When each step of the flow happened, and how it went."""
        return (
            self._noticed(),
            self._launched(),
            self._event(),
            self._invoked(),
            self._running(),
            self._routed(),
            self._answered(self._new),
            self._resumed(),
        )

    def _noticed(self) -> tuple[float | None, str]:
        call = next(
            (c for c in self._calls if c.action.endswith("TerminateInstanceInAutoScalingGroup")), None
        )
        unhealthy = self._first("autoscaling", "Unhealthy", self._old)
        if call and (unhealthy is None or call.at < unhealthy.at):
            return (
                call.at,
                "EC2 reports its end to the function, which has the group replace it at once",
            )
        if unhealthy:
            return unhealthy.at, "a health check of the group finds it"
        if self._first("operator", "refreshes the group"):
            return self._begun, "nothing is unhealthy: a planned replacement begins"
        return None, "not noticed"

    @property
    def _new(self) -> str:
        """The newest NAT: the one that serves in the end."""
        return list(self.names)[-1]

    def _launched(self) -> tuple[float | None, str]:
        entry = self._first("ec2", "pending", self._new)
        if entry is None or self._new == self._old:
            return None, "no replacement was launched"
        return entry.at, f"{self.names[self._new]}, {self._new}"

    def _event(self) -> tuple[float | None, str]:
        delivered = [
            entry
            for entry in self._entries
            if (entry.source, entry.what) == ("events", "delivered")
            and entry.fields["detail_type"] == LAUNCH_ACTION
            and entry.fields["instance"] == self._new
        ]
        if delivered:
            times = {1: "", 2: ", twice"}.get(len(delivered), f", {len(delivered)} times")
            return delivered[0].at, f"delivered by the rule {delivered[0].fields['rule']}{times}"
        lost = self._first("events", "lost", self._new, detail_type=LAUNCH_ACTION)
        return None, "lost: the other events and the schedule do its work" if lost else "no such event"

    def _moves(self) -> list[Call]:
        """The writes that pointed routes at the NAT that serves in the end."""
        routes = {"ec2:ReplaceRoute", "ec2:CreateRoute"}
        interface = self._world.machines[self._new].instance.nics[0].id
        moved = [call for call in self._calls if call.action in routes and call.outcome == "ok"]
        return [call for call in moved if call.parameters.get("NetworkInterfaceId") == interface]

    def _invoked(self) -> tuple[float | None, str]:
        moves = self._moves()
        mover = moves[0].actor if moves else ""
        for invocation in self._world.function.invocations:
            if invocation.name == mover:
                return invocation.started, f"by the {trigger_of(invocation.event)}; this run moves the routes"
        return None, "no run moved a route"

    def _running(self) -> tuple[float | None, str]:
        entry = self._first("ec2", "running", self._new)
        return (entry.at, f"{self.names[self._new]} is running") if entry else (None, "it never ran")

    def _routed(self) -> tuple[float | None, str]:
        previous: dict[object, float] = {}
        for call in self._moves():
            previous.setdefault(call.parameters["RouteTableId"], call.at)
        done = f"{len(previous)} of {len(self.tables)} tables"
        return (max(previous.values()), done) if previous else (None, done)

    def _answered(self, instance: str) -> tuple[float | None, str]:
        """When the launch hook of an instance was completed, and with which result."""
        answers = [
            call
            for call in self._calls
            if call.action.endswith("CompleteLifecycleAction")
            and call.outcome == "ok"
            and call.parameters["InstanceId"] == instance
        ]
        if not answers:
            return None, "not yet"
        hooks = self._world.group.group.autoscaling_backend.lifecycle_hooks.values()
        launching = {hook.name for hook in hooks if hook.lifecycle_transition == LAUNCHING}
        answer = next((c for c in answers if c.parameters["LifecycleHookName"] in launching), answers[0])
        return answer.at, str(answer.parameters["LifecycleActionResult"])

    def _resumed(self) -> tuple[float | None, str]:
        outages = self._world.traffic.since(self._begun)
        if any(outage.end is None for outage in outages):
            down = sorted({self.tables[outage.table] for outage in outages if outage.end is None})
            return None, f"not through {', '.join(down)}"
        if not outages:
            return None, "it never stopped"
        return max(outage.end or 0.0 for outage in outages), "through every table"

    # The picture
    def _machine_spans(self) -> Iterator[Interval]:
        for instance, name in self.names.items():
            changes = [e for e in self._entries if e.source == "ec2" and e.fields.get("instance") == instance]
            state, since = ("forwarding", self._begun) if instance in self._serving else ("", 0.0)
            for entry in changes:
                if state:
                    yield Interval(name, self._since(since), self._since(entry.at), state)
                state = {"running": "booting", "forwards": "forwarding"}.get(entry.what, entry.what)
                since = entry.at
            if state not in {"", "terminated"}:
                yield Interval(name, self._since(since), None, state)

    def _invocation_spans(self) -> Iterator[Interval]:
        for invocation in self._world.function.invocations:
            if invocation.started >= self._begun:
                end = None if invocation.ended is None else self._since(invocation.ended)
                yield Interval("function", self._since(invocation.started), end, trigger_of(invocation.event))

    def _event_moments(self) -> Iterator[TimelineEvent]:
        for entry in self._entries:
            if entry.source == "events" and entry.what in {"delivered", "lost"}:
                name = SHORT.get(str(entry.fields["detail_type"]), "event")
                yield TimelineEvent("events", self._since(entry.at), name, failed=entry.what == "lost")
            elif entry.source == "events" and entry.what == "tick":
                yield TimelineEvent("events", self._since(entry.at), "schedule")

    def _write_moments(self) -> Iterator[TimelineEvent]:
        for call in self._calls:
            if call.is_write:
                name = call.action.split(":")[1]
                if (name, call.outcome) not in HARMLESS:
                    yield TimelineEvent("writes", self._since(call.at), name, failed=call.outcome != "ok")

    def _outages(self, table: str) -> list[tuple[float, float | None]]:
        return [
            (
                self._since(max(outage.start, self._begun)),
                None if outage.end is None else self._since(outage.end),
            )
            for outage in self._world.traffic.since(self._begun)
            if outage.table == table
        ]

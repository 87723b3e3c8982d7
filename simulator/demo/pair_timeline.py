"""Builds the timeline of a failover with a standby: the steps are those of a pair, not the platform's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import override

from simulator.demo.timeline_builder import TimelineBuilder

if TYPE_CHECKING:
    from simulator.scenario.world import World

FLOW = (
    "the NAT that carries the traffic fails or is to be replaced",
    "EventBridge invokes the function tradai-update-nat-routes",
    "it moves the Elastic IP to the standby",
    "it points the private route tables' 0.0.0.0/0 at the standby",
    "traffic resumes",
    "the Auto Scaling group launches a replacement",
    "the replacement is ready, and its lifecycle hook is completed",
    "the replacement is the next standby, and no route moves back",
)


class PairTimelineBuilder(TimelineBuilder):
    """Reads the journal of a world with two groups.

    ``successor`` is the standby that takes over; the replacement is the newest instance.
    """

    title = "The failover to the standby"

    def __init__(self, world: World, begun: float, old: str, successor: str) -> None:
        super().__init__(world, begun, (old, successor), FLOW)
        self._successor = successor

    @property
    @override
    def _new(self) -> str:
        return self._successor

    @property
    def _replacement(self) -> str | None:
        newest = list(self.names)[-1]
        return None if newest in {self._old, self._successor} else newest

    @override
    def _told(self) -> tuple[tuple[float | None, str], ...]:
        return (
            self._failed(),
            self._invoked(),
            self._addressed(),
            self._routed(),
            self._resumed(),
            self._replaced(),
            self._proved(),
            self._stands_by(),
        )

    def _failed(self) -> tuple[float | None, str]:
        if self._first("operator", "refreshes the group"):
            return self._begun, f"a planned replacement of {self.names[self._old]} begins"
        return self._begun, f"{self.names[self._old]}, {self._old}"

    def _addressed(self) -> tuple[float | None, str]:
        interface = self._world.machines[self._successor].instance.nics[0].id
        for call in self._calls:
            done = (call.action, call.outcome) == ("ec2:AssociateAddress", "ok")
            if done and call.parameters.get("NetworkInterfaceId") == interface:
                return call.at, f"{self.names[self._successor]}, {self._successor}, which was ready"
        return None, "not moved"

    def _replaced(self) -> tuple[float | None, str]:
        replacement = self._replacement
        entry = self._first("ec2", "pending", replacement) if replacement else None
        if replacement is None or entry is None:
            return None, "no replacement was launched"
        return entry.at, f"{self.names[replacement]}, {replacement}"

    def _proved(self) -> tuple[float | None, str]:
        replacement = self._replacement
        return self._answered(replacement) if replacement else (None, "there is none")

    def _stands_by(self) -> tuple[float | None, str]:
        replacement = self._replacement
        entry = self._first("autoscaling", "InService", replacement) if replacement else None
        if replacement is None or entry is None:
            return None, "not yet"
        carrier = self.names.get(self._world.carrier(), "another instance")
        return entry.at, f"{self.names[replacement]} stands by, {carrier} carries the traffic"

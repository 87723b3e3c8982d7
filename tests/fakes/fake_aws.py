"""A scripted AWS and a clock of our own, for the loop."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from tests.unit.update_nat_routes.builder import (
    LAUNCH,
    NOW,
    RUNNING,
    instance,
    member,
    observed,
    tables,
    to_instance,
)
from tests.unit.update_nat_routes.test_properties import after
from tradai_shared.errors import AwsError, Outcome, Status, TemporaryError
from update_nat_routes.actions import Action, key
from update_nat_routes.reconcile import Reconciler

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from collections.abc import Set as AbstractSet

    from tests.fakes.clock import FakeClock
    from update_nat_routes.apply import Result
    from update_nat_routes.events import Trigger
    from update_nat_routes.model import Instance, Observed
    from update_nat_routes.planner.lifecycle_hooks import DataRequest
    from update_nat_routes.report import Report
    from update_nat_routes.settings import Settings


@dataclass
class FakeAws:
    """A world that obeys at once, unless a test says how it fails."""

    world: Observed
    clock: FakeClock
    failures: dict[str, list[AwsError]] = field(default_factory=dict)
    unreadable: list[AwsError] = field(default_factory=list)
    becomes: Callable[[float, Observed], Observed] = lambda _seconds, world: world
    applied: list[str] = field(default_factory=list)
    reads: int = 0  # of everything
    looks: int = 0  # at the instances alone
    relevant: bool = True
    refused: AwsError | None = None

    def observe(
        self, expected: frozenset[str] = frozenset(), shown: Mapping[str, Instance] | None = None
    ) -> Observed:
        assert shown is None or shown.keys() <= self.world.instances.keys()
        assert len(expected) <= 1
        self.reads += 1
        if self.unreadable:
            raise self.unreadable.pop(0)
        self.world = self.becomes((self.clock.now() - NOW).total_seconds(), self.world)
        group = self.world.group
        return replace(self.world, hooks=None, group=group and replace(group, launches=None))

    def read_back(self, before: Observed, interface_ids: AbstractSet[str], *, routes: bool) -> Observed:
        assert interface_ids or routes
        return replace(self.world, hooks=before.hooks)

    def answer(self, before: Observed, data_requests: Iterable[DataRequest]) -> Observed:
        assert data_requests
        if self.refused:
            raise self.refused
        group, launches = before.group, self.world.group.launches if self.world.group else None
        return replace(before, hooks=self.world.hooks, group=group and replace(group, launches=launches))

    def look_again(self, before: Observed) -> Observed:
        self.looks += 1
        members = {member.instance_id for group in before.groups for member in group.members}
        return replace(before, instances=self.instances({*before.instances, *members}))

    def instances(self, ids: AbstractSet[str]) -> dict[str, Instance]:
        world = self.world = self.becomes((self.clock.now() - NOW).total_seconds(), self.world)
        return {name: world.instances[name] for name in ids if name in world.instances}

    def look(self, instance_id: str) -> dict[str, Instance]:
        return self.instances({*self.world.instances, instance_id})

    def is_relevant(self, instance_id: str, shown: Instance | None = None) -> bool:
        assert shown is None or shown.instance_id == instance_id
        return self.relevant

    def apply(self, actions: Iterable[Action]) -> list[Result]:
        return [self._attempt(action) for action in actions]

    def _attempt(self, action: Action) -> Result:
        self.applied.append(key(action))
        errors = self.failures.get(key(action))
        if errors:
            error = errors.pop(0)
            return Outcome(action, Status.FAILED, str(error), temporary=isinstance(error, TemporaryError))
        self.world = after(self.world, (action,))
        return Outcome(action, Status.DONE)


def dead_nat(age: float = 10, state: str = "running", **more: object) -> Observed:
    died = NOW - timedelta(seconds=20)
    return observed(
        [member("i-a", "Pending:Wait")],
        [
            instance("i-a", state, age=age, source_dest_check=True),
            instance("i-old", "terminated", died_at=died),
        ],
        tables(to_instance("i-old"), to_instance("i-old")),
        **more,  # type: ignore[arg-type]
    )


def run(aws: FakeAws, trigger: Trigger = LAUNCH, given: Settings = RUNNING, lifetime: float = 270) -> Report:
    def remaining() -> float:
        return lifetime - (aws.clock.now() - NOW).total_seconds()

    return Reconciler(trigger, given, aws, aws, remaining).run()  # type: ignore[arg-type]

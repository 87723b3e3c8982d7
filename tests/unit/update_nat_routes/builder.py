"""Small words for situations, so that a test reads as a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import TYPE_CHECKING, Any

from tradai_shared.config.naming import Environment
from update_nat_routes.events import Trigger, TriggerKind
from update_nat_routes.model import (
    Group,
    Hook,
    Instance,
    Launches,
    Member,
    Observed,
    RouteTable,
    Target,
    TargetKind,
)
from update_nat_routes.planner.nat_state import NatState, RunState
from update_nat_routes.planner.plan import Plan, plan
from update_nat_routes.settings import Readiness, Settings

if TYPE_CHECKING:
    from collections.abc import Iterable

NOW = datetime(2026, 3, 28, 12, 0, tzinfo=UTC)
GROUP, ALLOCATION = "tradai-nat-asg-prod", "eipalloc-0a"
LAUNCH_HOOK, TERMINATE_HOOK = "tradai-nat-launch-prod", "tradai-nat-terminate-prod"
LAUNCHING, TERMINATING = "autoscaling:EC2_INSTANCE_LAUNCHING", "autoscaling:EC2_INSTANCE_TERMINATING"
HOOKS = (Hook(LAUNCH_HOOK, LAUNCHING, 300), Hook(TERMINATE_HOOK, TERMINATING, 300))
SCHEDULE = Trigger(TriggerKind.RECONCILE)
LAUNCH = Trigger(TriggerKind.LAUNCH_ACTION, at=NOW, group=GROUP, instance_id="i-a", hook=LAUNCH_HOOK)


def settings(
    readiness: Readiness = Readiness.RUNNING, *, eip: bool = True, take_over_external_routes: bool = False
) -> Settings:
    return Settings(
        environment=Environment.PROD,
        group_name=GROUP,
        allocation_id=ALLOCATION if eip else None,
        route_table_ids=("rtb-1", "rtb-2"),
        route_table_name="tradai-private-rt-prod",
        readiness=readiness,
        hooks=frozenset({LAUNCH_HOOK, TERMINATE_HOOK}),
        take_over_external_routes=take_over_external_routes,
        topic_arn=None,
        probe_function="tradai-egress-probe-prod",
    )


STANDBY_GROUP, STANDBY_ALLOCATION = "tradai-nat-standby-asg-prod", "eipalloc-0b"
FALLBACK = "nat-0f"
SIGNAL = settings(Readiness.SIGNAL)
SHARED = replace(SIGNAL, standby_name=STANDBY_GROUP, former_standby=STANDBY_GROUP)
OWN = replace(SHARED, standby_allocation_id=STANDBY_ALLOCATION)
RUNNING = settings()


def instance(  # noqa: PLR0913 - a whole instance in one call
    name: str,
    state: str = "running",
    *,
    age: float = 10,
    source_dest_check: bool = False,
    ready_tag: str | None = None,
    interface: bool = True,
    died_at: datetime | None = None,
    addressed: bool = True,
) -> Instance:
    """An instance launched ``age`` seconds ago; i-a has interface eni-a."""
    return Instance(
        instance_id=name,
        state=state,
        launched_at=NOW - timedelta(seconds=age),
        interface_id=eni(name) if interface else None,
        source_dest_check=source_dest_check,
        ready_tag=ready_tag,
        died_at=died_at,
        addressed=addressed,
    )


def eni(name: str) -> str:
    return name.replace("i-", "eni-")


def member(name: str, lifecycle: str = "InService", *, healthy: bool = True) -> Member:
    return Member(name, lifecycle, healthy)


def to_instance(name: str, *, blackhole: bool = False) -> Target:
    return Target(TargetKind.INSTANCE, eni(name), name, blackhole)


def to_gateway(name: str = "nat-0a", *, blackhole: bool = False) -> Target:
    return Target(TargetKind.EXTERNAL, name, None, blackhole)


NOWHERE = Target(TargetKind.NOTHING)


def tables(*targets: Target) -> tuple[RouteTable, ...]:
    return tuple(RouteTable(f"rtb-{number}", target) for number, target in enumerate(targets, 1))


def observed(  # noqa: PLR0913 - a whole world in one call
    members: Iterable[Member],
    instances: Iterable[Instance],
    routes: tuple[RouteTable, ...],
    *,
    eip: str | None = None,
    hooks: tuple[Hook, ...] | None = HOOKS,
    abandoned: bool | None = None,
    failed_launches: int = 0,
    desired: int = 1,
    suspended: Iterable[str] = (),
) -> Observed:
    return Observed(
        group=Group(
            GROUP,
            desired,
            frozenset(suspended),
            tuple(members),
            launches=None if abandoned is None else Launches(abandoned, failed_launches),
        ),
        instances={shown.instance_id: shown for shown in instances},
        tables=routes,
        eip_holder=eip,
        hooks=hooks,
    )


def two_groups(  # noqa: PLR0913 - a whole world in one call
    first: Iterable[Member],
    second: Iterable[Member],
    instances: Iterable[Instance],
    routes: tuple[RouteTable, ...],
    *,
    eip: str | None = None,
    standby_eip: str | None = None,
    abandoned: bool | None = None,
    desired: tuple[int, int] = (1, 1),
    suspended: Iterable[str] = (),
    tags: Mapping[str, str] | None = None,
) -> Observed:
    """The members of the first group, of the standby's, and what all of them share."""
    launches = None if abandoned is None else Launches(abandoned, int(abandoned))
    held = frozenset(suspended)
    return Observed(
        group=Group(GROUP, desired[0], held, tuple(first), tags=tags or {}, launches=launches),
        standby=Group(STANDBY_GROUP, desired[1], held, tuple(second), launches=launches),
        instances={shown.instance_id: shown for shown in instances},
        tables=routes,
        eip_holder=eip,
        standby_eip_holder=standby_eip,
        hooks=tuple(replace(hook, group=name) for name in (GROUP, STANDBY_GROUP) for hook in HOOKS),
    )


def peer_silent(silent: str, reporter: str, at: datetime = NOW) -> Trigger:
    return Trigger(TriggerKind.PEER_SILENT, at=at, instance_id=reporter, silent_instance=silent)


def decide(
    world: Observed,
    *,
    given: Settings = RUNNING,
    trigger: Trigger = SCHEDULE,
    memory: RunState | None = None,
    now: datetime = NOW,
) -> Plan:
    return plan(as_read(trigger), as_read(given), as_read(world), as_read(memory or RunState()), now)


def moment_of(
    world: Observed,
    *,
    given: Settings = RUNNING,
    trigger: Trigger = SCHEDULE,
    memory: RunState | None = None,
    now: datetime = NOW,
) -> NatState:
    """What the planner's functions are asked about."""
    return NatState(as_read(trigger), as_read(given), as_read(world), as_read(memory or RunState()), now)


def as_read(value: Any) -> Any:  # noqa: ANN401 - data of any kind
    """Equal data, each string an object of its own: as in answers of AWS, where no two are the same."""
    match value:
        case Enum():
            return value
        case str():
            return "".join([*value])
        case tuple() | frozenset():
            return type(value)(as_read(each) for each in value)
        case Mapping():
            return {as_read(name): as_read(each) for name, each in value.items()}
        case _ if is_dataclass(value) and not isinstance(value, type):
            return replace(value, **{each.name: as_read(getattr(value, each.name)) for each in fields(value)})
    return value


def kinds(plan: Plan) -> list[str]:
    """The actions' kinds and targets, in order."""
    return [f"{type(action).__name__} {action.target}" for action in plan.actions]

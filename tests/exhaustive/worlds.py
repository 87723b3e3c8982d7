"""Every combination of what the planner can see of two members and one table, within stated values."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.unit.update_nat_routes.builder import (
    GROUP,
    LAUNCH_HOOK,
    NOW,
    NOWHERE,
    SCHEDULE,
    instance,
    member,
    observed,
    tables,
    to_gateway,
    to_instance,
)
from update_nat_routes.events import Trigger, TriggerKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from update_nat_routes.model import Instance, Member, Observed, Target

A, B, STRANGER = "i-a", "i-b", "i-stranger"


@dataclass(frozen=True, slots=True)
class Values:
    """The values that are combined. ``ages`` in seconds since the launch."""

    lifecycles: tuple[str, ...]
    states: tuple[str, ...]
    ages: tuple[int, ...]
    suspended: tuple[tuple[str, ...], ...]
    desired: tuple[int, ...]
    triggers: tuple[str, ...]
    holders: tuple[str | None, ...] = (None, A, B, STRANGER)
    abandoned: tuple[bool, ...] = (False, True)
    tables: int = 1


# 10 s: booting; 120 s: may be taken without a signal; 300 s: past the deadline of the launch hook
BOUNDED = Values(
    lifecycles=("InService", "Pending:Wait", "Terminating:Wait", "Standby"),
    states=("pending", "running", "stopped"),
    ages=(10, 300),
    suspended=((),),
    desired=(1,),
    triggers=("schedule", "dead"),
)
WHOLE = Values(
    lifecycles=("InService", "Pending", "Pending:Wait", "Pending:Proceed", "Terminating:Wait", "Standby"),
    states=("pending", "running", "stopping", "terminated"),
    ages=(10, 120, 300),
    suspended=((), ("Launch",)),
    desired=(0, 1),
    triggers=("schedule", "dead", "launch"),
)
# Old enough to be tried again after a launch that was given up.
TRIED_AGAIN = Values(
    lifecycles=("InService", "Pending:Wait"),
    states=("running", "stopped"),
    ages=(300, 900),
    suspended=((), ("HealthCheck",)),
    desired=(0, 1),
    triggers=("schedule",),
    holders=(None, B),
)
# Two tables that differ; which of them is which makes no difference.
TWO_TABLES = Values(
    lifecycles=("InService", "Pending:Wait", "Terminating:Wait"),
    states=("running", "terminated"),
    ages=(10, 300),
    suspended=((),),
    desired=(1,),
    triggers=("schedule",),
    holders=(None, A, B),
    abandoned=(False,),
    tables=2,
)
WHOLE_TWO_TABLES = Values(
    lifecycles=("InService", "Pending:Wait", "Terminating:Wait", "Standby"),
    states=("pending", "running", "terminated"),
    ages=(10, 120, 300),
    suspended=((), ("Launch",)),
    desired=(1,),
    triggers=("schedule", "dead"),
    tables=2,
)
# What is not combined, in any: more than two members, hooks that are not readable, a member whose
# source/destination check is on, an interface that is not attached yet.


@dataclass(frozen=True, slots=True)
class Case:
    """One world and what started the run."""

    world: Observed
    trigger: Trigger


def cases(values: Values, part: int = 0, parts: int = 1) -> Iterator[Case]:
    """All of them, or every ``parts``-th pair of members beginning with ``part``."""
    options_a, options_b = list(_options(A, values)), list(_options(B, values))
    pairs = itertools.islice(itertools.product(options_a, options_b), part, None, parts)
    for first, second in pairs:
        for more in itertools.product(
            _routes(values.tables),
            values.holders,
            values.abandoned,
            values.suspended,
            values.desired,
            values.triggers,
        ):
            routes, holder, abandoned, suspended, desired, trigger = more
            members = [option[0] for option in (first, second) if option[0] is not None]
            world = observed(
                members,
                [first[1], second[1]],
                tables(*routes),
                eip=holder,
                abandoned=abandoned,
                failed_launches=int(abandoned),
                suspended=suspended,
                desired=desired,
            )
            yield Case(world, TRIGGERS[trigger])


def _routes(count: int) -> Iterator[tuple[Target, ...]]:
    """The tables' targets; of two tables only those that differ, since equal ones are planned alike."""
    return itertools.combinations(targets(), count)


def targets() -> tuple[Target, ...]:
    """Nothing, ours, the other's, one of ours that is a black hole, a stranger, a gateway."""
    return (
        NOWHERE,
        to_instance(A),
        to_instance(B),
        to_instance(A, blackhole=True),
        to_instance(STRANGER),
        to_gateway(),
    )


def _options(name: str, values: Values) -> Iterator[tuple[Member | None, Instance]]:
    for state, age in itertools.product(values.states, values.ages):
        signals = (None, "boot") if state == "running" else (None,)
        for mark in signals:
            shown = instance(name, state, age=age, ready_tag=mark)
            if name == A:  # one that has left the group
                yield None, shown
            for lifecycle, healthy in itertools.product(values.lifecycles, (True, False)):
                yield member(name, lifecycle, healthy=healthy), shown


TRIGGERS = {
    "schedule": SCHEDULE,
    "dead": Trigger(
        TriggerKind.INSTANCE_STATE, at=NOW, instance_id=A, terminated_instance=A, stopping_instance=A
    ),
    "launch": Trigger(TriggerKind.LAUNCH_ACTION, at=NOW, group=GROUP, instance_id=B, hook=LAUNCH_HOOK),
}

"""Every combination of what the planner can see of two members, within stated values.

The members are of one group, or each of a group of its own.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias

from tests.unit.update_nat_routes.builder import (
    FALLBACK,
    GROUP,
    LAUNCH_HOOK,
    NOW,
    NOWHERE,
    OWN,
    SCHEDULE,
    SHARED,
    SIGNAL,
    instance,
    member,
    observed,
    peer_silent,
    tables,
    to_gateway,
    to_instance,
    two_groups,
)
from update_nat_routes.events import Trigger, TriggerKind
from update_nat_routes.model import DOUBT_TAG, UNSERVED_TAG, Instance, Member

if TYPE_CHECKING:
    from collections.abc import Iterator

    from update_nat_routes.model import Observed, Target
    from update_nat_routes.settings import Settings

Option: TypeAlias = tuple[Member | None, Instance]
Shared: TypeAlias = tuple[Any, ...]  # what the members share, in the order of ``cases``

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
    given: Settings = SIGNAL
    standby_holders: tuple[str | None, ...] = (None,)
    tags: tuple[str, ...] = ("none",)
    addressed: tuple[bool, ...] = (True,)
    impaired: tuple[tuple[str, ...] | None, ...] = (None,)  # None: the status checks were not read


# 10 s: booting; 120 s: may be taken without a signal; 300 s: past the deadline of the launch hook
BOUNDED = Values(
    lifecycles=("InService", "Pending:Wait", "Terminating:Wait"),
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
# Each member in a group of its own, with the address that moves.
TWO_GROUPS = Values(
    lifecycles=("InService", "Pending:Wait", "Terminating:Wait"),
    states=("running", "terminated"),
    ages=(10, 300),
    suspended=((),),
    desired=(1,),
    triggers=("schedule", "silent"),
    holders=(None, A, B),
    abandoned=(False,),
    given=replace(SHARED, fallback_gateway_id=FALLBACK),
    tags=("none", "moved", "unserved"),
)
WHOLE_TWO_GROUPS = Values(
    lifecycles=("InService", "Pending:Wait", "Pending:Proceed", "Terminating:Wait", "Standby"),
    states=("pending", "running", "terminated"),
    ages=(10, 300),
    suspended=((),),
    desired=(0, 1),
    triggers=("schedule", "dead", "silent", "probe"),
    given=replace(SHARED, fallback_gateway_id=FALLBACK),
    tags=("none", "moved", "left", "unserved"),
    addressed=(True, False),
    abandoned=(False,),
)
# The same with an address for each.
WHOLE_OWN_ADDRESSES = Values(
    lifecycles=("InService", "Pending:Wait", "Terminating:Wait"),
    states=("running", "terminated"),
    ages=(10, 300),
    suspended=((),),
    desired=(1,),
    triggers=("schedule", "dead", "silent"),
    abandoned=(False, True),
    given=OWN,
    standby_holders=(None, A, B, STRANGER),
    addressed=(True, False),
)
# Status checks that were read; with or without them the rest is judged alike.
IMPAIRED = Values(
    lifecycles=("InService", "Pending:Wait", "Terminating:Wait"),
    states=("running", "terminated"),
    ages=(300,),
    suspended=((),),
    desired=(1,),
    triggers=("schedule",),
    holders=(None, A, B),
    abandoned=(False,),
    given=replace(SHARED, fallback_gateway_id=FALLBACK),
    impaired=((A,), (B,), (A, B)),
)
# What is not combined, in any: more than two members, hooks that are not readable, a member whose
# source/destination check is on, an interface that is not attached yet.


@dataclass(frozen=True)  # without slots, for the cached property
class Case:
    """One world and what started the run."""

    world: Observed
    trigger: Trigger
    given: Settings = SIGNAL

    @cached_property
    def members(self) -> dict[str, Member]:
        return {member.instance_id: member for group in self.world.groups for member in group.members}

    def member(self, name: str | None) -> Member | None:
        return self.members.get(name or "")


def cases(values: Values, part: int = 0, parts: int = 1) -> Iterator[Case]:
    """All of them, or every ``parts``-th pair of members beginning with ``part``."""
    options_a, options_b = list(_options(A, values)), list(_options(B, values))
    pairs = itertools.islice(itertools.product(options_a, options_b), part, None, parts)
    build = _of_two_groups if values.given.standby_name else _of_one_group
    for first, second in pairs:
        for more in itertools.product(
            _routes(values),
            values.holders,
            values.abandoned,
            values.suspended,
            values.desired,
            values.standby_holders,
            values.tags,
        ):
            built = build(first, second, more)
            for impaired in values.impaired:
                world = built if impaired is None else replace(built, impaired=dict.fromkeys(impaired))
                for trigger in values.triggers:
                    yield Case(world, TRIGGERS[trigger], values.given)


def _of_one_group(first: Option, second: Option, more: Shared) -> Observed:
    routes, holder, abandoned, suspended, desired, _, _ = more
    return observed(
        [option[0] for option in (first, second) if option[0] is not None],
        [first[1], second[1]],
        tables(*routes),
        eip=holder,
        abandoned=abandoned,
        failed_launches=int(abandoned),
        suspended=suspended,
        desired=desired,
    )


def _of_two_groups(first: Option, second: Option, more: Shared) -> Observed:
    routes, holder, abandoned, suspended, desired, standby_holder, tags = more
    return two_groups(
        [first[0]] if first[0] else [],
        [second[0]] if second[0] else [],
        [first[1], second[1]],
        tables(*routes),
        eip=holder,
        standby_eip=standby_holder,
        abandoned=abandoned,
        suspended=suspended,
        desired=(desired, 1),
        tags=TAGS[tags],
    )


def _routes(values: Values) -> Iterator[tuple[Target, ...]]:
    """The tables' targets; of two tables only those that differ, since equal ones are planned alike."""
    fallback = values.given.fallback_gateway_id
    more = (to_gateway(fallback),) if fallback else ()
    return itertools.combinations((*targets(), *more), values.tables)


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


def _options(name: str, values: Values) -> Iterator[Option]:
    for state, age in itertools.product(values.states, values.ages):
        signals = (None, "boot") if state == "running" else (None,)
        addresses = values.addressed if state == "running" else (True,)
        for mark, addressed in itertools.product(signals, addresses):
            shown = instance(name, state, age=age, ready_tag=mark, addressed=addressed)
            if name == A:  # one that has left the group
                yield None, shown
            for lifecycle, healthy in itertools.product(values.lifecycles, (True, False)):
                yield member(name, lifecycle, healthy=healthy), shown


TRIGGERS = {
    "schedule": SCHEDULE,
    "dead": Trigger(
        TriggerKind.INSTANCE_STATE, at=NOW, instance_id=A, terminated_instance=A, stopping_instance=A
    ),
    "silent": peer_silent(A, reporter=B),
    "claims": peer_silent(B, reporter=A),
    "probe": Trigger(TriggerKind.PROBE_FAILURE, at=NOW, no_egress=True),
    "launch": Trigger(TriggerKind.LAUNCH_ACTION, at=NOW, group=GROUP, instance_id=B, hook=LAUNCH_HOOK),
}
MOVED = NOW - timedelta(minutes=1)
TAGS: dict[str, dict[str, str]] = {
    "none": {},
    "moved": {DOUBT_TAG: f"{MOVED.isoformat()} i-old"},
    "left": {DOUBT_TAG: f"{(NOW - timedelta(hours=1)).isoformat()} {B}"},
    "garbled": {DOUBT_TAG: "yesterday", UNSERVED_TAG: "long ago"},
    "unserved": {UNSERVED_TAG: (NOW - timedelta(hours=1)).isoformat()},
}

"""What a second NAT adds: a move for a doubt, what is remembered of it, addresses of their own, the fallback.

A lone NAT is replaced on two witnesses. With a ready standby one is enough to move, since that can be undone.
What must outlast a run is stored in two tags of the group, and nowhere else.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from update_nat_routes.actions import AssociateAddress, DisableSourceDestCheck, RouteToFallback, TagGroup
from update_nat_routes.model import DOUBT_TAG, UNSERVED_TAG, moment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from update_nat_routes.actions import Move
    from update_nat_routes.model import Instance
    from update_nat_routes.planner.nat_state import NatState

# A claim that arrives later is out of date.
CLAIM_IS_FRESH = timedelta(minutes=2)
# Between two moves for a doubt: long enough to see whether the first one helped.
DOUBT_RESTS = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Doubt:
    """The last move for a doubt: when, and the instance that traffic left."""

    at: datetime
    left: str = ""


NEVER = Doubt(datetime.min.replace(tzinfo=UTC))


def doubted(state: NatState, instance: Instance) -> bool:
    """Whether a peer or the probe gets no answer through the NAT in use, and a ready one may replace it.

    No such move follows within five minutes of another one, and none leads back to the instance that was left
    last: else two NATs that cannot reach each other would move the traffic back and forth.
    """
    if state.settings.standby_name is None or not state.routes_to(instance.instance_id):
        return False
    if not state.probe_failed() and silent_member(state) != instance.instance_id:
        return False
    last = last_doubt(state)
    if last is None or state.now - last.at < DOUBT_RESTS or state.memory.no_doubt:
        return False
    left = {instance.instance_id, last.left}
    return any(state.ready(other) and other.instance_id not in left for other in state.candidates())


def silent_member(state: NatState) -> str | None:
    """The member that does not answer its peer, by a recent event, while this run has moved nothing."""
    trigger, at = state.trigger, state.trigger.at
    fresh = at is None or state.now - at <= CLAIM_IS_FRESH
    known = state.member(trigger.instance_id) and state.member(trigger.silent_instance)
    return trigger.silent_instance if known and fresh and not state.memory.changed else None


def unheard(state: NatState, instance: Instance) -> bool:
    """Whether a peer hears nothing of one that carries nothing: it is not chosen while another is ready."""
    idle = state.settings.standby_name is not None and not state.routes_to(instance.instance_id)
    return idle and silent_member(state) == instance.instance_id


def was_left(state: NatState, instance: Instance) -> bool:
    """Whether a move has begun to leave it: what is split or was refused is finished, and not taken back."""
    last, name = last_doubt(state), instance.instance_id
    recent, claimed = _left_recently(state, name), state.trigger.silent_instance == name
    begun = state.memory.changed and claimed
    others = [it for it in state.candidates() if it.instance_id != name and state.ready(it)]
    if recent and claimed and last and state.trigger.at and last.at >= state.trigger.at:
        return bool(others)  # it was remembered for this very claim
    return (recent or begun) and any(state.routes_to(other.instance_id) for other in others)


def last_doubt(state: NatState) -> Doubt | None:
    """The last move for a doubt, long ago where there was none; None where its tag cannot be understood."""
    tags = {**state.groups[0].tags, **state.memory.tags} if state.groups else {}
    text = tags.get(DOUBT_TAG)
    if text is None:
        return NEVER
    at, _, left = text.partition(" ")
    moved = moment(at)
    return Doubt(moved, left) if moved else None


def remember_doubt(state: NatState, moves: tuple[Move, ...]) -> Iterator[TagGroup]:
    """What must be written before a move for a doubt, so that no crash lets the next run make another one.

    Status checks, which no event's run reads, count as one: else a claim would soon lead back.
    """
    carriers = [state.instance(table.target.instance_id) for table in state.observed.tables]
    for carrier in [instance for instance in carriers if instance and _to_remember(state, instance)][:1]:
        if moves:
            reason = f"traffic leaves {carrier.instance_id} for a doubt, and the next run must know"
            value = f"{state.now.isoformat(timespec='seconds')} {carrier.instance_id}"
            yield TagGroup(state.groups[0].name, DOUBT_TAG, value, reason)


def _left_recently(state: NatState, name: str) -> bool:
    last = last_doubt(state)
    return last is not None and last.left == name and state.now - last.at < DOUBT_RESTS


def _to_remember(state: NatState, carrier: Instance) -> bool:
    failing = state.settings.standby_name is not None and state.impaired(carrier)
    known = _left_recently(state, carrier.instance_id)
    return doubted(state, carrier) or (failing and not known)


def own_addresses(state: NatState, gateway: Instance | None) -> Iterator[AssociateAddress]:
    """Each group's own address for its best ready member, so that a failover moves nothing but routes."""
    if state.settings.standby_allocation_id is None:
        return
    for group in state.groups:
        if gateway is not None and group.member(gateway.instance_id):
            continue  # its address comes before its routes
        ready = [instance for instance in state.candidates(group.members) if state.ready(instance)]
        best = max(ready, key=lambda instance: (instance.launched_at, instance.instance_id), default=None)
        if best is None:
            continue
        allocation = state.allocation(best.instance_id)
        holder = state.holder(allocation)
        taken = holder is not None and bool(group.member(holder) is None or state.routes_to(holder))
        if allocation and holder != best.instance_id and not taken:
            reason = f"{best.instance_id} is ready and has not the address of {group.name}"
            yield AssociateAddress(allocation, str(best.interface_id), best.instance_id, holder, reason)


def prepare(state: NatState, gateway: Instance | None) -> Iterator[DisableSourceDestCheck]:
    """Have a ready standby forward before it is needed: a failover then makes one call less."""
    ready = (it for it in state.candidates() if state.settings.standby_name and state.ready(it))
    for instance in ready:
        if instance.source_dest_check and gateway and instance.instance_id != gateway.instance_id:
            reason = f"{instance.instance_id} stands by, and would forward nothing while its check is on"
            yield DisableSourceDestCheck(str(instance.interface_id), instance.instance_id, reason)


def standby_ready(state: NatState, gateway: Instance | None) -> bool:
    """Whether another member could take over at once. One that does not answer its peer could not."""
    silent = silent_member(state)
    others = {instance.instance_id for instance in state.candidates() if state.ready(instance)}
    return bool(others - {gateway.instance_id if gateway else None, silent})


def fall_back(
    state: NatState, gateway: Instance | None, down: frozenset[str]
) -> Iterator[RouteToFallback | TagGroup]:
    """Point tables at the NAT gateway of the operator once nothing has served for the set time.

    Args:
        state: the observation and what this run knows.
        gateway: the instance that should serve.
        down: the tables without egress.
    """
    fallback = state.settings.fallback_gateway_id
    if fallback is None:
        return
    name, text = state.groups[0].name, state.groups[0].tags.get(UNSERVED_TAG)
    served = state.maintenance or not down or (gateway is not None and state.ready(gateway))
    since = moment(text)
    if served:
        if text is not None and not down:
            yield TagGroup(name, UNSERVED_TAG, None, "the tables have egress again")
    elif since is None:
        value = state.now.isoformat(timespec="seconds")
        yield TagGroup(name, UNSERVED_TAG, value, f"nothing serves; {fallback} waits for its time")
    elif state.now - since >= timedelta(seconds=state.settings.fallback_after_seconds):
        for table in state.observed.tables:
            if table.table_id in down and table.target.target_id != fallback:
                target, reason = table.target, f"nothing has served since {since:%H:%M:%S}"
                yield RouteToFallback(table.table_id, fallback, target.target_id, target.replaceable, reason)

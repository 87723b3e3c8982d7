"""A NAT that runs and does not forward: healed first, suspected next, replaced last.

The probe's failure starts the loop. What the loop can heal it heals. Only where everything was right does it
have the probe look again, and only when that fails too is the NAT reported unhealthy. The doubt travels in
the probe's request and comes back in its failure's record, so that no run has to remember anything.

One that was let in unproven after a launch was given up is tried again at growing intervals: 10, 20, 40
minutes and so on, also where its watchman says since its boot that it does not forward. What counts them is
the group's own list of activities, so that no run has to remember.

The instance's own mark is read on every pass, EC2's status checks once a minute; neither needs a trigger. An
absent mark and an unread status say nothing. The group itself would count failed status checks some minutes
later, at whatever age, so they blame a young NAT as well.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, TypeAlias

from update_nat_routes.actions import ConfirmEgress, ReportUnhealthy
from update_nat_routes.events import TriggerKind
from update_nat_routes.model import OPERATOR_HOLDS
from update_nat_routes.planner.lifecycle_hooks import DataRequest, Wait, WaitKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from update_nat_routes.actions import Suspicion
    from update_nat_routes.model import Group, Instance, Member
    from update_nat_routes.planner.nat_state import NatState

Step: TypeAlias = ReportUnhealthy | Wait | DataRequest

# A younger one may still be booting, and replacing it again would never end.
OLD_ENOUGH = timedelta(minutes=10)
# The boot script gives up 200 s after the boot, and its watchman needs some seconds for the mark.
BOOT_ENDED = timedelta(minutes=5)
# A passing cause, such as a mirror, DNS or a quota, then heals by itself; a lasting one costs little.
LONGEST_RETRY = timedelta(hours=4)
# The watchman withdraws the mark after five answers in a row: one that is older than that is reliable.
CONFIRMED_AFTER = timedelta(seconds=15)


def handle_probe_failure(
    state: NatState, gateway: Instance | None, *, nothing_to_move: bool
) -> Iterator[Suspicion]:
    """What a probe's failure asks for, once there is nothing left to repair.

    Args:
        state: the observation and what this run knows.
        gateway: the instance that should serve.
        nothing_to_move: True when the latest observation needs no route or address change.
    """
    if not state.probe_failed() or not nothing_to_move or gateway is None:
        return
    name = gateway.instance_id
    if _held(state.group_of(name)) or not state.routes_to(name) or not may_be_blamed(state, gateway):
        return
    if state.trigger.suspect_instance is None:
        reason = f"no probe is answered through {name}, and there is nothing to heal: look again"
        yield ConfirmEgress(state.settings.probe_function, name, reason)
    elif state.trigger.suspect_instance == name:
        reason = "probed twice without an answer, with check, address and routes right: it does not forward"
        yield ReportUnhealthy(state.group_of(name).name, name, reason)


def may_be_blamed(state: NatState, instance: Instance) -> bool:
    """Never a young one, and never while another comes or goes."""
    return state.now >= instance.launched_at + OLD_ENOUGH and not _changing(state)


def _changing(state: NatState) -> bool:
    return any(member.arriving or member.leaving for member in state.members)


def _leaves_idle(state: NatState, member: Member) -> bool:
    """One that leaves and carries waits for its successor; any other ends soon."""
    return member.leaving and not state.in_use(member.instance_id)


def _held(group: Group) -> bool:
    """An operator wants no replacement in this group."""
    return group.desired == 0 or bool(group.suspended & OPERATOR_HOLDS)


def _alone(state: NatState) -> bool:
    """Nothing stands behind the NAT: where its traffic goes another way, it does so on purpose."""
    return state.settings.standby_name is None and state.settings.fallback_gateway_id is None


def retry_broken_boots(state: NatState, *, nothing_to_move: bool) -> Iterator[ReportUnhealthy | DataRequest]:
    """Try a member again that never signalled, each time after twice the wait.

    A lone NAT is left while something else has egress: then the traffic goes another way on purpose. One of a
    pair, or one with a NAT gateway behind it, is tried again all the same: else it would never be ready. The
    same holds beside a leaving member that carries: it is held for a successor, for 48 h at most by AWS.

    Args:
        state: the observation and what this run knows.
        nothing_to_move: True when the latest observation needs no route or address change.
    """
    waits = any(member.arriving or _leaves_idle(state, member) for member in state.members)
    if waits or not nothing_to_move:
        return
    for group in state.groups:
        alone = state.candidates(group.members)
        if not _held(group) and len(alone) == 1:
            yield from _retry(state, group, alone[0])


def _retry(state: NatState, group: Group, instance: Instance) -> Iterator[ReportUnhealthy | DataRequest]:
    """One whose watchman or status checks say more is left to ``suspect``."""
    age, name = state.now - instance.launched_at, instance.instance_id
    says_so = instance.not_forwarding and not _waited_for(state)  # beside one that leaves, nobody suspects it
    blamed = says_so or state.unaddressed(instance) or state.impaired(instance)
    elsewhere = _alone(state) and state.other_has_egress(name)
    if state.ready(instance) or blamed or age < OLD_ENOUGH or elsewhere:
        return
    if group.launches is None:
        yield DataRequest.HISTORY
    elif (failed := group.launches.failed or _waited_for(state)) and age >= retry_after(failed):
        minutes = age // timedelta(minutes=1)
        reason = f"it has not signalled for {minutes} min since its launch: another one is tried"
        yield ReportUnhealthy(group.name, name, reason)


def _waited_for(state: NatState) -> int:
    """1 where a leaving member is held: while Launch was suspended no launch was given up."""
    return int(any(member.leaving for member in state.members))


def retry_after(failed_launches: int) -> timedelta:
    """The age at which an unproven member is tried again: 10 min, doubled with each launch given up."""
    doublings = min(failed_launches - 1, 10)
    return min(OLD_ENOUGH * (1 << doublings), LONGEST_RETRY)


def suspect(state: NatState, gateway: Instance | None, *, nothing_to_move: bool) -> Iterator[Step]:
    """What the mark and the status checks ask for, once there is nothing left to repair.

    The probe's failure is judged by its own rules: one witness a run. Beside the one that carries, a standby
    is judged too; one at a time. Where a NAT gateway carries for them, all are: else none would come back.
    Of a pair the status checks also say whom a move may lead to.
    """
    if state.memory.changed or state.trigger.no_egress or _changing(state):
        return
    if not nothing_to_move:
        yield from _status_request(state) if state.settings.standby_name else ()
        return
    beside = [] if _alone(state) else state.candidates()
    carries = [gateway] if gateway and state.routes_to(gateway.instance_id) else []
    for instance in (*carries, *(other for other in beside if other is not gateway)):
        if _held(state.group_of(instance.instance_id)):
            continue
        steps = list(_suspicion(state, instance))
        yield from steps
        if not all(isinstance(step, DataRequest) for step in steps):
            return


def _suspicion(state: NatState, instance: Instance) -> Iterator[Step]:
    if instance.not_forwarding and may_be_blamed(state, instance):
        yield from _by_its_mark(state, instance)
    else:
        yield from _by_status_checks(state, instance)


def _by_its_mark(state: NatState, gateway: Instance) -> Iterator[Step]:
    name, since = gateway.instance_id, gateway.not_forwarding_since
    if since is None:
        return
    of_its_boot = since < gateway.launched_at + BOOT_ENDED  # it may never have forwarded, as those before it
    if state.settings.standby_name:
        # one that had no public address can write an old mark just before it takes it back
        since = max(since, state.memory.marked.get(name, state.now))
    if state.now - since < CONFIRMED_AFTER:
        yield Wait(WaitKind.CONFIRMING, f"{name} says since {since:%H:%M:%S} that it does not forward")
        return
    group = state.group_of(name)
    if of_its_boot and group.launches is None:
        yield DataRequest.HISTORY
        return
    if (
        of_its_boot
        and group.launches
        and state.now < gateway.launched_at + retry_after(group.launches.failed or 1)
    ):
        return
    reason = f"its watchman reaches nothing since {since:%H:%M:%S}, though its rules were put right"
    yield ReportUnhealthy(group.name, name, reason)


def _by_status_checks(state: NatState, gateway: Instance) -> Iterator[Step]:
    impaired, name = state.observed.impaired, gateway.instance_id
    if impaired is None:
        yield from _status_request(state)
    elif name in impaired:
        since = impaired[name]
        when = f" since {since:%H:%M:%S}" if since else ""
        reason = f"EC2's status checks fail{when}, and waiting for the group to count them would take minutes"
        yield ReportUnhealthy(state.group_of(name).name, name, reason)


def _status_request(state: NatState) -> Iterator[DataRequest]:
    scheduled = state.trigger.kind is TriggerKind.RECONCILE and state.observed.hooks is not None
    if scheduled and state.observed.impaired is None:
        yield DataRequest.STATUS

"""The messages of an incident: one when it begins, one when it is over.

The first message is sent by the run whose event says that the NAT which the routes lead to is shutting-down.
Each instance has this event once, so no run must remember that it sent the message. The second message is
sent by the run that completes the successor's launch hook. docs/decisions/0006 has the cases.
"""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import TYPE_CHECKING

from tradai_shared import clock
from tradai_shared.alerts import Alert
from tradai_shared.errors import Status
from update_nat_routes.actions import (
    AssociateAddress,
    CompleteLifecycleAction,
    ConfirmEgress,
    CreateRoute,
    DisableSourceDestCheck,
    RecordHeartbeat,
    ReplaceInstance,
    ReplaceRoute,
    ReportUnhealthy,
    RouteToFallback,
    TagGroup,
)
from update_nat_routes.events import TriggerKind
from update_nat_routes.planner.lifecycle_hooks import ABANDON, CONTINUE, LAUNCHING
from update_nat_routes.planner.notes import WAITING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from update_nat_routes.apply import Result
    from update_nat_routes.model import Member, Observed
    from update_nat_routes.report import Report
    from update_nat_routes.settings import Settings

ATTEMPTS = {
    DisableSourceDestCheck: "letting {} forward traffic",
    AssociateAddress: "moving the Elastic IP {}",
    ReplaceRoute: "moving the default route of {}",
    CreateRoute: "adding a default route to {}",
    CompleteLifecycleAction: "answering the lifecycle hook of {}",
    RecordHeartbeat: "asking the lifecycle hook of {} for more time",
    ReplaceInstance: "replacing {}",
    ConfirmEgress: "probing {} once more",
    ReportUnhealthy: "reporting {} as unhealthy",
    RouteToFallback: "moving the default route of {} to the fallback gateway",
    TagGroup: "writing the tags of the group {}",
}
LONG_RUNS = frozenset({TriggerKind.LAUNCH_ACTION, TriggerKind.TERMINATE_ACTION, TriggerKind.DRILL})
WAIT = (
    "nothing to do yet. A message follows when the routes lead to a successor. If an alarm of a lasting"
    " outage comes first, follow the runbook"
)
RECONNECT = "connections that were open were lost; clients that do not reconnect need a restart"
# By whether the new target has yet to show that it forwards.
RESTORED = {
    False: ("egress restored", "The private subnets of {} have egress again."),
    True: ("routes moved", "The routes of {} lead to a running target again. Egress is not verified."),
}
AGAIN = "the loop looks again every minute and repeats what did not succeed"


def alert(settings: Settings, report: Report, boot_failure: Callable[[str], str]) -> Alert | None:
    """What a person should read of this run; None where nothing is news.

    ``boot_failure`` reads what an instance's console says of its boot.
    """
    lines = tuple(_lines(report, boot_failure))
    if ends(report):
        return _restored(settings, report, lines)
    if begins(report):
        return _lost(settings, report, lines)
    if report.trigger.notify:
        return _drilled(settings, report, lines)
    return _attention(settings, lines) if lines else None


def begins(report: Report) -> bool:
    """Whether this run sends the message of an outage's beginning.

    For a NAT that the loop itself reported as unhealthy, that report was the message.
    """
    trigger, observed = report.trigger, report.first_observed
    if not trigger.announces_end or observed is None or not report.plan.egress_down:
        return False
    member = _member(observed, trigger.instance_id)
    is_target = any(table.target.instance_id == trigger.instance_id for table in observed.tables)
    return is_target and (member is None or member.healthy)


def ends(report: Report) -> bool:
    """Whether this run sends the message of an outage's end.

    Runs that restore at the same moment write the same routes, and EC2 takes both. The launch hook of the
    successor is completed by one of them alone, once it reads that the routes are restored. Without a hook
    that waits, the run that restored the routes sends it.
    """
    if report.plan.egress_down:
        return False
    if report.plan.gateway is None:  # the routes lead to the fallback gateway
        return report.failover_seconds is not None
    successor = report.plan.gateway.instance_id
    if any(_lets_in(result, successor) for result in report.results.values()):
        return report.failover_seconds is not None or bool(report.down_at_first)
    if report.restored is None:
        return False
    member = _member(report.restored, successor)
    return member is None or member.lifecycle != WAITING[LAUNCHING]


def _member(observed: Observed, instance_id: str | None) -> Member | None:
    members = (group.member(instance_id) for group in observed.groups)
    return next((member for member in members if member), None)


def _lets_in(result: Result, successor: str) -> bool:
    action = result.action
    answer = isinstance(action, CompleteLifecycleAction) and action.result == CONTINUE
    return answer and action.target == successor and result.status is Status.DONE


def _lost(settings: Settings, report: Report, lines: tuple[str, ...]) -> Alert:
    environment, down = settings.environment, report.plan.egress_down
    waiting = report.waiting or report.plan.wait
    return Alert(
        f"tradai {environment}: the private subnets have no egress",
        f"The private subnets of {environment} have no egress: their NAT"
        f" {report.trigger.instance_id} is shutting down.",
        (
            ("Since", _clock(report.trigger.at or report.started)),
            ("Affected", f"the subnets of {', '.join(down)}"),
            (
                "Done",
                f"nothing could be moved yet: {waiting.reason}" if waiting else "no successor serves yet",
            ),
            ("Next", "the group launches a successor; the Elastic IP and the routes follow when it is ready"),
            ("You", WAIT),
            _runbook(settings, "nat-unhealthy"),
        ),
        lines,
    )


def _restored(settings: Settings, report: Report, lines: tuple[str, ...]) -> Alert:
    environment, gateway = settings.environment, report.plan.gateway
    ended = report.restored_at or clock.now()
    seconds = report.failover_seconds or (ended - report.started).total_seconds()
    began = ended - timedelta(seconds=seconds)
    target = gateway.instance_id if gateway else "the fallback gateway"
    tables = ", ".join(sorted(report.routes_replaced)) or "the private subnets"
    unverified = report.plan.unproven or bool(report.plan.egress_unverified)
    check = f"check that {target} forwards: nothing has shown it yet. " if unverified else ""
    outcome, sentence = RESTORED[unverified]
    return Alert(
        f"tradai {environment}: {outcome} after {seconds:.0f} s",
        sentence.format(environment),
        (
            ("Since", _clock(began)),
            ("Until", f"{_clock(ended)}, {seconds:.0f} s"),
            (
                "Done",
                f"the routes of {tables} lead to {target}",
            ),
            ("Next", "the loop goes on looking every minute"),
            (
                "You",
                f"{check}{RECONNECT}",
            ),
            _runbook(settings, "nat-failover-failed" if report.plan.unproven else "nat-unhealthy"),
        ),
        lines,
    )


def _drilled(settings: Settings, report: Report, lines: tuple[str, ...]) -> Alert:
    down = report.plan.egress_down
    state = f"without egress: {', '.join(down)}" if down else "every route leads to a NAT that serves"
    if not down and (unverified := report.plan.egress_unverified):
        state = f"not verified: {', '.join(unverified)} lead to a NAT that has not shown that it forwards"
    return Alert(
        f"tradai {settings.environment}: drill of the NAT failover",
        f"A drill of the NAT failover ran in {settings.environment}.",
        (
            ("Since", _clock(report.trigger.at or report.started)),
            ("Found", state),
            ("Next", "the loop goes on looking every minute"),
            ("You", "nothing to do" if not down else "follow the runbook"),
            _runbook(settings, "nat-unhealthy"),
        ),
        lines,
    )


def _attention(settings: Settings, lines: tuple[str, ...]) -> Alert:
    return Alert(
        f"tradai {settings.environment}: the NAT needs attention",
        f"The NAT of {settings.environment} needs attention.",
        (
            ("Next", AGAIN),
            ("You", "read the lines below; if an alarm follows, the runbook has the steps"),
            _runbook(settings, "nat-failover-failed"),
        ),
        lines,
    )


def _lines(report: Report, boot_failure: Callable[[str], str]) -> Iterator[str]:
    for result in report.results.values():
        action = result.action
        if isinstance(action, CompleteLifecycleAction) and action.result == ABANDON and result.settled:
            yield f"{action.instance_id} was given up: {action.reason}."
            yield f"Its console says: {boot_failure(action.instance_id)}"
        if isinstance(action, ReportUnhealthy) and result.settled:
            yield f"{action.instance_id} was reported unhealthy, so it is replaced: {action.reason}."
    if report.unproven_moves:
        yield "Routes point at a NAT that never signalled, since nothing else serves."
    # The schedule's failures have an alarm of their own, and a drill's as well.
    if report.trigger.at is None or (report.trigger.kind is TriggerKind.DRILL and not report.trigger.notify):
        return
    for result in report.failed:
        if result.temporary and report.trigger.kind not in LONG_RUNS:
            continue  # this run ends after seconds; a longer one, or the schedule's, goes on with it
        words = ATTEMPTS.get(type(result.action), "a step on {}").format(result.action.target)
        yield f"{words[0].upper()}{words[1:]} failed: {result.detail}."


def _runbook(settings: Settings, name: str) -> tuple[str, str]:
    return ("Runbook", f"{settings.runbooks}{name}.md")


def _clock(when: datetime) -> str:
    return f"{when.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"

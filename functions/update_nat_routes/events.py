"""From an event to a trigger. What cannot be understood raises EventError before anything is changed.

An event only starts the loop; the loop believes AWS. Fields that are not used are not looked at: AWS's own
samples carry placeholders where dates and ARNs belong.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeAlias

from tradai_shared.errors import EventError, shown
from update_nat_routes.model import DEAD_STATES, ENDED_STATES, moment

if TYPE_CHECKING:
    from datetime import datetime

Json: TypeAlias = Mapping[str, Any]  # an event as Lambda hands it over


class TriggerKind(StrEnum):
    """Why the loop runs."""

    LAUNCH_ACTION = "launch lifecycle action"
    TERMINATE_ACTION = "terminate lifecycle action"
    GROUP_NOTICE = "group notice"
    INSTANCE_STATE = "instance state"
    SPOT_NOTICE = "spot notice"
    DRILL = "drill"
    PROBE_FAILURE = "egress probe failure"
    RECONCILE = "reconcile"
    PEER_SILENT = "peer silent"


@dataclass(frozen=True, slots=True)
class Trigger:
    """Why the loop runs, and the little that it may use of the event.

    ``at`` is the event's own time, None where it gives none. ``hook`` is the lifecycle hook that waits.
    ``terminated_instance`` is an instance that EC2 itself calls shutting-down or terminated:
    the only claim that is final.
    ``stopping_instance`` is one that an event says is stopping or gone: a hint to be confirmed.
    ``no_egress`` says that a probe got no answer; ``suspect_instance`` is the instance whose
    probing an earlier run ordered, which had found nothing to repair.
    ``announces_end`` says that EC2 calls the instance shutting-down, which it does once.
    ``notify`` asks for a message also where a drill found nothing.
    ``silent_instance`` is a NAT that does not answer the NAT ``instance_id``, as that one claims.
    ``warm_pool`` says that the instance comes from or goes to a warm pool, where Auto Scaling lists it apart.
    """

    kind: TriggerKind
    at: datetime | None = None
    group: str | None = None
    instance_id: str | None = None
    hook: str | None = None
    terminated_instance: str | None = None
    stopping_instance: str | None = None
    no_egress: bool = False
    suspect_instance: str | None = None
    dry_run: bool = False
    warm_pool: bool = False
    announces_end: bool = field(default=False, compare=False)
    notify: bool = False
    silent_instance: str | None = None


# AWS's own have 8 or 17 hexadecimal digits; a model of botocore bounds the whole to 19 characters.
INSTANCE_ID = re.compile(r"i-[0-9a-z]{1,17}")
HOOK_NAME = re.compile(r"[A-Za-z0-9\-_/]{1,255}")
WARM_POOL = "WarmPool"
DRILL_SOURCE = "tradai.drill"
PROBE_FUNCTION = "-egress-probe-"
NO_EGRESS = "EgressDownError"  # the probe's own fault, or a wrong address, says nothing against the NAT
EVENT_TYPES: dict[tuple[str, str], TriggerKind] = {
    ("aws.autoscaling", "EC2 Instance-launch Lifecycle Action"): TriggerKind.LAUNCH_ACTION,
    ("aws.autoscaling", "EC2 Instance-terminate Lifecycle Action"): TriggerKind.TERMINATE_ACTION,
    ("aws.autoscaling", "EC2 Instance Launch Successful"): TriggerKind.GROUP_NOTICE,
    ("aws.autoscaling", "EC2 Instance Launch Unsuccessful"): TriggerKind.GROUP_NOTICE,
    ("aws.autoscaling", "EC2 Instance Terminate Successful"): TriggerKind.GROUP_NOTICE,
    ("aws.autoscaling", "EC2 Instance Terminate Unsuccessful"): TriggerKind.GROUP_NOTICE,
    ("aws.ec2", "EC2 Instance State-change Notification"): TriggerKind.INSTANCE_STATE,
    ("aws.ec2", "EC2 Spot Instance Interruption Warning"): TriggerKind.SPOT_NOTICE,
    ("aws.ec2", "EC2 Instance Rebalance Recommendation"): TriggerKind.SPOT_NOTICE,
    ("tradai.nat", "NAT Peer Silent"): TriggerKind.PEER_SILENT,
}
DETAIL_TYPES = frozenset(detail_type for _, detail_type in EVENT_TYPES)


def parse(event: object) -> Trigger:
    """Understand an event.

    Raises:
        EventError: it is none of the known events, or a field that is used is missing or malformed.
    """
    if not isinstance(event, Mapping):
        raise EventError("event", f"expected an object, got {type(event).__name__}")
    if "detail-type" in event or "source" in event:
        return _from_event_bus(event)
    if "requestContext" in event:
        return _from_destination(event)
    if "action" in event:
        return _from_request(event)
    raise EventError("event", "expected an EventBridge event, a failed probe's record or an action")


def _from_event_bus(event: Json) -> Trigger:
    source, detail_type = _text(event, "source"), _text(event, "detail-type")
    if source == DRILL_SOURCE:
        if detail_type not in DETAIL_TYPES:
            raise EventError("detail-type", f"a drill of {shown(detail_type)} is not known")
        detail = event.get("detail")
        notify = isinstance(detail, Mapping) and detail.get("notify") is True
        return Trigger(TriggerKind.DRILL, at=_time(event), notify=notify)
    kind = EVENT_TYPES.get((source, detail_type))
    if kind is None:
        raise EventError("detail-type", f"{shown(detail_type)} from {shown(source)} is not known")
    detail = event.get("detail")
    if not isinstance(detail, Mapping):
        raise EventError("detail", "expected an object")
    if kind is TriggerKind.PEER_SILENT:
        return Trigger(
            kind,
            at=_time(event),
            instance_id=_instance_id(detail, "InstanceId"),
            silent_instance=_instance_id(detail, "SilentInstanceId"),
        )
    if source == "aws.ec2":
        return _from_ec2(kind, _time(event), detail)
    return _from_auto_scaling(kind, _time(event), detail)


def _from_auto_scaling(kind: TriggerKind, at: datetime | None, detail: Json) -> Trigger:
    waiting = kind in {TriggerKind.LAUNCH_ACTION, TriggerKind.TERMINATE_ACTION}
    return Trigger(
        kind,
        at=at,
        group=_text(detail, "AutoScalingGroupName", "detail."),
        instance_id=_instance_id(detail, "EC2InstanceId") if waiting else None,
        hook=_hook_name(detail) if waiting else None,
        warm_pool=WARM_POOL in {str(detail.get("Origin")), str(detail.get("Destination"))},
    )


def _from_ec2(kind: TriggerKind, at: datetime | None, detail: Json) -> Trigger:
    instance_id = _instance_id(detail, "instance-id")
    if kind is TriggerKind.SPOT_NOTICE:
        return Trigger(kind, at=at, instance_id=instance_id)
    state = _text(detail, "state", "detail.")
    return Trigger(
        kind,
        at=at,
        instance_id=instance_id,
        terminated_instance=instance_id if state in ENDED_STATES else None,
        stopping_instance=instance_id if state in DEAD_STATES else None,
        announces_end=state == "shutting-down",
    )


def _from_destination(event: Json) -> Trigger:
    context = event["requestContext"]
    arn = context.get("functionArn") if isinstance(context, Mapping) else None
    if not isinstance(arn, str) or PROBE_FUNCTION not in arn:
        raise EventError("requestContext.functionArn", f"expected the egress probe's, got {shown(arn)}")
    request, response = event.get("requestPayload"), event.get("responsePayload")
    suspect = None
    if isinstance(request, Mapping) and request.get("suspect") is not None:
        suspect = _instance_id(request, "suspect", "requestPayload.")
    silent = isinstance(response, Mapping) and response.get("errorType") == NO_EGRESS
    return Trigger(
        TriggerKind.PROBE_FAILURE,
        at=_time(event, "timestamp"),
        no_egress=silent,
        suspect_instance=suspect if silent else None,
    )


def _from_request(event: Json) -> Trigger:
    if event["action"] != "reconcile":
        raise EventError("action", f"expected 'reconcile', got {shown(event['action'])}")
    dry_run = event.get("dry_run", False)
    if not isinstance(dry_run, bool):
        raise EventError("dry_run", f"expected true or false, got {shown(dry_run)}")
    unknown = sorted(set(event) - {"action", "dry_run"})
    if unknown:
        raise EventError(unknown[0], "is not a field of this request")
    return Trigger(TriggerKind.RECONCILE, dry_run=dry_run)


def _text(holder: Json, field: str, path: str = "") -> str:
    value = holder.get(field)
    if not isinstance(value, str) or not value:
        raise EventError(f"{path}{field}", f"expected text, got {shown(value)}")
    return value


def _instance_id(holder: Json, field: str, path: str = "detail.") -> str:
    return _matching(INSTANCE_ID, holder, field, "an instance id", path)


def _hook_name(detail: Json) -> str:
    return _matching(HOOK_NAME, detail, "LifecycleHookName", "a lifecycle hook's name")


def _matching(
    pattern: re.Pattern[str], holder: Json, field: str, expected: str, path: str = "detail."
) -> str:
    value = _text(holder, field, path)
    if not pattern.fullmatch(value):
        raise EventError(f"{path}{field}", f"expected {expected}, got {shown(value)}")
    return value


def _time(event: Json, field: str = "time") -> datetime | None:
    """The event's own time; None where it is a placeholder, since nothing but a figure depends on it."""
    return moment(str(event.get(field)))

"""From an event to a trigger."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tradai_shared.errors import EventError
from update_nat_routes.events import TriggerKind, parse

TIME = "2026-03-28T12:00:00Z"
NO_NAMES: list[object] = ["", None, [], {}, True, 3.5, "h\n", "h\u0661", " h", "h\x00", "h" * 256]
NO_IDS: list[object] = [
    *NO_NAMES,
    "i-",
    "I-0A",
    "i-0A",
    "i-0a\n",
    "i-\u0660\u0661",
    "i-0\u200ba",
    "i-" + "0" * 18,
    ["i-0a"],
    "eni-0a",
]


def bus(source: str, detail_type: str, **detail: object) -> dict[str, object]:
    return {"source": source, "detail-type": detail_type, "time": TIME, "detail": detail}


def lifecycle(transition: str, **more: object) -> dict[str, object]:
    detail = {"AutoScalingGroupName": "g", "EC2InstanceId": "i-a", "LifecycleHookName": "h", **more}
    return bus("aws.autoscaling", f"EC2 Instance-{transition} Lifecycle Action", **detail)


@pytest.mark.parametrize(
    ("transition", "kind"),
    [("launch", TriggerKind.LAUNCH_ACTION), ("terminate", TriggerKind.TERMINATE_ACTION)],
)
def test_a_lifecycle_action_names_its_group_instance_and_hook(transition: str, kind: TriggerKind) -> None:
    trigger = parse(lifecycle(transition))
    assert (trigger.kind, trigger.group, trigger.instance_id, trigger.hook) == (kind, "g", "i-a", "h")
    assert trigger.at == datetime(2026, 3, 28, 12, tzinfo=UTC)


@pytest.mark.parametrize("notice", ["Launch", "Terminate"])
@pytest.mark.parametrize("how", ["Successful", "Unsuccessful"])
def test_a_notice_of_the_group_claims_nothing_but_its_group(notice: str, how: str) -> None:
    event = bus(
        "aws.autoscaling", f"EC2 Instance {notice} {how}", AutoScalingGroupName="g", EC2InstanceId="i-a"
    )
    trigger = parse(event)
    assert (trigger.kind, trigger.group, trigger.terminated_instance) == (TriggerKind.GROUP_NOTICE, "g", None)


@pytest.mark.parametrize(
    ("state", "dead"),
    [
        ("pending", None),
        ("running", None),
        ("stopping", None),
        ("stopped", None),
        ("shutting-down", "i-a"),
        ("terminated", "i-a"),
    ],
)
def test_only_two_states_are_final(state: str, dead: str | None) -> None:
    event = bus("aws.ec2", "EC2 Instance State-change Notification", state=state, **{"instance-id": "i-a"})
    trigger = parse(event)
    assert (trigger.kind, trigger.instance_id, trigger.terminated_instance) == (
        TriggerKind.INSTANCE_STATE,
        "i-a",
        dead,
    )
    assert trigger.stopping_instance == ("i-a" if state not in {"pending", "running"} else None)


@pytest.mark.parametrize(
    "detail_type", ["EC2 Spot Instance Interruption Warning", "EC2 Instance Rebalance Recommendation"]
)
def test_spot_notices_are_parsed(detail_type: str) -> None:
    trigger = parse(bus("aws.ec2", detail_type, **{"instance-id": "i-a"}))
    assert (trigger.kind, trigger.instance_id) == (TriggerKind.SPOT_NOTICE, "i-a")


def test_nothing_that_a_drill_claims_is_believed() -> None:
    event = bus(
        "tradai.drill",
        "EC2 Instance State-change Notification",
        state="terminated",
        **{"instance-id": "i-a", "AutoScalingGroupName": "g"},
    )
    trigger = parse(event)
    assert trigger.kind is TriggerKind.DRILL
    assert (trigger.group, trigger.instance_id, trigger.terminated_instance, trigger.hook) == (
        None,
        None,
        None,
        None,
    )


def test_a_failed_probe_starts_the_loop() -> None:
    arn = "arn:aws:lambda:eu-central-1:123456789012:function:tradai-egress-probe-prod:$LATEST"
    record = {"version": "1.0", "timestamp": TIME, "requestContext": {"functionArn": arn}}
    assert parse(record).kind is TriggerKind.PROBE_FAILURE


@pytest.mark.parametrize(("error", "silent"), [("EgressDownError", True), ("ModuleNotFoundError", False)])
def test_only_a_probe_without_an_answer_has_a_suspect(error: str, *, silent: bool) -> None:
    record = {
        "requestContext": {"functionArn": "arn:aws:lambda:x:1:function:tradai-egress-probe-prod"},
        "requestPayload": {"suspect": "i-0a"},
        "responsePayload": {"errorType": error},
    }
    trigger = parse(record)
    assert (trigger.no_egress, trigger.suspect_instance) == (silent, "i-0a" if silent else None)


@pytest.mark.parametrize(
    ("places", "warm"),
    [
        ({"Origin": "WarmPool", "Destination": "AutoScalingGroup"}, True),
        ({"Origin": "EC2", "Destination": "WarmPool"}, True),
        ({"Destination": "WarmPool"}, True),
        ({"Origin": "EC2", "Destination": "AutoScalingGroup"}, False),
        ({}, False),
    ],
)
def test_either_end_in_a_warm_pool_counts(places: dict[str, str], *, warm: bool) -> None:
    assert parse(lifecycle("launch", **places)).warm_pool is warm


@pytest.mark.parametrize(
    ("given", "meant"), [({}, False), ({"dry_run": True}, True), ({"dry_run": False}, False)]
)
def test_reconcile_writes_unless_dry_run_is_set(given: dict[str, bool], meant: bool) -> None:  # noqa: FBT001
    trigger = parse({"action": "reconcile", **given})
    assert (trigger.kind, trigger.dry_run) == (TriggerKind.RECONCILE, meant)


@pytest.mark.parametrize(
    "time",
    [
        "yyyy-mm-ddThh:mm:ssZ",
        None,
        17,
        [],
        "2026-03-28T12:00:00",
        "0001-01-01T00:00:00+14:00",  # before the first moment in UTC
        "9999-12-31T23:59:59-14:00",
    ],
)
def test_a_placeholder_where_a_date_belongs_is_no_reason_to_refuse(time: object) -> None:
    assert parse({**lifecycle("launch"), "time": time}).at is None


def test_fields_that_are_not_used_are_not_looked_at() -> None:
    event = {**lifecycle("launch", LifecycleActionToken=None, Origin=7), "account": "1234567890123"}
    assert parse(event).instance_id == "i-a"


@pytest.mark.parametrize(
    ("event", "field"),
    [
        (None, "event"),
        ([], "event"),
        ({}, "event"),
        ({"action": "destroy"}, "action"),
        ({"action": "reconcile", "dry_run": "yes"}, "dry_run"),
        ({"action": "reconcile", "dryrun": True}, "dryrun"),
        (bus("aws.autoscaling", "EC2 Instance Reboot"), "detail-type"),
        (bus("aws.ec2", "EC2 Instance-launch Lifecycle Action"), "detail-type"),
        (bus("tradai.drill", "Fire"), "detail-type"),
        (bus("aws.ec2", ""), "detail-type"),
        ({"detail-type": "x"}, "source"),
        ({**lifecycle("launch"), "detail": "text"}, "detail"),
        (lifecycle("launch", EC2InstanceId=None), "detail.EC2InstanceId"),
        (lifecycle("launch", LifecycleHookName=""), "detail.LifecycleHookName"),
        (lifecycle("terminate", AutoScalingGroupName=3), "detail.AutoScalingGroupName"),
        (bus("aws.ec2", "EC2 Instance State-change Notification", state="running"), "detail.instance-id"),
        (
            bus("aws.ec2", "EC2 Instance State-change Notification", **{"instance-id": "i-a"}),
            "detail.state",
        ),
        ({"requestContext": {"functionArn": "arn:other"}}, "requestContext.functionArn"),
        ({"requestContext": None}, "requestContext.functionArn"),
    ],
)
def test_what_cannot_be_understood_names_its_field(event: object, field: str) -> None:
    with pytest.raises(EventError) as caught:
        parse(event)
    assert caught.value.field == field


@pytest.mark.parametrize(
    "event",
    [
        lifecycle("launch", EC2InstanceId="i-../../etc"),
        lifecycle("terminate", EC2InstanceId="subnet-0a"),
        lifecycle("launch", LifecycleHookName="a hook"),
        *(lifecycle("launch", EC2InstanceId=value) for value in NO_IDS),
        *(lifecycle("terminate", LifecycleHookName=value) for value in NO_NAMES),
        *(
            bus("aws.ec2", kind, state="stopped", **{"instance-id": value})
            for value in NO_IDS
            for kind in ("EC2 Instance State-change Notification", "EC2 Spot Instance Interruption Warning")
        ),
        bus(
            "aws.ec2", "EC2 Instance State-change Notification", state="stopped", **{"instance-id": "../i-a"}
        ),
    ],
)
def test_an_id_that_is_none_is_refused(event: dict[str, object]) -> None:
    with pytest.raises(EventError):
        parse(event)


@pytest.mark.parametrize("suspect", ["../../etc", "i-../../etc", "", 7, "i-0A\n", ["i-0a"], "i-" + "0" * 40])
def test_a_suspect_that_is_no_instance_id_is_refused(suspect: object) -> None:
    event = {
        "requestContext": {
            "functionArn": "arn:aws:lambda:eu-central-1:123456789012:function:tradai-egress-probe-prod"
        },
        "requestPayload": {"action": "confirm", "suspect": suspect},
        "responsePayload": {"errorType": "EgressDownError"},
    }
    with pytest.raises(EventError, match=r"requestPayload\.suspect"):
        parse(event)


def test_the_event_of_a_silent_peer_names_both_nats() -> None:
    trigger = parse(bus("tradai.nat", "NAT Peer Silent", InstanceId="i-a", SilentInstanceId="i-b"))
    assert (trigger.kind, trigger.instance_id, trigger.silent_instance) == (
        TriggerKind.PEER_SILENT,
        "i-a",
        "i-b",
    )


@pytest.mark.parametrize("field", ["InstanceId", "SilentInstanceId"])
@pytest.mark.parametrize("value", [None, "", "i-../../x", 7])
def test_a_claim_names_instances(field: str, value: object) -> None:
    detail = {"InstanceId": "i-a", "SilentInstanceId": "i-b", field: value}
    with pytest.raises(EventError, match=f"detail.{field}"):
        parse(bus("tradai.nat", "NAT Peer Silent", **detail))

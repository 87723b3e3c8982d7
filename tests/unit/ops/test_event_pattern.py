"""Which patterns let a lifecycle event of the group pass, by the operators of the EventBridge guide."""

from __future__ import annotations

import json
from typing import Any

import pytest
from moto.events.models import EventPattern

from ops.doctor import lifecycle_events
from ops.doctor.event_pattern import UNKNOWN, may_match
from ops.doctor.model import Group, Hook
from ops.identity import Identity

pytestmark = pytest.mark.any_python

ARN = "arn:aws:autoscaling:eu-central-1:123456789012:autoScalingGroup:0a:autoScalingGroupName/acme-egress"
HOOK = Hook("acme-up", "autoscaling:EC2_INSTANCE_LAUNCHING", 300, "ABANDON", None)
GROUP = Group("acme-egress", 1, (), (), (HOOK,), arn=ARN)
IDENTITY = Identity("123456789012", "arn:aws:iam::123456789012:user/somebody", "eu-central-1")
NAME = "AutoScalingGroupName"
SOURCE = {"source": ["aws.autoscaling"]}

MATCHING: list[Any] = [
    {},
    SOURCE,
    {"account": ["123456789012"]},
    {"source": [{"prefix": "aws."}]},
    {"source": [{"prefix": {"equals-ignore-case": "AWS.Auto"}}]},
    {"source": [{"suffix": "scaling"}]},
    {"source": [{"wildcard": "aws.*scaling"}]},
    {"source": [{"equals-ignore-case": "AWS.AutoScaling"}]},
    {"source": [{"anything-but": "aws.ec2"}]},
    {"source": [{"anything-but": ["aws.ec2", "aws.s3"]}]},
    {"source": [{"anything-but": {"prefix": "custom."}}]},
    {"source": [{"anything-but": {"wildcard": "*.s3"}}]},
    {"source": [{"exists": True}]},
    {"replay-name": [{"exists": False}]},
    {"detail-type": [{"prefix": "EC2 Instance-"}]},
    {"detail-type": [{"wildcard": "*Lifecycle Action"}]},
    {"detail-type": ["EC2 Instance Launch Successful", "EC2 Instance-launch Lifecycle Action"]},
    {"detail": {NAME: ["acme-egress"]}},
    {"detail": {NAME: [{"prefix": "acme"}]}},
    {"detail": {NAME: [{"anything-but": ["other"]}]}},
    {"detail": {NAME: [{"exists": True}]}},
    {"detail": {"LifecycleTransition": ["autoscaling:EC2_INSTANCE_LAUNCHING"]}},
    {"detail": {"LifecycleHookName": ["acme-up"]}},
    {"detail": {"EC2InstanceId": [{"prefix": "i-"}]}},
    {"detail": {"NotificationMetadata": ["whatever they set"]}},
    {"detail": {"nothing": {"below": [{"exists": False}]}}},
    {"resources": [ARN]},
    {"resources": [{"suffix": "/acme-egress"}]},
    {"$or": [{"source": ["aws.s3"]}, {"detail": {NAME: ["acme-egress"]}}]},
    {**SOURCE, "$or": [{"detail-type": [{"prefix": "EC2"}]}, {"region": ["us-east-1"]}]},
    {"source": [{"an-operator-of-tomorrow": 1}]},
]
OTHERS: list[Any] = [
    {"source": ["aws.s3"]},
    {"source": [{"prefix": "custom."}]},
    {"source": [{"suffix": ".s3"}]},
    {"source": [{"wildcard": "aws.s*"}]},
    {"source": [{"wildcard": "aws\\*autoscaling"}]},
    {"source": [{"anything-but": "aws.autoscaling"}]},
    {"source": [{"anything-but": {"prefix": ["aws.", "custom."]}}]},
    {"source": [{"exists": False}]},
    {"source": [{"numeric": [">", 1]}]},
    {"detail-type": ["EC2 Instance Launch Successful"]},
    {"detail": {NAME: ["other-group"]}},
    {"detail": {NAME: [{"prefix": "other"}]}},
    {"detail": {NAME: [{"anything-but": {"prefix": "acme"}}]}},
    {"detail": {"LifecycleHookName": ["of-another"], "LifecycleTransition": [{"suffix": "LAUNCHING"}]}},
    {"detail": {"nothing": [{"exists": True}]}},
    {"detail": {"nothing": ["of the kind"]}},
    {"detail": {"EC2InstanceId": [{"exists": False}]}},
    {"resources": [{"suffix": "/other-group"}]},
    {"replay-name": ["a-replay"]},
    {"$or": [{"source": ["aws.s3"]}, {"region": ["us-east-1"]}]},
    "no pattern",
    ["nor this"],
]


def passes(pattern: Any, group: Group | None = GROUP) -> bool:
    events = lifecycle_events.of_groups((group,), IDENTITY)
    return any(may_match(json.dumps(pattern), event) for event in events)


@pytest.mark.parametrize("pattern", MATCHING, ids=json.dumps)
def test_a_pattern_that_lets_an_event_of_the_group_pass(pattern: Any) -> None:
    assert passes(pattern)


@pytest.mark.parametrize("pattern", OTHERS, ids=json.dumps)
def test_a_pattern_that_does_not(pattern: Any) -> None:
    assert not passes(pattern)


@pytest.mark.parametrize("text", ["", "{", "null"])
def test_a_rule_without_a_pattern_matches_nothing(text: str) -> None:
    assert not may_match(text, {})


def test_of_an_unknown_group_any_name_may_match() -> None:
    assert passes({"detail": {NAME: ["other-group"]}}, None)
    assert not passes({"source": ["aws.s3"]}, None)


PLAIN = [
    pattern
    for pattern in (*MATCHING, *OTHERS)
    if isinstance(pattern, dict)
    and not any(
        word in str(pattern) for word in ("suffix", "wildcard", "equals-", "tomorrow", "$or", "nothing")
    )
    and not any(word in str(pattern) for word in ("anything-but': {", "EC2InstanceId", "NotificationM"))
]


@pytest.mark.parametrize("pattern", PLAIN, ids=json.dumps)
def test_moto_says_the_same_of_what_it_knows(pattern: Any) -> None:
    """Exact, prefix, anything-but, exists: moto's own matcher is right about these."""
    events = [_plain(event) for event in lifecycle_events.of_groups((GROUP,), IDENTITY)]
    assert any(EventPattern.load(json.dumps(pattern)).matches_event(event) for event in events) is passes(
        pattern
    )


def _plain(given: Any) -> Any:
    if given is UNKNOWN:
        return "i-0123456789abcdef0"
    if isinstance(given, dict):
        return {name: _plain(value) for name, value in given.items()}
    return [_plain(value) for value in given] if isinstance(given, list) else given

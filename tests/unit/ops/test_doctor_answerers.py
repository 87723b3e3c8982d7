"""doctor on who answers the lifecycle actions: on other buses, by topic and queue, by wide patterns."""

from __future__ import annotations

import io
import json
import zipfile
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.ops.doctor_account import PATTERN, Account, account, config
from tests.unit.ops.test_doctor_lines import put_hook
from tests.unit.ops.test_doctor_oddities import lines

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.any_python

__all__ = ["account", "config"]  # fixtures
HERE = "arn:aws:{}:eu-central-1:123456789012:{}"


def rule_on(world: Account, bus: str, name: str, pattern: Any, *targets: str) -> None:
    events = world.client("events")
    events.put_rule(Name=name, EventPattern=json.dumps(pattern), EventBusName=bus)
    events.put_targets(
        Rule=name, EventBusName=bus, Targets=[{"Id": str(n), "Arn": arn} for n, arn in enumerate(targets)]
    )


def test_a_rule_on_the_bus_that_a_rule_forwards_to_is_the_one_to_disable(
    account: Account, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    account.client("events").create_event_bus(Name="platform")
    rule_on(
        account,
        "default",
        "forward-all",
        {"source": [{"prefix": "aws."}]},
        HERE.format("events", "event-bus/platform"),
    )
    rule_on(account, "platform", "mover", PATTERN, HERE.format("lambda", "function:old"))
    rule_on(account, "platform", "unrelated", {"source": ["aws.s3"]}, HERE.format("lambda", "function:other"))
    said, _ = lines(config, capsys)
    assert "--event-bus-name platform" in said["do", "rule mover on platform"][0]
    assert "only passes them on" in said["info", "rule forward-all"][0]
    assert "unrelated" not in str(said)


def test_a_bus_of_another_account_may_answer_and_cannot_be_read(
    account: Account, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bus = "arn:aws:events:eu-central-1:999988887777:event-bus/central"
    rule_on(account, "default", "forward", {"account": ["123456789012"]}, bus)
    assert bus in lines(config, capsys)[0]["do", "rule forward"][0]


def test_what_only_keeps_events_answers_nothing(
    account: Account, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rule_on(
        account,
        "default",
        "to-the-log",
        {"source": [{"prefix": "aws."}]},
        HERE.format("logs", "log-group:/aws/events/all:*"),
    )
    rule_on(
        account,
        "default",
        "Events-Archive-all",
        {"replay-name": [{"exists": False}]},
        "arn:aws:events:eu-central-1:::",
    )
    said, _ = lines(config, capsys)
    assert {subject for level, subject in said if level == "do" and subject.startswith("rule")} == set()
    assert ("info", "rule to-the-log") in said


def test_a_rule_about_another_group_is_not_named(
    account: Account, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pattern = {**PATTERN, "detail": {"AutoScalingGroupName": ["web", {"prefix": "batch-"}]}}
    rule_on(account, "default", "of-the-web", pattern, HERE.format("lambda", "function:web"))
    assert "of-the-web" not in str(lines(config, capsys)[0])


@pytest.mark.parametrize(
    "pattern",
    [
        {"source": [{"wildcard": "aws.*scaling"}]},
        {
            "detail-type": [{"anything-but": "Scheduled Event"}],
            "detail": {"AutoScalingGroupName": [{"prefix": "acme"}]},
        },
        {"detail": {"EC2InstanceId": [{"exists": True}]}},
    ],
)
def test_a_pattern_that_reaches_the_group_without_its_name_is_named(
    account: Account, config: Path, capsys: pytest.CaptureFixture[str], pattern: Any
) -> None:
    rule_on(account, "default", "mover", pattern, HERE.format("lambda", "function:old"))
    assert ("do", "rule mover") in lines(config, capsys)[0]


def a_queue_with_a_reader(world: Account) -> str:
    world.client("iam").create_role(RoleName="reader", AssumeRolePolicyDocument="{}")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.py", "")
    made = world.client("lambda").create_function(
        FunctionName="mover",
        Runtime="python3.13",
        Role="arn:aws:iam::123456789012:role/reader",
        Handler="a.b",
        Code={"ZipFile": packed.getvalue()},
    )
    queue = world.client("sqs").create_queue(QueueName="hooks")["QueueUrl"]
    arn = HERE.format("sqs", "hooks")
    assert queue
    world.client("lambda").create_event_source_mapping(EventSourceArn=arn, FunctionName=made["FunctionArn"])
    return arn


def test_the_function_behind_topic_and_queue_is_named(
    account: Account, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """By a hook's topic, by a hook's queue, and by a rule's topic."""
    queue = a_queue_with_a_reader(account)
    topic = account.client("sns").create_topic(Name="hooks")["TopicArn"]
    account.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue)
    account.notified["acme-up"] = topic
    put_hook(account, "acme-down", end="TERMINATING")
    account.notified["acme-down"] = queue
    rule_on(account, "default", "by-topic", PATTERN, topic)
    said, _ = lines(config, capsys)
    for subject in (("info", "hook acme-up"), ("info", "hook acme-down"), ("do", "rule by-topic")):
        assert "function:mover" in said[subject][0], said


def test_hooks_of_both_transitions_that_others_answer_are_left_alone(
    account: Account, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put_hook(account, "acme-down", end="TERMINATING")
    queue = HERE.format("sqs", "theirs")
    account.notified |= {"acme-up": queue, "acme-down": queue}
    said, parameters = lines(config, capsys)
    assert "NatHookNames" not in parameters
    assert "--lifecycle-hook-name tradai-nat-launch-prod" in said["do", "hooks"][0]
    assert [subject for level, subject in said if level == "info" and subject.startswith("hook ")] == [
        "hook acme-up",
        "hook acme-down",
    ]


def test_the_hook_that_the_remedy_makes_is_the_stack_s_own(
    account: Account, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    account.notified["acme-up"] = HERE.format("sqs", "theirs")
    put_hook(account, "tradai-nat-launch-prod")
    said, parameters = lines(config, capsys)
    assert ("do", "hooks") not in said
    assert parameters["NatHookNames"] == "tradai-nat-launch-prod"

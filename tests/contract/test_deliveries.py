"""Nothing is lost in silence: queue, policy, retries, destination, concurrency."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import Any

import pytest

from tests.contract.stack import ENVIRONMENTS, Stack

FUNCTION = "UpdateNatRoutesFunction"
QUEUE = Stack()["UpdateNatRoutesFunction"]["EventInvokeConfig"]["DestinationConfig"]["OnFailure"][
    "Destination"
]


def events(env: str = "dev") -> dict[str, Any]:
    return {name: event["Properties"] for name, event in Stack(env)[FUNCTION]["Events"].items()}


def test_what_the_function_fails_at_is_kept_after_one_try() -> None:
    config = Stack()[FUNCTION]["EventInvokeConfig"]
    assert (config["MaximumRetryAttempts"], config["MaximumEventAgeInSeconds"]) == (0, 300)
    assert config["DestinationConfig"]["OnFailure"]["Type"] == "SQS"
    assert "DeadLetterQueue" in QUEUE


def test_what_cannot_be_delivered_is_kept() -> None:
    assert {event["DeadLetterConfig"]["Arn"] for event in events().values()} == {QUEUE}


def test_the_queue_lets_every_rule_write_to_it() -> None:
    for env in ENVIRONMENTS:
        (statement,) = Stack(env)["DeadLetterQueuePolicy"]["PolicyDocument"]["Statement"]
        assert statement["Principal"] == {"Service": "events.amazonaws.com"}
        pattern = statement["Condition"]["ArnLike"]["aws:SourceArn"]
        rules = [event["RuleName"] for event in events(env).values() if "RuleName" in event]
        assert len(rules) == 3
        assert all(
            fnmatchcase(f"arn:aws:events:eu-central-1:123456789012:rule/{rule}", pattern) for rule in rules
        )


def test_another_environment_s_rule_may_not_write_to_the_queue() -> None:
    (statement,) = Stack("prod")["DeadLetterQueuePolicy"]["PolicyDocument"]["Statement"]
    pattern = statement["Condition"]["ArnLike"]["aws:SourceArn"]
    rule = "arn:aws:events:eu-central-1:123456789012:rule/tradai-nat-group-events-dev"
    assert not fnmatchcase(rule, pattern)


def test_the_queue_is_a_standard_one_and_keeps_for_two_weeks() -> None:
    queue = Stack()["DeadLetterQueue"]
    assert "FifoQueue" not in queue
    assert queue["MessageRetentionPeriod"] == 14 * 24 * 3600


def test_a_missed_minute_of_the_schedule_is_not_made_up_for() -> None:
    assert events()["Reconcile"]["RetryPolicy"] == {"MaximumRetryAttempts": 0, "MaximumEventAgeInSeconds": 60}


def test_no_event_that_is_older_than_the_function_accepts_is_delivered() -> None:
    ages = {event["RetryPolicy"]["MaximumEventAgeInSeconds"] for event in events().values()}
    assert max(ages) <= 300


def test_the_function_is_what_the_platform_can_rely_on() -> None:
    function, shared = Stack()[FUNCTION], Stack().template.document["Globals"]["Function"]
    assert shared["Runtime"] == "python3.13"
    assert (function["MemorySize"], function["Timeout"]) == (512, 270)
    assert function["Handler"] == "update_nat_routes.app.lambda_handler"
    assert function["CodeUri"] == "functions/"
    assert "VpcConfig" not in {**function, **shared}, (
        "inside the VPC it could call nothing while the NAT is down"
    )


def test_concurrency_is_reserved_in_prod_alone() -> None:
    assert "ReservedConcurrentExecutions" not in Stack("dev")[FUNCTION]
    assert Stack("prod", ReservedConcurrency="5")[FUNCTION]["ReservedConcurrentExecutions"] == "5"


@pytest.mark.parametrize(
    ("value", "accepted"), [("", True), ("2", True), ("5", True), ("10", True), ("1", False), ("0", False)]
)
def test_one_is_never_reserved(value: str, accepted: bool) -> None:  # noqa: FBT001 - a table's column
    pattern = Stack().template.document["Parameters"]["ReservedConcurrency"]["AllowedPattern"]
    assert bool(re.search(pattern, value)) is accepted

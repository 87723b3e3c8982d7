"""Each call that doctor makes is refused alone: it is named as unread, and the rest is said as before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError

from tests.unit.ops.doctor_account import PATTERN, Account, account, config, diagnosis
from tests.unit.ops.test_doctor_answerers import HERE, a_queue_with_a_reader, rule_on
from tests.unit.ops.test_doctor_lines import new_table
from tests.unit.ops.test_doctor_oddities import launch, lead_the_main_table

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.any_python

__all__ = ["account", "config"]  # fixtures
FREE = {"GetCallerIdentity"}  # without it there is nobody to report to


def a_rich_account(world: Account) -> None:
    """A main table, a second group, a rule to a topic with a queue, another bus."""
    lead_the_main_table(world)
    launch(world, "web", named="production")
    world.client("ec2").associate_route_table(RouteTableId=new_table(world), SubnetId=world.subnet)
    queue = a_queue_with_a_reader(world)
    topic = world.client("sns").create_topic(Name="hooks")["TopicArn"]
    world.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue)
    world.client("events").create_event_bus(Name="platform")
    rule_on(world, "default", "forward", PATTERN, topic, HERE.format("events", "event-bus/platform"))
    rule_on(world, "platform", "mover", PATTERN, HERE.format("lambda", "function:old"))


def through(monkeypatch: pytest.MonkeyPatch, look: Callable[[str], None]) -> None:
    answer = BaseClient._make_api_call  # type: ignore[attr-defined]  # botocore's own

    def call(client: Any, operation: str, request: Any) -> Any:
        look(operation)
        return answer(client, operation, request)

    monkeypatch.setattr(BaseClient, "_make_api_call", call)


def test_a_call_that_is_refused_alone_is_unread_and_stops_nothing(
    account: Account, config: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    a_rich_account(account)
    made: set[str] = set()
    refused = ""

    def look(operation: str) -> None:
        made.add(operation)
        if operation == refused:
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, operation)

    through(monkeypatch, look)
    diagnosis(config, capsys)
    assert len(made) > 20
    for name in sorted(made - FREE):
        refused = name
        exit_code, document = diagnosis(config, capsys)
        unread = [line["subject"] for line in document["lines"] if line["level"] == "unread"]
        assert exit_code in {1, 3}, name
        assert any(subject.endswith(f":{name}") for subject in unread), (name, unread)

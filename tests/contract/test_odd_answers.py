"""One odd answer costs one fact; what is not known to exist is not compared; an error is the headline."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from drift_check.events import Mode
from drift_check.findings import FindingStatus
from drift_check.history_store import HistoryUse
from drift_check.model import ExitCode
from drift_check.report import headline
from drift_check.report.as_json import answer
from tests.contract.estate import Live, live
from tradai_shared.errors import AccessDenied

if TYPE_CHECKING:
    from collections.abc import Iterator

    from drift_check.model import Report

pytestmark = pytest.mark.any_python

QUEUES = ("tradai-jobs-prod.fifo", "tradai-other-prod.fifo")


@pytest.fixture(scope="module")
def estate() -> Iterator[Live]:
    with live() as world:
        for name in QUEUES:
            world.client("sqs").create_queue(QueueName=name, Attributes={"FifoQueue": "true"})
        yield world


@pytest.fixture
def world(estate: Live, monkeypatch: pytest.MonkeyPatch) -> Live:
    monkeypatch.setattr(estate, "patched", monkeypatch, raising=False)
    estate.clock.advance(hours=2)
    return estate


def answering(monkeypatch: pytest.MonkeyPatch, client: Any, operation: str, change: Any) -> None:
    """Have a client's answers changed."""
    real = getattr(client, operation)
    monkeypatch.setattr(client, operation, lambda **given: change(given, lambda: real(**given)))


def findings(report: Report) -> dict[tuple[str, str], str]:
    return {
        (finding.resource, finding.attribute): finding.reason
        for finding in report.findings
        if not finding.waiver
    }


def test_a_queue_that_vanished_after_it_was_listed_is_no_finding_and_ends_nothing(
    world: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    ordinary = findings(world.report())
    assert {resource for resource, _ in ordinary} >= set(QUEUES)

    def gone(given: Any, real: Any) -> Any:
        if QUEUES[0] in given["QueueUrl"]:
            code = "AWS.SimpleQueueService.NonExistentQueue"
            raise ClientError({"Error": {"Code": code, "Message": "a test"}}, "GetQueueAttributes")
        return real()

    answering(monkeypatch, world.client("sqs"), "get_queue_attributes", gone)
    after = findings(world.report())
    assert set(ordinary) - set(after) == {key for key in ordinary if key[0] == QUEUES[0]}
    assert set(after) <= set(ordinary)


def test_a_service_without_a_task_definition_costs_its_own_facts(
    world: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoilt: list[str] = []

    def without(_: Any, real: Any) -> Any:
        response = real()
        spoilt.append(response["services"][0]["serviceName"])
        response["services"][0].pop("taskDefinition")
        return response

    answering(monkeypatch, world.client("ecs"), "describe_services", without)
    unknown = world.report().unknown
    assert {finding.resource for finding in unknown} == {spoilt[0]}
    assert all("KeyError: 'taskDefinition'" in finding.reason for finding in unknown)


def test_what_is_not_known_to_exist_has_no_missing_tags(world: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> Any:
        raise ClientError({"Error": {"Code": "AccessDenied", "Message": "a test"}}, "DescribeAlarms")

    world.client("cloudwatch").untag_resource(
        ResourceARN=f"arn:aws:cloudwatch:eu-central-1:123456789012:alarm:{world.config.nat.alarm}",
        TagKeys=list(world.config.required_tags),
    )
    assert (world.config.nat.alarm, "tags") in findings(world.report())
    cloudwatch = world.client("cloudwatch")
    monkeypatch.setattr(cloudwatch, "can_paginate", lambda _: False)
    answering(monkeypatch, cloudwatch, "describe_alarms", refuse)
    report = world.run(dry_run=True)
    (result,) = [finding for finding in report.findings if finding.resource == world.config.nat.alarm]
    assert result.status is FindingStatus.UNKNOWN
    assert "existence" in result.reason
    assert "tags" in result.reason
    assert not [heal for heal in report.heals if heal.finding.resource == world.config.nat.alarm]
    monkeypatch.undo()
    world.run()


def test_a_topic_without_tags_is_not_taken_for_what_else_has_its_name(world: Live) -> None:
    """A function of the same name carries them all."""
    topic = next(iter(world.config.sns.values())).name
    sns, tagging = world.client("sns"), world.client("resourcegroupstaggingapi")
    (arn,) = [
        listed_topic["TopicArn"]
        for listed_topic in sns.list_topics()["Topics"]
        if listed_topic["TopicArn"].endswith(f":{topic}")
    ]
    sns.untag_resource(ResourceArn=arn, TagKeys=list(world.config.required_tags))
    listed = tagging.get_paginator("get_resources").paginate().build_full_result()["ResourceTagMappingList"]
    tags = [{"Key": name, "Value": values[0]} for name, values in world.config.required_tags.items()]
    function = f"arn:aws:lambda:eu-central-1:123456789012:function:{topic}"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tagging, "can_paginate", lambda _: False)
        mapping = [*listed, {"ResourceARN": function, "Tags": tags}]
        patch.setattr(tagging, "get_resources", lambda **_: {"ResourceTagMappingList": mapping})
        assert (topic, "tags") in findings(world.report())
    world.run()


def test_tags_of_a_bucket_of_another_region_are_its_own(world: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    """GetResources lists one region's resources."""
    tagging = world.client("resourcegroupstaggingapi")
    listed = tagging.get_paginator("get_resources").paginate().build_full_result()["ResourceTagMappingList"]
    monkeypatch.setattr(tagging, "can_paginate", lambda _: False)
    without = [mapping for mapping in listed if ":s3:::" not in mapping["ResourceARN"]]
    monkeypatch.setattr(tagging, "get_resources", lambda **_: {"ResourceTagMappingList": without})
    assert not [key for key in findings(world.report()) if key[1] == "tags"]


def test_another_region_is_the_headline(world: Live) -> None:
    reconciler = world.reconciler(Mode.REPORT)
    config = reconciler.scanner.config.model_copy(update={"region": "us-east-1"})
    reconciler.scanner = type(reconciler.scanner)(config, (), reconciler.scanner.observer)
    report = reconciler.run()
    assert report.exit_code is ExitCode.ERROR
    assert headline(report).startswith("tradai prod: error: the calls go to eu-central-1")
    assert report.findings == []
    assert not answer(report)["success"]


def test_every_call_denied_is_the_headline(world: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("drift_check.observe.observer._ask", lambda *_: denied_by_aws())

    def denied_by_aws() -> Any:
        raise AccessDenied("any:Call", "AccessDenied", "a test")

    report = world.report()
    assert report.exit_code is ExitCode.ERROR
    assert "reads was answered: AccessDenied" in headline(report)
    assert "in sync" not in headline(report)
    assert not answer(report)["success"]


def test_out_of_time_ends_with_a_report(world: Live) -> None:
    table = world.client("dynamodb")
    table.update_table(TableName="tradai-deployments-prod", DeletionProtectionEnabled=False)
    reconciler = world.reconciler()
    reconciler.deadline = world.clock.now() + timedelta(seconds=20)
    report = reconciler.run()
    assert report.notes == ["out of time: 1 heal is left to the next run"]
    assert "deletion_protection" in [finding.attribute for finding in report.open]
    reconciler.scanner.observer.deadline = world.clock.now() - timedelta(seconds=1)
    late = reconciler.run()
    assert late.exit_code is ExitCode.ERROR
    assert "OutOfTime" in headline(late)
    assert world.run().heals


def test_an_answer_that_is_no_json_fails_its_own_heal(world: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    dynamodb = world.client("dynamodb")
    dynamodb.update_table(TableName="tradai-deployments-prod", DeletionProtectionEnabled=False)
    world.client("events").disable_rule(Name="tradai-nat-group-events-prod")
    ec2 = world.client("ec2")
    ec2.delete_route(RouteTableId=world.ids["table:private"], DestinationCidrBlock="0.0.0.0/0")
    body = type("Body", (), {"read": lambda _: b"<html>"})()
    with monkeypatch.context() as patch:
        patch.setattr(world.client("lambda"), "invoke", lambda **_: {"Payload": body})
        ends = {heal.finding.attribute: heal.status for heal in world.run().heals}
    assert ends.pop("live target") == "failed"
    assert set(ends.values()) == {"done"}
    world.run()


def test_a_run_that_only_reads_keeps_nothing(world: Live) -> None:
    reconciler = world.reconciler(Mode.REPORT)
    reconciler.use = HistoryUse.READ
    world.writes.clear()
    reconciler.run()
    assert world.writes == []

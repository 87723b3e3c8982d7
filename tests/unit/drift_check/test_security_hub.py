"""Findings for Security Hub: one id through all runs, archived once resolved, sent where it is asked for."""

from __future__ import annotations

import re
import sys
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from unittest.mock import Mock

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.session import Session
from botocore.validate import ParamValidator
from moto import mock_aws

from drift_check.checks import BY_NAME
from drift_check.events import Request
from drift_check.findings import Severity, Waiver
from drift_check.history import Changes, History, Record, resolved
from drift_check.model import Report
from drift_check.report import publish
from drift_check.report.as_json import asff
from drift_check.settings import Settings
from tests.unit.drift_check.findings import finding, unknown
from tradai_shared.config.naming import Environment

if TYPE_CHECKING:
    from collections.abc import Iterator

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
PRODUCT = "arn:aws:securityhub:eu-central-1:123456789012:product/123456789012/default"
SETTINGS = Settings(Environment.DEV, security_hub=PRODUCT)
REQUIRED = {  # of the AWS Security Finding Format
    "AwsAccountId",
    "CreatedAt",
    "Description",
    "GeneratorId",
    "Id",
    "ProductArn",
    "Resources",
    "SchemaVersion",
    "Severity",
    "Title",
    "UpdatedAt",
}


def report(*findings: Any, **changes: Any) -> Report:
    return Report("dev", Request(), NOW, findings=list(findings), **changes)


def record(**times: Any) -> Record:
    return Record("tables", "tradai-gone-dev", NOW - timedelta(days=3), **times)


def test_open_findings_have_what_the_format_requires_and_keep_their_id() -> None:
    (first,) = asff(report(finding(), unknown(), finding(attribute="x", severity=Severity.INFO)), PRODUCT)
    assert set(first) >= REQUIRED
    assert first["RecordState"] == "ACTIVE"
    assert first["Resources"][0]["Type"] == "AwsDynamoDbTable"
    (later,) = asff(replace(report(finding(observed="y")), started=NOW + timedelta(hours=1)), PRODUCT)
    assert (later["Id"], later["UpdatedAt"] > first["UpdatedAt"]) == (first["Id"], True)


@pytest.mark.parametrize("severity", [each for each in Severity if each is not Severity.INFO])
def test_each_severity_has_its_label(severity: Severity) -> None:
    (made,) = asff(report(finding(severity=severity)), PRODUCT)
    assert made["Severity"]["Label"] == severity.upper()


def test_long_texts_are_cut_to_what_the_format_takes() -> None:
    (made,) = asff(report(finding(resource="r" * 600, observed="o" * 5000)), PRODUCT)
    lengths = [len(made["Title"]), len(made["Description"]), len(made["Resources"][0]["Id"])]
    assert lengths == [256, 1024, 512]


@pytest.mark.parametrize(
    "word", ["two\nlines\r\n", "half \ud800", "<b>&\x00", "\N{GRINNING FACE}" * 400, "\u2028"]
)
def test_names_of_any_kind_are_one_line_that_the_format_takes(word: str) -> None:
    gone = {"a" * 12: replace(record(), resource=word)}
    made = asff(report(finding(resource=word, attribute=word, reason=word), resolved=gone), PRODUCT)
    for each in made:
        texts = [each["Title"], each["Description"], each["GeneratorId"], each["Resources"][0]["Id"] or "-"]
        assert all(re.fullmatch(r".*\S.*", text) and text.encode() for text in texts)
        assert [len(text) <= most for text, most in zip(texts, (256, 1024, 512, 512), strict=True)] == [
            True
        ] * 4


def test_what_is_accepted_or_resolved_is_archived() -> None:
    waived = finding(waiver=Waiver("until then", "platform", date(2027, 1, 31)))
    history = History({"a" * 12: record(), "b" * 12: record(resolved_at=NOW - timedelta(days=1))})
    gone = resolved(history, Changes(resolved=frozenset({"a" * 12})))
    made = asff(report(waived, resolved=gone), PRODUCT)
    assert [each["RecordState"] for each in made] == ["ARCHIVED"] * 3
    assert all(set(each) >= REQUIRED for each in made)


def strings(shape: Any, value: Any) -> Iterator[tuple[Any, str]]:
    """Every string of a document with its shape in the service's model."""
    if isinstance(value, dict):
        for name, below in value.items():
            yield from strings(shape.members[name], below)
    elif isinstance(value, list):
        for below in value:
            yield from strings(shape.member, below)
    elif isinstance(value, str):
        yield shape, value


def test_every_finding_is_as_the_services_model_has_it() -> None:
    """botocore refuses what is not declared; patterns and lists of words it does not look at."""
    service = Session().get_service_model("securityhub")
    model: Any = service.operation_model("BatchImportFindings").input_shape
    waived = finding(resource="w", waiver=Waiver("until then", "platform", date(2027, 1, 31)))
    every = [finding(resource=str(each), severity=each) for each in Severity]
    of_checks = [finding(check=name, attribute="two words") for name in BY_NAME]
    run = report(waived, unknown(), *every, *of_checks, resolved={"a" * 12: record(resolved_at=NOW)})
    sent = {"Findings": asff(run, PRODUCT)}
    assert len(sent["Findings"]) == len(Severity) + len(BY_NAME) + 1
    assert not ParamValidator().validate(sent, model).has_errors()
    for shape, text in strings(model, sent):
        assert re.search(shape.metadata.get("pattern", ""), text), (shape, text)
        assert not shape.enum or text in shape.enum, (shape, text)


def test_what_came_back_is_active_although_history_knows_its_end() -> None:
    (made,) = asff(report(finding(), resolved={finding().id: record()}), PRODUCT)
    assert made["RecordState"] == "ACTIVE"


def test_findings_are_imported_in_calls_of_a_hundred() -> None:
    many = [finding(resource=f"tradai-{number}-dev") for number in range(205)]
    with mock_aws():  # botocore holds what is sent against its model
        spy = Mock(wraps=boto3.client("securityhub", region_name="eu-central-1"))
        publish.to_security_hub(SETTINGS, report(*many), lambda _: spy, Mock())
    sizes = [len(call.kwargs["Findings"]) for call in spy.batch_import_findings.call_args_list]
    assert sizes == [100, 100, 5]


@pytest.mark.parametrize(
    "refusal",
    [
        {"side_effect": ClientError({"Error": {"Code": "InvalidAccessException"}}, "BatchImportFindings")},
        {"return_value": {"FailedCount": 1, "FailedFindings": [{"Id": "x", "ErrorCode": "InvalidInput"}]}},
    ],
)
def test_a_refusal_is_logged_and_ends_nothing(refusal: dict[str, Any]) -> None:
    hub, logger = Mock(), Mock()
    hub.batch_import_findings = Mock(**refusal)
    publish.to_security_hub(SETTINGS, report(finding()), lambda _: hub, logger)
    assert logger.exception.call_args.kwargs["extra"] == {"action": publish.IMPORT}


def test_what_the_hub_has_not_taken_stops_no_other_finding_and_is_told() -> None:
    hub, logger, raised = Mock(), Mock(), list[str]()
    logger.exception.side_effect = lambda *_, **__: raised.append(str(sys.exception()))
    refused = {"Id": "x", "ErrorCode": "InvalidInput", "ErrorMessage": "a test"}
    hub.batch_import_findings = Mock(return_value={"FailedCount": 1, "FailedFindings": [refused]})
    run = report(*(finding(resource=f"tradai-{number}-dev") for number in range(205)))
    publish.to_security_hub(SETTINGS, run, lambda _: hub, logger)
    assert hub.batch_import_findings.call_count == 3
    assert "3 findings not taken: a test" in raised[0]
    assert run.notes == ["not verified: Security Hub has not taken every finding, the log says why"]


@pytest.mark.parametrize(
    ("settings", "run"),
    [
        (Settings(Environment.DEV), report(finding())),
        (SETTINGS, replace(report(finding()), request=Request(dry_run=True))),
        (SETTINGS, report(finding(), error="nobody answered")),
    ],
)
def test_nothing_is_imported_unasked_dry_or_by_a_run_that_knows_nothing(
    settings: Settings, run: Report
) -> None:
    client = Mock()
    publish.to_security_hub(settings, run, client, Mock())
    client.assert_not_called()

"""An answer that is not AWS's own, such as a proxy's page with status 200, says nothing of what exists."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from drift_check.actions import EnableTtl
from drift_check.apply.requests import RequestBuilder
from drift_check.compare import assess
from drift_check.findings import Finding, FindingStatus, Healing
from drift_check.history_store import HistoryKey, HistoryTable
from drift_check.observe import READ_OPERATIONS
from drift_check.observe.observations import Call, Known, Unknown
from drift_check.observe.observer import Observer
from tradai_shared.config.provenance import Provenance
from tradai_shared.errors import TemporaryError

PAGE = {
    "ResponseMetadata": {"HTTPStatusCode": 200, "HTTPHeaders": {"content-type": "text/html; charset=utf-8"}}
}
OWN = {"ResponseMetadata": {"HTTPStatusCode": 200, "HTTPHeaders": {"content-type": "application/xml"}}}
EMPTIES = ("sqs:ListQueues", "s3:GetBucketVersioning", "apigateway:GetRestApis", "apigateway:GetStages")
SUBJECT = "a/b"


class Answering:
    """A client whose every operation gives the same answer."""

    def __init__(self, answer: dict[str, Any]) -> None:
        self.answer = answer

    def can_paginate(self, operation: str) -> bool:
        return operation.startswith("list_")

    def get_paginator(self, operation: str) -> Any:
        del operation
        return self

    def paginate(self, **_: Any) -> list[dict[str, Any]]:
        return [self.answer]

    def __getattr__(self, operation: str) -> Any:
        return lambda **_: self.answer


def read(action: str, answer: dict[str, Any]) -> Known[Any] | Unknown:
    call = Call(action, SUBJECT)
    client: Any = Answering(answer)
    return Observer(lambda _: client).observe([call], lambda *_: ()).answers[call]


@pytest.mark.parametrize("action", READ_OPERATIONS)
def test_a_page_in_html_is_no_answer(action: str) -> None:
    """botocore reads of it what it finds: nothing, or an empty structure."""
    result = READ_OPERATIONS[action].result
    assert isinstance(read(action, PAGE), Unknown)
    if result:
        assert isinstance(read(action, {**PAGE, result: {}}), Unknown)


@pytest.mark.parametrize("action", READ_OPERATIONS)
def test_an_empty_answer_is_one_only_where_aws_gives_it(action: str) -> None:
    assert isinstance(read(action, OWN), Known) is (action in EMPTIES)


def test_an_empty_list_is_an_answer() -> None:
    answered = read("lambda:ListFunctions", {**PAGE, "Functions": []})  # moto's server calls all of its HTML
    assert isinstance(answered, Known)
    assert answered.value == []


def test_a_count_that_cannot_be_read_heals_nothing_and_ends_nothing() -> None:
    found = Finding(
        check="tables",
        resource="a",
        attribute="ttl",
        status=FindingStatus.DRIFTED,
        healing=Healing.AUTOMATIC,
        provenance=Provenance.CONFIRMED,
        reason="TTL is off",
    )
    assessed = assess(found, (EnableTtl("a", "ttl"),), frozenset())
    inspected = RequestBuilder(lambda _: Answering(PAGE)).inspected(assessed)
    assert inspected.finding.healing is Healing.NEVER
    assert inspected.remediations == ()
    assert "cannot be counted" in inspected.finding.reason


def test_a_lease_that_is_answered_otherwise_is_not_taken_for_an_empty_history() -> None:
    client: Any = Answering(PAGE)
    table = HistoryTable(client, HistoryKey("a", {"id": {"S": "a"}}, None))
    with pytest.raises(TemporaryError, match="not as documented"):
        table.acquire("a run", datetime(2026, 11, 28, tzinfo=UTC))


def test_a_value_that_cannot_be_used_is_shown_in_short_and_without_secrets() -> None:
    for value in ("x" * 100_000, "a\x1b[31m\u202e", "DB_PASSWORD=wJalrXUtnFEMI and more"):
        read = Known(value, frozenset({Call("ecs:DescribeTaskDefinition", "a")})).map(datetime.fromisoformat)
        assert isinstance(read, Unknown)
        assert len(read.code) <= 1_000
        assert read.code.isprintable()
        assert "wJalrXUtnFEMI" not in read.code

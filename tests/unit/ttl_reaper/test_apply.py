"""What is sent again and what is not, with a wire whose answers are written down."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from tests.fakes.clock import FakeClock
from tradai_shared import clock
from tradai_shared.errors import AccessDenied, PermanentError, TemporaryError
from ttl_reaper import apply
from ttl_reaper.apply import Batch, Sender
from ttl_reaper.classify import Window
from ttl_reaper.model import Candidate, Mode, TtlClass, Verdict
from ttl_reaper.rate_limiter import TokenBucket

if TYPE_CHECKING:
    from collections.abc import Iterator

OK: dict[str, Any] = {"TableName": "t"}


def error(code: str) -> dict[str, Any]:
    return {"Error": {"Code": code, "Message": "as AWS says it"}}


def reply(*responses: dict[str, Any]) -> dict[str, Any]:
    return {"Responses": list(responses), "ConsumedCapacity": [{"CapacityUnits": float(len(responses))}]}


@dataclass
class Script:
    answers: list[Any]
    sent: list[list[str]] = field(default_factory=list)

    def call(self, _action: str, _operation: str, request: dict[str, Any]) -> dict[str, Any]:
        self.sent.append([statement["Parameters"][0]["S"] for statement in request.get("Statements", ())])
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer  # type: ignore[no-any-return]


@pytest.fixture
def hand() -> Iterator[FakeClock]:
    hand = FakeClock()
    with clock.use(hand):
        yield hand


def tools(script: Script, hand: FakeClock, *, seconds: float = 1000, rate: float = 1000) -> Sender:
    ends = hand.now().timestamp() + seconds
    pace = TokenBucket(rate, hand.now().timestamp())
    return Sender(script, pace, lambda: ends - hand.now().timestamp(), random.Random(1))


def items(*names: str) -> list[Candidate]:
    return [
        Candidate({"pk": {"S": name}}, {"N": "1700000000"}, TtlClass.OVERDUE, 1_700_000_000) for name in names
    ]


def batch(*names: str) -> Batch:
    return Batch("DELETE …", Mode.DELETE, items(*names), Window(1, 0))


def settle(script: Script, hand: FakeClock, *names: str, **how: float) -> Any:
    return tools(script, hand, **how).execute_batch(batch(*names))


def verdicts(settled: Any) -> dict[str, tuple[Verdict, str]]:
    return {
        outcome.candidate.key["pk"]["S"]: (outcome.verdict, outcome.detail) for outcome in settled.outcomes
    }


@pytest.mark.parametrize("code", ["ProvisionedThroughputExceeded", "RequestLimitExceeded", "ThrottlingError"])
def test_only_what_was_throttled_is_sent_again(hand: FakeClock, code: str) -> None:
    script = Script([reply(OK, error(code), error("ConditionalCheckFailed")), reply(OK)])
    settled = settle(script, hand, "a", "b", "c")
    assert script.sent == [["a", "b", "c"], ["b"]]
    assert {name: verdict for name, (verdict, _) in verdicts(settled).items()} == {
        "a": Verdict.DELETED,
        "b": Verdict.DELETED,
        "c": Verdict.RENEWED,
    }
    assert settled.units == 4


@pytest.mark.parametrize("code", ["ValidationError", "ItemCollectionSizeLimitExceeded", "ANewOne"])
def test_what_cannot_pass_is_counted_and_never_retried(hand: FakeClock, code: str) -> None:
    script = Script([reply(error(code), OK)])
    assert verdicts(settle(script, hand, "a", "b"))["a"] == (Verdict.FAILED, code)
    assert len(script.sent) == 1


@pytest.mark.parametrize("code", ["TransactionConflict", "InternalServerError", "ThrottlingError"])
def test_what_passes_is_sent_again_as_long_as_there_is_time(hand: FakeClock, code: str) -> None:
    script = Script([reply(error(code))] * 40 + [reply(OK)])
    assert verdicts(settle(script, hand, "a")) == {"a": (Verdict.DELETED, "")}


@pytest.mark.parametrize("code", ["AccessDenied", "ResourceNotFound"])
def test_a_code_that_condemns_the_table_ends_the_batch_unsettled(hand: FakeClock, code: str) -> None:
    script = Script([reply(OK, error(code))])
    settled = settle(script, hand, "a", "b")
    assert verdicts(settled) == {"a": (Verdict.DELETED, ""), "b": (Verdict.UNSETTLED, code)}
    assert settled.refused.code == code


def test_a_few_items_that_stay_refused_are_carried_on(hand: FakeClock) -> None:
    script = Script([reply(OK, error("TransactionConflict"))] + [reply(error("TransactionConflict"))] * 9)
    settled = tools(script, hand).execute_batch(batch("a", "b"), may_defer=lambda _: True)
    assert verdicts(settled) == {"a": (Verdict.DELETED, ""), "b": (Verdict.DEFERRED, "TransactionConflict")}


@pytest.mark.parametrize("answer", [{}, {"Responses": None}, {"Responses": [OK]}, {"Responses": [OK] * 3}])
def test_an_answer_of_another_length_is_asked_for_again(hand: FakeClock, answer: dict[str, Any]) -> None:
    script = Script([answer, reply(OK, error("ConditionalCheckFailed"))])
    assert verdicts(settle(script, hand, "a", "b"))["b"][0] is Verdict.RENEWED


def test_a_lost_answer_is_asked_for_again(hand: FakeClock) -> None:
    script = Script([TemporaryError("a", "ReadTimeout", ""), reply(OK, error("ConditionalCheckFailed"))])
    assert verdicts(settle(script, hand, "a", "b"))["b"][0] is Verdict.RENEWED
    assert script.sent == [["a", "b"]] * 2


@pytest.mark.parametrize(
    ("code", "uncertain"),
    [
        ("ReadTimeout", 2),
        ("InternalServerError", 2),
        ("ThrottlingException", 0),
        ("ProvisionedThroughputExceededException", 0),
    ],
)
def test_a_call_whose_answer_is_lost_may_have_changed_its_items_and_a_throttled_one_not(
    hand: FakeClock, code: str, uncertain: int
) -> None:
    """What is uncertain counts against the limits of the run, so that no limit is stretched."""
    script = Script([TemporaryError("a", code, "")] * 1000)
    assert settle(script, hand, "a", "b", seconds=5).uncertain == uncertain


def test_throttles_halve_the_rate_and_pauses_grow(hand: FakeClock) -> None:
    script = Script([reply(error("ThrottlingError"))] * 4 + [reply(OK)])
    mine = tools(script, hand, rate=100)
    began = hand.now()
    mine.execute_batch(batch("a"))
    assert mine.bucket.rate < 100
    assert 0 < (hand.now() - began).total_seconds() < 0.1 + 0.2 + 0.4 + 0.8


def test_an_item_that_stays_throttled_is_left_to_the_checkpoint(hand: FakeClock) -> None:
    script = Script([reply(error("ThrottlingError"))] * 1000)
    assert verdicts(settle(script, hand, "a", seconds=60)) == {"a": (Verdict.UNSETTLED, "")}


def test_without_an_end_of_time_patience_has_one(hand: FakeClock) -> None:
    script = Script([reply(error("ThrottlingError"))] * 10_000)
    settled = settle(script, hand, "a", seconds=86_400)
    assert settled.refused.code == "ThrottlingError"


def test_a_refused_call_is_not_sent_again(hand: FakeClock) -> None:
    script = Script([AccessDenied("dynamodb:PartiQLDelete", "AccessDeniedException", "no")])
    settled = settle(script, hand, "a", "b")
    assert settled.refused
    assert {verdict for verdict, _ in verdicts(settled).values()} == {Verdict.UNSETTLED}


def test_without_time_nothing_is_sent(hand: FakeClock) -> None:
    script = Script([])
    assert verdicts(settle(script, hand, "a", seconds=0))["a"][0] is Verdict.UNSETTLED


def test_without_time_to_wait_for_units_nothing_is_sent(hand: FakeClock) -> None:
    script = Script([reply(OK), reply(OK)])
    mine = tools(script, hand, rate=1, seconds=10)
    mine.bucket.reserve(20, hand.now().timestamp())
    assert mine.execute_batch(batch("a")).outcomes[0].verdict is Verdict.UNSETTLED
    assert script.sent == []


def test_without_time_to_retry_the_throttled_ones_are_unsettled(hand: FakeClock) -> None:
    script = Script([reply(OK, error("ThrottlingError"))] * 9)
    settled = settle(script, hand, "a", "b", seconds=0.01)
    assert verdicts(settled) == {"a": (Verdict.DELETED, ""), "b": (Verdict.UNSETTLED, "")}


def test_reading_is_tried_again_while_throttled(hand: FakeClock) -> None:
    script = Script([TemporaryError("a", "ThrottlingException", ""), {"Items": []}])
    assert tools(script, hand).read("dynamodb:Scan", "Scan", {}, 1) == {"Items": []}


def test_reading_goes_on_until_the_time_is_over_and_ends_at_once_when_refused(hand: FakeClock) -> None:
    throttled = Script([TemporaryError("a", "ThrottlingException", "")] * 1000)
    with pytest.raises(apply.OutOfTime):
        tools(throttled, hand, seconds=100).read("dynamodb:Scan", "Scan", {}, 1)
    patient = Script([TemporaryError("a", "ThrottlingException", "")] * 10_000)
    with pytest.raises(TemporaryError):
        tools(patient, hand, seconds=86_400).read("dynamodb:Scan", "Scan", {}, 1)
    refused = Script([PermanentError("a", "ValidationException", "")])
    with pytest.raises(PermanentError):
        tools(refused, hand).read("dynamodb:Scan", "Scan", {}, 1)


def test_reads_count_against_the_rate(hand: FakeClock) -> None:
    page = {"Items": [], "ConsumedCapacity": {"CapacityUnits": 500.0}}
    mine = tools(Script([page, page]), hand, rate=100)
    began = hand.now()
    mine.read("dynamodb:Scan", "Scan", {}, 1)
    mine.read("dynamodb:Scan", "Scan", {}, 1)
    assert (hand.now() - began).total_seconds() >= 4

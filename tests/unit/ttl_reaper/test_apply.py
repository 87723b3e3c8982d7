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
from ttl_reaper.apply import PacedRequests
from ttl_reaper.classify import Window
from ttl_reaper.model import Candidate, Mode, TtlClass, Verdict
from ttl_reaper.partiql import PASSING
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


def paced(script: Script, hand: FakeClock, *, seconds: float = 1000, rate: float = 1000) -> PacedRequests:
    ends = hand.now().timestamp() + seconds
    bucket = TokenBucket(rate, hand.now().timestamp())
    return PacedRequests(script, bucket, lambda: ends - hand.now().timestamp(), random.Random(1))


def items(*names: str) -> list[Candidate]:
    return [
        Candidate({"pk": {"S": name}}, {"N": "1700000000"}, TtlClass.OVERDUE, 1_700_000_000) for name in names
    ]


def settle(script: Script, hand: FakeClock, *names: str, **how: float) -> Any:
    return paced(script, hand, **how).execute_batch("DELETE …", Mode.DELETE, items(*names), Window(1, 0))


def verdicts(settled: Any) -> dict[str, tuple[Verdict, str]]:
    return {
        outcome.candidate.key["pk"]["S"]: (outcome.verdict, outcome.detail) for outcome in settled.outcomes
    }


@pytest.mark.parametrize("code", sorted(PASSING))
def test_only_what_passes_is_sent_again(hand: FakeClock, code: str) -> None:
    script = Script([reply(OK, error(code), error("ConditionalCheckFailed")), reply(OK)])
    settled = settle(script, hand, "a", "b", "c")
    assert script.sent == [["a", "b", "c"], ["b"]]
    assert {name: verdict for name, (verdict, _) in verdicts(settled).items()} == {
        "a": Verdict.DELETED,
        "b": Verdict.DELETED,
        "c": Verdict.RENEWED,
    }
    assert settled.units == 4


def test_throttles_conflicts_and_server_errors_pass() -> None:
    throttles = {"ProvisionedThroughputExceeded", "RequestLimitExceeded", "ThrottlingError"}
    assert throttles | {"TransactionConflict", "InternalServerError"} == PASSING


@pytest.mark.parametrize("code", ["AccessDenied", "ResourceNotFound"])
def test_what_condemns_the_table_is_sent_once_and_ends_it(hand: FakeClock, code: str) -> None:
    script = Script([reply(OK, error(code), error("ThrottlingError"))])
    settled = settle(script, hand, "a", "b", "c")
    assert settled.refused.code == code
    assert verdicts(settled)["a"] == (Verdict.DELETED, "")
    assert verdicts(settled)["b"] == (Verdict.FAILED, code)
    assert len(script.sent) == 1


@pytest.mark.parametrize("code", ["ValidationError", "ItemCollectionSizeLimitExceeded", "ANewOne"])
def test_other_errors_are_counted_and_never_retried(hand: FakeClock, code: str) -> None:
    script = Script([reply(error(code), OK)])
    assert verdicts(settle(script, hand, "a", "b"))["a"] == (Verdict.FAILED, code)
    assert len(script.sent) == 1


def test_a_lost_answer_is_asked_for_again(hand: FakeClock) -> None:
    script = Script([TemporaryError("a", "ReadTimeout", ""), reply(OK, error("ConditionalCheckFailed"))])
    assert verdicts(settle(script, hand, "a", "b"))["b"][0] is Verdict.RENEWED
    assert script.sent == [["a", "b"]] * 2


def test_throttles_halve_the_rate_and_pauses_grow(hand: FakeClock) -> None:
    script = Script([reply(error("ThrottlingError"))] * 4 + [reply(OK)])
    mine = paced(script, hand, rate=100)
    began = hand.now()
    mine.execute_batch("", Mode.DELETE, items("a"), Window(1, 0))
    assert mine.bucket.rate < 100
    assert 0 < (hand.now() - began).total_seconds() < 0.1 + 0.2 + 0.4 + 0.8


def test_an_item_that_stays_throttled_fails_in_the_end(hand: FakeClock) -> None:
    script = Script([reply(error("ThrottlingError"))] * apply.ATTEMPTS)
    assert verdicts(settle(script, hand, "a")) == {"a": (Verdict.FAILED, "throttled")}


def test_a_refused_call_is_not_sent_again(hand: FakeClock) -> None:
    script = Script([AccessDenied("dynamodb:PartiQLDelete", "AccessDeniedException", "no")])
    settled = settle(script, hand, "a", "b")
    assert settled.refused
    assert {verdict for verdict, _ in verdicts(settled).values()} == {Verdict.FAILED}


def test_without_time_nothing_is_sent(hand: FakeClock) -> None:
    script = Script([])
    assert verdicts(settle(script, hand, "a", seconds=0))["a"][0] is Verdict.UNSETTLED


def test_without_time_to_wait_for_units_nothing_is_sent(hand: FakeClock) -> None:
    script = Script([reply(OK), reply(OK)])
    mine = paced(script, hand, rate=1, seconds=10)
    mine.bucket.reserve(20, hand.now().timestamp())
    assert (
        mine.execute_batch("", Mode.DELETE, items("a"), Window(1, 0)).outcomes[0].verdict is Verdict.UNSETTLED
    )
    assert script.sent == []


def test_without_time_to_retry_the_throttled_ones_are_unsettled(hand: FakeClock) -> None:
    script = Script([reply(OK, error("ThrottlingError"))] * 9)
    settled = settle(script, hand, "a", "b", seconds=0.01)
    assert verdicts(settled) == {"a": (Verdict.DELETED, ""), "b": (Verdict.UNSETTLED, "")}


def test_an_answer_of_another_length_is_asked_for_again(hand: FakeClock) -> None:
    script = Script([reply(OK), reply(OK, OK)])
    assert set(verdicts(settle(script, hand, "a", "b")).values()) == {(Verdict.DELETED, "")}
    assert script.sent == [["a", "b"]] * 2


def test_reading_is_tried_again_while_throttled(hand: FakeClock) -> None:
    script = Script([TemporaryError("a", "ThrottlingException", ""), {"Items": []}])
    assert paced(script, hand).read("dynamodb:Scan", "Scan", {}, 1) == {"Items": []}


def test_reading_gives_up_after_its_attempts_and_at_once_when_refused(hand: FakeClock) -> None:
    throttled = Script([TemporaryError("a", "ThrottlingException", "")] * apply.ATTEMPTS)
    with pytest.raises(TemporaryError):
        paced(throttled, hand).read("dynamodb:Scan", "Scan", {}, 1)
    refused = Script([PermanentError("a", "ValidationException", "")])
    with pytest.raises(PermanentError):
        paced(refused, hand).read("dynamodb:Scan", "Scan", {}, 1)


def test_reads_count_against_the_rate(hand: FakeClock) -> None:
    page = {"Items": [], "ConsumedCapacity": {"CapacityUnits": 500.0}}
    mine = paced(Script([page, page]), hand, rate=100)
    began = hand.now()
    mine.read("dynamodb:Scan", "Scan", {}, 1)
    mine.read("dynamodb:Scan", "Scan", {}, 1)
    assert (hand.now() - began).total_seconds() >= 4

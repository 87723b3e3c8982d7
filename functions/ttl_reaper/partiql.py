"""PartiQL: the conditional batch, and what its answer says. Pure.

Each statement names the whole key and the TTL value that was seen. DynamoDB honours the condition for each
statement by itself, under the item's own lock; that, and nothing on this side, keeps a renewed item.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING, Any

from tradai_shared.errors import AwsError, PermanentError, TemporaryError
from ttl_reaper.classify import Window, repaired
from ttl_reaper.model import Candidate, ItemOutcome, Mode, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

BATCH = 25  # BatchExecuteStatement's limit
# Values of BatchStatementErrorCodeEnum, which come inside an HTTP 200. These pass by themselves:
PASSING = frozenset(
    {
        "ProvisionedThroughputExceeded",
        "RequestLimitExceeded",
        "ThrottlingError",
        "TransactionConflict",
        "InternalServerError",
    }
)
# These condemn the table: every further statement would be refused alike.
CONDEMNING = frozenset({"AccessDenied", "ResourceNotFound"})
RENEWED = "ConditionalCheckFailed"


def permission(mode: Mode) -> str:
    """The permission that the statements need."""
    return "dynamodb:PartiQLUpdate" if mode is Mode.REPAIR else "dynamodb:PartiQLDelete"


def statement(mode: Mode, table: str, attribute: str, key_names: Sequence[str]) -> str:
    """The one text that a table's statements share; what varies are its parameters."""
    where = " AND ".join(f"{_quoted(name)}=?" for name in (*key_names, attribute))
    if mode is Mode.REPAIR:
        return f"UPDATE {_quoted(table)} SET {_quoted(attribute)}=? WHERE {where}"  # noqa: S608 - the same
    return f"DELETE FROM {_quoted(table)} WHERE {where}"  # noqa: S608 - names are quoted, values are parameters


def request(text: str, mode: Mode, candidates: Sequence[Candidate], window: Window) -> dict[str, Any]:
    """The body of BatchExecuteStatement, its values as they were seen."""
    return {
        "Statements": [
            {"Statement": text, "Parameters": _parameters(mode, candidate, window)}
            for candidate in candidates
        ],
        "ReturnConsumedCapacity": "TOTAL",
    }


def _parameters(mode: Mode, candidate: Candidate, window: Window) -> list[dict[str, Any]]:
    key = [*candidate.key.values(), candidate.ttl]
    if mode is Mode.REPAIR:
        return [{"N": str(repaired(candidate.epoch, window))}, *key]
    return key


@dataclass(frozen=True, slots=True)
class Answered:
    """A batch's answer: what is settled, what may be sent again and why, and what condemns the table."""

    settled: list[ItemOutcome]
    pending: list[Candidate]
    code: str = ""
    refused: AwsError | None = None
    lost: bool = False  # there was no answer: what is pending may have been carried out


def answered(mode: Mode, candidates: Sequence[Candidate], reply: dict[str, Any]) -> Answered:
    """Sort an answer by what its statements came to.

    Raises:
        TemporaryError: the answer does not have one response a statement, so nothing is known.
    """
    responses = reply.get("Responses")
    if not isinstance(responses, list) or len(responses) != len(candidates):
        raise TemporaryError(permission(mode), "GarbledAnswer", "not one response a statement")
    settled: list[ItemOutcome] = []
    pending: list[Candidate] = []
    code, refused = "", None
    for candidate, response in zip(candidates, responses, strict=True):
        outcome = _outcome(mode, candidate, response)
        if outcome.detail in PASSING | CONDEMNING:
            pending.append(candidate)
            code = outcome.detail
            if code in CONDEMNING:
                refused = PermanentError(permission(mode), code, _message(response))
        else:
            settled.append(outcome)
    return Answered(settled, pending, code, refused)


def _outcome(mode: Mode, candidate: Candidate, response: dict[str, Any]) -> ItemOutcome:
    error = response.get("Error")
    if not error:
        return ItemOutcome(candidate, Verdict.REPAIRED if mode is Mode.REPAIR else Verdict.DELETED)
    code = error.get("Code", "Unknown")
    if code == RENEWED:
        return ItemOutcome(candidate, Verdict.RENEWED)
    return ItemOutcome(candidate, Verdict.FAILED, code)


def _message(response: dict[str, Any]) -> str:
    return str(response["Error"].get("Message", ""))


def consumed(reply: dict[str, Any]) -> float:
    """The units that a call consumed; a scan returns one figure, a batch a list of them.

    They pace and price the run, and decide nothing: what is no amount counts as none.
    """
    capacity = reply.get("ConsumedCapacity")
    entries = capacity if isinstance(capacity, list) else [capacity]
    units = [entry.get("CapacityUnits") for entry in entries if isinstance(entry, dict)]
    return float(sum(each for each in units if isinstance(each, int | float) and 0 <= each < inf))


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'

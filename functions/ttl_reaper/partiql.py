"""PartiQL: the conditional batch, and what its answer says. Pure.

Each statement names the whole key and the TTL value that was seen. DynamoDB honours the condition for each
statement by itself, under the item's own lock; that, and nothing on this side, keeps a renewed item.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tradai_shared.errors import TemporaryError
from ttl_reaper.classify import Window, repaired
from ttl_reaper.model import Candidate, ItemOutcome, Mode, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

BATCH = 25  # BatchExecuteStatement's limit
# BatchStatementErrorCodeEnum's codes come inside an HTTP 200. These pass: send the same statement again.
PASSING = frozenset(
    {
        "InternalServerError",
        "ProvisionedThroughputExceeded",
        "RequestLimitExceeded",
        "ThrottlingError",
        "TransactionConflict",
    }
)
# Every further statement on the table would end the same way.
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
class Sorted:
    """An answer's items: settled, or to be sent again. ``condemned`` is the code that ends the table."""

    settled: tuple[ItemOutcome, ...]
    again: tuple[Candidate, ...]
    condemned: str = ""


def outcomes(mode: Mode, candidates: Sequence[Candidate], reply: dict[str, Any]) -> Sorted:
    """Sort a batch's answer by statement.

    Raises:
        TemporaryError: the answer does not have one response a statement, in the statements' order.
    """
    responses = reply["Responses"]
    if len(responses) != len(candidates):
        problem = f"{len(responses)} responses to {len(candidates)} statements"
        raise TemporaryError(permission(mode), "GarbledAnswer", problem)
    codes = [(response.get("Error") or {}).get("Code", "") for response in responses]
    return Sorted(
        settled=tuple(
            _outcome(mode, candidate, code)
            for candidate, code in zip(candidates, codes, strict=True)
            if code not in PASSING
        ),
        again=tuple(candidate for candidate, code in zip(candidates, codes, strict=True) if code in PASSING),
        condemned=next((code for code in codes if code in CONDEMNING), ""),
    )


def _outcome(mode: Mode, candidate: Candidate, code: str) -> ItemOutcome:
    if not code:
        return ItemOutcome(candidate, Verdict.REPAIRED if mode is Mode.REPAIR else Verdict.DELETED)
    if code == RENEWED:
        return ItemOutcome(candidate, Verdict.RENEWED)
    return ItemOutcome(candidate, Verdict.FAILED, code)


def consumed(reply: dict[str, Any]) -> float:
    """The units that a call consumed; a scan tells one figure, a batch a list of them."""
    capacity_of_reply = reply.get("ConsumedCapacity") or []
    capacities = capacity_of_reply if isinstance(capacity_of_reply, list) else [capacity_of_reply]
    return float(sum(capacity.get("CapacityUnits", 0.0) for capacity in capacities))


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'

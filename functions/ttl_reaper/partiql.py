"""PartiQL: the conditional batch, and what its answer says. Pure.

Each statement names the whole key and the TTL value that was seen. DynamoDB honours the condition for each
statement by itself, under the item's own lock; that, and nothing on this side, keeps a renewed item.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ttl_reaper.classify import Window, repaired
from ttl_reaper.model import Candidate, ItemOutcome, Mode, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

BATCH = 25  # BatchExecuteStatement's limit
# BatchStatementErrorCodeEnum's three ways to say "slower"; they come inside an HTTP 200.
THROTTLES = frozenset({"ProvisionedThroughputExceeded", "RequestLimitExceeded", "ThrottlingError"})
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


def outcomes(
    mode: Mode, candidates: Sequence[Candidate], reply: dict[str, Any]
) -> tuple[list[ItemOutcome], list[Candidate]]:
    """Sort an answer into what is settled and what was throttled and may be sent again.

    Raises:
        ValueError: the answer does not have one response a statement, in the statements' order.
    """
    settled: list[ItemOutcome] = []
    throttled: list[Candidate] = []
    done = Verdict.REPAIRED if mode is Mode.REPAIR else Verdict.DELETED
    for candidate, response in zip(candidates, reply["Responses"], strict=True):
        error = response.get("Error")
        if not error:
            settled.append(ItemOutcome(candidate, done))
            continue
        code = error.get("Code", "Unknown")
        if code == RENEWED:
            settled.append(ItemOutcome(candidate, Verdict.RENEWED))
        elif code in THROTTLES:
            throttled.append(candidate)
        else:
            settled.append(ItemOutcome(candidate, Verdict.FAILED, code))
    return settled, throttled


def consumed(reply: dict[str, Any]) -> float:
    """The units that a call consumed; a scan tells one figure, a batch a list of them."""
    consumed_capacity = reply.get("ConsumedCapacity") or []
    return float(
        sum(
            one.get("CapacityUnits", 0.0)
            for one in (consumed_capacity if isinstance(consumed_capacity, list) else [consumed_capacity])
        )
    )


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'

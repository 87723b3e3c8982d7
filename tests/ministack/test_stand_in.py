"""The strict stand-in over moto and ministack, written apart, answer the same statements alike."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from moto import mock_aws

from simulator.moto_patches.dynamodb import strict
from simulator.scenario.reaper_table import fill, make_table

if TYPE_CHECKING:
    from tests.ministack.conftest import Ministack

TABLE = "tradai-notifications-dev"
ITEMS: list[dict[str, Any]] = [
    {"p": {"S": "a"}, "s": {"N": "1"}, "ttl": {"N": "1700000000"}},
    {"p": {"S": "b"}, "s": {"N": "1"}, "ttl": {"S": "1700000000"}},
    {"p": {"S": "c"}, "s": {"N": "1"}},
]
DELETE = f'DELETE FROM "{TABLE}" WHERE "p"=? AND "s"=? AND "ttl"=?'  # noqa: S608 - a constant
UPDATE = f'UPDATE "{TABLE}" SET "ttl"=? WHERE "p"=? AND "s"=? AND "ttl"=?'  # noqa: S608 - a constant
N, S, OTHER = {"N": "1700000000"}, {"S": "1700000000"}, {"N": "1700000001"}
CASES: dict[str, tuple[str, list[Any]]] = {
    "equal": (DELETE, [{"S": "a"}, {"N": "1"}, N]),
    "equal, written otherwise": (DELETE, [{"S": "a"}, {"N": "1"}, {"N": "1.7E9"}]),
    "another value": (DELETE, [{"S": "a"}, {"N": "1"}, OTHER]),
    "another type": (DELETE, [{"S": "a"}, {"N": "1"}, S]),
    "equal String": (DELETE, [{"S": "b"}, {"N": "1"}, S]),
    "Number against String": (DELETE, [{"S": "b"}, {"N": "1"}, N]),
    "no such attribute": (DELETE, [{"S": "c"}, {"N": "1"}, N]),
    "no such item": (DELETE, [{"S": "x"}, {"N": "1"}, N]),
    "update, equal": (UPDATE, [OTHER, {"S": "b"}, {"N": "1"}, S]),
    "update, another value": (UPDATE, [OTHER, {"S": "a"}, {"N": "1"}, OTHER]),
    "update, no such item": (UPDATE, [OTHER, {"S": "x"}, {"N": "1"}, N]),
}


def outcome(client: Any, text: str, parameters: list[Any]) -> tuple[str, list[Any]]:
    """The statement's error code, and the items that are left."""
    make_table(client, TABLE, keys={"p": "S", "s": "N"})
    fill(client, TABLE, ITEMS)
    [response] = client.batch_execute_statement(Statements=[{"Statement": text, "Parameters": parameters}])[
        "Responses"
    ]
    left = sorted(client.scan(TableName=TABLE)["Items"], key=lambda item: str(item["p"]))
    client.delete_table(TableName=TABLE)
    return response.get("Error", {}).get("Code", ""), left


@pytest.mark.parametrize("case", CASES)
def test_both_stand_ins_agree(ministack: Ministack, case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    text, parameters = CASES[case]
    theirs = outcome(ministack.client("dynamodb"), text, parameters)
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    with ExitStack() as stack:
        stack.enter_context(mock_aws())
        stack.enter_context(strict())
        ours = outcome(boto3.client("dynamodb"), text, parameters)
    assert ours == theirs


def test_a_batch_has_at_most_25_statements(ministack: Ministack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    statement: Any = {"Statement": DELETE, "Parameters": [{"S": "a"}, {"N": "1"}, N]}
    with mock_aws(), strict():
        clients = [ministack.client("dynamodb"), boto3.client("dynamodb")]
        for client in clients:
            with pytest.raises(client.exceptions.ClientError) as raised:
                client.batch_execute_statement(Statements=[statement] * 26)
            assert raised.value.response["Error"]["Code"] == "ValidationException"

"""doctor names what the drift check's role needs, as adopt does: from the deployment's own names."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from ops import drift_role
from ops.doctor import role
from ops.doctor.model import Level
from ops.identity import Identity
from tests.unit.ops.doctor_account import account as account  # noqa: PLC0414 - a fixture
from tests.unit.ops.doctor_account import config as config  # noqa: PLC0414 - a fixture
from tests.unit.ops.doctor_account import diagnosis
from tradai_shared.config.build import build
from tradai_shared.config.naming import Environment

if TYPE_CHECKING:
    from pathlib import Path

IDENTITY = Identity("123456789012", "arn:aws:iam::123456789012:user/somebody", "eu-central-1")
OWN = {
    "dynamodb": {"tables": {"infra-drift-state": {"name": "ledger.drift"}}},
    "rds": {"identifier": "ledger-db"},
    "cognito": {"name": "ledger-people"},
    "required_tags": {"Project": ["ledger"]},
}


class Clients:
    """RDS and Cognito, with a database and a pool of those names, or with refusals."""

    def __init__(self, refused: str = "") -> None:
        self.refused, self.called = refused, [""]

    def __call__(self, service: str) -> Any:
        self.called.append(service)
        return self

    @staticmethod
    def can_paginate(operation: str) -> bool:
        return operation == "list_user_pools"

    def get_paginator(self, _: str) -> Any:
        return self

    def describe_db_instances(self, **_: str) -> Any:
        if self.refused:
            raise ClientError({"Error": {"Code": self.refused, "Message": ""}}, "DescribeDBInstances")
        return {"DBInstances": [{"DBParameterGroups": [{"DBParameterGroupName": "ledger-pg"}]}]}

    def paginate(self, **_: int) -> Any:
        return [{"UserPools": [{"Name": "other", "Id": "eu_0"}, {"Name": "ledger-people", "Id": "eu_1"}]}]


def test_it_is_what_adopt_names_with_the_parameter_group_and_the_pool() -> None:
    own = build(Environment.PROD, OWN)
    parameters, unknown = role.needed(own, IDENTITY, Clients())
    assert parameters == drift_role.parameters(own, IDENTITY, "ledger-pg", "eu_1")
    assert parameters["DriftStateTable"] == "ledger.drift"
    for end in ("db:ledger-db", "pg:ledger-pg", "userpool/eu_1", "table/ledger.drift"):
        assert end in parameters["DriftResourceArns"]
    assert unknown == ()


def test_with_the_platforms_names_nothing_is_read() -> None:
    clients = Clients("AccessDenied")
    assert role.needed(build(Environment.PROD), IDENTITY, clients) == ({}, ())
    assert clients.called == [""]


@pytest.mark.parametrize(("code", "names"), [("AccessDenied", False), ("DBInstanceNotFoundFault", True)])
def test_half_a_list_is_never_named(code: str, *, names: bool) -> None:
    parameters, unknown = role.needed(build(Environment.PROD, OWN), IDENTITY, Clients(code))
    assert bool(parameters) is names
    assert [line.level for line in unknown] == ([] if names else [Level.UNREAD])


@pytest.mark.usefixtures("account")
def test_doctor_says_them_with_the_others(
    config: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "own.json"
    file.write_text(json.dumps({"values": OWN, "absent": ["rds", "cognito"]}))
    monkeypatch.setenv("CANONICAL_CONFIG_PATH", str(file))
    parameters = diagnosis(config, capsys)[1]["parameters"]
    assert parameters["DriftStateTable"] == "ledger.drift"
    assert parameters["DriftResourceArns"].endswith(":table/ledger.drift")
    assert parameters["NatAsgName"] == "acme-egress"

"""The image of a NAT that the stack makes: doctor proposes the newest, and leaves one that is pinned."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError

from ops.doctor import samconfig_edit
from ops.doctor.image import NEWEST, parameter_of
from tests.unit.ops.doctor_account import SAMCONFIG, Account, account, config, diagnosis, remedies

pytestmark = pytest.mark.any_python

__all__ = ["account", "config"]  # fixtures


def newest(account: Account, architecture: str) -> str:
    parameter = account.client("ssm").get_parameter(Name=NEWEST.format(architecture))
    return str(parameter["Parameter"]["Value"])


def image_line(document: Any) -> tuple[str, str] | None:
    lines = [line for line in document["lines"] if line["subject"] == "image"]
    return (lines[0]["level"], lines[0]["text"]) if lines else None


def given(config: Any, **parameters: str) -> None:
    config.write_text(samconfig_edit.changed(SAMCONFIG, "prod", parameters))


@pytest.mark.parametrize(("types", "architecture"), [("t4g.nano", "arm64"), ("t3.nano,t4g.nano", "x86_64")])
def test_the_newest_is_proposed_for_the_types_architecture(
    account: Account, config: Any, capsys: Any, types: str, architecture: str
) -> None:
    given(config, CreateNat="true", NatInstanceTypes=types)
    code, document = diagnosis(config, capsys)
    assert code == 1
    assert document["parameters"]["NatAmiId"] == newest(account, architecture)
    assert remedies(document)["image"].startswith(f"NatAmiId={newest(account, architecture)}, ")


def test_one_that_is_pinned_stays(account: Account, config: Any, capsys: Any) -> None:
    given(config, CreateNat="true", NatAmiId="ami-0123456789abcdef0")
    _, document = diagnosis(config, capsys)
    text = f"ami-0123456789abcdef0 is not the newest image, which is {newest(account, 'arm64')}"
    assert image_line(document) == ("info", text)
    assert "NatAmiId" not in document["parameters"]
    given(config, CreateNat="true", NatAmiId=newest(account, "arm64"))
    _, document = diagnosis(config, capsys)
    assert image_line(document) == ("ok", f"{newest(account, 'arm64')} is the newest Amazon Linux 2023 here")


@pytest.mark.usefixtures("account")
def test_an_adopted_nat_s_image_is_its_own(config: Any, capsys: Any) -> None:
    _, document = diagnosis(config, capsys)
    assert image_line(document) is None


@pytest.mark.usefixtures("account")
def test_where_it_may_not_be_read_doctor_says_where_it_stands(
    config: Any, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = BaseClient._make_api_call  # type: ignore[attr-defined]

    def refuse(client: BaseClient, operation: str, request: Any) -> Any:
        if operation == "GetParameter":
            raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, operation)
        return made(client, operation, request)

    monkeypatch.setattr(BaseClient, "_make_api_call", refuse)
    given(config, CreateNat="true")
    _, document = diagnosis(config, capsys)
    assert remedies(document)["image"] == f"NatAmiId, see {NEWEST.format('arm64')}"
    assert "NatAmiId" not in document["parameters"]
    assert ("unread", "ssm:GetParameter") in [(it["level"], it["subject"]) for it in document["lines"]]


@pytest.mark.parametrize(
    ("types", "architecture"),
    [
        (("c7gn.medium",), "arm64"),
        (("a1.medium", "t4g.nano"), "arm64"),
        (("g4dn.xlarge",), "x86_64"),
        (("g5g.xlarge",), "arm64"),
        (("t3a.nano",), "x86_64"),
    ],
)
def test_a_type_s_name_shows_its_architecture(types: tuple[str, ...], architecture: str) -> None:
    assert parameter_of(types) == NEWEST.format(architecture)

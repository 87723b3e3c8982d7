"""docs/security.md names controls that stand, tests that run, and every kind of resource that is deployed."""

from __future__ import annotations

import re

from tests.contract.stack import ACCOUNT, ROOT, Stack

PAGE = (ROOT / "docs/security.md").read_text(encoding="utf-8")


def test_every_test_that_is_named_is_defined() -> None:
    named = set(re.findall(r"`(test_\w+)`", PAGE))
    sources = [path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py")]
    defined = {name for source in sources for name in re.findall(r"^def (test_\w+)\(", source, re.MULTILINE)}
    assert named
    assert named - defined == set()


def test_every_file_that_is_named_exists() -> None:
    assert [path for path in re.findall(r"`(tests/\S+\.py)`", PAGE) if not (ROOT / path).is_file()] == []


def test_every_kind_of_resource_has_the_deployer_s_permissions() -> None:
    kinds = {str(resource["Type"]) for resource in Stack().raw.values()}
    assert {kind for kind in kinds if kind not in PAGE} == set()


def test_healing_reaches_own_parameter_groups_alone() -> None:
    healing = Stack("prod", DriftMode="heal").statements("DriftCheckRole")
    writes = [one for one in healing.values() if "rds:ModifyDBParameterGroup" in one["Action"]]
    groups = {arn for one in writes for arn in one["Resource"] if ":pg:" in arn}
    assert groups == {f"arn:aws:rds:eu-central-1:{ACCOUNT}:pg:tradai-*"}


def test_the_state_machine_s_role_trusts_its_own_account() -> None:
    (trust,) = Stack("prod")["ReapStateMachineRole"]["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Condition"] == {"StringEquals": {"aws:SourceAccount": ACCOUNT}}

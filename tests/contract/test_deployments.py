"""The users' door: sam deploy --config-env dev|staging|prod."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest

from tests.contract.stack import ENVIRONMENTS, ROOT, Stack
from tradai_shared.config.loader import canonical_config

CONFIG = tomllib.loads((ROOT / "samconfig.toml").read_text(encoding="utf-8"))
SECTIONS = {"dev": "default", "staging": "staging", "prod": "prod"}
in_every_environment = pytest.mark.parametrize("env", ENVIRONMENTS)


def deployment(env: str) -> Any:
    return CONFIG[SECTIONS[env]]["deploy"]["parameters"]


def pairs(text: str) -> dict[str, str]:
    return dict(part.split("=", 1) for part in text.split())


@in_every_environment
def test_its_parameters_are_the_template_s_and_accepted(env: str) -> None:
    declared = Stack().template.document["Parameters"]
    for name, value in pairs(deployment(env)["parameter_overrides"]).items():
        assert value in declared[name].get("AllowedValues", [value])


@in_every_environment
def test_it_deploys_its_own_environment_into_its_own_stack(env: str) -> None:
    found = deployment(env)
    assert pairs(found["parameter_overrides"])["Environment"] == env
    assert found["stack_name"] == found["s3_prefix"] == f"tradai-ops-{env}"
    assert found["resolve_s3"] is True


@in_every_environment
def test_it_deploys_to_the_platform_s_region(env: str) -> None:
    assert CONFIG[SECTIONS[env]]["global"]["parameters"]["region"] == canonical_config(env).region


@in_every_environment
def test_every_resource_gets_the_required_tags(env: str) -> None:
    tags, required = pairs(deployment(env)["tags"]), canonical_config(env).required_tags
    assert set(tags) == set(required)
    assert all(tags[name] in accepted for name, accepted in required.items())


def test_only_prod_asks_before_it_changes_anything() -> None:
    assert {env: deployment(env)["confirm_changeset"] for env in ENVIRONMENTS} == {
        "dev": False,
        "staging": False,
        "prod": True,
    }


def test_only_prod_reserves_concurrency() -> None:
    reserved = {
        env: pairs(deployment(env)["parameter_overrides"]).get("ReservedConcurrency") for env in ENVIRONMENTS
    }
    assert reserved == {"dev": None, "staging": None, "prod": "5"}


def test_its_roles_can_be_made() -> None:
    named = [one for one in Stack().of_type("AWS::IAM::Role").values() if "RoleName" in one]
    assert not named, "named roles need CAPABILITY_NAMED_IAM"
    assert {deployment(env)["capabilities"] for env in ENVIRONMENTS} == {"CAPABILITY_IAM"}


def test_every_parameter_has_a_default_so_that_sam_deploy_asks_for_none() -> None:
    assert [
        name for name, one in Stack().template.document["Parameters"].items() if "Default" not in one
    ] == []

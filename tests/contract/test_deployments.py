"""The users' door: sam deploy --config-env dev|staging|prod."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest

from tests.contract.stack import ACCOUNT, ENVIRONMENTS, ROOT, Stack
from tradai_shared.config.loader import canonical_config

CONFIG = tomllib.loads((ROOT / "samconfig.toml").read_text(encoding="utf-8"))
SECTIONS = {"dev": "default", "staging": "staging", "prod": "prod"}
in_every_environment = pytest.mark.parametrize("env", ENVIRONMENTS)


def deployment(env: str) -> Any:
    return CONFIG[SECTIONS[env]]["deploy"]["parameters"]


def pairs(text: str | list[str]) -> dict[str, str]:
    """Names and values, as SAM reads them: a list's or a line's members, quotes taken off."""
    members = text if isinstance(text, list) else text.split()
    return {name: value.strip('"') for name, value in (member.split("=", 1) for member in members)}


@in_every_environment
def test_its_parameters_are_the_template_s_and_accepted(env: str) -> None:
    declared = Stack().template.document["Parameters"]
    for name, value in pairs(deployment(env)["parameter_overrides"]).items():
        assert value in declared[name].get("AllowedValues", [value])


@in_every_environment
def test_it_deploys_its_own_environment_into_its_own_stack(env: str) -> None:
    parameters = deployment(env)
    assert pairs(parameters["parameter_overrides"])["Environment"] == env
    assert parameters["stack_name"] == parameters["s3_prefix"] == f"tradai-ops-{env}"
    assert parameters["resolve_s3"] is True


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


def test_none_reserves_concurrency() -> None:
    """An account with a quota of 10 cannot reserve any."""
    for env in ENVIRONMENTS:
        assert pairs(deployment(env)["parameter_overrides"])["ReservedConcurrency"] == ""
        assert "ReservedConcurrentExecutions" not in Stack(env)["UpdateNatRoutesFunction"]


@in_every_environment
def test_every_parameter_is_named_with_the_template_s_default(env: str) -> None:
    """CloudFormation keeps the previous value of a parameter that is not named."""
    declared = Stack().template.document["Parameters"]
    defaults = {name: str(parameter["Default"]) for name, parameter in declared.items()}
    assert pairs(deployment(env)["parameter_overrides"]) == {**defaults, "Environment": env}


@in_every_environment
def test_an_empty_value_is_written_with_quotes(env: str) -> None:
    """SAM refuses a bare ``Name=``."""
    overrides = deployment(env)["parameter_overrides"]
    assert [override for override in overrides if override.endswith("=")] == []


def test_each_parameter_has_a_line_with_a_comment() -> None:
    lines = (ROOT / "samconfig.toml").read_text(encoding="utf-8").splitlines()
    parameters = [line for line in lines if line.startswith("  ")]
    assert len(parameters) == len(ENVIRONMENTS) * len(Stack().template.document["Parameters"])
    assert all(", # " in line for line in parameters)


def test_every_role_takes_the_permissions_boundary() -> None:
    boundary = "arn:aws:iam::123456789012:policy/boundary"
    stack = Stack("prod", CreateNat="true", PermissionsBoundaryArn=boundary)
    roles = stack.of_type("AWS::IAM::Role")
    assert roles
    assert {role.get("PermissionsBoundary") for role in roles.values()} == {boundary}
    schedules = [
        event["Properties"]
        for function in stack.of_type("AWS::Serverless::Function").values()
        for event in function.get("Events", {}).values()
        if event["Type"] == "ScheduleV2"
    ]
    assert schedules
    by = {str(schedule.get("RoleArn")).rpartition(":")[2] for schedule in schedules}
    assert by == {"ScheduleRole/Arn"}  # one of these roles, and none that SAM would make
    assert not any("PermissionsBoundary" in role for role in Stack().of_type("AWS::IAM::Role").values())


def test_the_state_machine_s_role_serves_this_account_alone() -> None:
    (statement,) = Stack()["ReapStateMachineRole"]["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Condition"] == {"StringEquals": {"aws:SourceAccount": ACCOUNT}}


def test_the_reaper_s_bucket_does_not_survive_a_failed_first_deploy() -> None:
    bucket = Stack().raw["ReaperBucket"]
    assert (bucket["DeletionPolicy"], bucket["UpdateReplacePolicy"]) == ("RetainExceptOnCreate", "Retain")


def test_its_roles_can_be_made() -> None:
    named = [role for role in Stack().of_type("AWS::IAM::Role").values() if "RoleName" in role]
    assert not named, "named roles need CAPABILITY_NAMED_IAM"
    assert {deployment(env)["capabilities"] for env in ENVIRONMENTS} == {"CAPABILITY_IAM"}


def test_every_parameter_has_a_default_so_that_sam_deploy_asks_for_none() -> None:
    assert [
        name
        for name, parameter in Stack().template.document["Parameters"].items()
        if "Default" not in parameter
    ] == []

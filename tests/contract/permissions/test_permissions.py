"""What a function calls, what its code declares and what its role allows are the same, by its calls."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.contract.permissions import failover
from tests.contract.permissions.arns import EVERYTHING
from tests.contract.permissions.permission_cases import DECLARED, FUNCTIONS, REFUSED, Proof, life, prove
from tests.contract.permissions.policy import action_matches, denied
from tests.contract.permissions.reference import can_be_scoped, formats

if TYPE_CHECKING:
    from tests.contract.permissions.policy import Statement

pytestmark = pytest.mark.any_python

# Where a wildcard stands though AWS could scope the action, and why.
WIDE = {
    ("AttachToTheVpc", action): "asked by the Lambda service, which names no resource"
    for action in (
        "ec2:AssignPrivateIpAddresses",
        "ec2:CreateNetworkInterface",
        "ec2:DeleteNetworkInterface",
        "ec2:UnassignPrivateIpAddresses",
    )
}


@pytest.fixture(scope="module", params=FUNCTIONS)
def proof(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Proof:
    return prove(request.param, tmp_path_factory.mktemp("permissions"))


def test_every_call_is_allowed(proof: Proof) -> None:
    for recorded_life in proof.lives:
        assert recorded_life.needs
        assert denied(recorded_life.policy, recorded_life.needs) == []


def test_every_action_and_every_resource_that_is_allowed_is_needed(proof: Proof) -> None:
    assert proof.allowed() - proof.used() == set()


def test_the_code_declares_what_it_calls_and_nothing_else(proof: Proof) -> None:
    assert proof.recorded() == DECLARED[proof.name]


def test_the_role_allows_what_is_declared_and_what_lambda_does_in_its_name(proof: Proof) -> None:
    allowed = {action for part in proof.policy if part.effect == "Allow" for action in part.actions}
    by_lambda = {need.action for part in proof.lives for need in part.by_lambda}
    assert allowed == DECLARED[proof.name] | by_lambda


def test_without_any_one_of_its_statements_the_proof_fails(proof: Proof) -> None:
    for gone in [part for part in proof.policy if part.effect == "Allow"]:
        assert any(denied(without(part.policy, gone.sid), part.needs) for part in proof.lives), gone.sid


def test_without_any_one_of_its_actions_the_proof_fails(proof: Proof) -> None:
    for statement in proof.policy:
        for action in statement.actions if statement.effect == "Allow" else ():
            less = replace(statement, actions=tuple(other for other in statement.actions if other != action))
            assert any(
                denied([*without(each.policy, statement.sid), less], each.needs) for each in proof.lives
            ), f"{statement.sid} {action}"


def test_what_must_never_be_is_refused_and_by_every_one_of_its_denials(proof: Proof) -> None:
    never = REFUSED.get(proof.name, set())
    for recorded_life in proof.lives:
        assert set(denied(recorded_life.policy, never)) == never
        for gone in [statement for statement in recorded_life.policy if statement.effect == "Deny"]:
            assert set(denied(without(recorded_life.policy, gone.sid), never)) < never, gone.sid


def test_a_wildcard_stands_exactly_where_aws_knows_no_resource(proof: Proof) -> None:
    for statement in proof.policy:
        for action in statement.actions if statement.effect == "Allow" else ():
            wide = EVERYTHING in statement.resources and (statement.sid, action) not in WIDE
            assert wide != can_be_scoped(action) or (statement.sid, action) in WIDE, (
                f"{statement.sid} {action}"
            )


def test_no_allowed_action_is_a_pattern(proof: Proof) -> None:
    assert not [
        action
        for statement in proof.policy
        if statement.effect == "Allow"
        for action in statement.actions
        if "*" in action
    ]


def test_what_is_asked_has_the_form_that_aws_documents(proof: Proof) -> None:
    for need in {need for part in proof.lives for need in part.needs if need.resource != EVERYTHING}:
        known = list(formats(need.action))
        assert not known or any(part.fullmatch(need.resource) for part in known), need


def test_a_call_on_another_resource_is_refused(proof: Proof) -> None:
    for recorded_life in proof.lives:
        for need in recorded_life.needs:
            if need.resource != EVERYTHING:
                elsewhere = replace(need, resource=need.resource.replace("123456789012", "210987654321"))
                foreign = [elsewhere] if elsewhere != need and not is_shared(need.resource) else []
                assert denied(recorded_life.policy, foreign) == foreign


def is_shared(resource: str) -> bool:
    """Route tables, which a VPC's owner shares, and prefix lists, which are also AWS's own."""
    return ":route-table/" in resource or ":prefix-list/" in resource


def test_unnamed_route_tables_are_written_by_their_tag_alone() -> None:
    for stack, recorded in failover.recorded(tagged=True):
        made = life(stack, "UpdateNatRoutes", recorded)
        assert denied(made.policy, made.needs) == []
        bare = {replace(need, keys=()) for need in recorded}
        assert {"ec2:CreateRoute", "ec2:ReplaceRoute"} <= {need.action for need in denied(made.policy, bare)}


def without(policy: list[Statement], sid: str) -> list[Statement]:
    return [statement for statement in policy if statement.sid != sid]


def test_actions_match_whatever_their_case() -> None:
    assert action_matches("EC2:*", "ec2:ReplaceRoute")

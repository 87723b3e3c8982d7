"""The reading of a SAM template: what CloudFormation's functions answer, and what the simulator takes."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import pytest

from simulator.aws.sam_template import Template
from simulator.scenario.world import FUNCTION, PSEUDO, TEMPLATE

if TYPE_CHECKING:
    from pathlib import Path

DOCUMENT = """
    Parameters:
      Env: {Type: String, Default: dev}
      Tables: {Type: CommaDelimitedList, Default: "rtb-1,rtb-2"}
      Name: {Type: String, Default: ""}
    Mappings:
      Environments: {dev: {Suffix: -dev}, prod: {Suffix: ""}}
    Conditions:
      HasName: !Not [!Equals [!Ref Name, ""]]
      IsProd: !Equals [!Ref Env, prod]
      Both: !And [!Condition HasName, !Condition IsProd]
      Either: !Or [!Condition HasName, !Condition IsProd]
    Values:
      name: !If [HasName, !Ref Name, !Sub "group-${Env}"]
      sub: !Sub
        - "${Base}${Suffix}, ${AWS::Region}, ${Topic.Arn}, ${!literal}"
        - {Base: fn, Suffix: !FindInMap [Environments, !Ref Env, Suffix]}
      joined: !Join [" and ", !Ref Tables]
      second: !Select [1, !Split [",", "a,b,c"]]
      gone: !If [Both, here, !Ref "AWS::NoValue"]
      list: [one, !If [Either, two, !Ref "AWS::NoValue"]]
      resource: !Ref Topic
      attribute: !GetAtt Topic.Arn
"""


def values(path: Path, **parameters: str) -> dict[str, object]:
    path.write_text(textwrap.dedent(DOCUMENT), encoding="utf-8")
    template = Template.load(path, parameters, {"AWS::Region": "eu-central-1"})
    return dict(template.resolve(template.document["Values"]))


def test_defaults_answer_where_nothing_is_given(tmp_path: Path) -> None:
    assert values(tmp_path / "defaults.yaml") == {
        "name": "group-dev",
        "sub": "fn-dev, eu-central-1, arn:aws:simulated:::Topic/Arn, ${literal}",
        "joined": "rtb-1 and rtb-2",
        "second": "b",
        "list": ["one"],
        "resource": "Topic",
        "attribute": "arn:aws:simulated:::Topic/Arn",
    }


def test_parameters_change_the_answers(tmp_path: Path) -> None:
    given = values(tmp_path / "given.yaml", Env="prod", Name="mine", Tables="rtb-9")
    assert (given["name"], given["joined"], given["gone"], given["list"]) == (
        "mine",
        "rtb-9",
        "here",
        ["one", "two"],
    )


def test_what_the_simulator_does_not_know_is_an_error_and_no_guess(tmp_path: Path) -> None:
    path = tmp_path / "unknown.yaml"
    path.write_text("Values: {when: !Cidr [10.0.0.0/16, 1, 8]}", encoding="utf-8")
    template = Template.load(path, {}, {})
    with pytest.raises(NotImplementedError, match="Cidr"):
        template.resolve(template.document["Values"])


@pytest.mark.parametrize(("env", "name"), [("prod", ""), ("dev", "-dev"), ("staging", "-staging")])
def test_the_function_that_ships_is_understood(env: str, name: str) -> None:
    parameters = {
        "Environment": env,
        "NatEipAllocationId": "eipalloc-1",
        "PrivateRouteTableIds": "rtb-1,rtb-2",
    }
    function = Template.load(TEMPLATE, parameters, PSEUDO).function(FUNCTION)
    assert function.name == f"tradai-update-nat-routes{name}"
    assert function.handler == "update_nat_routes.app.lambda_handler"
    assert (function.timeout, function.memory, function.retries, function.event_age) == (270, 512, 0, 300)
    assert function.on_failure
    assert function.environment["NAT_ASG_NAME"] == f"tradai-nat-asg-{env}"
    assert function.environment["PRIVATE_ROUTE_TABLE_IDS"] == "rtb-1,rtb-2"
    assert all(rule.dead_letter for rule in function.rules)
    (schedule,) = function.schedules
    assert (schedule.every, schedule.input) == (60, '{"action":"reconcile","dry_run":false}')

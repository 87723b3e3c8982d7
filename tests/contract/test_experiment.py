"""The experiment that terminates a NAT: of this stack alone, stopped by the alarm, and never in prod."""

from __future__ import annotations

import pytest

from tests.contract.stack import ACCOUNT, MADE_NAT, Stack

MADE = {"NatExperimentRole", "NatExperimentTemplate"}


def stack(env: str = "dev", **parameters: str) -> Stack:
    return Stack(env, **{"NatExperiment": "true", **MADE_NAT, **parameters})


def test_it_is_made_where_it_is_asked_for_and_never_in_prod() -> None:
    assert stack().made >= MADE
    assert stack("prod").made.isdisjoint(MADE)
    assert stack(CreateNat="false").made.isdisjoint(MADE)
    assert Stack("dev", **MADE_NAT).made.isdisjoint(MADE)


@pytest.mark.parametrize(
    ("rule", "parameter"), [("NoExperimentInProd", "NatExperiment"), ("ExperimentNeedsAMadeNat", "CreateNat")]
)
def test_a_deployment_that_asks_for_it_wrongly_is_refused(rule: str, parameter: str) -> None:
    (assertion,) = stack().template.document["Rules"][rule]["Assertions"]
    asked = assertion["Assert"]["Fn::Equals"]
    assert asked[0] == {"Ref": parameter}
    assert asked[1] == ("false" if rule == "NoExperimentInProd" else "true")


def test_it_finds_the_nat_by_the_tags_that_the_group_sets() -> None:
    made = stack()
    target = made["NatExperimentTemplate"]["Targets"]["Nat"]
    tags = {tag["Key"]: tag["Value"] for tag in made["NatGroup"]["Tags"]}
    assert target["ResourceTags"].items() <= tags.items()
    assert target["SelectionMode"] == "COUNT(1)"
    assert target["Filters"] == [{"Path": "State.Name", "Values": ["running"]}]


def test_it_terminates_and_stops_by_the_alarm() -> None:
    experiment = stack()["NatExperimentTemplate"]
    (action,) = experiment["Actions"].values()
    assert action == {"ActionId": "aws:ec2:terminate-instances", "Targets": {"Instances": "Nat"}}
    (stop,) = experiment["StopConditions"]
    assert stop["Source"] == "aws:cloudwatch:alarm"
    assert "NatFailoverFailedAlarm" in stop["Value"]


def test_its_role_terminates_nothing_else() -> None:
    made = stack()
    statements = made.statements("NatExperimentRole")
    writes = {sid: each for sid, each in statements.items() if each["Action"] != ["ec2:DescribeInstances"]}
    assert set(writes) == {"TerminateTheNat"}
    assert writes["TerminateTheNat"]["Action"] == ["ec2:TerminateInstances"]
    condition = writes["TerminateTheNat"]["Condition"]
    assert condition == {"StringEquals": {"aws:ResourceTag/Name": "tradai-nat-dev"}}
    (trust,) = made["NatExperimentRole"]["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Condition"] == {"StringEquals": {"aws:SourceAccount": ACCOUNT}}

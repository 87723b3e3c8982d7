"""docs/security.md names controls that stand, tests that run, and every kind of resource that is deployed."""

from __future__ import annotations

import re

from tests.contract.stack import ACCOUNT, MADE_NAT, ROOT, Stack

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


VPC = {"ArnEquals": {"ec2:Vpc": f"arn:aws:ec2:eu-central-1:{ACCOUNT}:vpc/vpc-0a"}}
NOWHERE = {"ArnEquals": {"ec2:Vpc": f"arn:aws:ec2:eu-central-1:{ACCOUNT}:vpc/"}}
CHECK_OFF = {"StringEqualsIgnoreCase": {"ec2:Attribute/SourceDestCheck": "false"}}


def conditions(mode: str, **parameters: str) -> dict[str, object]:
    """By Sid, of the statements that change interfaces and security groups."""
    stack = Stack("prod", DriftMode=mode, NatEipAllocationId="eipalloc-0a", **parameters)
    failover, drift = stack.statements("UpdateNatRoutesRole"), stack.statements("DriftCheckRole")
    every = {**failover, **{f"drift {sid}": statement for sid, statement in drift.items()}}
    kinds = (":network-interface/", ":security-group/")
    changes = ("ec2:Modify", "ec2:Associate", "ec2:Authorize", "ec2:Revoke")
    return {
        sid: statement.get("Condition")
        for sid, statement in every.items()
        if any(kind in str(statement["Resource"]) for kind in kinds)
        and any(action.startswith(changes) for action in statement["Action"])
    }


def test_interfaces_and_security_groups_are_changed_in_the_named_vpc_alone() -> None:
    assert conditions("heal", VpcId="vpc-0a") == {
        "SwitchItOffAtOneOfSeveralInterfaces": CHECK_OFF | VPC,
        "OntoItsInterface": VPC,
        "drift MendSecurityGroups": VPC,
        "drift MendItsInterface": CHECK_OFF | VPC,
    }


def test_without_a_vpc_the_failover_changes_no_interface_and_an_address_is_refused() -> None:
    assert conditions("report") == {"OntoItsInterface": NOWHERE}
    assert refusals("NatEipAllocationIdNeedsItsVpc", NatEipAllocationId="eipalloc-0a")
    assert not refusals("NatEipAllocationIdNeedsItsVpc", NatEipAllocationId="eipalloc-0a", VpcId="vpc-0a")
    assert not refusals("NatEipAllocationIdNeedsItsVpc")


def refusals(rule: str, **parameters: str) -> list[str]:
    """What a rule of the template says of these parameters."""
    accepted = Stack("prod", **parameters).template
    written = accepted.document["Rules"][rule]
    if not accepted.holds(written["RuleCondition"]):
        return []
    return [part["AssertDescription"] for part in written["Assertions"] if not accepted.holds(part["Assert"])]


def test_healing_is_refused_without_a_vpc_and_its_permissions_reach_none_then() -> None:
    template = Stack("prod", DriftMode="heal").template
    rule = template.document["Rules"]["HealingNeedsItsVpc"]
    assert template.holds(rule["RuleCondition"])
    assert [each for each in rule["Assertions"] if template.holds(each["Assert"])] == []
    nowhere = conditions("heal")
    for sid in ("drift MendSecurityGroups", "drift MendItsInterface"):
        condition = nowhere[sid]
        assert isinstance(condition, dict)
        assert condition["ArnEquals"] == {"ec2:Vpc": f"arn:aws:ec2:eu-central-1:{ACCOUNT}:vpc/"}
    for parameters in ({"DriftMode": "heal", "VpcId": "vpc-0a"}, {"DriftMode": "report"}):
        accepted = Stack("prod", **parameters).template
        assert not accepted.holds(rule["RuleCondition"]) or accepted.holds(rule["Assertions"][0]["Assert"])


def test_an_address_goes_onto_members_of_the_group_alone() -> None:
    onto = Stack("prod", NatEipAllocationId="eipalloc-0a", NatAsgName="theirs")
    condition = onto.statements("UpdateNatRoutesRole")["OntoAMember"]["Condition"]
    assert condition == {"StringEquals": {"aws:ResourceTag/aws:autoscaling:groupName": "theirs"}}


def test_healing_reaches_the_platform_s_user_pool_alone() -> None:
    pool = Stack("prod", DriftMode="heal").statements("DriftCheckRole")["MendTheUserPool"]
    wanted = {"aws:ResourceTag/Project": "tradai", "aws:ResourceTag/Environment": "prod"}
    assert pool["Condition"] == {"StringEquals": wanted}


def test_no_statement_without_a_resource_of_its_own_writes_but_where_aws_knows_none() -> None:
    writes = {
        action
        for role in ("UpdateNatRoutesRole", "DriftCheckRole", "TtlReaperRole", "ReapStateMachineRole")
        for statement in Stack("prod", DriftMode="heal").statements(role).values()
        if statement["Effect"] == "Allow" and statement["Resource"] == ["*"]
        for action in statement["Action"]
        if not action.split(":")[1].startswith(("Describe", "Get", "List"))
    }
    deliveries = {  # a state machine's log: AWS names no resource for these
        "logs:CreateLogDelivery",
        "logs:DeleteLogDelivery",
        "logs:PutResourcePolicy",
        "logs:UpdateLogDelivery",
    }
    assert writes == {"tag:TagResources"} | deliveries


def test_the_nat_without_a_resource_of_its_own_puts_metrics_alone() -> None:
    """And opens sessions, where that is asked for."""
    stack = Stack("prod", **MADE_NAT, NatMetrics="true")
    writes = {
        action
        for statement in stack.statements("NatInstanceRole").values()
        if statement["Resource"] == ["*"]
        for action in statement["Action"]
    }
    assert writes == {"cloudwatch:PutMetricData"}

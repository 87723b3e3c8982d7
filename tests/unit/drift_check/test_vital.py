"""What leaves the platform without egress is critical, however sure its name; tables named by their ids."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drift_check.compare import EXISTENCE
from drift_check.findings import FindingStatus, Severity
from drift_check.observe.observations import Call, Known, Reads
from drift_check.scan import make_scanner
from tests.unit.drift_check.moto_estate import config
from tradai_shared.config.build import build
from tradai_shared.config.models.nat import Transition
from tradai_shared.config.naming import Environment
from tradai_shared.config.parameters import superseded
from tradai_shared.config.paths import provenance_of
from tradai_shared.config.provenance import Provenance

if TYPE_CHECKING:
    from drift_check.findings import Finding
    from tests.unit.drift_check.moto_estate import Standing
    from tradai_shared.config import CanonicalConfig

ABSENT_TABLE = "rtb-0123456789abcdef0"
GROUPS = "autoscaling:DescribeAutoScalingGroups"
TABLES = Call("ec2:DescribeRouteTables")


def missing(estate: Standing, of: CanonicalConfig, **answers: Any) -> list[Finding]:
    reads = dict(estate.ordinary.reads.answers)
    reads |= {Call(GROUPS, name): Known(answer) for name, answer in answers.items()}
    findings = make_scanner(of, estate.client, checks=["nat"]).evaluate(Reads(reads)).findings
    return [
        finding
        for finding in findings
        if finding.status is FindingStatus.MISSING and finding.attribute == EXISTENCE
    ]


def test_a_missing_group_is_critical_although_its_name_is_assumed(estate: Standing) -> None:
    name = config().nat.group.name
    assert provenance_of(config(), "nat.group.name") is Provenance.ASSUMED
    assert missing(estate, config()) == []
    (finding,) = missing(estate, config(), **{name: []})
    assert (finding.path, finding.severity) == ("nat.group", Severity.CRITICAL)


def test_tables_that_are_named_by_ids_are_looked_at_and_a_missing_id_is_critical(estate: Standing) -> None:
    tables = estate.ordinary.reads.answers[TABLES].value  # type: ignore[union-attr]  # it was read
    name = config().network.route_tables["private"].name
    private = [
        table["RouteTableId"] for table in tables if {"Key": "Name", "Value": name} in table.get("Tags", [])
    ]

    def named(*ids: str) -> CanonicalConfig:
        own = {"network": {"route_tables": {"private": {"ids": list(ids), "name": "elsewhere"}}}}
        return build(Environment.DEV, own)

    assert missing(estate, named(*private)) == []
    (finding,) = missing(estate, named(*private, ABSENT_TABLE))
    assert (finding.resource, finding.severity) == (ABSENT_TABLE, Severity.CRITICAL)


def test_an_own_value_that_the_stack_overrules_is_a_finding(estate: Standing) -> None:
    own = {"nat": {"alarm": "mine"}}
    overruled = build(Environment.DEV, {"nat": {"alarm": config().nat.alarm}}, superseded(own, {"nat": {}}))
    findings = make_scanner(overruled, estate.client, checks=["nat"]).evaluate(estate.ordinary.reads).findings
    (finding,) = [one for one in findings if one.attribute == "own value"]
    assert (finding.observed, finding.desired) == ("mine", config().nat.alarm)
    assert (finding.status, finding.severity) == (FindingStatus.DRIFTED, Severity.MEDIUM)


def test_an_address_of_the_stack_that_no_member_has_is_a_finding(estate: Standing) -> None:
    (held,) = [
        address["AllocationId"]
        for call, answer in estate.ordinary.reads.answers.items()
        if call.action == "ec2:DescribeAddresses"
        for address in answer.value  # type: ignore[union-attr]  # it was read
    ]

    def findings(allocation: str) -> list[Finding]:
        named = build(Environment.DEV, parameters={"NatEipAllocationId": allocation})
        scan = make_scanner(named, estate.client, checks=["nat"]).evaluate(estate.ordinary.reads)
        return [finding for finding in scan.findings if finding.attribute == "address"]

    assert findings(held) == []
    assert findings("") == []
    (finding,) = findings("eipalloc-0123456789abcdef0")
    assert (finding.desired, finding.observed) == ("eipalloc-0123456789abcdef0", held)
    assert (finding.status, finding.severity) == (FindingStatus.DRIFTED, Severity.HIGH)


def test_the_hook_that_a_made_nat_has_beside_its_launch_hook_is_no_stranger(estate: Standing) -> None:
    call = Call("autoscaling:DescribeLifecycleHooks", config().nat.group.name)
    reads = dict(estate.ordinary.reads.answers)
    hooks = reads[call].value  # type: ignore[union-attr]  # it was read

    def found(name: str) -> list[object]:
        ending = {**hooks[0], "LifecycleHookName": name, "LifecycleTransition": Transition.TERMINATING.value}
        answers = Reads({**reads, call: Known([*hooks, ending])})
        return [
            one.observed
            for one in make_scanner(config(), estate.client).evaluate(answers).findings
            if one.attribute == "unexpected hook"
        ]

    assert found("tradai-nat-terminate-dev") == []
    assert found("somebody-else") == ["somebody-else autoscaling:EC2_INSTANCE_TERMINATING 300 s"]

"""What is deleted between two reads of it is missing or unknown, and never drift of what it was."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from drift_check import checks
from drift_check.findings import FindingStatus
from drift_check.observe import READ_OPERATIONS
from drift_check.observe.observations import Call, Known, Reads, Unknown
from drift_check.observe.observer import Observer
from drift_check.scan import Scanner
from tests.unit.drift_check.moto_estate import Standing, config

if TYPE_CHECKING:
    from drift_check.findings import Finding

CAN_BE_ABSENT = [action for action, reader in READ_OPERATIONS.items() if reader.absent]
BALANCER = {
    "LoadBalancerArn": "arn:aws:elasticloadbalancing:eu-central-1:123456789012:loadbalancer/app/stranger/1",
    "LoadBalancerName": "stranger",
    "Scheme": "internet-facing",
}


def new(estate: Standing, answers: dict[Call, Known[object] | Unknown]) -> list[Finding]:
    reads = Reads({**estate.ordinary.reads.answers, **answers})
    scan = Scanner(config(), checks.ALL, Observer(estate.client)).evaluate(reads)
    ordinary = {finding.id for finding in estate.ordinary.findings}
    return [finding for finding in scan.findings if finding.id not in ordinary]


@pytest.mark.parametrize("action", CAN_BE_ABSENT)
def test_one_read_that_does_not_know_it_any_more_makes_no_drift(estate: Standing, action: str) -> None:
    for call in [call for call in estate.ordinary.reads.answers if call.action == action]:
        findings = new(estate, {call: Known(None, frozenset({call}))})
        drifted = {finding.attribute for finding in findings if finding.status is FindingStatus.DRIFTED}
        assert drifted <= {"image state", "template state"}, call  # gone, they are states of the NAT
        assert {finding.attribute for finding in findings if finding.status is FindingStatus.MISSING} <= {
            "existence"
        }


def test_a_load_balancer_that_is_gone_has_no_listeners(estate: Standing) -> None:
    vpcs = estate.ordinary.reads.answers[Call("ec2:DescribeVpcs")]
    assert isinstance(vpcs, Known)
    vpc = next(vpc["VpcId"] for vpc in vpcs.value if vpc["CidrBlock"] == config().network.vpc.cidr)
    balancers = Call("elasticloadbalancing:DescribeLoadBalancers")
    listeners = Call("elasticloadbalancing:DescribeListeners", BALANCER["LoadBalancerArn"])
    listed = Known([{**BALANCER, "VpcId": vpc}], frozenset({balancers}))
    assert new(estate, {balancers: listed, listeners: Known(None, frozenset({listeners}))}) == []
    gone = Unknown(listeners, "AccessDenied")
    assert [finding.status for finding in new(estate, {balancers: listed, listeners: gone})] == ["unknown"]

"""Rules of a security group however they are spelled, and what a heal may add of them."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

from drift_check import checks
from drift_check.actions import AuthorizeRule
from drift_check.apply import request
from drift_check.observe.observations import Call, Known, Reads
from drift_check.observe.observer import Observer
from drift_check.scan import Scanner
from tests.unit.drift_check.config_mutation import changed
from tests.unit.drift_check.moto_estate import Standing, config
from tradai_shared.config.build import build
from tradai_shared.config.overrides import OverrideFile

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drift_check.findings import Finding
    from drift_check.scan import Scan
    from tradai_shared.config.models import CanonicalConfig

GROUPS = Call("ec2:DescribeSecurityGroups")
ROLE = "lambda"
PATH = f"network.security_groups.{ROLE}"


@cache
def stating(ingress: tuple[tuple[str, int | None, int | None, str], ...]) -> CanonicalConfig:
    rules = [dict(zip(("protocol", "from_port", "to_port", "peer"), rule, strict=True)) for rule in ingress]
    values = {"network": {"security_groups": {ROLE: {"ingress": rules}}}}
    return build(config().environment, OverrideFile(values=values))


def scanned(estate: Standing, desired: CanonicalConfig, permissions: Sequence[dict[str, Any]]) -> Scan:
    groups = estate.ordinary.reads.answers[GROUPS]
    assert isinstance(groups, Known)
    name = desired.network.security_groups[ROLE].name
    live = [
        {**group, "IpPermissions": permissions} if group["GroupName"] == name else group
        for group in groups.value
    ]
    reads = Reads({**estate.ordinary.reads.answers, GROUPS: Known(live, frozenset({GROUPS}))})
    return Scanner(desired, checks.ALL, Observer(estate.client)).evaluate(reads)


def of_the_group(scan: Scan) -> list[Finding]:
    return [finding for finding in scan.findings if finding.path.startswith(PATH)]


@pytest.mark.parametrize(
    ("stated", "live"),
    [
        (
            ("icmp", -1, -1, "10.0.0.0/16"),
            {"IpProtocol": "icmp", "FromPort": -1, "ToPort": -1, "IpRanges": [{"CidrIp": "10.0.0.0/16"}]},
        ),
        (
            ("tcp", 0, 65535, "10.0.11.5/24"),
            {"IpProtocol": "tcp", "FromPort": 0, "ToPort": 65535, "IpRanges": [{"CidrIp": "10.0.11.0/24"}]},
        ),
        (
            ("-1", 0, 65535, "2a05:D014:0:0::/56"),
            {"IpProtocol": "-1", "Ipv6Ranges": [{"CidrIpv6": "2a05:d014::/56"}]},
        ),
        (
            ("tcp", 443, 443, "pl-1"),
            {
                "IpProtocol": "tcp",
                "FromPort": 443,
                "ToPort": 443,
                "PrefixListIds": [{"PrefixListId": "pl-1"}],
            },
        ),
    ],
)
def test_a_rule_is_the_same_however_it_is_spelled(
    estate: Standing, stated: Any, live: dict[str, Any]
) -> None:
    findings = of_the_group(scanned(estate, stating((stated,)), [live]))
    assert [finding.attribute for finding in findings if finding.attribute == "ingress"] == []


def test_what_is_missing_is_still_found(estate: Standing) -> None:
    scan = scanned(estate, stating((("icmp", -1, -1, "10.0.0.0/16"),)), [])
    assert "ingress" in [finding.attribute for finding in of_the_group(scan)]


def test_a_prefix_list_is_let_in_by_a_person_alone(estate: Standing) -> None:
    """Whoever owns the list may put the world into it."""
    stated = (("tcp", 443, 443, "pl-1"), ("tcp", 80, 80, "10.0.0.0/16"))
    scan = scanned(estate, stating(stated), [])
    (missing,) = [each for each in scan.assessed if each.finding.path == f"{PATH}.ingress"]
    assert [write.peer for write in missing.remediations if isinstance(write, AuthorizeRule)] == [
        "10.0.0.0/16"
    ]


def test_a_rule_from_a_group_that_is_gone_is_not_written(estate: Standing) -> None:
    """It would be sent as an address; what opens the group is closed without it."""
    desired = stating((("tcp", 443, 443, "alb"), ("tcp", 80, 80, "10.0.0.0/16")))
    scan = scanned(estate, changed(desired, "network.security_groups.alb.name", "gone"), [])
    (missing,) = [each for each in scan.assessed if each.finding.path == f"{PATH}.ingress"]
    assert [write.peer for write in missing.remediations if isinstance(write, AuthorizeRule)] == [
        "10.0.0.0/16"
    ]


@pytest.mark.parametrize(
    ("protocol", "peer", "expected"),
    [
        ("icmp", "10.0.0.0/16", {"FromPort": -1, "ToPort": -1, "IpRanges": [{"CidrIp": "10.0.0.0/16"}]}),
        ("tcp", "pl-1", {"FromPort": 0, "ToPort": 65535, "PrefixListIds": [{"PrefixListId": "pl-1"}]}),
        ("tcp", "sg-1", {"FromPort": 0, "ToPort": 65535, "UserIdGroupPairs": [{"GroupId": "sg-1"}]}),
        ("udp", "::/0", {"FromPort": 0, "ToPort": 65535, "Ipv6Ranges": [{"CidrIpv6": "::/0"}]}),
    ],
)
def test_every_port_of_a_peer_as_ec2_takes_it(protocol: str, peer: str, expected: dict[str, Any]) -> None:
    write = request(AuthorizeRule("sg-0", True, protocol, None, None, peer))  # noqa: FBT003 - egress
    assert write.parameters["IpPermissions"] == [{"IpProtocol": protocol, **expected}]

"""How wide addresses are, as sets: however they are written, and however many rules they are spread over."""

from __future__ import annotations

import pytest

from drift_check.checks.vpc_lookup import as_stated, flat_rule, is_public, vpc_ranges, wider_than
from tradai_shared.config.models.network import Protocol, SecurityRule

HOME = ("10.0.0.0/16",)


@pytest.mark.parametrize(
    "cidrs",
    [
        ["0.0.0.0/0"],
        ["::/0"],
        ["0.0.0.0/1", "128.0.0.0/1"],
        ["0.0.0.0/2", "64.0.0.0/2", "128.0.0.0/2", "192.0.0.0/2"],
        [f"{number}.0.0.0/8" for number in range(256)],
        ["11.0.0.0/15"],
        ["2000::/3"],
        ["::/1", "8000::/1"],
        ["10.0.0.0/8"],
    ],
)
def test_wider_than_the_vpc(cidrs: list[str]) -> None:
    assert wider_than(HOME, cidrs) == sorted(cidrs)


@pytest.mark.parametrize(
    "cidrs",
    [
        [],
        ["10.0.0.0/16"],
        ["10.0.3.0/24"],
        ["203.0.113.7/32", "198.51.100.0/24"],
        ["192.168.0.0/16"],
        ["sg-1"],
    ],
)
def test_not_wider(cidrs: list[str]) -> None:
    assert wider_than(HOME, cidrs) == []


def test_small_ranges_of_the_internet_are_added_up() -> None:
    many = [f"{first}.{second}.0.0/17" for first in (20, 30) for second in range(0, 20, 2)]
    assert wider_than(HOME, many) == sorted(many)
    assert wider_than(HOME, many[:2]) == []


def test_a_range_of_the_vpc_itself_is_at_home_and_its_second_one_too() -> None:
    vpc = {
        "CidrBlock": "10.0.0.0/16",
        "CidrBlockAssociationSet": [{"CidrBlock": "10.0.0.0/16"}, {"CidrBlock": "100.64.0.0/10"}],
        "Ipv6CidrBlockAssociationSet": [{"Ipv6CidrBlock": "2a05:d014::/56"}],
    }
    assert wider_than(vpc_ranges(vpc), ["100.64.0.0/10", "2a05:d014::/56"]) == []
    assert wider_than(vpc_ranges(None), ["::/0"]) == ["::/0"]


@pytest.mark.parametrize(
    ("cidr", "public"),
    [("0.0.0.0/1", True), ("::/0", True), ("10.0.0.0/8", False), ("fc00::/7", False), ("sg-1", False)],
)
def test_public(cidr: str, *, public: bool) -> None:
    assert is_public(cidr) is public


STATED = SecurityRule(protocol=Protocol.TCP, from_port=443, to_port=443, peer="10.0.0.0/16")


@pytest.mark.parametrize(
    ("peers", "is_stated"),
    [
        (["10.0.0.0/17", "10.0.128.0/17"], True),
        (["10.0.0.0/16", "10.0.3.0/24"], True),
        (["10.0.0.0/17"], False),
        (["10.0.0.0/16", "10.1.0.0/16"], False),
        (["10.0.0.0/16", "sg-1"], False),
        (["10.0.0.0/16", "::/0"], False),
        ([], False),
    ],
)
def test_rules_that_admit_the_stated_addresses_are_the_stated_ones(
    peers: list[str], *, is_stated: bool
) -> None:
    rules = [flat_rule("tcp", 443, 443, peer) for peer in peers]
    wanted = [flat_rule("tcp", 443, 443, "10.0.0.0/16")]
    assert as_stated((STATED,), rules) == (wanted if is_stated else rules)


def test_the_same_addresses_of_another_port_are_not() -> None:
    rules = [flat_rule("tcp", 443, 443, "10.0.0.0/17"), flat_rule("tcp", 80, 80, "10.0.128.0/17")]
    assert as_stated((STATED,), rules) == rules

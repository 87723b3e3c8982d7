"""Decisions that hold only together are taken together, whatever else is refused beside them."""

from __future__ import annotations

from datetime import date

from ops.adopt.draft import decided, refusal_of
from ops.adopt.model import Answer, Decision, Difference, DifferenceClass, Proposal
from tests.unit.ops.adopt.renamed_estate import ENV
from tradai_shared.config.build import build
from tradai_shared.config.overrides import OverrideFile
from tradai_shared.config.provenance import Provenance

DAY = date(2026, 11, 27)
SUBNETS = [
    f"network.subnets.{tier}-{number}.cidr" for tier in ("public", "private", "database") for number in (1, 2)
]
RANGES = {"network.vpc.cidr": "172.20.0.0/16"} | {
    path: f"172.20.{number}.0/24" for number, path in enumerate(SUBNETS)
}


def taken(path: str, value: object) -> Decision:
    difference = Difference(
        id=path,
        kind=DifferenceClass.VALUE,
        path=path,
        section=path,
        subject=path,
        configured=None,
        live=str(value),
        provenance=Provenance.DOCUMENTED,
        proposals=(Proposal(str(value)),),
    )
    return Decision(difference, Answer.TAKE, str(value))


def refused_of(*extra: Decision) -> tuple[OverrideFile, list[str]]:
    decisions = [*(taken(path, value) for path, value in RANGES.items()), *extra]
    file, refused = decided(OverrideFile(), decisions, DAY, refusal_of(ENV))
    return file, [decision.difference.path for decision, _ in refused]


def test_a_range_and_its_subnets_are_taken_together() -> None:
    file, refused = refused_of()
    assert refused == []
    assert build(ENV, file).network.vpc.cidr == "172.20.0.0/16"


def test_what_is_refused_in_another_section_does_not_hold_them_back() -> None:
    file, refused = refused_of(taken("nat.subnet", "subnet-0123456789abcdef0"))
    assert refused == ["nat.subnet"]
    assert build(ENV, file).network.subnets["public-2"].cidr == "172.20.1.0/24"


def test_nor_does_another_one_of_the_same_section() -> None:
    file, refused = refused_of(
        taken("network.subnets.public-1.availability_zone", "nowhere"), taken("rds.engine", "")
    )
    assert refused == ["network.subnets.public-1.availability_zone", "rds.engine"]
    assert build(ENV, file).network.vpc.cidr == "172.20.0.0/16"

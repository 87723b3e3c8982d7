"""An account with two NATs under other names: doctor, adopt, no finding, and the second group's drift."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.unit.ops.adopt.pair import stand_by
from tests.unit.ops.adopt.renamed_estate import Account, account
from tests.unit.ops.adopt.test_renamed_account import knowing
from tests.unit.ops.adopt.test_whole_way import VALUES, as_quant, doctored

if TYPE_CHECKING:
    from drift_check.scan import Scan

pytestmark = pytest.mark.any_python

SECOND = "quant-second-way-out"


def test_both_groups_are_found_adopted_and_compared() -> None:
    with account(as_quant, VALUES) as built:
        stand_by(built, SECOND)
        parameters = doctored(built)
        assert parameters["NatStandbyAsgName"] == SECOND
        made = Account(built.client, built.built, built.truth, parameters)
        outcome = made.adopt(knowing(made))
        assert not outcome.refused
        assert found(made.scan(outcome.file)) == set()

        autoscaling = made.client("autoscaling")
        autoscaling.suspend_processes(AutoScalingGroupName=SECOND, ScalingProcesses=["Launch"])
        autoscaling.delete_lifecycle_hook(
            AutoScalingGroupName=SECOND, LifecycleHookName=made.truth.nat.lifecycle_hooks["launch"].name
        )
        drifted = found(made.scan(outcome.file))
        assert {attribute for _, attribute in drifted} == {"suspended process", "existence"}
        assert all(SECOND in resource for resource, _ in drifted)


def found(scan: Scan) -> set[tuple[str, str]]:
    """The resources and attributes that differ and that nobody has waived."""
    return {(each.resource, each.attribute) for each in scan.findings if each.waiver is None}

"""A finding's healing is as careful as the most careful of its writes."""

from __future__ import annotations

import pytest

from drift_check.actions import EnableRecovery, ForceSsl, Remediation, healing_of
from drift_check.findings import Healing

AUTOMATIC, ASKED = EnableRecovery("a-table"), ForceSsl("a-group", "rds.force_ssl")


@pytest.mark.parametrize(
    ("remedies", "healing"),
    [
        ((), Healing.NEVER),
        ((AUTOMATIC,), Healing.AUTOMATIC),
        ((AUTOMATIC, ASKED), Healing.ON_APPROVAL),
        ((ASKED, AUTOMATIC), Healing.ON_APPROVAL),
    ],
)
def test_the_most_careful_write_decides(remedies: tuple[Remediation, ...], healing: Healing) -> None:
    assert healing_of(remedies) is healing

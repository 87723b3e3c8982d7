"""An adopted account drifts thirty times: each is found, none is false, and adopt makes none the wish."""

from __future__ import annotations

import pytest

from ops.adopt import answers
from tests.unit.ops.adopt.drifts import DRIFTS
from tests.unit.ops.adopt.renamed_estate import account
from tests.unit.ops.adopt.test_renamed_account import VALUES, as_acme, knowing

pytestmark = pytest.mark.any_python


def test_each_of_thirty_drifts_is_found_and_none_is_false_or_taken() -> None:
    with account(as_acme, VALUES) as made:
        file = made.adopt(knowing(made)).file
        expected = sorted(drift(made) for drift in DRIFTS)
        assert len(expected) == 30
        findings = [finding for finding in made.scan(file).findings if finding.waiver is None]
        assert sorted((finding.check, finding.attribute) for finding in findings) == expected
        assert all(finding.is_actionable for finding in findings)
        again = made.adopt(answers.safe, file)
        assert again.file.values == file.values
        assert len(again.unanswered) >= 25

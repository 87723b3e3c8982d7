"""Whatever is given as an approval, it approves a finding of this run or is refused by EventError."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drift_check.history import History
from drift_check.planner import approval_code, approved_ids
from tests.hostile.inputs import AWKWARD
from tests.unit.drift_check.findings import finding
from tradai_shared.errors import EventError

pytestmark = pytest.mark.any_python

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
FINDING = replace(finding(), digest="0123456789ab")
CODE = approval_code(FINDING, NOW)
WORDS = st.text(max_size=30) | AWKWARD
DAMAGED = st.builds(lambda at, word: CODE[:at] + word + CODE[at + 1 :], st.integers(0, len(CODE)), WORDS)
PARTS = st.lists(WORDS | st.sampled_from(CODE.split(".")), max_size=4).map(".".join)


@settings(max_examples=600, deadline=None, derandomize=True)
@given(
    PARTS | st.builds(lambda at, word: CODE[:at] + word + CODE[at + 1 :], st.integers(0, len(CODE)), WORDS)
)
def test_nothing_but_the_code_approves(given_code: str) -> None:
    with contextlib.suppress(EventError):
        approved = approved_ids([given_code], [FINDING], History(), NOW, attended=False)
        assert approved == {FINDING.id}
        assert given_code.startswith(f"{FINDING.id}.{FINDING.digest}.")


@pytest.mark.parametrize("age", [timedelta(hours=25), timedelta(minutes=-6)])
def test_a_code_of_another_day_approves_nothing(age: timedelta) -> None:
    with pytest.raises(EventError, match="expired"):
        approved_ids([approval_code(FINDING, NOW - age)], [FINDING], History(), NOW, attended=False)


def test_the_code_itself_approves() -> None:
    assert approved_ids([CODE], [FINDING], History(), NOW, attended=False) == {FINDING.id}

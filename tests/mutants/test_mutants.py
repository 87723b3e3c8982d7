"""The list of deliberate bugs fits the code as it is; ``make mutants`` applies them."""

from __future__ import annotations

import pytest

from tests.mutants.run import ROOT, Mutant, judge, mutants

pytestmark = pytest.mark.any_python

ALL = mutants()
SURVIVES = Mutant(
    "a change that changes nothing",
    "functions/update_nat_routes/actions.py",
    '"""All writes that the planner can order',
    '"""All the writes that the planner may order',
    ("tests/unit/update_nat_routes/test_events.py",),
)


@pytest.mark.parametrize("mutant", ALL, ids=lambda mutant: mutant.name)
def test_a_mutant_changes_the_code_as_it_is(mutant: Mutant) -> None:
    text = (ROOT / mutant.file).read_text(encoding="utf-8")
    assert mutant.applied(text) != text
    for node in mutant.tests:
        assert (ROOT / node.split("::")[0]).exists(), node


def test_there_are_at_least_forty_with_names_of_their_own() -> None:
    assert len({mutant.name for mutant in ALL}) == len(ALL) >= 40


def test_a_mutant_that_no_test_notices_survives() -> None:
    assert judge(SURVIVES).killed_by == ""

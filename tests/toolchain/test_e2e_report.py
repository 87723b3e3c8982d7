"""The report of make e2e: what counts as shown, as failed, and how it is read."""

from __future__ import annotations

import io
import json

import pytest
from rich.console import Console

from toolchain.e2e.limits import OUT_OF_REACH
from toolchain.e2e.report import End, NotShownError, Row, document, failed, require, show, table

SHOWN = Row("a", End.SHOWN, "seen", 1.0)
FAILED = Row("b", End.FAILED, "not seen", 2.0)


def not_so() -> str:
    require(False, {"seen": "something else"})  # noqa: FBT003 - the condition is what is tested
    return "never said"


def broken() -> str:
    raise AttributeError("a fault of the check itself")


def test_what_a_check_says_is_in_its_row() -> None:
    row = show("title", lambda: "seen so")
    assert (row.title, row.end, row.text) == ("title", End.SHOWN, "seen so")


def test_a_check_that_did_not_see_it_failed_and_says_what_it_saw() -> None:
    row = show("title", not_so)
    assert row.end is End.FAILED
    assert row.text == "NotShownError: {'seen': 'something else'}"


def test_a_name_that_is_missing_is_a_failure_too() -> None:
    assert show("title", lambda: {"a": ""}["b"]).end is End.FAILED


def test_a_fault_of_the_check_is_not_taken_for_a_result() -> None:
    with pytest.raises(AttributeError):
        show("title", broken)


def test_a_condition_that_holds_says_nothing() -> None:
    require(1, "not raised")
    with pytest.raises(NotShownError):
        require(0, "raised")


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([SHOWN], False),
        ([SHOWN, FAILED], True),
        (OUT_OF_REACH, True),
        ([], True),
        ([SHOWN, *OUT_OF_REACH], False),
    ],
)
def test_a_run_fails_by_one_failure_or_when_it_showed_nothing(rows: list[Row], *, expected: bool) -> None:
    assert failed(rows) is expected


def test_what_is_out_of_reach_has_a_reason_each() -> None:
    assert OUT_OF_REACH
    assert all(row.end is End.OUT_OF_REACH and row.text for row in OUT_OF_REACH)


def test_the_table_counts_and_shows_every_row_as_it_was_said() -> None:
    console = Console(width=100, file=io.StringIO())
    console.print(table([SHOWN, FAILED, Row("c", End.SHOWN, "[prod] is no markup")]))
    said = console.file.getvalue()  # type: ignore[attr-defined] # it is the StringIO
    assert "2 shown, 1 failed" in said
    assert "[prod] is no markup" in said


def test_a_machine_reads_the_same() -> None:
    read = json.loads(json.dumps(document([SHOWN, FAILED], 3.21)))
    assert (read["failed"], read["seconds"]) == (True, 3.2)
    assert read["rows"][1] == {"title": "b", "end": "failed", "told": "not seen", "seconds": 2.0}

"""The walk through every sample: what counts as right, and why it cannot be where it cannot."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from toolchain.local import invoke_all, sam_local_invoke
from toolchain.local.emulator import ROOT
from toolchain.local.invoke_all import Outcome, describe, table
from toolchain.local.processes import StartError

if TYPE_CHECKING:
    from pathlib import Path


def test_an_answer_is_shown_in_one_line() -> None:
    summary = {"scanned": 20, "deleted": 6, "renewed": 0, "expired": {"A": 6}, "estimated_usd": 0.1}
    answer = {"success": True, "data": {"summary": summary, "results": []}}
    assert describe(answer) == "success: True; scanned 20, deleted 6"


def test_so_is_an_error() -> None:
    description = describe({"errorType": "EventError", "errorMessage": "action: expected 'reconcile'"})
    assert description == "EventError: action: expected 'reconcile'"


def test_the_table_counts_what_was_right() -> None:
    console = Console(width=100, file=io.StringIO())
    console.print(
        table(
            [
                Outcome("a/b", "success: True", right=True, seconds=3.0),
                Outcome("a/c", "[x]", right=False, seconds=4.0),
            ]
        )
    )
    said = console.file.getvalue()  # type: ignore[attr-defined] # it is the StringIO
    assert "1 of 2 answered as they should" in said
    assert "[x]" in said


def test_every_exception_to_success_is_of_a_sample_that_there_is() -> None:
    assert [name for name in invoke_all.OTHERWISE if not (ROOT / f"events/{name}.json").is_file()] == []


def test_without_an_engine_it_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(StartError, match="no Docker engine answers"):
        sam_local_invoke.bridge()
    assert invoke_all.main([]) == 1
    assert "no Docker engine answers" in capsys.readouterr().out

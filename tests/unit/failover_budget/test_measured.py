"""A drill's file becomes a row of the budget page, unless it measured nothing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from benchmarks import failover
from benchmarks.failover_budget.measured import drill, merged, section

if TYPE_CHECKING:
    from pathlib import Path

DRILL: dict[str, Any] = {
    "environment": "dev",
    "account": "123456789012",
    "region": "eu-central-1",
    "instance_id": "i-0123456789abcdef0",
    "started": "2026-11-01T10:00:00+00:00",
    "healed": True,
    "simulated": False,
    "moments": [],
    "seconds": {"routes_moved": 31.0, "address_moved": 30.0},
}


def test_a_drill_is_a_row_without_account_and_instance() -> None:
    text = "\n".join(section([drill(json.dumps(DRILL))]))
    assert "| 2026-11-01 | eu-central-1 |  |  | 30.0 | 31.0 |  |" in text
    assert "123456789012" not in text
    assert "i-0123" not in text


@pytest.mark.parametrize("changed", [{"simulated": True}, {"healed": False}, {"seconds": None}])
def test_what_measured_nothing_is_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="drill"):
        drill(json.dumps({**DRILL, **changed}))


def test_a_drill_is_stored_once(tmp_path: Path) -> None:
    file = tmp_path / "measured.json"
    assert merged(file, []) == ()
    assert not file.exists()
    measured = drill(json.dumps(DRILL))
    assert merged(file, [measured]) == merged(file, [measured]) == merged(file, [])
    assert len(merged(file, [])) == 1


def test_the_command_writes_it_into_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "drill.json"
    file.write_text(json.dumps(DRILL))
    figures = (failover.DOCS / f"{failover.NAME}.json").read_text(encoding="utf-8")
    (tmp_path / f"{failover.NAME}.json").write_text(figures, encoding="utf-8")
    monkeypatch.setattr("sys.argv", ["failover", "--measured", str(file), "--out", str(tmp_path)])
    assert failover.main() == 0
    page = (tmp_path / f"{failover.NAME}.md").read_text(encoding="utf-8")
    assert "## Measured on AWS" in page
    assert "| 31.0 |" in page
    monkeypatch.setattr("sys.argv", ["failover", "--draw", "--out", str(tmp_path)])
    assert failover.main() == 0
    assert (tmp_path / f"{failover.NAME}.md").read_text(encoding="utf-8") == page

"""findings list, show, approve and waive, against the simulated account."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from ops import app
from tradai_shared.config.overrides import parse

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.any_python


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CANONICAL_CONFIG_PATH", raising=False)


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr("sys.argv", ["tradai-ops", "findings", *arguments, "--env", "dev", "--simulate"])
    with pytest.raises(SystemExit) as ended:
        app.main()
    return int(ended.value.code or 0)


def ids(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    """The open findings' ids by their attribute."""
    assert run(monkeypatch, "list", "--format", "json") == 1
    document = json.loads(capsys.readouterr().out)
    return {finding["attribute"]: finding["id"] for finding in document["findings"]}


def test_every_open_finding_is_listed_with_its_id(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    known = ids(monkeypatch, capsys)
    assert set(known) == {"backup_retention_days", "point_in_time_recovery"}
    assert run(monkeypatch, "list") == 1
    printed = capsys.readouterr().out
    assert all(finding_id in printed for finding_id in known.values())
    assert "known since" in printed


def test_one_finding_is_shown_with_what_would_heal_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    known = ids(monkeypatch, capsys)
    assert run(monkeypatch, "show", known["point_in_time_recovery"]) == 0
    printed = capsys.readouterr().out
    assert "UpdateContinuousBackups" in printed
    assert "backup_retention_days" not in printed
    assert run(monkeypatch, "show", known["backup_retention_days"]) == 0
    assert "nothing that a program may write" in capsys.readouterr().out


def test_an_unknown_id_is_an_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for verb in (["show"], ["approve", "--yes"], ["waive", "--yes", "--reason", "a", "--owner", "b"]):
        assert run(monkeypatch, verb[0], "000000000000", *verb[1:]) == 2
        assert "000000000000" in capsys.readouterr().err


def test_an_approval_asks_and_heals_this_finding_alone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    finding_id = ids(monkeypatch, capsys)["point_in_time_recovery"]
    asked: list[str] = []
    monkeypatch.setattr("ops.drift.agreed", asked.append)
    assert run(monkeypatch, "approve", finding_id) == 1
    assert len(asked) == 1
    printed = capsys.readouterr()
    assert "account 123456789012, region eu-central-1" in printed.err
    assert "UpdateContinuousBackups" in printed.err
    assert run(monkeypatch, "approve", finding_id, "--yes", "--format", "json") == 0
    [healed] = json.loads(capsys.readouterr().out)["heals"]
    assert healed["status"] == "done"


def test_a_waiver_is_written_beside_the_others(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    own = tmp_path / "own.json"
    other: dict[str, Any] = {"finding": "x", "reason": "r", "owner": "o", "until": "2027-01-01"}
    own.write_text(json.dumps({"values": {}, "waivers": [other]}))
    monkeypatch.setenv("CANONICAL_CONFIG_PATH", str(own))
    finding_id = ids(monkeypatch, capsys)["backup_retention_days"]
    options = ["waive", finding_id, "--reason", "agreed", "--owner", "platform", "--until", "2027-02-01"]
    monkeypatch.setattr("ops.findings.agreed", lambda _: False)
    assert run(monkeypatch, *options) == 1
    assert len(parse(own.read_text(), "own").waivers) == 1
    assert run(monkeypatch, *options, "--yes") == 0
    waivers = {waiver.finding: waiver for waiver in parse(own.read_text(), "own").waivers}
    assert set(waivers) == {"x", finding_id}
    assert str(waivers[finding_id].until) == "2027-02-01"
    capsys.readouterr()
    assert list(ids(monkeypatch, capsys)) == ["point_in_time_recovery"]

"""python -m toolchain.config_document"""

import json
from pathlib import Path

import pytest

from toolchain.config_document.__main__ import main
from tradai_shared.config.build import build
from tradai_shared.config.naming import Environment


@pytest.fixture(autouse=True)
def _no_file_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CANONICAL_CONFIG_PATH", raising=False)


def test_export_prints_values_with_their_provenance_beside_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", "--env", "prod"]) == 0
    exported = json.loads(capsys.readouterr().out)
    assert exported["values"] == build(Environment.PROD).model_dump(mode="json")
    assert exported["provenance"]["nat"]["group"]["name"] == "assumed"
    assert "network.vpc.cidr" in exported["immutable"]
    assert "lambdas.promote-model.memory_mb" in exported["unstated"]
    assert (exported["version"], exported["environment"]) == ("9.3.0+1", "prod")


def test_export_tells_a_deployments_own_values(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "own.json"
    path.write_text('{"values": {"nat": {"group": {"name": "mine"}}}}', encoding="utf-8")
    monkeypatch.setenv("CANONICAL_CONFIG_PATH", str(path))
    assert main(["export", "--env", "dev"]) == 0
    exported = json.loads(capsys.readouterr().out)
    assert exported["values"]["nat"]["group"]["name"] == "mine"
    assert exported["provenance"]["nat"]["group"]["name"] == "confirmed"


def test_an_unknown_environment_is_refused_with_the_known_ones(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["export", "--env", "qa"])
    assert "'qa' (choose from" in capsys.readouterr().err


def test_schema_describes_every_section(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema"]) == 0
    schema = json.loads(capsys.readouterr().out)
    assert set(schema["properties"]) == set(build(Environment.PROD).model_dump())
    assert schema["additionalProperties"] is False
    assert schema["$defs"]["Vpc"]["properties"]["cidr"]["type"] == "string"


def test_validate_says_what_a_file_replaces(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "prod.json"
    path.write_text('{"values": {"nat": {"group": {"name": "mine"}}}}', encoding="utf-8")
    assert main(["validate", str(path), "--env", "prod"]) == 0
    assert capsys.readouterr().out.splitlines()[0] == 'nat.group.name: "tradai-nat-asg-prod" → "mine"'


def test_validate_refuses_with_the_field_and_what_is_accepted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "prod.json"
    path.write_text('{"values": {"nat": {"group": {"health_check": "PING"}}}}', encoding="utf-8")
    assert main(["validate", str(path), "--env", "prod"]) == 1
    assert "nat.group.health_check: Input should be 'EC2' or 'ELB'" in capsys.readouterr().err


def test_the_document_is_written_and_then_fresh(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "config.md"
    assert main(["document", "--check", "--file", str(path)]) == 1
    assert main(["document", "--file", str(path)]) == 0
    assert main(["document", "--check", "--file", str(path)]) == 0
    path.write_text(path.read_text(encoding="utf-8").replace("10.0.0.0/16", "10.0.0.0/8"), encoding="utf-8")
    assert main(["document", "--check", "--file", str(path)]) == 1
    assert "run make config-docs" in capsys.readouterr().err


def test_the_snapshot_is_written_and_then_agreed_on(tmp_path: Path) -> None:
    path = tmp_path / "snapshot.json"
    assert main(["snapshot", "--check", "--file", str(path)]) == 1
    assert main(["snapshot", "--file", str(path)]) == 0
    assert main(["snapshot", "--check", "--file", str(path)]) == 0


def test_a_snapshot_that_disagrees_is_neither_accepted_nor_overwritten(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "snapshot.json"
    main(["snapshot", "--file", str(path)])
    changed = path.read_text(encoding="utf-8").replace('"10.0.0.0/16"', '"10.0.0.0/8"')
    path.write_text(changed, encoding="utf-8")
    assert main(["snapshot", "--check", "--file", str(path)]) == 1
    assert main(["snapshot", "--file", str(path)]) == 1
    assert path.read_text(encoding="utf-8") == changed
    assert "network.vpc.cidr: " in capsys.readouterr().err


def test_a_snapshot_of_an_earlier_version_is_behind(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "snapshot.json"
    main(["snapshot", "--file", str(path)])
    earlier = path.read_text(encoding="utf-8").replace('"version": "9.3.0+1"', '"version": "9.3.0+0"')
    path.write_text(earlier, encoding="utf-8")
    assert main(["snapshot", "--check", "--file", str(path)]) == 1
    assert "is behind: run make config-snapshot" in capsys.readouterr().err
    assert main(["snapshot", "--file", str(path)]) == 0

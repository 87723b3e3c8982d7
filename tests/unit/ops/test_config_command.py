"""tradai-ops config"""

import json
from pathlib import Path

import pytest

from ops.app import main as console_script
from tradai_shared.config.build import build
from tradai_shared.config.changelog import CHANGES
from tradai_shared.config.naming import Environment


def main(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr("sys.argv", ["tradai-ops", "config", *arguments])
    with pytest.raises(SystemExit) as end:
        console_script()
    return int(end.value.code or 0)


@pytest.fixture(autouse=True)
def _no_file_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CANONICAL_CONFIG_PATH", raising=False)


def test_export_prints_values_with_their_provenance_beside_them(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["export", "--env", "prod", "--format", "json"], monkeypatch) == 0
    exported = json.loads(capsys.readouterr().out)
    assert exported["values"] == build(Environment.PROD).model_dump(mode="json")
    assert exported["provenance"]["nat"]["group"]["name"] == "assumed"
    page = {"name": "canonical document 9.3.0", "read": "2026-03-28"}
    assert exported["sources"]["nat"]["group"]["min_size"] == page
    assert "network.vpc.cidr" in exported["immutable"]
    assert "lambdas.update-nat-routes.memory_mb" in exported["unstated"]
    assert (exported["version"], exported["environment"]) == (CHANGES[-1].version, "prod")


def test_export_shows_a_deployments_own_values(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "own.json"
    path.write_text('{"values": {"nat": {"group": {"name": "mine"}}}}', encoding="utf-8")
    monkeypatch.setenv("CANONICAL_CONFIG_PATH", str(path))
    assert main(["export", "--env", "dev"], monkeypatch) == 0
    exported = json.loads(capsys.readouterr().out)
    assert exported["values"]["nat"]["group"]["name"] == "mine"
    assert exported["provenance"]["nat"]["group"]["name"] == "confirmed"


def test_an_unknown_environment_is_refused_with_the_known_ones(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["export", "--env", "qa"], monkeypatch) == 2
    assert "'qa' is none of dev, staging, prod" in capsys.readouterr().err


def test_schema_describes_every_section(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["schema"], monkeypatch) == 0
    schema = json.loads(capsys.readouterr().out)
    assert set(schema["properties"]) == set(build(Environment.PROD).model_dump())
    assert schema["additionalProperties"] is False
    assert schema["$defs"]["Vpc"]["properties"]["cidr"]["type"] == "string"


def test_validate_says_what_a_file_replaces(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "prod.json"
    path.write_text('{"values": {"nat": {"group": {"name": "mine"}}}}', encoding="utf-8")
    assert main(["validate", str(path), "--env", "prod"], monkeypatch) == 0
    assert capsys.readouterr().out.splitlines()[0] == 'nat.group.name: "tradai-nat-asg-prod" → "mine"'


def test_validate_refuses_with_the_field_and_what_is_accepted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "prod.json"
    path.write_text('{"values": {"nat": {"group": {"health_check": "PING"}}}}', encoding="utf-8")
    assert main(["validate", str(path), "--env", "prod"], monkeypatch) == 2
    assert "nat.group.health_check: Input should be 'EC2' or 'ELB'" in capsys.readouterr().err


def test_show_prints_each_value_below_a_path_with_its_provenance(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["show", "nat.group", "--env", "prod"], monkeypatch) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == ['nat.group.name: "tradai-nat-asg-prod" (assumed)', "nat.group.min_size: 1 (seed)"]
    main(["show", "network.vpc.cidr", "--env", "prod"], monkeypatch)
    assert capsys.readouterr().out == 'network.vpc.cidr: "10.0.0.0/16" (seed, immutable)\n'
    main(["show", "lambdas.update-nat-routes.memory_mb", "--env", "prod"], monkeypatch)
    assert capsys.readouterr().out == "lambdas.update-nat-routes.memory_mb: not specified\n"


def test_show_refuses_an_unknown_path_with_the_known_names(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["show", "nat.grp", "--env", "prod"], monkeypatch) == 2
    assert "there is no 'grp'; there are: " in capsys.readouterr().err


def test_show_names_the_pages_on_demand(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = "dynamodb.tables.workflow-state.key.partition.name"
    assert main(["show", path, "--env", "prod", "--pages"], monkeypatch) == 0
    printed = capsys.readouterr().out
    assert "contradicted: platform documentation, page not recorded, 2026" in printed
    assert 'reference/lambdas/update-status says {"partition": {"name": "run_id"' in printed

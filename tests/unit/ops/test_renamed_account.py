"""The commands of the first day in a simulated account where group, hooks, tables and functions are renamed.

The commands are the shipped ones, over a world whose function runs with the template's variables.
"""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from ops.app import app
from simulator.scenario import world
from simulator.scenario.platform import Names

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.any_python

NAMES = Names("acme-egress", "acme-up", "acme-down", "acme-private")
SAMCONFIG = """version = 0.1

[prod.global.parameters]
region = "eu-central-1"

[prod.deploy.parameters]
stack_name = "tradai-ops-prod"
parameter_overrides = ["Environment=prod"]
"""


@pytest.fixture(autouse=True)
def renamed(monkeypatch: pytest.MonkeyPatch) -> None:
    """What ``--simulate`` makes is this account."""
    parameters = {"NamePrefix": "acme"}
    monkeypatch.setattr(world, "World", partial(world.World, names=NAMES, parameters=parameters))


@pytest.fixture
def config(tmp_path: Path) -> Path:
    file = tmp_path / "samconfig.toml"
    file.write_text(SAMCONFIG, encoding="utf-8")
    return file


def run(config: Path, capsys: pytest.CaptureFixture[str], *command: str) -> tuple[int, dict[str, Any]]:
    common = ["--env", "prod", "--simulate", "--samconfig-file", str(config), "--format", "json"]
    code: Any = app([*command, *common], exit_on_error=False, result_action="return_value")
    return int(code), json.loads(capsys.readouterr().out)


def test_doctor_finds_the_names_from_the_route(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, document = run(config, capsys, "doctor")
    parameters = document["parameters"]
    assert parameters["NatAsgName"] == "acme-egress"
    assert parameters["NatHookNames"] == "acme-up,acme-down"
    assert len(parameters["PrivateRouteTableIds"].split(",")) == 2


def test_a_drill_runs_the_renamed_function(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, document = run(config, capsys, "drill")
    assert (code, document["answered"]) == (0, True)
    assert document["summary"]["gateway"].startswith("i-")


def test_a_nat_that_the_drill_ends_is_replaced(
    config: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    out = str(tmp_path / "drill.json")
    code, document = run(config, capsys, "drill", "--terminate", "--yes", "--out", out)
    assert (code, document["healed"], document["simulated"]) == (0, True, True)
    assert document["seconds"]["routes_moved"] < 60

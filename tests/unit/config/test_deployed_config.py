"""The stack's parameters win over a deployment's own values, and a difference is kept for the report."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tradai_shared.config import provenance_of
from tradai_shared.config.loader import PATH_VARIABLE, deployed_config
from tradai_shared.config.models.nat import Transition
from tradai_shared.config.provenance import Provenance

if TYPE_CHECKING:
    from pathlib import Path

PARAMETERS = {
    "NatAsgName": "egress",
    "NatFunctionName": "move-routes",
    "NatAlarmName": "egress-lost",
    "NatHookNames": "egress-up,egress-terminating",
    "PrivateRouteTableIds": "rtb-0a,rtb-0b",
}


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "own.json"
    file.write_text("{}")
    monkeypatch.setenv(PATH_VARIABLE, str(file))
    return file


@pytest.mark.usefixtures("own")
def test_parameters_win_and_are_confirmed() -> None:
    config = deployed_config("prod", PARAMETERS)
    assert config.nat.group.name == "egress"
    assert config.nat.function == "move-routes"
    assert config.nat.alarm == "egress-lost"
    assert config.nat.lifecycle_hooks["launch"].name == "egress-up"
    assert config.network.route_tables["private"].ids == ("rtb-0a", "rtb-0b")
    assert provenance_of(config, "nat.group.name") is Provenance.CONFIRMED
    assert config.annotations.superseded == {}


def test_without_parameters_own_values_count(own: Path) -> None:
    own.write_text(json.dumps({"values": {"nat": {"group": {"name": "mine"}}}}))
    assert deployed_config("prod", {}).nat.group.name == "mine"
    assert deployed_config("prod", {"NatAsgName": ""}).nat.group.name == "mine"


def test_an_own_value_that_differs_is_superseded_and_kept(own: Path) -> None:
    own.write_text(json.dumps({"values": {"nat": {"group": {"name": "mine"}, "alarm": "egress-lost"}}}))
    config = deployed_config("prod", PARAMETERS)
    assert config.nat.group.name == "egress"
    assert config.annotations.superseded == {"nat.group.name": "mine"}


def test_each_of_them_wins_over_an_own_value_and_each_difference_is_kept(own: Path) -> None:
    mine: dict[str, object] = {
        "nat": {
            "group": {"name": "mine"},
            "function": "mine",
            "alarm": "mine",
            "lifecycle_hooks": {"launch": {"name": "mine"}},
        },
        "network": {"route_tables": {"private": {"ids": ["rtb-0f"]}}},
    }
    own.write_text(json.dumps({"values": mine}))
    config = deployed_config("prod", PARAMETERS)
    nat = config.nat
    assert (nat.group.name, nat.function, nat.alarm) == ("egress", "move-routes", "egress-lost")
    assert nat.lifecycle_hooks["launch"].name == "egress-up"
    assert config.network.route_tables["private"].ids == ("rtb-0a", "rtb-0b")
    assert config.annotations.superseded.keys() == {
        "nat.group.name",
        "nat.function",
        "nat.alarm",
        "nat.lifecycle_hooks.launch.name",
        "network.route_tables.private.ids",
    }


@pytest.mark.usefixtures("own")
@pytest.mark.parametrize(
    ("names", "launch", "others"),
    [
        ("egress-up,egress-terminating", "egress-up", ["egress-terminating"]),
        ("terminate-it,start-it", "start-it", ["terminate-it"]),
        ("q1,q2", "q1", ["q2"]),
        ("a-termination,b-termination,up", "up", ["a-termination", "b-termination"]),
        ("up", "up", []),
    ],
)
def test_hooks_that_end_instances_are_in_the_configuration(
    names: str, launch: str, others: list[str]
) -> None:
    hooks = dict(deployed_config("prod", {"NatHookNames": names}).nat.lifecycle_hooks)
    assert hooks.pop("launch").name == launch
    assert [hook.name for hook in hooks.values()] == others
    assert {hook.transition for hook in hooks.values()} <= {Transition.TERMINATING}

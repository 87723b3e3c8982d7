"""samconfig.toml is read and changed, and the rest of it stays."""

from __future__ import annotations

from pathlib import Path

import pytest

from ops.doctor import samconfig, samconfig_edit
from tradai_shared.errors import ConfigError


@pytest.mark.parametrize("text", ["version = ", "version = 0.1", "[prod]\ndeploy = 1"])
def test_a_samconfig_that_cannot_be_understood_is_named(text: str) -> None:
    with pytest.raises(ConfigError, match="samconfig"):
        samconfig.parameters(text, "prod")


def test_a_line_of_overrides_is_read_and_changed_in_place() -> None:
    text = '[prod.deploy.parameters]\nparameter_overrides = "Environment=prod NatAsgName=a"\n[x]\ny = 1\n'
    after = samconfig_edit.changed(text, "prod", {"NatAsgName": "b", "PrivateRouteTableIds": "rtb-1,rtb-2"})
    assert samconfig.parameters(after, "prod") == {
        "Environment": "prod",
        "NatAsgName": "b",
        "PrivateRouteTableIds": "rtb-1,rtb-2",
    }
    assert after.endswith("[x]\ny = 1\n")
    again = samconfig_edit.changed(after, "prod", {"PrivateRouteTableIds": "rtb-3"})
    assert samconfig.parameters(again, "prod")["PrivateRouteTableIds"] == "rtb-3"


def test_the_shipped_file_can_be_changed_for_each_environment() -> None:
    text = (Path(__file__).parents[3] / "samconfig.toml").read_text(encoding="utf-8")
    for env in ("dev", "staging", "prod"):
        after = samconfig_edit.changed(
            text, env, {"NatAsgName": "acme", "PrivateRouteTableIds": "rtb-1,rtb-2"}
        )
        given = samconfig.parameters(after, env)
        assert (given["NatAsgName"], given["PrivateRouteTableIds"]) == ("acme", "rtb-1,rtb-2")
        others = {"dev", "staging", "prod"} - {env}
        assert all(samconfig.parameters(after, name) == samconfig.parameters(text, name) for name in others)


@pytest.mark.parametrize("value", ['acme "nat"', "acme's, nat", "a nat"])
@pytest.mark.parametrize(
    "pairs", ['"Environment=prod NatAsgName=a"', '[\n  "Environment=prod",\n  "NatAsgName=a",\n]']
)
def test_a_value_that_would_break_the_file_or_read_otherwise_is_set_by_hand(pairs: str, value: str) -> None:
    text = f"[prod.deploy.parameters]\nparameter_overrides = {pairs}\n"
    with pytest.raises(ConfigError, match="set NatAsgName by hand"):
        samconfig_edit.changed(text, "prod", {"NatAsgName": value})

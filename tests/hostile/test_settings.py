"""Whatever stands in the environment, settings are whole or SettingsError names the variable."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drift_check.settings import Settings as DriftSettings
from egress_probe.settings import Settings as ProbeSettings
from simulator.aws.sam_template import Template
from simulator.scenario.world import PSEUDO, TEMPLATE
from tests.hostile.inputs import AWKWARD
from tradai_shared.errors import SettingsError
from ttl_reaper.settings import Settings as ReaperSettings
from update_nat_routes.settings import Settings as NatSettings

pytestmark = pytest.mark.any_python

FUNCTIONS = {
    "UpdateNatRoutesFunction": NatSettings.from_env,
    "DriftCheckFunction": DriftSettings.from_env,
    "TtlReaperFunction": ReaperSettings.from_env,
    "EgressProbeFunction": ProbeSettings.from_env,
}
VALUES = st.text(max_size=60) | AWKWARD


@settings(max_examples=400, deadline=None, derandomize=True)
@given(st.sampled_from(sorted(FUNCTIONS)), st.data())
def test_a_wrong_variable_is_named(function: str, data: st.DataObject) -> None:
    deployed = Template.load(TEMPLATE, {"Environment": "prod"}, PSEUDO).function(function).environment
    variables = dict(deployed)
    variables[data.draw(st.sampled_from(sorted(variables)))] = data.draw(VALUES)
    with contextlib.suppress(SettingsError):
        FUNCTIONS[function](variables)

"""No parameter ends the quotes that the template puts around it: in the boot script's exports, in JSON."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.contract.stack import Stack

PARAMETERS: dict[str, dict[str, Any]] = Stack().template.document["Parameters"]
# Where the group's names and the addresses of the self-test go, besides names that have a form of their own.
QUOTED = ["NatAsgName", "NatStandbyAsgName", "NatSelftestUrls", "NamePrefix", "NatFunctionName"]
PROPER = {
    "NatAsgName": ["", "tradai-nat-asg-prod", "The NAT (adopted), 2nd/3"],
    "NatStandbyAsgName": ["", "tradai-nat-standby-asg-prod"],
    "NatSelftestUrls": ["", *PARAMETERS["NatSelftestUrls"]["Default"].split(","), "http://198.51.100.2:81/"],
    "NamePrefix": ["tradai"],
    "NatFunctionName": ["", "tradai-update-nat-routes-dev"],
}


def accepts(name: str, value: str) -> bool:
    """As CloudFormation does: the pattern is searched for, in each item of a list."""
    return re.search(PARAMETERS[name]["AllowedPattern"], value) is not None


@pytest.mark.parametrize("name", QUOTED)
@pytest.mark.parametrize("mark", ["'", '"', "\\"])
def test_a_quote_or_a_backslash_is_refused(name: str, mark: str) -> None:
    assert not accepts(name, f"https://a{mark}; echo")
    assert not accepts(name, f"a{mark}b")


@pytest.mark.parametrize("name", QUOTED)
def test_what_is_proper_is_accepted(name: str) -> None:
    assert [value for value in PROPER[name] if not accepts(name, value)] == []

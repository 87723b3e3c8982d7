from __future__ import annotations

import json
from pathlib import Path

import pytest

from egress_probe.events import Action, Request, parse
from egress_probe.settings import Settings
from tradai_shared.errors import EventError, SettingsError

EVENTS = Path(__file__).parents[3] / "events" / "egress_probe"
RIGHT = {
    "ENVIRONMENT": "prod",
    "PROBE_ENDPOINTS": "https://1.1.1.1/cdn-cgi/trace, https://9.9.9.9/",
    "NAT_EIP_ADDRESSES": "203.0.113.10",
}


def test_the_variables_are_understood() -> None:
    settings = Settings.from_env(RIGHT)
    assert settings.endpoints == ("https://1.1.1.1/cdn-cgi/trace", "https://9.9.9.9/")
    assert settings.addresses == ("203.0.113.10",)


def test_an_address_that_is_not_given_is_not_compared() -> None:
    assert Settings.from_env({**RIGHT, "NAT_EIP_ADDRESSES": ""}).addresses == ()


def test_of_two_nats_both_addresses_are_compared_and_none_where_one_is_not_known() -> None:
    both = Settings.from_env({**RIGHT, "NAT_EIP_ADDRESSES": "203.0.113.10,203.0.113.20"})
    assert both.addresses == ("203.0.113.10", "203.0.113.20")
    for text in ("203.0.113.10,", ",203.0.113.20"):
        assert Settings.from_env({**RIGHT, "NAT_EIP_ADDRESSES": text}).addresses == ()


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("ENVIRONMENT", "production"),
        ("PROBE_ENDPOINTS", ""),
        ("PROBE_ENDPOINTS", "https://1.1.1.1/"),
        ("PROBE_ENDPOINTS", "https://1.1.1.1/a,https://1.1.1.1/b"),
        ("PROBE_ENDPOINTS", "https://1.1.1.1/,ftp://9.9.9.9/"),
        ("PROBE_ENDPOINTS", "https://1.1.1.1/,9.9.9.9"),
        ("NAT_EIP_ADDRESSES", "eipalloc-0123"),
        ("NAT_EIP_ADDRESSES", "203.0.113.10,eipalloc-0123"),
    ],
)
def test_a_malformed_variable_is_named(variable: str, value: str) -> None:
    with pytest.raises(SettingsError) as raised:
        Settings.from_env({**RIGHT, variable: value})
    assert raised.value.variable == variable


def test_the_samples_are_understood() -> None:
    requests = {path.stem: parse(json.loads(path.read_text())) for path in EVENTS.glob("*.json")}
    assert requests == {
        "probe": Request(Action.PROBE),
        "confirm": Request(Action.CONFIRM, "i-0123456789abcdef0"),
    }


@pytest.mark.parametrize(
    "event",
    [
        [],
        {},
        {"action": "reconcile"},
        {"action": "confirm"},
        {"action": "confirm", "suspect": ""},
        {"action": "confirm", "suspect": 1},
        {"action": "probe", "suspect": "i-0123456789abcdef0"},
    ],
)
def test_what_is_no_request_is_refused(event: object) -> None:
    with pytest.raises(EventError):
        parse(event)

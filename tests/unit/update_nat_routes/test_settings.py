"""A missing or malformed variable fails at start with its name."""

from __future__ import annotations

import pytest

from tradai_shared.errors import SettingsError
from update_nat_routes.settings import Readiness, Settings

GOOD = {
    "ENVIRONMENT": "staging",
    "NAT_ASG_NAME": "tradai-nat-asg-staging",
    "NAT_EIP_ALLOCATION_ID": "eipalloc-0abc",
    "PRIVATE_ROUTE_TABLE_IDS": "rtb-0a, rtb-0b",
    "NAT_READINESS": "signal",
    "SNS_ALERTS_TOPIC_ARN": "arn:aws:sns:eu-central-1:123456789012:tradai-alerts-staging",
    "NAT_HOOK_NAMES": "",
    "NAT_TAKE_OVER_ROUTES": "true",
}


def test_everything_is_read() -> None:
    settings = Settings.from_env(GOOD)
    assert settings.route_table_ids == ("rtb-0a", "rtb-0b")
    assert settings.route_table_name == "tradai-private-rt-staging"
    assert settings.readiness is Readiness.SIGNAL
    assert settings.hooks == {"tradai-nat-launch-staging", "tradai-nat-terminate-staging"}
    assert settings.take_over_external_routes


def test_what_may_be_empty_may_be_absent() -> None:
    settings = Settings.from_env({"ENVIRONMENT": "prod", "NAT_ASG_NAME": "g"})
    assert settings.allocation_id is None
    assert settings.route_table_ids == ()
    assert settings.topic_arn is None
    assert settings.readiness is Readiness.RUNNING
    assert not settings.take_over_external_routes


def test_hooks_can_be_named() -> None:
    assert Settings.from_env({**GOOD, "NAT_HOOK_NAMES": "mine,yours"}).hooks == {"mine", "yours"}


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("ENVIRONMENT", ""),
        ("ENVIRONMENT", "production"),
        ("NAT_ASG_NAME", " "),
        ("NAT_EIP_ALLOCATION_ID", "203.0.113.7"),
        ("NAT_EIP_ALLOCATION_ID", "eipalloc-0a,eipalloc-0b"),
        ("PRIVATE_ROUTE_TABLE_IDS", "rtb-0a,subnet-0b"),
        ("NAT_READINESS", "maybe"),
        ("SNS_ALERTS_TOPIC_ARN", "tradai-alerts"),
        ("NAT_HOOK_NAMES", "a hook"),
        ("NAT_TAKE_OVER_ROUTES", "perhaps"),
    ],
)
def test_a_malformed_one_is_named(variable: str, value: str) -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.from_env({**GOOD, variable: value})
    assert caught.value.variable == variable

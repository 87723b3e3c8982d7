"""Events and settings that cannot be understood are named; the rest is taken as it is meant."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from drift_check.checks import BY_NAME
from drift_check.events import Mode, Request, parse
from drift_check.settings import Allowed, Settings
from tradai_shared.config.naming import Environment
from tradai_shared.errors import EventError, SettingsError

SAMPLES = sorted((Path(__file__).parents[3] / "events/drift_check").glob("*.json"))
NAMES = tuple(BY_NAME)


def test_nothing_asked_is_a_report() -> None:
    assert parse({}, NAMES) == Request(Mode.REPORT, dry_run=False, approve=frozenset(), checks=())


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_a_sample_is_understood(path: Path) -> None:
    parse(json.loads(path.read_text(encoding="utf-8")), NAMES)


def test_there_is_a_sample_of_each_kind() -> None:
    assert {path.stem for path in SAMPLES} == {"report", "heal", "heal-dry-run", "approve"}


@pytest.mark.parametrize(
    ("event", "field"),
    [
        ([], "event"),
        ({"mode": "repair"}, "mode"),
        ({"mode": None}, "mode"),
        ({"dry_run": "yes"}, "dry_run"),
        ({"approve": "id"}, "approve"),
        ({"approve": [1]}, "approve"),
        ({"checks": ["none"]}, "checks"),
        ({"detail-type": "x"}, "detail-type"),
    ],
)
def test_what_cannot_be_understood_is_named(event: object, field: str) -> None:
    with pytest.raises(EventError) as raised:
        parse(event, NAMES)
    assert raised.value.field == field


def test_a_deployment_that_says_nothing_only_reports() -> None:
    assert Settings.from_env({"ENVIRONMENT": "dev"}) == Settings(Environment.DEV, Allowed.REPORT)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("ENVIRONMENT", "qa"),
        ("DRIFT_MODE", "always"),
        ("DRIFT_MAX_HEALS", "-1"),
        ("DRIFT_REPORT_BUCKET", "Not_A_Bucket"),
        ("SNS_ALERTS_TOPIC_ARN", "alerts"),
    ],
)
def test_a_malformed_variable_is_named(variable: str, value: str) -> None:
    with pytest.raises(SettingsError) as raised:
        Settings.from_env({"ENVIRONMENT": "dev", variable: value})
    assert raised.value.variable == variable

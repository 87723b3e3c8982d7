"""``alerts test``: one alarm set by hand, CloudWatch's record of its actions, and a person's answer."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

import ops.alerts
from ops.app import app
from tradai_shared.errors import PermanentError

if TYPE_CHECKING:
    from pathlib import Path

TOPIC = "arn:aws:sns:eu-central-1:123456789012:tradai-alerts-prod"
ALARM = "tradai-prod-nat-unhealthy"
YES, NO = "yes", "no"
SAMCONFIG = """version = 0.1
[prod.deploy.parameters]
stack_name = "tradai-ops-prod"
region = "eu-central-1"
parameter_overrides = ["Environment=prod"]
"""


@dataclass
class CloudWatch:
    """One alarm; what its action does is the test's to say."""

    alarm: dict[str, Any] = field(
        default_factory=lambda: {
            "AlarmName": ALARM,
            "StateValue": "OK",
            "ActionsEnabled": True,
            "AlarmActions": [TOPIC],
        }
    )
    outcome: dict[str, str] | None = field(default_factory=lambda: {"actionState": "Succeeded"})
    states: list[str] = field(default_factory=list)

    @staticmethod
    def can_paginate(_: str) -> bool:
        return False

    def describe_alarms(self, AlarmNames: list[str]) -> dict[str, Any]:  # noqa: N803 - AWS's own
        return {"MetricAlarms": [self.alarm] if self.alarm.get("AlarmName") in AlarmNames else []}

    def set_alarm_state(self, AlarmName: str, StateValue: str, StateReason: str) -> None:  # noqa: N803
        assert AlarmName == ALARM
        assert "by hand" in StateReason
        self.states.append(StateValue)

    def describe_alarm_history(
        self,
        AlarmName: str,  # noqa: N803
        HistoryItemType: str,  # noqa: N803
        StartDate: datetime,  # noqa: N803
    ) -> dict[str, Any]:
        assert (AlarmName, HistoryItemType) == (ALARM, "Action")
        assert StartDate <= datetime.now(UTC)
        if self.outcome is None or not self.states:
            return {"AlarmHistoryItems": []}
        data = json.dumps({"notificationResource": TOPIC, **self.outcome})
        return {"AlarmHistoryItems": [{"HistoryData": data, "HistorySummary": "an action"}]}

    def describe_stacks(self, StackName: str) -> dict[str, Any]:  # noqa: ARG002, N803
        return {"Stacks": []}

    def get_caller_identity(self) -> dict[str, str]:
        return {"Account": "123456789012", "Arn": "arn:aws:iam::123456789012:user/operator"}


@pytest.fixture
def cloudwatch(monkeypatch: pytest.MonkeyPatch) -> CloudWatch:
    fake = CloudWatch()
    monkeypatch.setattr("ops.session.clients_of", lambda *_: lambda _service: fake)
    monkeypatch.setattr("ops.alert_test.FOLLOW_SECONDS", 4.0)
    monkeypatch.setattr("ops.alert_test.POLL_SECONDS", 2.0)
    monkeypatch.setattr("time.sleep", lambda _: None)
    return fake


@pytest.fixture
def config(tmp_path: Path) -> Path:
    file = tmp_path / "samconfig.toml"
    file.write_text(SAMCONFIG)
    return file


def run(config: Path, *options: str) -> int:
    tokens = ["alerts", "test", "--env", "prod", "--samconfig-file", str(config), "--region", "eu-central-1"]
    code = app([*tokens, *options], exit_on_error=False, result_action="return_value")
    assert isinstance(code, int)
    return code


def answers(monkeypatch: pytest.MonkeyPatch, *given: str) -> None:
    replies = iter(given)
    monkeypatch.setattr("ops.alerts.agreed", lambda _: next(replies) == YES)


def test_a_message_that_came(
    cloudwatch: CloudWatch, config: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answers(monkeypatch, YES, YES)
    assert run(config) == 0
    assert cloudwatch.states == ["ALARM"]
    assert f"CloudWatch sent to {TOPIC}" in capsys.readouterr().out.replace("\n", "")


def test_a_message_that_did_not_come(
    cloudwatch: CloudWatch, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers(monkeypatch, YES, NO)
    assert run(config) == 1
    assert cloudwatch.states == ["ALARM"]


def test_who_does_not_want_it_changes_nothing(
    cloudwatch: CloudWatch, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers(monkeypatch, NO)
    assert run(config) == 3
    assert cloudwatch.states == []


def test_a_failed_action_is_shown_and_nobody_is_asked(
    cloudwatch: CloudWatch, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cloudwatch.outcome = {"actionState": "Failed", "error": "Topic does not exist"}
    assert run(config, "--yes") == 1
    assert "Topic does not exist" in capsys.readouterr().out.replace("\n", " ")


def test_without_a_record_nobody_knows(cloudwatch: CloudWatch, config: Path) -> None:
    cloudwatch.outcome = None
    assert run(config, "--yes") == 3
    cloudwatch.outcome = {"actionState": "Succeeded"}
    assert run(config, "--yes") == 0


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"AlarmName": "another"}, "does not exist"),
        ({"StateValue": "ALARM"}, "is in ALARM"),
        ({"ActionsEnabled": False}, "disabled"),
        ({"AlarmActions": []}, "no action"),
    ],
)
def test_a_test_that_would_show_nothing_is_refused(
    cloudwatch: CloudWatch, config: Path, change: dict[str, Any], problem: str
) -> None:
    cloudwatch.alarm |= change
    with pytest.raises(PermanentError, match=problem):
        run(config, "--yes")
    assert cloudwatch.states == []


@pytest.mark.usefixtures("cloudwatch")
def test_another_alarm_can_be_named(config: Path) -> None:
    with pytest.raises(PermanentError, match="tradai-prod-ops-dead-letters does not exist"):
        run(config, "--yes", "--alarm", "tradai-prod-ops-dead-letters")


def test_the_record_in_words_where_it_has_no_data() -> None:
    failed = {"HistorySummary": "Failed to execute action arn:x"}
    assert ops.alert_test._result(failed).error == failed["HistorySummary"]
    assert ops.alert_test._result({"HistorySummary": "Successfully executed action arn:x"}).error == ""
    assert ops.alert_test._result({"HistoryData": "no json", "HistorySummary": "Failed"}).error == "Failed"


def test_what_is_missing_is_said() -> None:
    assert ops.alerts.lines_of([], 2) == ["of 2 actions CloudWatch has recorded nothing yet"]

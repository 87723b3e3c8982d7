"""``tradai-ops drift --mode heal`` shows account, region and calls, asks, and writes what it has shown."""

from __future__ import annotations

import json
import re
import signal
from typing import TYPE_CHECKING, Any

import pytest
from botocore.client import BaseClient

from drift_check.model import ExitCode
from ops import drift
from simulator import estate
from tests.unit.ops.test_drift_command import run
from tradai_shared.config import canonical_config

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.any_python

HISTORY = "tradai-infra-drift-state-dev"
TABLES = ("tradai-deployments-dev", "tradai-trading-state-dev")


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch) -> Iterator[estate.Estate]:
    """The estate of dev without recovery of two tables, which is automatic, and a NAT group that may grow."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    monkeypatch.setenv("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")
    monkeypatch.delenv("CANONICAL_CONFIG_PATH", raising=False)
    with estate.account() as client:
        config = canonical_config("dev")
        made = estate.build(config, client)
        recover(made, on=False)
        resize(made, 3)
        yield made


def recover(built: estate.Estate, *, on: bool) -> None:
    for table in TABLES:
        built.client("dynamodb").update_continuous_backups(
            TableName=table, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": on}
        )


def recovered(built: estate.Estate) -> list[str]:
    dynamodb = built.client("dynamodb")
    return [
        table
        for table in TABLES
        if dynamodb.describe_continuous_backups(TableName=table)["ContinuousBackupsDescription"][
            "PointInTimeRecoveryDescription"
        ]["PointInTimeRecoveryStatus"]
        == "ENABLED"
    ]


def resize(built: estate.Estate, most: int) -> None:
    built.client("autoscaling").update_auto_scaling_group(AutoScalingGroupName=group(), MaxSize=most)


def group() -> str:
    return canonical_config("dev").nat.group.name


def largest(built: estate.Estate) -> int:
    groups = built.client("autoscaling").describe_auto_scaling_groups(AutoScalingGroupNames=[group()])
    return int(groups["AutoScalingGroups"][0]["MaxSize"])


def history(built: estate.Estate) -> dict[str, Any]:
    items = built.client("dynamodb").scan(TableName=HISTORY)["Items"]
    return dict(json.loads(items[0]["history"]["S"])) if items else {}


def found(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> dict[str, dict[str, Any]]:
    """What a report shows, by resource and attribute."""
    capsys.readouterr()
    run(monkeypatch, "drift", "--env", "dev", "--format", "json")
    results = json.loads(capsys.readouterr().out)["data"]["results"]
    return {f"{result['resource']} {result['attribute']}": result for result in results}


def answering(monkeypatch: pytest.MonkeyPatch, *, yes: bool) -> list[str]:
    questions: list[str] = []

    def agreed(question: str, *_: Any, **__: Any) -> bool:
        questions.append(question)
        return yes

    monkeypatch.setattr(drift, "agreed", agreed)
    return questions


def test_it_shows_account_region_and_calls_and_asks(
    built: estate.Estate, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    questions = answering(monkeypatch, yes=False)
    assert run(monkeypatch, "drift", "--env", "dev", "--mode", "heal") == ExitCode.DRIFT
    shown = "".join(capsys.readouterr())
    assert questions == ["Heal 2 findings?"]
    for part in ("account 123456789012", "region eu-central-1", "dynamodb:UpdateContinuousBackups", *TABLES):
        assert part in shown
    assert "nothing was written" in shown
    assert recovered(built) == []
    assert history(built) == {}


def test_what_was_shown_is_healed_and_only_attempts_are_kept(
    built: estate.Estate, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    answering(monkeypatch, yes=True)
    before = found(monkeypatch, capsys)
    run(monkeypatch, "drift", "--env", "dev", "--mode", "heal")
    assert recovered(built) == list(TABLES)
    assert largest(built) == 3
    healed = {before[f"{table} point_in_time_recovery"]["id"] for table in TABLES}
    assert set(history(built)) == healed
    assert all("told" not in record for record in history(built).values())


def test_only_heals_one(built: estate.Estate, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    one = found(monkeypatch, capsys)[f"{TABLES[0]} point_in_time_recovery"]["id"]
    run(monkeypatch, "drift", "--env", "dev", "--mode", "heal", "--only", one, "--yes")
    assert recovered(built) == [TABLES[0]]


@pytest.mark.parametrize("kind", ["id", "approval"])
def test_an_approval_alone_heals_that_one_alone(
    built: estate.Estate, monkeypatch: pytest.MonkeyPatch, capsys: Any, kind: str
) -> None:
    approval = found(monkeypatch, capsys)[f"{group()} max_size"][kind]
    run(monkeypatch, "drift", "--env", "dev", "--approve", approval, "--yes")
    assert largest(built) == 1
    assert recovered(built) == []


@pytest.mark.parametrize("option", ["--approve", "--only"])
def test_an_unknown_id_is_an_error(
    built: estate.Estate, monkeypatch: pytest.MonkeyPatch, capsys: Any, option: str
) -> None:
    arguments = ("drift", "--env", "dev", "--mode", "heal", option, "0123456789ab", "--yes")
    assert run(monkeypatch, *arguments) == ExitCode.ERROR
    assert "0123456789ab" in capsys.readouterr().err
    assert recovered(built) == []


def test_a_stale_approval_is_an_error(
    built: estate.Estate, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    approval = found(monkeypatch, capsys)[f"{group()} max_size"]["approval"]
    resize(built, 5)
    assert run(monkeypatch, "drift", "--env", "dev", "--approve", approval, "--yes") == ExitCode.ERROR
    assert "stale" in capsys.readouterr().err
    assert largest(built) == 5


def test_what_changes_between_the_question_and_the_answer_is_not_healed(
    built: estate.Estate, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    approval = found(monkeypatch, capsys)[f"{group()} max_size"]["id"]

    def agreed(*_: Any) -> bool:
        resize(built, 7)
        return True

    monkeypatch.setattr(drift, "agreed", agreed)
    run(monkeypatch, "drift", "--env", "dev", "--approve", approval)
    assert largest(built) == 7


def test_another_region_is_an_error(
    built: estate.Estate, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    assert run(monkeypatch, "drift", "--env", "dev", "--region", "us-east-1") == ExitCode.ERROR
    assert "us-east-1" in "".join(capsys.readouterr())
    assert history(built) == {}


def test_ctrl_c_ends_after_the_heal_under_way_and_says_what_is_left(
    built: estate.Estate, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    answering(monkeypatch, yes=True)
    original = BaseClient._make_api_call  # type: ignore[attr-defined]  # private

    def call(client: Any, operation: str, request: Any) -> Any:
        if operation == "UpdateContinuousBackups":
            signal.raise_signal(signal.SIGINT)
        return original(client, operation, request)

    monkeypatch.setattr(BaseClient, "_make_api_call", call)
    assert run(monkeypatch, "drift", "--env", "dev", "--mode", "heal") == 130
    shown = "".join(capsys.readouterr())
    assert len(recovered(built)) == 1
    assert re.search(rf"done +{recovered(built)[0]} point_in_time_recovery", shown)
    assert "interrupted: 1 heal is left to the next run" in shown
    monkeypatch.setattr(BaseClient, "_make_api_call", original)
    assert run(monkeypatch, "drift", "--env", "dev", "--mode", "heal") == ExitCode.DRIFT
    assert recovered(built) == list(TABLES)

from __future__ import annotations

import json
import signal
import time
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from moto import mock_aws

from ops import app
from simulator.moto_patches.dynamodb import strict
from simulator.scenario.reaper_table import fill, make_table
from tradai_shared.aws.dynamodb_requests import DynamoDBRequests
from tradai_shared.config.models.base import DAY

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TABLE = "tradai-notifications-dev"


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Any]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    monkeypatch.chdir(tmp_path)
    now = int(time.time())
    with mock_aws(), strict():
        client = boto3.client("dynamodb")
        make_table(client, TABLE, keys={"id": "S"})
        fill(client, TABLE, [{"id": {"S": f"old{n}"}, "ttl": {"N": str(now - 9 * DAY)}} for n in range(30)])
        fill(client, TABLE, [{"id": {"S": f"new{n}"}, "ttl": {"N": str(now + DAY)}} for n in range(40)])
        yield client


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr("sys.argv", ["tradai-ops", "reap", *arguments])
    with pytest.raises(SystemExit) as ended:
        app.main()
    return int(ended.value.code or 0)


def count(client: Any) -> int:
    return int(client.scan(TableName=TABLE)["Count"])


def test_a_report_counts_and_changes_nothing(
    client: Any, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    assert run(monkeypatch, "--env", "dev", "--table", "notifications") == 0
    shown = capsys.readouterr().out
    assert "class A" in shown
    assert "30" in shown
    assert count(client) == 70


def test_without_yes_nothing_is_deleted_and_the_cost_is_shown(
    client: Any, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    assert run(monkeypatch, "--env", "dev", "--table", "notifications", "--mode", "delete") == 2
    shown = capsys.readouterr().out
    assert "USD" in shown
    assert "--yes" in shown
    assert count(client) == 70


def test_with_yes_the_expired_items_go_and_each_is_written_down(
    client: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert run(monkeypatch, "--env", "dev", "--table", TABLE, "--mode", "delete", "--yes") == 0
    assert count(client) == 40
    [audit] = tmp_path.glob("out/reap-*.jsonl")
    lines = [json.loads(line) for line in audit.read_text().splitlines()]
    assert sum(line["verdict"] == "intended" for line in lines) == 30
    assert sum(line["verdict"] == "deleted" for line in lines) == 30


@pytest.mark.parametrize(("answer", "left"), [("yes", 40), ("y", 70), ("", 70)])
def test_only_a_whole_yes_is_an_answer(
    client: Any, monkeypatch: pytest.MonkeyPatch, answer: str, left: int
) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("ops.screen.error_console.input", lambda _: answer)
    run(monkeypatch, "--env", "dev", "--table", "notifications", "--mode", "delete")
    assert count(client) == left


def test_a_guard_that_stops_it_is_a_failure(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = ["--env", "dev", "--table", "notifications", "--mode", "delete", "--yes", "--max-deletes", "10"]
    assert run(monkeypatch, *wanted) == 1
    assert count(client) == 60


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        (("--table", "trading-state"), "table"),
        (("--table", "nothing"), "table"),
        (("--table", "notifications", "--max-fraction", "2"), "limits.max_fraction"),
        (("--table", "notifications", "--classes", "F"), "classes"),
    ],
)
def test_a_mistake_is_one_line_that_names_the_field(
    client: Any, monkeypatch: pytest.MonkeyPatch, capsys: Any, changed: tuple[str, ...], field: str
) -> None:
    assert run(monkeypatch, "--env", "dev", *changed) == 2
    assert f"EventError {field}" in capsys.readouterr().err
    assert count(client) == 70


def test_ctrl_c_ends_with_a_summary_a_checkpoint_and_the_command_that_resumes(
    client: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: Any
) -> None:
    call = DynamoDBRequests.call

    def interrupted(self: Any, action: str, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        answer = call(self, action, operation, request)
        if operation == "BatchExecuteStatement":
            signal.raise_signal(signal.SIGINT)
        return answer

    monkeypatch.setattr("ops.reap.WORKERS", 1)
    wanted = ["--env", "dev", "--table", "notifications", "--mode", "delete", "--yes", "--segments", "1"]
    slowly = [*wanted, "--write-units-per-second", "1"]
    with monkeypatch.context() as patched:
        patched.setattr(DynamoDBRequests, "call", interrupted)
        assert run(monkeypatch, *slowly) == 130
    output = capsys.readouterr()
    left = count(client)
    assert 40 <= left < 70
    assert f"deleted {70 - left}" in output.out
    [checkpoint] = tmp_path.glob("out/*.checkpoint.json")
    assert f"--resume out/{checkpoint.name}" in output.err
    assert run(monkeypatch, *wanted, "--resume", str(checkpoint)) == 0
    assert count(client) == 40


def test_ctrl_c_at_the_question_ends_at_once(
    client: Any, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    def interrupted(_: str) -> str:
        signal.raise_signal(signal.SIGINT)
        return "yes"

    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("ops.screen.error_console.input", interrupted)
    assert run(monkeypatch, "--env", "dev", "--table", "notifications", "--mode", "delete") == 130
    assert "deleted 0" not in capsys.readouterr().out  # no run was begun
    assert count(client) == 70


@pytest.mark.usefixtures("client")
def test_the_stack_s_parameters_complete_the_deployment_s_own_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The own file says half of the function's name, the stack's parameter both: alone it is refused."""
    own = tmp_path / "own.json"
    own.write_text(json.dumps({"values": {"lambdas": {"update-nat-routes": {"name": "mover"}}}}))
    monkeypatch.setenv("CANONICAL_CONFIG_PATH", str(own))
    arguments = ("--env", "dev", "--table", "notifications", "--region", "eu-central-1")
    assert run(monkeypatch, *arguments) == 2
    (tmp_path / "samconfig.toml").write_text(
        '[default.deploy.parameters]\nparameter_overrides = ["NatFunctionName=mover"]\n'
    )
    assert run(monkeypatch, *arguments) == 0

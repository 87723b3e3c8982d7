"""``tradai-ops drift`` through the console entry point, over moto."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from drift_check.model import ExitCode
from ops import app, aws_clients, session
from simulator import estate
from tradai_shared.config import canonical_config

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TTL = "dynamodb.tables.notifications.ttl.attribute"


@pytest.fixture(scope="module")
def built() -> Iterator[estate.Estate]:
    """The estate of dev as configured, but for one assumed value: the TTL attribute of notifications."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
        patch.setenv("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")
        patch.delenv("CANONICAL_CONFIG_PATH", raising=False)
        with estate.account() as client:
            config = canonical_config("dev")
            tables = dict(config.dynamodb.tables)
            other = tables["notifications"].ttl
            assert other is not None
            tables["notifications"] = tables["notifications"].model_copy(
                update={"ttl": other.model_copy(update={"attribute": "expires_at"})}
            )
            data = config.dynamodb.model_copy(update={"tables": tables})
            yield estate.build(config.model_copy(update={"dynamodb": data}), client)


@pytest.fixture
def drifted(built: estate.Estate) -> Iterator[None]:
    rds = built.client("rds")
    rds.modify_db_instance(DBInstanceIdentifier="tradai-dev", BackupRetentionPeriod=1)
    yield
    rds.modify_db_instance(DBInstanceIdentifier="tradai-dev", BackupRetentionPeriod=7)


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr("sys.argv", ["tradai-ops", *arguments])
    monkeypatch.setattr(app.console, "_width", 240)  # nothing is folded
    with pytest.raises(SystemExit) as ended:
        app.main()
    return int(ended.value.code or 0)


def refusing(*operations: str) -> Callable[..., Callable[[str], Any]]:
    """The command's clients, with some operations denied; all where none is named."""

    def clients(*given: Any) -> Callable[[str], Any]:
        inner = aws_clients.clients_of(*given)

        def client(service: str) -> Any:
            made = inner(service)
            made.meta.events.register("before-call.*.*", deny, unique_id="deny")
            return made

        return client

    def deny(model: Any, **_: Any) -> None:
        if not operations or model.name in operations:
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": "a test"}}, model.name)

    return clients


@pytest.mark.usefixtures("built")
def test_in_sync_is_0(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    assert run(monkeypatch, "drift", "--env", "dev") == ExitCode.IN_SYNC
    assert int(ExitCode.IN_SYNC) == 0
    assert "in sync" in capsys.readouterr().out


@pytest.mark.usefixtures("built", "drifted")
def test_drift_is_1(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    assert run(monkeypatch, "drift", "--env", "dev", "--format", "json") == ExitCode.DRIFT
    assert int(ExitCode.DRIFT) == 1
    document = json.loads(capsys.readouterr().out)
    (found,) = [result for result in document["data"]["results"] if result["severity"] != "info"]
    assert (found["attribute"], found["desired"], found["observed"]) == ("backup_retention_days", 7, 1)


@pytest.mark.usefixtures("drifted")
def test_looking_writes_no_history(
    monkeypatch: pytest.MonkeyPatch, capsys: Any, built: estate.Estate
) -> None:
    assert run(monkeypatch, "drift", "--env", "dev", "--format", "json") == ExitCode.DRIFT
    assert "cannot serve" not in capsys.readouterr().out  # the history could have been written
    assert built.client("dynamodb").scan(TableName="tradai-infra-drift-state-dev")["Items"] == []


@pytest.mark.parametrize(
    "arguments",
    [
        ["--env", "qa"],
        ["--env", "dev", "--checks", "none"],
        ["--env", "dev", "--profile", "nobody"],
        ["--env", "dev", "--no-such-option"],
    ],
    ids=lambda arguments: arguments[-1],
)
def test_what_cannot_be_run_is_2(monkeypatch: pytest.MonkeyPatch, arguments: list[str]) -> None:
    assert run(monkeypatch, "drift", *arguments) == ExitCode.ERROR
    assert int(ExitCode.ERROR) == 2


@pytest.mark.usefixtures("built")
def test_no_answer_at_all_is_2(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "clients_of", refusing())
    assert run(monkeypatch, "drift", "--env", "dev") == ExitCode.ERROR


def test_a_fault_of_the_program_is_2(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.setattr(session, "clients_of", lambda *_: 1 / 0)
    assert run(monkeypatch, "drift", "--env", "dev") == ExitCode.ERROR
    assert "ZeroDivisionError" in capsys.readouterr().err


@pytest.mark.usefixtures("built", "drifted")
@pytest.mark.parametrize("form", ["table", "markdown", "html"])
def test_what_could_not_be_read_is_3_and_named_in_every_form(
    monkeypatch: pytest.MonkeyPatch, capsys: Any, form: str
) -> None:
    monkeypatch.setattr(session, "clients_of", refusing("ListTopics"))
    assert run(monkeypatch, "drift", "--env", "dev", "--format", form) == ExitCode.PARTIAL
    assert int(ExitCode.PARTIAL) == 3
    shown = capsys.readouterr().out
    assert "sns:ListTopics" in shown
    assert "backup_retention_days" in shown.replace("\n", "")


@pytest.mark.usefixtures("built")
def test_the_module_is_the_console_script() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "ops.app", "drift", "--env", "qa"], capture_output=True, text=True, check=False
    )
    assert run.returncode == ExitCode.ERROR
    assert "qa" in run.stderr

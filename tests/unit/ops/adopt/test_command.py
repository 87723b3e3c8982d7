"""``tradai-ops adopt`` through the console entry point, over moto."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from ops import app, aws_clients, session
from ops.adopt import command
from ops.doctor.samconfig import parameters
from simulator import estate
from tradai_shared.config import canonical_config, provenance_of
from tradai_shared.config.build import build
from tradai_shared.config.naming import Environment
from tradai_shared.config.provenance import Provenance

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = pytest.mark.any_python

IDENTITY_ACCOUNT = "123456789012"  # moto's
SAMCONFIG = """[default.global.parameters]
region = "eu-central-1"
[default.deploy.parameters]
stack_name = "tradai-ops-dev"
parameter_overrides = [
  "DriftMode=report", # report | heal
  'DriftResourceArns=""', # what the platform has under other names
]
"""
TTL = "dynamodb.tables.notifications.ttl.attribute"
OTHER = {
    "dynamodb": {"tables": {"notifications": {"ttl": {"attribute": "expires_at"}}}},
    "rds": {"backup_retention_days": 1, "instance_class": "db.m6g.large"},
    "cognito": {"name": "acme-people"},
}


@pytest.fixture(scope="module", autouse=True)
def _built() -> Iterator[None]:
    """The estate of dev but for four values: two assumed, one that loses data, and a name."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
        patch.setenv("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")
        patch.delenv("CANONICAL_CONFIG_PATH", raising=False)
        with estate.account() as client:
            estate.build(build(Environment.DEV, OTHER), client)
            yield


class Shell:
    """Runs the command with a file of its own, and keeps what it printed."""

    def __init__(self, patch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], own: Path) -> None:
        self.patch, self.capsys, self.own = patch, capsys, own
        self.shown = self.errors = ""

    def run(self, *arguments: str, typed: str = "", out: str | None = "") -> int:
        where = ["--env", "dev", *(["--out", out or str(self.own)] if out is not None else [])]
        self.patch.setattr("sys.argv", ["tradai-ops", "adopt", *where, *arguments])
        self.patch.setattr("sys.stdin", io.StringIO(typed))
        if self.own.exists():
            self.patch.setenv("CANONICAL_CONFIG_PATH", str(self.own))
        with pytest.raises(SystemExit) as ended:
            app.main()
        printed = self.capsys.readouterr()
        self.shown, self.errors = printed.out, printed.err
        return int(ended.value.code or 0)

    @property
    def written(self) -> Any:
        return json.loads(self.own.read_text(encoding="utf-8"))

    def id_of(self, path: str) -> str:
        """As the list to edit shows it."""
        answers = self.own.parent / "ids"
        self.run("--answers", str(answers))
        lines = answers.read_text(encoding="utf-8").splitlines()
        answers.unlink()
        return next(line.split()[1] for line in lines if line.split()[2:3] == [path])


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Shell:
    monkeypatch.delenv("CANONICAL_CONFIG_PATH", raising=False)
    monkeypatch.chdir(tmp_path)  # without a samconfig.toml
    return Shell(monkeypatch, capsys, tmp_path / "dev.json")


def refusing(*operations: str, but: str = "") -> Callable[..., Callable[[str], Any]]:
    """The command's clients, with some operations denied; all where none is named."""

    def deny(model: Any, **_: Any) -> None:
        if model.name in operations or (not operations and model.name != but):
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": "a test"}}, model.name)

    def clients(*given: Any) -> Callable[[str], Any]:
        inner = aws_clients.clients_of(*given)

        def client(service: str) -> Any:
            made = inner(service)
            made.meta.events.register("before-call.*.*", deny, unique_id="deny")
            return made

        return client

    return clients


def test_yes_takes_what_is_only_assumed_and_says_what_remains(shell: Shell) -> None:
    assert shell.run("--yes") == 0
    values = shell.written["values"]
    assert values["dynamodb"]["tables"]["notifications"]["ttl"] == {"attribute": "expires_at"}
    assert "rds" not in values or "backup_retention_days" not in values["rds"]
    assert "instance_class" not in values["rds"]  # documented in dev
    assert "no answer" in shell.shown
    assert "acme-people" not in json.dumps(values)
    confirmed = build(Environment.DEV, values)
    assert provenance_of(confirmed, TTL) is Provenance.CONFIRMED


def test_questions_are_answered_one_by_one_and_asked_once(shell: Shell) -> None:
    typed = "take\nkeep\nkeep\ntake\ny\n"
    assert shell.run(typed=typed) == 0
    assert "cognito.name" in shell.errors
    assert "less secure, or lose data" in shell.errors
    assert "remains drift" in shell.shown
    assert shell.written["values"]["cognito"]["name"] == "acme-people"
    assert len(shell.written["declined"]) == 2
    assert shell.run(typed="") == 0
    assert "nothing to write" in shell.shown
    assert "no answer" not in shell.shown


def test_nothing_is_written_without_the_last_yes(shell: Shell) -> None:
    assert shell.run(typed="take\nkeep\nkeep\ntake\nn\n") == 0
    assert not shell.own.exists()


def test_a_difference_is_accepted_by_its_id_also_an_insecure_one(shell: Shell) -> None:
    identifier = shell.id_of("rds.backup_retention_days")
    assert shell.run("--accept", identifier, "--accept", "cognito.name=acme-people") == 0
    assert shell.written["values"]["rds"]["backup_retention_days"] == 1
    assert shell.written["values"]["cognito"]["name"] == "acme-people"
    assert "instance_class" not in shell.written["values"]["rds"]


def test_an_unknown_id_is_an_error_and_nothing_is_written(shell: Shell) -> None:
    assert shell.run("--accept", "0123456789ab") == 2
    assert "no difference 0123456789ab" in shell.errors
    assert not shell.own.exists()


def test_the_id_of_a_finding_of_drift_is_accepted_too(shell: Shell) -> None:
    from drift_check.findings import finding_id  # noqa: PLC0415 - of this test alone

    assert shell.run("--accept", finding_id("database", "tradai-dev", "instance_class")) == 0
    assert shell.written["values"]["rds"]["instance_class"] == "db.m6g.large"


def test_a_list_is_written_edited_and_read(shell: Shell) -> None:
    answers = shell.own.parent / "answers"
    assert shell.run("--answers", str(answers)) == 0
    assert not shell.own.exists()
    text = answers.read_text(encoding="utf-8")
    insecure = next(line for line in text.splitlines() if "rds.backup_retention_days" in line)
    assert insecure.startswith("keep")
    assert "insecure or data-losing" in insecure
    edited = [
        line.replace("keep", "not-judged", 1) if "rds.instance_class" in line else line
        for line in text.splitlines()
    ]
    answers.write_text("\n".join(edited), encoding="utf-8")
    assert shell.run("--answers", str(answers)) == 0
    assert shell.written["not_judged"] == ["rds.instance_class"]
    assert shell.written["values"]["cognito"]["name"] == "acme-people"
    shell.patch.setenv("CANONICAL_CONFIG_PATH", str(shell.own))
    assert canonical_config("dev").cognito.name == "acme-people"


@pytest.mark.parametrize(
    "line", ["maybe 0123456789ab", "take", "take 0123", "keep 0123456789ab x\nkeep 0123456789ab"]
)
def test_a_line_that_is_no_answer_is_refused(shell: Shell, line: str) -> None:
    answers = shell.own.parent / "answers"
    answers.write_text(line, encoding="utf-8")
    assert shell.run("--answers", str(answers)) == 2
    assert not shell.own.exists()


def test_what_is_absent_is_no_finding_until_it_is_there(shell: Shell) -> None:
    assert shell.run("--absent", "cognito.name") == 0
    assert shell.written["absent"] == ["cognito"]
    assert shell.run("--yes") == 0
    assert "cognito" not in shell.shown


def test_a_partly_read_estate_says_so_and_confirms_the_rest_alone(shell: Shell) -> None:
    shell.patch.setattr(session, "clients_of", refusing("DescribeTimeToLive"))
    assert shell.run("--yes") == 3
    assert "DescribeTimeToLive" in shell.shown
    assert "ttl" not in shell.written["values"]["dynamodb"]["tables"]["notifications"]
    assert "key" in shell.written["values"]["dynamodb"]["tables"]["notifications"]


def test_where_nothing_is_read_nothing_is_written(shell: Shell) -> None:
    every = refusing(but="GetCallerIdentity")
    shell.patch.setattr(session, "clients_of", every)
    assert shell.run("--yes") == 2
    assert "AccessDenied" in shell.errors
    assert not shell.own.exists()


def test_json_lists_every_difference_with_its_answers_and_asks_nothing(shell: Shell) -> None:
    assert shell.run("--format", "json") == 0
    document = json.loads(shell.shown)
    by_path = {each["path"]: each for each in document["differences"]}
    assert by_path["cognito.name"]["proposals"][0]["value"] == "acme-people"
    assert by_path["cognito.name"]["answers"] == ["take", "keep", "absent", "not-judged"]
    assert by_path["rds.backup_retention_days"]["insecure"] is True
    assert by_path["rds.backup_retention_days"]["answers"] == ["take", "keep"]
    assert not shell.own.exists()


def test_the_role_s_parameters_are_shown_and_kept_beside_the_deployment_s_own_file(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A table of another name has to be opened to the role; with a file elsewhere they are only shown."""
    config = build(Environment.DEV)
    table = next(iter(config.dynamodb.tables))
    own = {"values": {"dynamodb": {"tables": {table: {"name": "acme-jobs"}}}}}
    shell.own.write_text(json.dumps(own), encoding="utf-8")
    assert shell.run("--yes") == 0
    arn = f"arn:aws:dynamodb:eu-central-1:{IDENTITY_ACCOUNT}:table/acme-jobs"
    assert f"DriftResourceArns={arn}" in "".join(shell.shown.splitlines())
    samconfig = shell.own.parent / "samconfig.toml"
    samconfig.write_text(SAMCONFIG, encoding="utf-8")
    monkeypatch.setattr(command, "OWN_VALUES", shell.own.parent / "own_values")
    assert shell.run("--keep", f"dynamodb.tables.{table}.name", out=None) == 0
    assert parameters(samconfig.read_text(encoding="utf-8"), "dev")["DriftResourceArns"] == arn
    assert "DriftMode=report" in samconfig.read_text(encoding="utf-8")
    assert shell.run("--yes", out=None) == 0
    assert "stack parameter" not in shell.shown

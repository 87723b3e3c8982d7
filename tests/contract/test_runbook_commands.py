"""Every command of the runbooks is one that can be typed: tradai-ops' own run against a simulated account."""

from __future__ import annotations

import io
import re
import shlex
from typing import TYPE_CHECKING

import botocore.session
import pytest
from botocore import xform_name

from ops import app
from tests.contract.stack import ROOT

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.any_python

PAGES = sorted((ROOT / "docs/runbooks").glob("*.md"))
each_page = pytest.mark.parametrize("page", PAGES, ids=[page.stem for page in PAGES])
SET_ONCE = "export TRADAI_ENV=dev   # dev, staging or prod\n"
READS = ("get-", "describe-", "list-", "lookup-", "receive-", "filter-", "tail")
READING_PAYLOADS = ('"dry_run":true', '"mode":"report"')
# options of the AWS CLI, not of the API
CLI_ALONE = {"query", "output", "max-items", "no-paginate", "cli-binary-format"}
FINDING = "38c6b99bab7f"  # of the simulated account: a table without point-in-time recovery


def blocks(page: Path) -> list[str]:
    return re.findall(r"^```bash\n(.*?)^```", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


def code(page: Path) -> str:
    """Blocks and inline code, a command a line."""
    text = page.read_text(encoding="utf-8")
    inline = re.findall(r"(?<!`)`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))
    return "\n".join([*blocks(page), *inline]).replace("\\\n", " ")


def commands(page: Path) -> set[str]:
    found = re.findall(r"\btradai-ops [a-z][^;|&#\n]*", code(page))
    return {command.strip().replace(" ID", f" {FINDING}") for command in found}


@each_page
def test_the_environment_is_set_once_and_first(page: Path) -> None:
    assert blocks(page)[0] == SET_ONCE
    text = page.read_text(encoding="utf-8")
    assert len(re.findall(r"\bENV=", text)) == 0
    assert text.count("TRADAI_ENV=") == 1


@pytest.mark.parametrize("command", sorted(set().union(*map(commands, PAGES))))
def test_a_command_of_tradai_ops_runs(
    command: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TRADAI_ENV", "dev")
    monkeypatch.setattr("sys.stdin", io.StringIO())  # nobody answers: nothing may be changed
    monkeypatch.setattr("sys.argv", [*shlex.split(command), "--simulate"])
    with pytest.raises(SystemExit) as ended:
        app.main()
    printed = capsys.readouterr()
    unanswered = ended.value.code == 2 and "There is no terminal to ask at" in printed.err
    assert unanswered or ended.value.code in {None, 0, 1, 3}, printed.err
    assert "account 123456789012" in printed.out


def calls(page: Path) -> list[tuple[str, str, set[str]]]:
    """Service, operation and options of every command of the AWS CLI."""
    found = re.findall(r"\baws ([a-z0-9]+) ([a-z-]+)([^|;&\n]*)", code(page))
    return [
        (service, operation, set(re.findall(r"(?<!\S)--([a-z-]+)", options)))
        for service, operation, options in found
    ]


@each_page
def test_a_call_of_the_aws_cli_exists_with_its_options(page: Path) -> None:
    session = botocore.session.Session()
    for service, operation, options in calls(page):
        model = session.get_service_model({"logs": "logs"}.get(service, service))
        operations = {xform_name(name, "-"): name for name in model.operation_names}
        assert operation in operations, (service, operation)
        shape = model.operation_model(operations[operation]).input_shape
        members = {xform_name(name, "-") for name in (shape.members if shape else {})}
        known = members | CLI_ALONE | {f"no-{name}" for name in members}
        assert options - known == set(), (service, operation)


@each_page
def test_what_changes_aws_asks_first(page: Path) -> None:
    for block in [*blocks(page), code(page)]:
        for command in block.replace("\\\n", " ").splitlines():
            for service, operation in re.findall(r"\baws ([a-z0-9]+) ([a-z-]+)", command):
                reads = operation.startswith(READS) or any(each in command for each in READING_PAYLOADS)
                assert reads or '[ "$ANSWER" = yes ]' in command, (service, operation)

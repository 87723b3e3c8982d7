"""What a person mistypes is refused with one line and exit code 2, before anything is done."""

from __future__ import annotations

import io
import os
import pty
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from ops import app as root
from ops.screen import agreed

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.any_python

REAP = "reap --table notifications"
WAIVE = "findings waive 38c6b99bab7f --reason agreed --owner platform --yes"


@pytest.fixture(autouse=True)
def _elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TRADAI_ENV", "dev")
    monkeypatch.setattr("sys.stdin", io.StringIO())
    (tmp_path / "folder").mkdir()
    (tmp_path / "bytes").write_bytes(b"\xff\xfe\x00")


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr("sys.argv", ["tradai-ops", *arguments])
    with pytest.raises(SystemExit) as ended:
        root.main()
    return int(ended.value.code or 0)


@pytest.mark.parametrize(
    "command", ["config show nat", "config diff", "config export", "config schema", "config validate bytes"]
)
def test_the_configuration_has_no_report(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    assert run(monkeypatch, *command.split(), "--format", "html") == 2
    printed = capsys.readouterr()
    assert printed.err == "ConfigError --format: this command prints json, table, not html\n"
    assert printed.out == ""


@pytest.mark.parametrize(
    ("command", "line"),
    [
        ("config schema --env qa", "ConfigError environment: 'qa' is none of dev, staging, prod"),
        ("config validate folder", "ConfigError folder: cannot be read: [Errno 21] Is a directory: 'folder'"),
        ("status --samconfig-file folder", "ConfigError folder: cannot be read"),
        ("status --samconfig-file bytes", "ConfigError bytes: cannot be read: 'utf-8'"),
        ("adopt --answers folder", "ConfigError folder: cannot be read"),
        ("adopt --answers bytes", "ConfigError bytes: cannot be read: 'utf-8'"),
        ("drift --only 38c6b99bab7f", "ConfigError --only: names findings to heal"),
        ("drift --checks nothing", "EventError checks: 'nothing' is not one of"),
        (f"{WAIVE} --until 2020-01-01", "ConfigError --until: 2020-01-01 is over"),
        (f"{WAIVE} --out folder", "IsADirectoryError folder: Is a directory"),
        (f"{WAIVE} --out bytes/own.json", "FileExistsError bytes: File exists"),
        ("drill --terminate --yes --out folder", "ConfigError --out: folder is a folder"),
        ("drill --out figures.json", "ConfigError --out: needs --terminate"),
        ("drill --terminate --notify --yes", "ConfigError --notify: not with --terminate"),
        (f"{REAP} --max-deletes 0", "EventError limits.max_deletes: "),
        (f"{REAP} --max-fraction 2", "EventError limits.max_fraction: "),
        (f"{REAP} --classes Z", "EventError classes.0: "),
        (f"{REAP} --resume folder", "EventError resume: folder: Is a directory"),
        (f"{REAP} --resume bytes", "EventError resume: bytes is not a checkpoint"),
        ("logs --since soon", "ConfigError --since: expected a number and s, m, h or d, got 'soon'"),
    ],
)
def test_one_line_says_what_is_wrong(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: str, line: str
) -> None:
    simulated = [] if command.startswith("config") else ["--simulate"]
    assert run(monkeypatch, *command.split(), *simulated) == 2
    [said] = capsys.readouterr().err.splitlines()
    assert said.startswith(line)


def test_a_waiver_without_a_reason_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    command = [*WAIVE.replace("agreed", "_").split(), "--simulate"]
    assert run(monkeypatch, *(word.replace("_", " ") for word in command)) == 2
    assert capsys.readouterr().err == "ConfigError --reason: is empty\n"


@pytest.mark.parametrize(
    "command", ["drift --max-heals -1", "drift --max-heals x", "status --format", "nope"]
)
def test_what_the_parser_refuses_is_an_error_too(monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    assert run(monkeypatch, *command.split()) == 2


@pytest.mark.parametrize("command", ["reconcile", "drill --terminate", f"{REAP} --mode delete"])
def test_a_question_that_nobody_can_answer_is_no_success(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    assert run(monkeypatch, *command.split(), "--simulate") == 2
    assert "There is no terminal to ask at: --yes goes ahead." in capsys.readouterr().err


@pytest.mark.parametrize(("typed", "answer"), [("yes\n", True), ("y\n", False), ("\n", False), ("", False)])
def test_only_a_whole_yes_agrees_and_an_end_of_input_does_not(
    monkeypatch: pytest.MonkeyPatch,
    typed: str,
    answer: bool,  # noqa: FBT001 - a parameter
) -> None:
    terminal = io.StringIO(typed)
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    monkeypatch.setattr("sys.stdin", terminal)
    assert agreed("Go ahead?") is answer


@pytest.mark.parametrize("command", ["--help", "status --simulate", "config show nat", "config export"])
def test_a_pipe_that_is_closed_early_ends_with_2_and_no_word(command: str) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as closed:
        done = subprocess.run(  # noqa: S603 - the project's own command line
            [sys.executable, "-m", "ops.app", *command.split()],
            stdout=closed,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert (done.returncode, done.stderr) == (2, "")


@pytest.mark.parametrize("variables", [{"TERM": "dumb"}, {"NO_COLOR": "1"}, {"COLUMNS": "20"}])
def test_a_poor_terminal_gets_whole_lines(variables: dict[str, str]) -> None:
    """Ids stay whole at 20 columns; a dumb terminal and NO_COLOR get no colour."""
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "ops.app", "status", "--simulate"],
        stdout=follower,
        stderr=follower,
        env={**os.environ, "TERM": "xterm", **variables},
    )
    os.close(follower)
    shown = b""
    while chunk := _read(leader):
        shown += chunk
    assert process.wait() == 0
    text = shown.decode()
    assert "points at i-" in text
    assert max(map(len, text.splitlines())) > 80, "no line is folded"
    colours = ("\x1b[32m", "\x1b[31m")
    assert any(colour in text for colour in colours) is ("COLUMNS" in variables)


def _read(leader: int) -> bytes:
    try:
        return os.read(leader, 65_536)
    except OSError:  # Linux's word for a terminal that nobody writes to any more
        return b""

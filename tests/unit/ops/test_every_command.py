"""What holds for every command of tradai-ops: its options, its help, its account line, its refusals."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from rich.text import Text

from ops import app as root
from ops.drill.command import put_event
from ops.screen import PlainConsole, styled, visible
from tests.unit.ops.every_command import NEEDED, ONLINE, _alone, _credentials, refusal, run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cyclopts import App

pytestmark = pytest.mark.any_python

__all__ = ["_alone", "_credentials"]  # fixtures

OPTIONS = {"--env", "--profile", "--region", "--endpoint-url", "--format", "--quiet", "--simulate"}


IDS = re.compile(r"\b(?:(?:rtb|i|eni|eipalloc|vpc|subnet|sg)-|id )[0-9a-f]+\b")
WHOLE = re.compile(r"[a-z]+-[0-9a-f]{17}|id [0-9a-f]{12}")


def leaves(app: App, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The path of every command that does something."""
    names = [name for name in app if not name.startswith("-")]
    if not names:
        yield path
    for name in names:
        yield from leaves(app[name], (*path, name))


LEAVES = list(leaves(root.app))


@pytest.mark.parametrize("path", LEAVES, ids=" ".join)
def test_every_command_has_the_options_an_example_and_its_exit_codes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], path: tuple[str, ...]
) -> None:
    assert run(monkeypatch, *path, "--help") == 0
    shown = capsys.readouterr().out
    assert {option for option in OPTIONS if option not in shown} == set()
    assert f"tradai-ops {path[0]}" in shown
    assert "Exit code" in shown


def recording(original: Callable[..., None], folded: list[object]) -> Callable[..., None]:
    """Prints, and notes what is neither text nor Rich's own control codes: it would be folded or cut."""

    def print_(self: PlainConsole, *objects: Any, **options: Any) -> None:
        if not self.stderr:
            folded.extend(item for item in objects if not isinstance(item, str | Text))
        original(self, *objects, **options)

    return print_


@pytest.mark.parametrize("command", ONLINE)
def test_every_output_says_where_it_is_from(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    arguments = [*command.split(), *NEEDED.get(command, []), "--env", "dev", "--simulate"]
    arguments += ["--dry-run"] if command == "reconcile" else []
    monkeypatch.setenv("COLUMNS", "80")
    folded: list[object] = []
    monkeypatch.setattr(PlainConsole, "print", recording(PlainConsole.print, folded))
    assert run(monkeypatch, *arguments) in {0, 1, 3}
    where = "account 123456789012, region eu-central-1, environment dev"
    shown = capsys.readouterr().out
    assert where in shown
    assert [found for found in IDS.findall(shown) if not WHOLE.fullmatch(found)] == []
    assert folded == [], "only lines of text keep an id whole in a narrow terminal and in a pipe"
    assert run(monkeypatch, *arguments, "--format", "json") in {0, 1, 3}
    printed = capsys.readouterr().out
    document = json.loads(printed.splitlines()[0] if command == "logs" else printed)
    place = {name: document[name] for name in ("account", "region", "environment")}
    assert place == {"account": "123456789012", "region": "eu-central-1", "environment": "dev"}


def test_the_simulated_account_leaves_status_nothing_unread(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "status", "--env", "dev", "--simulate") == 0
    assert "unknown" not in capsys.readouterr().out


@pytest.mark.parametrize("asked", [True, False])
def test_a_drill_sends_a_message_where_it_is_asked_to_alone(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    asked: bool,  # noqa: FBT001 - a parameter
) -> None:
    details: list[str] = []

    def put(client: Callable[[str], Any], entry: dict[str, str]) -> None:
        details.append(entry["Detail"])
        put_event(client, entry)

    monkeypatch.setattr("ops.drill.command.put_event", put)
    arguments = ["drill", "--env", "dev", "--simulate", *(["--notify"] if asked else [])]
    assert run(monkeypatch, *arguments) == 0
    assert "trigger: drill" in capsys.readouterr().out
    [detail] = details
    assert json.loads(detail).get("notify", False) is asked


def test_what_steers_a_terminal_is_shown_as_its_escape() -> None:
    hostile = "[bold]a[/x] :smile: \x1b[2J\r\u202e\x9b1m"
    assert visible(hostile) == "[bold]a[/x] :smile: \\x1b[2J\\r\\u202e\\x9b1m"
    console = PlainConsole(width=20, highlight=False, markup=False, emoji=False)
    with console.capture() as captured:
        console.print(hostile, styled(hostile, "red"))
    assert captured.get() == f"{visible(hostile)} {visible(hostile)}\n"


def test_the_simulator_is_imported_for_simulate_alone() -> None:
    names = ", ".join(command.path.partition(":")[0] for command in root.COMMANDS.values())
    program = f"import sys, {names}, ops.session, ops.simulated; print('simulator' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)  # noqa: S603
    assert done.stdout == "False\n"


def test_the_environment_can_be_set_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TRADAI_ENV", "staging")
    assert run(monkeypatch, "config", "show", "nat.group.name") == 0
    assert "staging" in capsys.readouterr().out
    monkeypatch.delenv("TRADAI_ENV")
    assert run(monkeypatch, "config", "show", "nat.group.name") == 2


@pytest.mark.parametrize("command", [name for name in ONLINE if name != "drift"])
def test_a_format_that_a_command_does_not_have_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    arguments = [*command.split(), *NEEDED.get(command, []), "--env", "dev", "--format", "html"]
    assert run(monkeypatch, *arguments) == 2
    assert refusal(capsys) == "ConfigError --format: this command prints json, table, not html"


def test_ctrl_c_ends_a_command_with_one_line_and_its_exit_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("ops.logs.clock.sleep", interrupted)
    assert run(monkeypatch, "logs", "--env", "dev", "--simulate", "--follow") == 130
    assert capsys.readouterr().err.splitlines()[-1] == "interrupted"


def test_ctrl_c_in_a_drill_says_that_the_replacement_goes_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("ops.drill.command.terminate_and_follow", interrupted)
    assert run(monkeypatch, "drill", "--env", "dev", "--terminate", "--yes", "--simulate") == 130
    assert capsys.readouterr().err.splitlines()[-2:] == [
        "A NAT that was told to end is replaced without this command as well: tradai-ops status --env dev",
        "interrupted",
    ]

"""The root of the command line: one line with the cause, one with the remedy."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from ops import app
from tradai_shared.errors import ConfigError, PermanentError

if TYPE_CHECKING:
    from pathlib import Path

# 21 ms of a drift check's 550 ms of CPU, for what it never uses.
UNUSED_BY_DRIFT = ("cyclopts.completion", "ops.doctor.model", "update_nat_routes.model")


def test_no_credentials_have_a_remedy(capsys: pytest.CaptureFixture[str]) -> None:
    app._print_error(PermanentError("sts:GetCallerIdentity", "NoCredentialsError", "none"))
    assert "Log in first" in capsys.readouterr().err


def test_what_an_error_quotes_is_no_markup(capsys: pytest.CaptureFixture[str]) -> None:
    app._print_error(ConfigError("a[/x]", "is [bold]no[/bold] value"))
    assert "a[/x]: is [bold]no[/bold] value" in capsys.readouterr().err


def test_a_bare_command_line_without_credentials_ends_with_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["tradai-ops", "doctor", "--env", "qa"])
    with pytest.raises(SystemExit) as ended:
        app.main()
    assert ended.value.code == 2
    assert "qa" in capsys.readouterr().err


def test_a_drift_check_imports_nothing_of_doctor_and_completion() -> None:
    program = f"import sys, ops.app, ops.drift, ops.session; print({{*{UNUSED_BY_DRIFT}}} & {{*sys.modules}})"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)  # noqa: S603
    assert done.stdout == "set()\n"


def test_completion_is_installed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    script = tmp_path / "completion.bash"
    words = ["tradai-ops", "--install-completion", "--shell", "bash", "--output", str(script)]
    monkeypatch.setattr(sys, "argv", words)
    with pytest.raises(SystemExit) as ended:
        app.main()
    assert ended.value.code == 0
    assert str(script) in capsys.readouterr().out
    assert "tradai-ops" in script.read_text()

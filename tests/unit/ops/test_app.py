"""The root of the command line: one line with the cause, one with the remedy."""

from __future__ import annotations

import sys

import pytest

from ops import app
from tradai_shared.errors import ConfigError, PermanentError


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

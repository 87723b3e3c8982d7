"""The commands against another endpoint over HTTP, as with a stand-in on this machine."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from ops import app

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    command = [sys.executable, "-m", "simulator.estate.server", "--env", "dev"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:  # noqa: S603 - our own module
        assert server.stdout is not None
        assert server.stdin is not None
        yield server.stdout.readline().strip()
        server.stdin.close()
        server.wait(timeout=30)


def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, *arguments: str) -> int:
    monkeypatch.chdir(tmp_path)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setattr("sys.argv", ["tradai-ops", *arguments, "--env", "dev"])
    with pytest.raises(SystemExit) as ended:
        app.main()
    return int(ended.value.code or 0)


def test_doctor_reads_the_stand_in(
    endpoint: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = run(monkeypatch, tmp_path, "doctor", "--endpoint-url", endpoint, "--format", "json")
    document = json.loads(capsys.readouterr().out)
    said = {(line["subject"], line["level"]) for line in document["lines"]}
    assert code == 1  # the estate's own function has the name that the stack would take
    assert {("group", "ok"), ("function tradai-update-nat-routes-dev", "do")} <= said
    assert document["account"] == "123456789012"


def test_the_variable_does_what_the_option_does(
    endpoint: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    assert run(monkeypatch, tmp_path, "drift", "--checks", "tables") == 0
    assert "in sync" in capsys.readouterr().out

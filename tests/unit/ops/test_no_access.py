"""What every command of tradai-ops says where it has no access: one line, and nothing is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.unit.ops.every_command import NEEDED, ONLINE, _alone, _credentials, answered, refusal, run

if TYPE_CHECKING:
    from pathlib import Path


pytestmark = pytest.mark.any_python

__all__ = ["_alone", "_credentials"]  # fixtures
SAMCONFIG = """version = 0.1
[dev]
[default.global.parameters]
region = "eu-central-1"
[default.deploy.parameters]
parameter_overrides = ["Environment=dev", "AlertsTopicArn=arn:aws:sns:eu-central-1:{account}:alerts"]
"""


@pytest.mark.parametrize("command", ONLINE)
class TestNoAccess:
    def test_no_credentials(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: str
    ) -> None:
        assert run(monkeypatch, *command.split(), *NEEDED.get(command, []), "--env", "dev") == 2
        line = refusal(capsys)
        assert "NoCredentialsError" in line
        assert "Log in first" in line

    @pytest.mark.usefixtures("_credentials")
    def test_an_expired_session(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: str
    ) -> None:
        calls = answered(monkeypatch, "123456789012", "ExpiredToken")
        assert run(monkeypatch, *command.split(), *NEEDED.get(command, []), "--env", "dev") == 2
        line = refusal(capsys)
        assert "ExpiredToken (The security token [/x] is expired)" in line
        assert "Log in again" in line
        assert calls == ["GetCallerIdentity"]

    @pytest.mark.usefixtures("_credentials")
    def test_an_endpoint_that_is_down(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: str
    ) -> None:
        monkeypatch.setattr("tradai_shared.aws.clients.ATTEMPTS", 1)
        options = ["--env", "dev", "--endpoint-url", "http://127.0.0.1:9"]
        assert run(monkeypatch, *command.split(), *NEEDED.get(command, []), *options) == 2
        line = refusal(capsys)
        assert "http://127.0.0.1:9" in line
        assert "--endpoint-url" in line

    @pytest.mark.usefixtures("_credentials")
    def test_another_account(
        self,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
        command: str,
        tmp_path: Path,
    ) -> None:
        (tmp_path / "samconfig.toml").write_text(SAMCONFIG.format(account="210987654321"))
        calls = answered(monkeypatch, "123456789012")
        assert run(monkeypatch, *command.split(), *NEEDED.get(command, []), "--env", "dev") == 2
        line = refusal(capsys)
        assert "account 123456789012" in line
        assert "210987654321" in line
        assert "--profile" in line
        assert calls == ["GetCallerIdentity"]

    @pytest.mark.usefixtures("_credentials")
    def test_another_region(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: str
    ) -> None:
        monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        calls = answered(monkeypatch, "123456789012")
        assert run(monkeypatch, *command.split(), *NEEDED.get(command, []), "--env", "dev") == 2
        line = refusal(capsys)
        assert "us-east-1" in line
        assert "eu-central-1" in line
        assert "--region" in line
        assert calls == []

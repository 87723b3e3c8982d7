"""Every command of tradai-ops with what it needs, run in a shell without credentials."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError

from ops import app as root

if TYPE_CHECKING:
    from pathlib import Path

NEEDED = {
    "alerts test": ["--yes"],
    "reap": ["--table", "notifications"],
    "findings show": ["c7be1211f679"],
    "findings approve": ["c7be1211f679"],
    "findings waive": [
        "c7be1211f679",
        "--reason",
        "agreed",
        "--owner",
        "platform",
        "--yes",
        "--out",
        "own.json",
    ],
}
ONLINE = [name for name in root.COMMANDS if not name.startswith("config ")]


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr("sys.argv", ["tradai-ops", *arguments])
    with pytest.raises(SystemExit) as ended:
        root.main()
    return int(ended.value.code or 0)


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A shell without credentials, in a folder without samconfig.toml."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.stdin", io.StringIO())  # nobody answers
    for name in ("AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL", "TRADAI_ENV"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.fixture
def _credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")


def answered(monkeypatch: pytest.MonkeyPatch, account: str, refusal: str | None = None) -> list[str]:
    """STS answers with this account or refuses; every other call is recorded and refused."""
    calls: list[str] = []

    def call(_client: Any, operation: str, _request: Any) -> Any:
        calls.append(operation)
        if operation == "GetCallerIdentity" and refusal is None:
            return {"Account": account, "Arn": f"arn:aws:iam::{account}:user/operator", "UserId": "x"}
        error = {"Code": refusal or "AccessDenied", "Message": "The security token [/x] is\nexpired"}
        raise ClientError({"Error": error, "ResponseMetadata": {}}, operation)  # type: ignore[typeddict-item]  # a part

    monkeypatch.setattr(BaseClient, "_make_api_call", call)
    return calls


def refusal(capsys: pytest.CaptureFixture[str]) -> str:
    """The one line that was printed, and nothing else."""
    printed = capsys.readouterr()
    assert printed.out == ""
    [line] = printed.err.splitlines()
    return line

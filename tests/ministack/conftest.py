"""ministack in a process of its own: the one stand-in whose conditional PartiQL batch is right by itself.

Its thread that deletes by TTL never starts: it would delete the very items that the tests are about.
"""

from __future__ import annotations

import os
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import BotoCoreError

if TYPE_CHECKING:
    from collections.abc import Iterator

PYTHON = Path(__file__).parents[2] / ".tools" / "ministack" / "bin" / "python"
LAUNCH = """
import threading
start = threading.Thread.start
threading.Thread.start = lambda self: None if self.name == "dynamodb-ttl-reaper" else start(self)
from ministack.app import main
main()
"""
STARTS_WITHIN = 60.0


@dataclass(frozen=True)
class Ministack:
    url: str

    def client(self, service: str) -> Any:
        config = Config(retries={"total_max_attempts": 1}, read_timeout=60)
        return boto3.client(service, endpoint_url=self.url, config=config)  # type: ignore[call-overload]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(stack: Ministack, process: subprocess.Popen[bytes]) -> None:
    ends = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < ends and process.poll() is None:
        try:
            stack.client("dynamodb").list_tables()
        except BotoCoreError:
            time.sleep(0.1)
        else:
            return
    pytest.fail(f"ministack did not start; it ended with {process.poll()}")


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ministack]:
    if not PYTHON.exists():
        pytest.skip(f"ministack is not installed: {PYTHON.relative_to(Path(__file__).parents[2])} is missing")
    port = free_port()
    variables = os.environ | {
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "SFTP_ENABLED": "0",
        "MINISTACK_REGION": "eu-central-1",
    }
    variables.pop("PYTHONPATH", None)
    log = tmp_path_factory.mktemp("ministack") / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 - our own environment's interpreter
            [str(PYTHON), "-c", LAUNCH], env=variables, stdout=output, stderr=output, cwd=log.parent
        )
        try:
            with pytest.MonkeyPatch.context() as patch:
                credentials(patch)
                stack = Ministack(f"http://127.0.0.1:{port}")
                wait_for(stack, process)
            yield stack
        finally:
            process.terminate()
            process.wait()


def credentials(patch: pytest.MonkeyPatch) -> None:
    patch.setenv("AWS_ACCESS_KEY_ID", "testing")
    patch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    patch.setenv("AWS_DEFAULT_REGION", "eu-central-1")


@pytest.fixture
def ministack(server: Ministack, monkeypatch: pytest.MonkeyPatch) -> Ministack:
    credentials(monkeypatch)
    monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
    monkeypatch.setenv("ENVIRONMENT", "dev")
    monkeypatch.delenv("REAPER_AUDIT_BUCKET", raising=False)
    for name in server.client("dynamodb").list_tables()["TableNames"]:
        server.client("dynamodb").delete_table(TableName=name)
    return server

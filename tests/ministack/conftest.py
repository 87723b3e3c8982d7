"""ministack in a process of its own: the one stand-in whose conditional PartiQL batch is right by itself.

Its thread that deletes by TTL never starts: it would delete the very items that the tests are about.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config

from toolchain.local.emulator import ROOT
from toolchain.local.servers import MINISTACK
from toolchain.local.servers import ministack as ministack_server

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class Ministack:
    url: str

    def client(self, service: str) -> Any:
        config = Config(retries={"total_max_attempts": 1}, read_timeout=60)
        return boto3.client(service, endpoint_url=self.url, config=config)  # type: ignore[call-overload]


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ministack]:
    if not MINISTACK.exists():
        pytest.skip(f"ministack is not installed: {MINISTACK.relative_to(ROOT)} is missing")
    with ministack_server(tmp_path_factory.mktemp("ministack")) as url:
        yield Ministack(url)


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

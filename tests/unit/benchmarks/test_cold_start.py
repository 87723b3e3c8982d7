"""The stand-in of the cold start answers what the function asks, and the table has the measured figures."""

from __future__ import annotations

import threading
from http.server import ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from benchmarks.cold_start import calls, stub
from benchmarks.cold_start.document import render
from tradai_shared.aws.clients import trimmed_session

if TYPE_CHECKING:
    from collections.abc import Iterator

KEYS: dict[str, Any] = {"aws_access_key_id": "a", "aws_secret_access_key": "b", "region_name": "eu-central-1"}


@pytest.fixture
def url() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), stub.Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def test_ten_calls_move_both_tables(url: str) -> None:
    session = trimmed_session()
    ec2, autoscaling = (
        session.create_client(name, endpoint_url=url, **KEYS) for name in ("ec2", "autoscaling")
    )
    try:
        assert calls.failover(ec2, autoscaling) == 2
    finally:
        ec2.close()
        autoscaling.close()


def test_the_document_states_the_ratio_of_the_same_run() -> None:
    figures = {"import_ms": 60.0, "call_ms": 40.0, "cpu_ms": 100.0, "wall_ms": 1.0, "peak_mb": 30.0}
    measured = {"as built": figures, "alternat's imports": figures | {"cpu_ms": 200.0, "peak_mb": 40.0}}
    versions = dict.fromkeys(("Python", "boto3", "structlog", "orjson", "aws-lambda-powertools"), "1")
    page = render(measured, versions, "a machine", 5, 0.75)
    assert "| as built | 60 | 40 | 100 | 30.0 |" in page
    assert "takes 50% of the CPU time and 75% of the\nmemory" in page

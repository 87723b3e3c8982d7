from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from egress_probe import app
from egress_probe.planner import Round, Try
from tests.fakes.clock import FakeClock
from tradai_shared import clock
from tradai_shared.errors import EgressDownError, EventError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

CONTEXT: Any = SimpleNamespace(aws_request_id="a-request")


@pytest.fixture(autouse=True)
def _deployed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("ENVIRONMENT", "dev")
    monkeypatch.setenv("PROBE_ENDPOINTS", "https://a.example,https://b.example")
    monkeypatch.setenv("NAT_EIP_ADDRESSES", "203.0.113.10")
    with clock.use(FakeClock()):
        yield


def _internet(monkeypatch: pytest.MonkeyPatch, *, answers: bool) -> None:
    def ask(endpoints: Sequence[str]) -> Round:
        problem = "" if answers else "TimeoutError: timed out"
        return Round(
            tuple(
                Try(endpoint, answers, "203.0.113.10" if answers else None, problem) for endpoint in endpoints
            )
        )

    monkeypatch.setattr(app, "ask_all", ask)


def test_a_quiet_minute_is_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    _internet(monkeypatch, answers=True)
    assert app.lambda_handler({"action": "probe"}, CONTEXT) == {
        "success": True,
        "data": {"summary": {"rounds": 11, "silent": 0, "addresses": ["203.0.113.10"]}, "results": []},
        "environment": "dev",
    }


def test_an_outage_ends_in_the_error_whose_name_the_destination_reads(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    _internet(monkeypatch, answers=False)
    with pytest.raises(EgressDownError, match="in 3 of 3 rounds nothing beyond the NAT answered"):
        app.lambda_handler({"action": "confirm", "suspect": "i-0123456789abcdef0"}, CONTEXT)
    probed = vars(caplog.records[0])
    assert probed["problems"] == [f"https://{problem}.example TimeoutError: timed out" for problem in "ab"]
    assert probed["suspect"] == "i-0123456789abcdef0"


def test_an_event_that_is_not_understood_asks_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "ask_all", lambda _: pytest.fail("asked"))
    with pytest.raises(EventError):
        app.lambda_handler({}, CONTEXT)

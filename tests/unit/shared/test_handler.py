"""The frame of every handler."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest

from tradai_shared.handler import invocation, make_logger, make_metrics

CONTEXT: Any = SimpleNamespace(aws_request_id="request-1")


def written(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_failure_is_logged_once_counted_and_raised_again(capsys: pytest.CaptureFixture[str]) -> None:
    logger, metrics = make_logger("service-a"), make_metrics("service-a")
    with pytest.raises(ZeroDivisionError), invocation(logger, CONTEXT, metrics, error_metric="Errors"):
        1 / 0  # noqa: B018 - it raises
    lines = written(capsys)
    failures = [line for line in lines if line.get("message") == "run failed"]
    assert [line["request_id"] for line in failures] == ["request-1"]
    assert [line["Errors"] for line in lines if "Errors" in line] == [[1.0]]


def test_metrics_are_flushed_also_when_the_work_fails(capsys: pytest.CaptureFixture[str]) -> None:
    logger, metrics = make_logger("service-b"), make_metrics("service-b")

    def work() -> None:
        with invocation(logger, CONTEXT, metrics):
            metrics.add_metric("Passes", "Count", 1)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        work()
    assert [line["Passes"] for line in written(capsys) if "Passes" in line] == [[1.0]]
    assert not metrics.metric_set


def test_a_run_without_metrics_writes_none(capsys: pytest.CaptureFixture[str]) -> None:
    logger, metrics = make_logger("service-c"), make_metrics("service-c")
    with invocation(logger, CONTEXT, metrics):
        pass
    assert written(capsys) == []

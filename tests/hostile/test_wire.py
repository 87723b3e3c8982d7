"""Answers of AWS garbled as they come over the wire: each part missing or of another type.

The handler ends with an answer or a typed error, writes nothing to what it looks after, and logs lines of
JSON. A run of drift_check loses what it could not read, and no more.
"""

from __future__ import annotations

import copy
import io
import itertools
import json
import os
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from unittest.mock import Mock, patch
from xml.etree import ElementTree as ET

import pytest
from botocore.parsers import ResponseParser

import drift_check.app
import update_nat_routes.app
from tests.contract.estate import READS, Live, live
from tests.hostile.inputs import exchanged, paths
from tradai_shared.errors import TradaiError

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.any_python

TEXTS = itertools.cycle(
    [
        "",
        "\u202e<script>",
        "x" * 100_000,
        "-1",
        "NaN",
        "9999-12-31T23:59:59Z",
        "2026-13-45T99:99:99Z",
        "9" * 26,
    ]
)
ODD: list[Any] = [None, True, -1, 1e400, "\ud800\u202e", "x" * 100_000, [], {}, [None], [{}], "NaN"]
PARTS: Iterator[Any] = itertools.cycle(ODD)
LONGEST_LINE = 250_000  # bytes; CloudWatch Logs splits longer ones
ROUTES_MAY_BE_MADE = {"CreateRoute", "ReplaceRoute", "ModifyInstanceAttribute"}
OF_ITS_OWN = {"UpdateItem", "PutEvents"}  # drift_check's history and the messages of its findings


@dataclass
class Wire:
    """Every body that botocore is about to read, and in place of one operation's another."""

    bodies: dict[str, bytes] = field(default_factory=dict)
    writes: set[str] = field(default_factory=set)
    operation: str = ""
    body: bytes = b""

    @contextmanager
    def connected(self) -> Iterator[Wire]:
        real = ResponseParser.parse

        def parse(parser: Any, response: Any, shape: Any) -> Any:
            name = response["context"]["operation_name"]
            if not name.startswith(READS):
                self.writes.add(name)
            if response["status_code"] == 200 and isinstance(response["body"], bytes):
                self.bodies.setdefault(name, response["body"])
                if name == self.operation:
                    response = {**response, "body": self.body}
            return real(parser, response, shape)

        with patch.object(ResponseParser, "parse", parse):
            yield self


def garbled(body: bytes) -> Iterator[bytes]:
    """The body cut, as no document at all, and with each of its parts spoilt."""
    yield from (b"", b"\xff\xfe no document", body[: len(body) // 2])
    if body.lstrip().startswith(b"<"):
        for place in range(1, len(list(ET.fromstring(body).iter()))):  # noqa: S314 - moto's own
            yield from _garbled_element(body, place)
    elif body:
        whole = json.loads(body)
        for path in paths(whole):
            yield from (json.dumps(exchanged(whole, path, part)).encode() for part in (..., next(PARTS)))


def _garbled_element(body: bytes, place: int) -> Iterator[bytes]:
    for spoil in ("removed", "text", "doubled"):
        root = ET.fromstring(body)  # noqa: S314 - moto's own
        element = list(root.iter())[place]
        parent = next(holder for holder in root.iter() if element in list(holder))
        if spoil == "removed":
            parent.remove(element)
        elif spoil == "doubled":
            parent.append(copy.deepcopy(element))
        else:
            element.clear()
            element.text = next(TEXTS)
        yield ET.tostring(root)


@pytest.fixture(scope="module")
def world() -> Iterator[Live]:
    with live() as made:
        yield made


def context() -> Any:
    arn = "arn:aws:lambda:eu-central-1:123456789012:function:f"
    given = Mock(aws_request_id="a-test", invoked_function_arn=arn)
    given.get_remaining_time_in_millis.return_value = 600_000
    return given


def lines_of(function: Any, event: dict[str, Any], given: Any) -> tuple[list[str], dict[str, Any] | None]:
    """Run a handler; the lines that it has logged, and its answer unless it ended with an error of ours."""
    logged, printed, answer = io.StringIO(), io.StringIO(), None
    with (
        patch.object(function.logger.registered_handler, "stream", logged),
        patch("sys.stdout", printed),
        suppress(TradaiError),
    ):
        answer = json.loads(json.dumps(function.lambda_handler(event, given)))
    return [*logged.getvalue().splitlines(), *printed.getvalue().splitlines()], answer


def run(function: Any, event: dict[str, Any]) -> list[str]:
    update_nat_routes.app.reader.cache_clear()
    return lines_of(function, event, context())[0]


def spoilt_runs(function: Any, event: dict[str, Any], every: int) -> Iterator[tuple[Wire, list[str]]]:
    """A run for each ``every``-th garbled body, after one run with whole answers."""
    with Wire().connected() as wire:
        run(function, event)
        bodies = [(name, body) for name, body in sorted(wire.bodies.items()) if name.startswith(READS)]
        spoilt = ((name, other) for name, body in bodies for other in garbled(body))
        for wire.operation, wire.body in itertools.islice(spoilt, every // 2, None, every):
            wire.writes.clear()
            yield wire, run(function, event)


def assert_lines_are_json(lines: list[str]) -> None:
    assert all(isinstance(json.loads(line), dict) for line in lines)
    assert max(map(len, lines), default=0) < LONGEST_LINE


@pytest.mark.usefixtures("world")
def test_the_failover_reads_a_garbled_answer_as_an_error_of_its_own() -> None:
    runs = 0
    event = {"action": "reconcile", "dry_run": False}
    for wire, lines in spoilt_runs(update_nat_routes.app, event, every=7):
        runs += 1
        assert_lines_are_json(lines)
        assert wire.writes <= ROUTES_MAY_BE_MADE, wire.operation
        if b"<" not in wire.body:
            assert not wire.writes, wire.operation
    assert runs > 80


def test_drift_check_loses_what_it_could_not_read_and_writes_nothing(world: Live) -> None:
    settings = {"NAT_ASG_NAME": world.config.nat.group.name}
    with (
        patch.dict(os.environ, settings),
        patch.object(drift_check.app, "client", world.client),
        patch.object(drift_check.app, "deployed_config", lambda *_: world.config),
    ):
        runs = 0
        for wire, lines in spoilt_runs(drift_check.app, {"mode": "report"}, every=331):
            runs += 1
            assert_lines_are_json(lines)
            assert wire.writes <= OF_ITS_OWN, wire.operation
        assert runs > 15

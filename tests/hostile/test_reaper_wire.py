"""Answers of DynamoDB garbled as they come over the wire, before the reaper's handler, which may delete.

It ends with an answer or a typed error, logs lines of JSON, and no item that is alive is gone. A key that the
garbled answer invented is called deleted, as DynamoDB calls the deletion of what is not there a success.
"""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING, Any

import pytest

import ttl_reaper.app
from tests.hostile import test_wire
from tests.hostile.test_wire import Wire, assert_lines_are_json, garbled, lines_of
from tests.unit.ttl_reaper.conftest import empty, world

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.unit.ttl_reaper.conftest import World

__all__ = ["empty", "world"]
pytestmark = pytest.mark.any_python

EVENT = {
    "table": "notifications",
    "mode": "delete",
    "dry_run": False,
    "segments": {"total": 1},
    "limits": {"max_deletes": 100, "max_fraction": 1.0},
}
ALIVE = {"a-0", "a-1", "a-2"}
WRITES = {"BatchExecuteStatement"}


def fill(world: World) -> None:
    world.put(**{name: world.days(30) for name in ALIVE}, gone=world.days(-30), late=world.days(-40))


def spoilt(bodies: dict[str, bytes], every: int) -> Iterator[tuple[str, bytes]]:
    assert b"gone" in bodies["Scan"]
    yield "Scan", bodies["Scan"].replace(b"gone", b"a-0")  # one that is alive, as if it had expired
    every_one = ((name, other) for name, body in sorted(bodies.items()) for other in garbled(body))
    yield from itertools.islice(every_one, every // 2, None, every)


def test_no_garbled_answer_costs_an_item_that_is_alive(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(test_wire, "PARTS", itertools.cycle(test_wire.ODD))  # whatever ran before
    fill(world)
    with Wire().connected() as wire:
        _, whole = lines_of(ttl_reaper.app, EVENT, world.context())
        assert whole is not None
        assert whole["data"]["summary"]["deleted"] == 2
        assert world.ids() == ALIVE
        runs = 0
        bodies = {name: body for name, body in wire.bodies.items() if name != "PutItem"}
        for operation, body in spoilt(bodies, every=4):
            wire.operation = ""
            fill(world)
            wire.operation, wire.body = operation, body
            lines, answer = lines_of(ttl_reaper.app, EVENT, world.context())
            wire.operation = ""
            runs += 1
            assert_lines_are_json(lines)
            assert world.ids() >= ALIVE, (operation, body[:200])
            assert_told_as_it_is(world, answer)
    assert runs > 25


def assert_told_as_it_is(world: World, answer: dict[str, Any] | None) -> None:
    """No more is called deleted than is gone, and success only where nothing was garbled for good."""
    if answer is None:
        return
    json.dumps(answer, allow_nan=False)
    gone = {"gone", "late"} - world.ids()
    assert answer["data"]["summary"]["deleted"] <= len(gone)

"""What a refused event says of itself is short, printable, and never more than a typed error."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import drift_check.events
import egress_probe.events
import ttl_reaper.events
import update_nat_routes.events
from drift_check import checks
from tradai_shared.errors import EventError

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.any_python

NAMES = tuple(check.name for check in checks.ALL)
MOST = 2_000  # characters of an error
PARSERS: dict[str, Callable[[Any], object]] = {
    "drift_check": lambda event: drift_check.events.parse(event, NAMES),
    "egress_probe": egress_probe.events.parse,
    "ttl_reaper": ttl_reaper.events.parse,
    "update_nat_routes": update_nat_routes.events.parse,
}


def nested(depth: int) -> list[Any]:
    event: list[Any] = []
    for _ in range(depth):
        event = [event]
    return event


WORDS: dict[str, Any] = {
    "a megabyte": "x" * 1_000_000,
    "control characters": "\x00\x1b[31m\r\n",
    "right to left": "\u202egnp.exe",
    "half a surrogate": "\ud800",
    "nested": nested(5_000),
    "infinite": float("inf"),
    "no number": float("nan"),
    "true": True,
}


@pytest.mark.parametrize("word", WORDS.values(), ids=WORDS)
@pytest.mark.parametrize("key", ["action", "mode", "tables", "checks", "source", "write_units_per_second"])
@pytest.mark.parametrize("function", PARSERS)
def test_a_refused_event_has_a_short_printable_error(function: str, key: str, word: Any) -> None:
    event = {"action": "reap", "tables": ["notifications"], "mode": "delete", key: word}
    try:
        PARSERS[function](event)
    except EventError as error:
        text = str(error)
        assert len(text) <= MOST
        assert text.isprintable()
        text.encode()


@pytest.mark.parametrize(
    "event", [None, [], "x" * 1_000_000, nested(5_000)], ids=["null", "list", "text", "nested"]
)
@pytest.mark.parametrize("function", PARSERS)
def test_what_is_no_event_is_refused_in_short(function: str, event: Any) -> None:
    with pytest.raises(EventError) as refused:
        PARSERS[function](event)
    assert len(str(refused.value)) <= MOST

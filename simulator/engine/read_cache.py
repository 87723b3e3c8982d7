"""Reads answered without moto as long as the world has not changed: polling is most of a long simulation.

For benchmarks alone: a test should see every call carried out. The same seed gives the same run with it and
without; only the machine's time differs.
"""

from __future__ import annotations

import json
import pickle
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


def is_read(action: str) -> bool:
    """Reads of what only events and writes change; a console also changes by itself."""
    return ":Describe" in action


class ReadCache:
    """The answers, each with the count of changes at which it was given."""

    def __init__(self) -> None:
        self._answers: dict[str, tuple[int, bytes]] = {}

    def keep(self, action: str, parameters: Mapping[str, object], changes: int, answer: object) -> None:
        self._answers[_key(action, parameters)] = (changes, pickle.dumps(answer))

    def recall(self, action: str, parameters: Mapping[str, object], changes: int) -> object:
        """A copy of the answer; None where something has changed since it was given."""
        answer = self._answers.get(_key(action, parameters))
        if answer is None or answer[0] != changes:
            return None
        return pickle.loads(answer[1])  # noqa: S301 - our own, a moment ago


def _key(action: str, parameters: Mapping[str, object]) -> str:
    return f"{action} {json.dumps(parameters, sort_keys=True, default=str)}"

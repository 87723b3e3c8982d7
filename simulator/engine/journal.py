"""What happened, when: one line an occurrence, and one record an AWS call."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from simulator.engine.virtual_clock import VirtualClock


EFFECTIVE = frozenset({"ok", "answer lost", "carried out late"})


@dataclass(frozen=True, slots=True)
class Entry:
    """One occurrence in the simulated world, ``at`` seconds after its start."""

    at: float
    source: str
    what: str
    fields: Mapping[str, object]

    @property
    def line(self) -> str:
        return f"{self.at:12.6f} {self.source:<12} {self.what} {json.dumps(self.fields, default=str)}"


@dataclass(frozen=True, slots=True)
class Call:
    """One attempt at an AWS call: a call that botocore repeats has several."""

    at: float  # seconds after the start, when it was sent
    actor: str  # the invocation, the instance or the person that made it
    action: str  # as IAM spells it: ec2:ReplaceRoute
    parameters: Mapping[str, object]
    attempt: int
    outcome: str  # "ok", AWS's error code, "time-out", "answer lost", "carried out late" or "not sent"

    @property
    def is_write(self) -> bool:
        return not self.action.split(":")[1].startswith(("Describe", "Get", "List"))


@dataclass
class Journal:
    """The record of a run. The same seed gives the same text, byte for byte."""

    clock: VirtualClock
    entries: list[Entry] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    listeners: list[Callable[[Entry], None]] = field(default_factory=list)  # called with each entry at once

    def note(self, source: str, what: str, **fields: object) -> None:
        entry = Entry(self.clock.elapsed, source, what, fields)
        self.entries.append(entry)
        for listen in self.listeners:
            listen(entry)

    def record(self, call: Call) -> None:
        self.calls.append(call)
        self.note(
            "api",
            call.action.split(":")[1],
            action=call.action,
            actor=call.actor,
            parameters=dict(call.parameters),
            attempt=call.attempt,
            outcome=call.outcome,
        )

    def calls_of(self, actor: str) -> list[Call]:
        """Every attempt of an invocation, an instance or a person, in order."""
        return [call for call in self.calls if call.actor == actor]

    def writes(self) -> list[Call]:
        """Every write that AWS carried out, whoever made it, lost answers included."""
        return [call for call in self.calls if call.is_write and call.outcome in EFFECTIVE]

    def text(self) -> str:
        return "\n".join(entry.line for entry in self.entries)

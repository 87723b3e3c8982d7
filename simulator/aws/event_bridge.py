"""EventBridge: events go to the rules that match, at least once, in no promised order; schedules tick."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import UUID

from simulator.engine import durations
from simulator.engine.interceptor import REGION

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from simulator.aws.sam_template import Rule, Schedule
    from simulator.engine.context import SimulationContext

ACCOUNT = "123456789012"
Event = dict[str, Any]


@dataclass
class DeliveryFault:
    """How matching events are lost, repeated or delayed.

    Attributes:
        detail_type: of the events; ``*`` for all.
        copies: how many arrive: 0 loses them, 2 doubles them.
        undeliverable: the target cannot be reached: events go to the rule's dead letters, if it has any.
        delay: seconds; each copy is late by a random part of it, so events overtake each other.
        times: how often at most; None for always.
    """

    detail_type: str = "*"
    source: str = "*"
    state: str = "*"
    copies: int = 1
    undeliverable: bool = False
    delay: float = 0.0
    probability: float = 1.0
    times: int | None = None

    def befalls(self, event: Event, chance: Random) -> bool:
        """Whether it applies to this event; counts it if so."""
        wanted = (self.detail_type, self.source, self.state)
        given = (event.get("detail-type"), event.get("source"), event.get("detail", {}).get("state"))
        if self.times == 0 or any(w not in {"*", g} for w, g in zip(wanted, given, strict=True)):
            return False
        if self.probability < 1 and chance.random() >= self.probability:
            return False
        if self.times is not None:
            self.times -= 1
        return True


@dataclass
class EventBus:
    """The account's default bus, and its schedules."""

    stage: SimulationContext
    chance: Random
    mishaps: list[DeliveryFault] = field(default_factory=list)
    history: list[Event] = field(default_factory=list)
    dead_letters: list[Event] = field(default_factory=list)
    _rules: list[tuple[Rule, Callable[[Event], None]]] = field(default_factory=list)

    def arn(self, service: str, resource: str) -> str:
        return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{resource}"

    def new_id(self) -> str:
        return str(UUID(int=self.chance.getrandbits(128), version=4))

    def subscribe(self, rule: Rule, target: Callable[[Event], None]) -> None:
        self._rules.append((rule, target))

    def put(self, source: str, detail_type: str, detail: Event, resources: list[str]) -> Event:
        """Send an event; its time has whole seconds, as AWS's has."""
        event = {
            "version": "0",
            "id": self.new_id(),
            "detail-type": detail_type,
            "source": source,
            "account": ACCOUNT,
            "time": self.stage.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ"),
            "region": REGION,
            "resources": resources,
            "detail": detail,
        }
        self.history.append(event)
        self.deliver(event)
        return event

    def deliver(self, event: Event) -> None:
        """Deliver an event, perhaps again, to every rule that matches it."""
        mishap = next((m for m in self.mishaps if m.befalls(event, self.chance)), DeliveryFault())
        matching = [entry for entry in self._rules if entry[0].pattern.matches_event(event)]
        if mishap.copies == 0:
            self.stage.journal.note("events", "lost", **_about(event))
            return
        for rule, target in matching:
            for _ in range(mishap.copies):
                late = self.chance.uniform(0, mishap.delay) if mishap.delay else 0.0
                arrival = self.stage.pace.draw(durations.EVENT_TO_LAMBDA) + late
                arrive = partial(self._arrive, rule, target, event, mishap)
                self.stage.clock.after(arrival, arrive)

    def _arrive(
        self, rule: Rule, target: Callable[[Event], None], event: Event, mishap: DeliveryFault
    ) -> None:
        fields = {"rule": rule.name, **_about(event)}
        if not mishap.undeliverable:
            self.stage.journal.note("events", "delivered", **fields)
            target(_payload(rule.input, event))
        elif rule.dead_letter:
            self.stage.journal.note("events", "dead letter", **fields)
            self.dead_letters.append(event)
        else:
            self.stage.journal.note("events", "dropped", **fields)

    def tick(self, schedule: Schedule, target: Callable[[Event], None]) -> None:
        """Let a schedule tick for as long as the world lasts, somewhere in its period, as AWS chooses."""
        first = self.stage.pace.draw(durations.SCHEDULE_PHASE) % schedule.every

        def fire() -> None:
            self.stage.clock.after(schedule.every, fire)
            event: Event = {"detail-type": "Scheduled Event", "source": "aws.scheduler"}
            mishap = next((m for m in self.mishaps if m.befalls(event, self.chance)), DeliveryFault())
            self.stage.journal.note(
                "events", "tick" if mishap.copies else "tick lost", schedule=schedule.name
            )
            for _ in range(mishap.copies):
                target(_payload(schedule.input, event))

        self.stage.clock.after(first, fire)


def _about(event: Event) -> dict[str, str]:
    detail = event["detail"]
    instance = str(detail.get("EC2InstanceId") or detail.get("instance-id", ""))
    return {"detail_type": event["detail-type"], "id": event["id"], "instance": instance}


def _payload(constant: str | None, event: Event) -> Event:
    payload: Event = json.loads(constant) if constant is not None else json.loads(json.dumps(event))
    return payload

"""The events of a plan's runs."""

from __future__ import annotations

from typing import Any


def events_of(document: dict[str, Any]) -> list[dict[str, Any]]:
    """Each run's whole event, as the state machine merges it from the plan's document."""
    return [document["order"] | item for item in document["work"]]

"""From an event to a request. An event only says how long to watch."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from tradai_shared.errors import EventError, shown

# Wider than AWS's own ids, and without the characters that could leave a path or a request.
INSTANCE_ID = re.compile(r"i-[0-9A-Za-z-]{1,40}")


class Action(StrEnum):
    """What an event asks the probe to do."""

    PROBE = "probe"  # the schedule's: watch until the next one starts
    CONFIRM = "confirm"  # after a failure for which nothing was found to heal: look again, at once


@dataclass(frozen=True, slots=True)
class Request:
    """``suspect`` is the instance whose forwarding is to be confirmed.

    The record of a failed invocation carries the request, and so names the suspect to the failover.
    """

    action: Action
    suspect: str | None = None


def parse(event: object) -> Request:
    """Understand an event.

    Raises:
        EventError: it is none of the two requests.
    """
    if not isinstance(event, Mapping):
        raise EventError("event", f"expected an object, got {type(event).__name__}")
    given, suspect = event.get("action"), event.get("suspect")
    if given not in tuple(Action):
        raise EventError("action", f"expected probe or confirm, got {shown(given)}")
    action = Action(str(given))
    if (action is Action.CONFIRM) != (suspect is not None):
        raise EventError("suspect", "an instance is named to be confirmed, and only then")
    if suspect is not None and not (isinstance(suspect, str) and INSTANCE_ID.fullmatch(suspect)):
        raise EventError("suspect", f"expected an instance id, got {shown(suspect)}")
    return Request(action, suspect)

"""What can go wrong with an AWS call, and which calls it happens to."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from random import Random


class Kind(StrEnum):
    """How a call fails."""

    THROTTLED = "throttled"
    SERVER_ERROR = "server error"
    DENIED = "denied"
    REFUSED = "refused"  # by the service, with the code and message that the fault carries
    TIME_OUT = "time-out"  # never carried out
    ANSWER_LOST = "answer lost"  # carried out, but the caller times out
    LATE = "carried out late"  # the caller times out, and some seconds after that it is carried out


# What each service answers: (HTTP status, code, message).
_EC2 = {
    Kind.THROTTLED: (503, "RequestLimitExceeded", "Request limit exceeded."),
    Kind.SERVER_ERROR: (500, "InternalError", "An internal error has occurred"),
    Kind.DENIED: (403, "UnauthorizedOperation", "You are not authorized to perform this operation."),
}
_OTHERS = {
    Kind.THROTTLED: (400, "Throttling", "Rate exceeded"),
    Kind.SERVER_ERROR: (500, "InternalFailure", "An internal failure has occurred"),
    Kind.DENIED: (403, "AccessDenied", "User is not authorized to perform the action"),
}


@dataclass
class Fault:
    """Makes matching calls fail.

    Attributes:
        action: as IAM spells it, ``ec2:ReplaceRoute``; ``*`` for all, ``ec2:*`` for a service's.
        parameters: top-level parameters that must be equal; ``{"RouteTableId": ...}`` fails one table.
        actor: the beginning of the caller's name; ``lambda`` for invocations only.
        probability: of each attempt.
        times: how often at most; None for always.
    """

    kind: Kind
    action: str = "*"
    parameters: Mapping[str, object] = field(default_factory=dict)
    actor: str = ""
    probability: float = 1.0
    times: int | None = None
    code: str = ""
    message: str = ""

    def hits(self, action: str, parameters: Mapping[str, object], actor: str, chance: Random) -> bool:
        """Whether this attempt fails; counts it if so."""
        if self.times == 0 or not actor.startswith(self.actor) or not self._matches(action):
            return False
        if any(parameters.get(name) != value for name, value in self.parameters.items()):
            return False
        if self.probability < 1 and chance.random() >= self.probability:
            return False
        if self.times is not None:
            self.times -= 1
        return True

    def _matches(self, action: str) -> bool:
        return self.action in {"*", action} or self.action == f"{action.split(':', maxsplit=1)[0]}:*"

    def answer(self, service: str) -> tuple[int, str, str]:
        """HTTP status, error code and message."""
        if self.kind is Kind.REFUSED:
            return 400, self.code, self.message
        return (_EC2 if service == "ec2" else _OTHERS)[self.kind]


def error_body(service: str, code: str, message: str) -> str:
    """An error as the service's protocol spells it: EC2's own XML, that of the query protocol, or JSON."""
    if service == "lambda":
        return json.dumps({"Code": code, "Message": message})
    error = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
    if service == "ec2":
        return f"<Response><Errors>{error}</Errors><RequestID>simulated</RequestID></Response>"
    return f"<ErrorResponse>{error}<RequestId>simulated</RequestId></ErrorResponse>"

"""One invocation: a round every five seconds, until a verdict or until the next invocation is due."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from egress_probe.planner import RULE, Round, Verdict, judge
from tradai_shared import clock
from tradai_shared.errors import EgressDownError, WrongEgressAddressError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from egress_probe.settings import Settings

INTERVAL = timedelta(seconds=5)
# 0 to 50 s; the schedule's next invocation starts at 60 s.
SCHEDULED_ROUNDS = 11
CONFIRMING_ROUNDS = RULE.of
# After a bad last round, run up to 4 more rounds, even if the next invocation has started.
EXTRA_ROUNDS = RULE.of


@dataclass(slots=True)
class Watch:
    """``ask`` is one round's observation; it may take up to three seconds."""

    settings: Settings
    ask: Callable[[Sequence[str]], Round]
    rounds: list[Round] = field(default_factory=list)

    def run(self, wanted: int) -> None:
        """Probe for ``wanted`` rounds, for up to four more where the latest round was bad.

        Raises:
            EgressDownError: no endpoint answered, in as many rounds as the rule says.
            WrongEgressAddressError: every endpoint that names the caller's address saw another one.
        """
        start = clock.now()
        while True:
            self.rounds.append(self.ask(self.settings.endpoints))
            verdict = judge(self.rounds, self.settings.addresses)
            self._raise_for(verdict)
            if len(self.rounds) >= wanted + (EXTRA_ROUNDS if verdict is Verdict.SUSPECT else 0):
                return
            due = start + INTERVAL * len(self.rounds)
            clock.sleep(max(0.0, (due - clock.now()).total_seconds()))

    def _raise_for(self, verdict: Verdict) -> None:
        if verdict is Verdict.DOWN:
            raise EgressDownError(self.silent, len(self.rounds))
        if verdict is Verdict.WRONG_ADDRESS:
            raise WrongEgressAddressError(" or ".join(self.settings.addresses), self.addresses)

    @property
    def silent(self) -> int:
        """In how many rounds no endpoint answered."""
        return sum(round_.silent for round_ in self.rounds)

    @property
    def addresses(self) -> tuple[str, ...]:
        """The addresses that the endpoints saw as the caller's."""
        return tuple(
            sorted({attempt.address for each in self.rounds for attempt in each.tries if attempt.address})
        )

"""The EventBridge rules that a group's lifecycle actions reach, on the default bus and on those behind it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ops.doctor.event_pattern import may_match
from ops.doctor.listeners import described, programs
from ops.doctor.model import Level, Line, Rule

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ops.doctor.model import Account
    from ops.doctor.observe import AccountReader
    from ops.doctor.wanted import Wanted

DEFAULT_BUS = "default"
BUS = ":event-bus/"
ARCHIVE = ":::"  # the target of the rule that an archive makes: arn:aws:events:REGION:::


@dataclass(slots=True)
class RuleReader:
    """Reads by the account's reader; ``events`` are what Auto Scaling may send."""

    reader: AccountReader
    events: Sequence[dict[str, Any]]
    seen: set[str] = field(default_factory=set)

    def read(self, bus: str = DEFAULT_BUS) -> Iterator[Rule]:
        """The rules of the bus that let an event pass, then those of the buses that they send it to."""
        self.seen.add(bus)
        where: dict[str, Any] = {} if bus == DEFAULT_BUS else {"EventBusName": bus}
        listed = self.reader.items("events:ListRules", "Rules", **where)
        for rule in [rule for rule in listed if self._matches(rule)]:
            targets = self._targets(rule["Name"], where)
            shown = tuple(described(self.reader, target) for target in targets)
            yield Rule(rule["Name"], rule.get("State") != "DISABLED", shown, bus)
            if rule.get("State") != "DISABLED":
                yield from self._behind(targets, rule["Arn"])

    def _matches(self, rule: dict[str, Any]) -> bool:
        return any(may_match(rule.get("EventPattern", ""), event) for event in self.events)

    def _targets(self, rule: str, where: dict[str, Any]) -> list[str]:
        targets = self.reader.items("events:ListTargetsByRule", "Targets", Rule=rule, **where)
        return [target["Arn"] for target in targets]

    def _behind(self, targets: Iterable[str], rule: str) -> Iterator[Rule]:
        """The rules of the buses of this account and region; others are not read."""
        for target in targets:
            place, _, bus = target.partition(BUS)
            if bus and bus not in self.seen and rule.startswith(f"{place}:"):
                yield from self.read(bus)


def about_rules(account: Account, wanted: Wanted) -> Iterator[Line]:
    """Whoever else answers; a disabled rule and one that only keeps the events are information."""
    for rule in account.rules:
        if rule.bus == DEFAULT_BUS and rule.name in wanted.rules:
            continue
        targets = ", ".join(rule.targets) or "no target"
        subject = f"rule {rule.name}" + ("" if rule.bus == DEFAULT_BUS else f" on {rule.bus}")
        if not rule.enabled:
            yield Line(Level.INFO, subject, f"matches lifecycle actions, is disabled ({targets})")
        elif not _answering(rule, account):
            yield Line(Level.INFO, subject, f"matches lifecycle actions and only passes them on ({targets})")
        else:
            yield Line(
                Level.DO,
                subject,
                f"matches Auto Scaling's lifecycle actions and calls {targets}: two would answer one hook",
                f"if it is about this group: aws events disable-rule --name {rule.name}"
                + ("" if rule.bus == DEFAULT_BUS else f" --event-bus-name {rule.bus}"),
            )


def _answering(rule: Rule, account: Account) -> list[str]:
    """The targets that may act. A bus of this account does not: the rules on it have lines of their own."""
    own = f":{account.identity.region}:{account.identity.account}{BUS}"
    return [target for target in programs(rule.targets) if own not in target and not target.endswith(ARCHIVE)]

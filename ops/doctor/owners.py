"""What others own beside the group: names that the stack wants, topics that the group notifies, tables."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ops.doctor import parse
from ops.doctor.listeners import REACTS, subscribers
from ops.doctor.model import DataTable, Level, Line, Notification, TakenName

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ops.doctor.model import Account
    from ops.doctor.observe import AccountReader
    from ops.doctor.wanted import Wanted

ABSENT = frozenset({"ResourceNotFoundException", "StateMachineDoesNotExist", "ResourceNotFound"})


@dataclass(frozen=True, slots=True)
class OwnerReader:
    """Reads by the account's reader, which keeps what was refused."""

    reader: AccountReader

    def read(self, account: Account, wanted: Wanted, tables: Iterable[str]) -> Account:
        """The account with what others own; ``tables`` are the names of the configuration."""
        taken = (
            *account.taken,
            *self._groups(wanted),
            *self._rules(wanted),
            *self._state_machine(account, wanted),
        )
        notifications = self._notifications(account.group.name) if account.group else ()
        shown = (self._table(name, account) for name in tables)
        data_tables = tuple(table for table in shown if table is not None)
        return replace(
            account,
            taken=taken,
            notifications=notifications,
            data_tables=data_tables,
            unread=tuple(self.reader.unread),
        )

    def _groups(self, wanted: Wanted) -> Iterator[TakenName]:
        """Those that the stack is to make and that exist, the adopted one among them."""
        if names := list(wanted.made_groups):
            described = self.reader.items(
                "autoscaling:DescribeAutoScalingGroups", "AutoScalingGroups", AutoScalingGroupNames=names
            )
            for group in described:
                owner = parse.tags(group.get("Tags", [])).get(parse.STACK_TAG)
                yield TakenName("group", group["AutoScalingGroupName"], owner)

    def _rules(self, wanted: Wanted) -> Iterator[TakenName]:
        for rule in self.reader.items("events:ListRules", "Rules", NamePrefix=f"{wanted.prefix}-nat-"):
            if rule["Name"] in wanted.rules:
                tags = self.reader.items(
                    "events:ListTagsForResource", "Tags", ABSENT, ResourceARN=rule["Arn"]
                )
                yield TakenName("rule", rule["Name"], parse.tags(tags).get(parse.STACK_TAG))

    def _state_machine(self, account: Account, wanted: Wanted) -> Iterator[TakenName]:
        identity, name = account.identity, wanted.state_machine
        partition = identity.partition
        arn = f"arn:{partition}:states:{identity.region}:{identity.account}:stateMachine:{name}"
        if self.reader.ask("states:DescribeStateMachine", "", None, ABSENT, stateMachineArn=arn):
            tags = self.reader.items("states:ListTagsForResource", "tags", resourceArn=arn)
            owner = {tag["key"]: tag.get("value", "") for tag in tags}.get(parse.STACK_TAG)
            yield TakenName("state machine", name, owner)

    def _notifications(self, group: str) -> tuple[Notification, ...]:
        configured = self.reader.items(
            "autoscaling:DescribeNotificationConfigurations",
            "NotificationConfigurations",
            AutoScalingGroupNames=[group],
        )
        kinds: dict[str, list[str]] = defaultdict(list)
        for item in configured:
            kinds[item["TopicARN"]].append(item["NotificationType"].removeprefix("autoscaling:"))
        return tuple(
            Notification(group, topic, tuple(sorted(names)), subscribers(self.reader, topic))
            for topic, names in sorted(kinds.items())
        )

    def _table(self, name: str, account: Account) -> DataTable | None:
        """None where it could not be read."""
        refusals = len(self.reader.unread)
        identity = account.identity
        partition = identity.partition
        arn = f"arn:{partition}:dynamodb:{identity.region}:{identity.account}:table/{name}"
        tags: list[Any] | None = self.reader.ask(
            "dynamodb:ListTagsOfResource", "Tags", None, ABSENT, ResourceArn=arn
        )
        if len(self.reader.unread) > refusals:
            return None
        return DataTable(name, tags is not None, parse.owner(parse.tags(tags or [])))


def about_notifications(notifications: Iterable[Notification]) -> Iterator[Line]:
    """Topics that the group notifies: a subscriber that is a program may move the same routes."""
    for each in notifications:
        programs = [endpoint for endpoint in each.subscribers if any(word in endpoint for word in REACTS)]
        notified = ", ".join(each.subscribers) or "no subscriber"
        yield Line(
            Level.DO if programs else Level.INFO,
            f"notifications of {each.group}",
            f"{each.topic_arn} is notified of {', '.join(each.kinds)} ({notified})",
            "if a subscriber moves routes or the address, end that: aws autoscaling"
            f" delete-notification-configuration --auto-scaling-group-name {each.group}"
            f" --topic-arn {each.topic_arn}"
            if programs
            else "",
        )


def about_data_tables(tables: Iterable[DataTable]) -> Iterator[Line]:
    """DynamoDB tables of the configuration that do not exist, and those that another program manages."""
    absent = [table.name for table in tables if not table.exists]
    if absent:
        yield Line(
            Level.INFO,
            "DynamoDB tables",
            f"not in this account: {', '.join(absent)}",
            "if they have other names here, tradai-ops adopt asks for these",
        )
    owned: dict[str, list[str]] = defaultdict(list)
    for table in tables:
        if table.owner:
            owned[table.owner].append(table.name)
    for owner, names in sorted(owned.items()):
        yield Line(
            Level.INFO,
            "DynamoDB tables",
            f"{owner} manages {', '.join(names)}: it may write back what the drift check heals there",
            "state the healed values in that program too, or keep DriftMode=report",
        )

"""``tradai-ops status``: one screen about the NAT and the toolkit itself. Reads only."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from ops.calls import call
from ops.doctor.observe import AccountReader
from ops.options import Common  # noqa: TC001 - cyclopts reads the annotations
from ops.screen import console, print_document, styled
from ops.session import connect
from tradai_shared import clock
from tradai_shared.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

    from ops.doctor.model import Account, Group
    from ops.doctor.wanted import Wanted

OPEN_FINDINGS = ("FindingsCritical", "FindingsHigh", "FindingsOther")
OK, ATTENTION, PARTIAL = 0, 1, 3
LOOK_BACK = timedelta(days=14)  # CloudWatch answers 1,440 points at most: hours of 60 days would fit


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of the screen. ``well`` is None where it could not be read."""

    subject: str
    text: str
    well: bool | None = True


@dataclass(slots=True)
class StatusReader:
    """Reads what doctor does not: the members' states, alarms, schedules and dead letters."""

    client: Callable[[str], Any]
    wanted: Wanted
    facts: list[Fact] = field(default_factory=list)

    def read(self, account: Account) -> list[Fact]:
        self._try("NAT", lambda: self._members(account))
        self._try("last failover", self._last_failover)
        self._try("findings", self._findings)
        self._try("expired items", self._overdue)
        self._try("alarms", self._alarms)
        self._try("schedules", self._schedules)
        self._try("dead letters", self._dead_letters)
        return self.facts

    def _try(self, subject: str, read: Callable[[], Iterator[Fact]]) -> None:
        try:
            self.facts.extend(read())
        except AwsError as error:
            self.facts.append(Fact(subject, f"unknown: {error.action} failed with {error.code}", well=None))

    def _members(self, account: Account) -> Iterator[Fact]:
        yield from self._group(account, account.group, self.wanted.group_name)
        if self.wanted.standby_name:
            yield from self._group(account, account.standby, self.wanted.standby_name)

    def _group(self, account: Account, group: Group | None, name: str) -> Iterator[Fact]:
        if group is None:
            yield Fact("NAT", f"the group {name} was not found", well=False)
            return
        action, names = "autoscaling:DescribeAutoScalingGroups", [group.name]
        groups = call(self.client, action, "AutoScalingGroups", AutoScalingGroupNames=names)
        members = [member for group in groups for member in group["Instances"]]
        if not members:
            yield Fact("NAT", f"{group.name} has no instance", well=False)
        for member in members:
            state, health = member["LifecycleState"], member["HealthStatus"]
            where = member.get("AvailabilityZone", "zone unknown")
            yield Fact(
                "NAT",
                f"{member['InstanceId']} {state}, {health}, {where}{self._part(account, group, member)}",
                well=state == "InService" and health.lower() == "healthy",
            )
            if state.endswith(":Wait"):
                yield Fact("hook", f"{member['InstanceId']} waits for an answer in {state}", well=False)

    def _part(self, account: Account, group: Group, member: Mapping[str, Any]) -> str:
        """Of two NATs: which group's it is, and whether it carries the traffic."""
        if self.wanted.standby_name is None:
            return ""
        return f", {group.name}, {'carries' if member['InstanceId'] == account.instance_id else 'stands by'}"

    def _last_failover(self) -> Iterator[Fact]:
        points = self._metric("FailoverSeconds", "update_nat_routes")
        if not points:
            yield Fact("last failover", f"none in {LOOK_BACK.days} days")
            return
        moment, seconds = points[-1]
        yield Fact("last failover", f"{moment:%Y-%m-%d %H:%M} UTC, {seconds:.0f} s")

    def _findings(self) -> Iterator[Fact]:
        newest = [points[-1] for name in OPEN_FINDINGS if (points := self._metric(name, "drift_check"))]
        if not newest:
            yield Fact("findings", f"no drift check has reported in {LOOK_BACK.days} days", well=None)
            return
        moment, count = max(moment for moment, _ in newest), sum(value for _, value in newest)
        yield Fact("findings", f"{count:.0f} open at {moment:%Y-%m-%d %H:%M} UTC", well=count == 0)

    def _overdue(self) -> Iterator[Fact]:
        points = self._metric("ItemsExpired", "ttl_reaper", "Sum")
        if not points:
            yield Fact("expired items", f"no reaper has reported in {LOOK_BACK.days} days", well=None)
            return
        moment, count = points[-1]
        yield Fact("expired items", f"{count:.0f} found at {moment:%Y-%m-%d %H:%M} UTC")

    def _metric(self, name: str, service: str, statistic: str = "Maximum") -> list[tuple[datetime, float]]:
        """The metric's points of the last fortnight, oldest first."""
        now = clock.now()
        dimensions = {"service": service, "environment": str(self.wanted.env)}
        points = call(
            self.client,
            "cloudwatch:GetMetricStatistics",
            "Datapoints",
            Namespace="TradAI/Ops",
            MetricName=name,
            Dimensions=[{"Name": label, "Value": value} for label, value in dimensions.items()],
            StartTime=now - LOOK_BACK,
            EndTime=now,
            Period=3600,
            Statistics=[statistic],
        )
        return sorted((point["Timestamp"], float(point[statistic])) for point in points)

    def _alarms(self) -> Iterator[Fact]:
        """The stack's own, and the NAT's where NatAlarmName gives it a name without their prefix."""
        filters: list[dict[str, Any]] = [{"AlarmNamePrefix": self.wanted.alarm_prefix}]
        if not self.wanted.alarm.startswith(self.wanted.alarm_prefix):
            filters.append({"AlarmNames": [self.wanted.alarm]})
        alarms = [
            alarm
            for chosen in filters
            for alarm in call(self.client, "cloudwatch:DescribeAlarms", "MetricAlarms", **chosen)
        ]
        raised = [alarm["AlarmName"] for alarm in alarms if alarm["StateValue"] == "ALARM"]
        if not alarms:
            yield Fact("alarms", "none exists: is the stack deployed?", well=False)
        elif raised:
            yield from (Fact("alarm", f"{name} is in ALARM", well=False) for name in sorted(raised))
        else:
            yield Fact("alarms", f"none of {len(alarms)} is in ALARM")

    def _schedules(self) -> Iterator[Fact]:
        group = self.wanted.schedule_group
        listed = call(self.client, "scheduler:ListSchedules", "Schedules", GroupName=group)
        for schedule in listed:
            enabled = schedule["State"] == "ENABLED"
            yield Fact("schedule", f"{schedule['Name']} is {schedule['State'].lower()}", well=enabled)
        if not listed:
            yield Fact("schedules", f"the group {group} has none", well=False)

    def _dead_letters(self) -> Iterator[Fact]:
        queue, count = self.wanted.dead_letter_queue, "ApproximateNumberOfMessages"
        url = call(self.client, "sqs:GetQueueUrl", "QueueUrl", QueueName=queue)
        attributes = call(
            self.client, "sqs:GetQueueAttributes", "Attributes", QueueUrl=url, AttributeNames=[count]
        )
        waiting = int(attributes[count])
        yield Fact("dead letters", f"{waiting} in {queue}", well=waiting == 0)


def about_account(account: Account) -> Iterator[Fact]:
    """What doctor's reading already shows: routes, address, suspended processes, and what was refused."""
    for table in account.tables:
        target = table.instance_id or table.nat_gateway_id or table.interface_id or table.other_target
        text = f"{table.id} points at {target or 'nothing'}{', a black hole' if table.blackhole else ''}"
        yield Fact("route", text, well=target is not None and not table.blackhole)
    if not account.tables:
        yield Fact("route", "no private route table was found", well=False)
    if account.allocation_ids:
        yield Fact("address", f"{', '.join(account.allocation_ids)} is with {account.instance_id}")
    for group in (account.group, account.standby):
        if group and group.suspended:
            whose = f"{group.name} suspended" if account.standby else "suspended"
            yield Fact("group", f"{whose}: {', '.join(group.suspended)}", well=False)
    for unread in account.unread:
        yield Fact("unknown", f"{unread.action} failed with {unread.code}", well=None)


def status(*, common: Common) -> int:
    """Show the NAT, its routes and address, and the stack's alarms, schedules, findings, dead letters."""
    with connect(common, deployed=True) as session:
        account = AccountReader(session.client).read(session.identity, session.wanted)
        facts = [*about_account(account), *StatusReader(session.client, session.wanted).read(account)]
        if session.prints_text:
            for fact in facts:
                if not (common.quiet and fact.well):
                    label, tone = TONES[fact.well]
                    console.print(styled(label, tone), f"{fact.subject}: {fact.text}")
        else:
            print_document({**session.place, "facts": [asdict(fact) for fact in facts]})
        return exit_code(facts)


TONES = {True: ("ok     ", "green"), False: ("look at", "bold red"), None: ("unknown", "magenta")}


def exit_code(facts: list[Fact]) -> int:
    """Attention counts before what could not be read."""
    wells = {fact.well for fact in facts}
    if False in wells:
        return ATTENTION
    return PARTIAL if None in wells else OK

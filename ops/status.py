"""``tradai-ops status``: one screen about the NAT and the toolkit itself. Reads only."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from rich.markup import escape

from ops.app import console
from ops.doctor.command import deployment
from ops.doctor.observe import AccountReader, identify
from tradai_shared.aws.error_mapping import translate_errors
from tradai_shared.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ops.doctor.model import Account
    from ops.doctor.wanted import Wanted

OK, ATTENTION, PARTIAL = 0, 1, 3


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
        if account.group is None:
            yield Fact("NAT", f"the group {self.wanted.group_name} was not found", well=False)
            return
        with translate_errors("autoscaling:DescribeAutoScalingGroups"):
            groups = self.client("autoscaling").describe_auto_scaling_groups(
                AutoScalingGroupNames=[account.group.name]
            )["AutoScalingGroups"]
        members = [member for group in groups for member in group["Instances"]]
        if not members:
            yield Fact("NAT", f"{account.group.name} has no instance", well=False)
        for member in members:
            state, health = member["LifecycleState"], member["HealthStatus"]
            yield Fact(
                "NAT",
                f"{member['InstanceId']} {state}, {health}, {member.get('AvailabilityZone', 'zone unknown')}",
                well=state == "InService" and health.lower() == "healthy",
            )

    def _alarms(self) -> Iterator[Fact]:
        with translate_errors("cloudwatch:DescribeAlarms"):
            pages = self.client("cloudwatch").get_paginator("describe_alarms")
            found = [
                alarm
                for page in pages.paginate(AlarmNamePrefix=f"tradai-{self.wanted.env}-")
                for alarm in page.get("MetricAlarms", [])
            ]
        raised = [alarm["AlarmName"] for alarm in found if alarm["StateValue"] == "ALARM"]
        if not found:
            yield Fact("alarms", "none exists: is the stack deployed?", well=False)
        elif raised:
            yield from (Fact("alarm", f"{name} is in ALARM", well=False) for name in sorted(raised))
        else:
            yield Fact("alarms", f"none of {len(found)} is in ALARM")

    def _schedules(self) -> Iterator[Fact]:
        group = f"tradai-ops-{self.wanted.env}"
        with translate_errors("scheduler:ListSchedules"):
            listed = self.client("scheduler").list_schedules(GroupName=group)["Schedules"]
        for schedule in listed:
            enabled = schedule["State"] == "ENABLED"
            yield Fact("schedule", f"{schedule['Name']} is {schedule['State'].lower()}", well=enabled)
        if not listed:
            yield Fact("schedules", f"the group {group} has none", well=False)

    def _dead_letters(self) -> Iterator[Fact]:
        queue = f"tradai-ops-dead-letters-{self.wanted.env}"
        sqs = self.client("sqs")
        with translate_errors("sqs:GetQueueAttributes"):
            url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
            attributes = sqs.get_queue_attributes(
                QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"]
            )["Attributes"]
        waiting = int(attributes["ApproximateNumberOfMessages"])
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
    if account.group and account.group.suspended:
        yield Fact("group", f"suspended: {', '.join(account.group.suspended)}", well=False)
    for unread in account.unread:
        yield Fact("unknown", f"{unread.action} failed with {unread.code}", well=None)


def status(  # noqa: PLR0913 - one parameter an option
    *,
    env: str,
    format: Literal["table", "json"] = "table",  # noqa: A002 - the option's name
    samconfig_file: Path = Path("samconfig.toml"),
    profile: str | None = None,
    region: str | None = None,
    endpoint_url: str | None = None,
) -> int:
    """Show the NAT, its routes and address, and the toolkit's own alarms, schedules and dead letters.

    Exit code: 0 all is well, 1 something needs attention, 2 error, 3 something could not be read.

    Parameters
    ----------
    env
        dev, staging or prod.
    format
        How to print.
    samconfig_file
        The file that `sam deploy` reads.
    profile
        As in the AWS CLI.
    region
        As in the AWS CLI; else the profile's, else the one in samconfig.toml.
    endpoint_url
        Another AWS, such as a stand-in on this machine; AWS_ENDPOINT_URL does the same.
    """
    target = deployment(env, samconfig_file, profile, region, endpoint_url)
    identity = identify(target.client, target.region)
    account = AccountReader(target.client).read(identity, target.wanted)
    facts = [*about_account(account), *StatusReader(target.client, target.wanted).read(account)]
    place = {"account": identity.account, "region": identity.region, "environment": env}
    if format == "json":
        document = {**place, "facts": [asdict(fact) for fact in facts]}
        sys.stdout.write(json.dumps(document, indent=2) + "\n")
    else:
        console.print(f"account {identity.account}, region {identity.region}, environment {env}")
        for fact in facts:
            console.print(f"{TONES[fact.well]} [bold]{escape(fact.subject)}[/bold]: {escape(fact.text)}")
    return exit_code(facts)


TONES = {True: "[green]ok     [/]", False: "[bold red]look at[/]", None: "[magenta]unknown[/]"}


def exit_code(facts: list[Fact]) -> int:
    """Attention counts before what could not be read."""
    wells = {fact.well for fact in facts}
    if False in wells:
        return ATTENTION
    return PARTIAL if None in wells else OK

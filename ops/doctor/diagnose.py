"""From what was read to lines with remedies, and to the parameters that this account needs. Reads nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ops.doctor.alarms import about_alarms
from ops.doctor.diagnose_group import about_group
from ops.doctor.diagnose_standby import about_standby, about_twins
from ops.doctor.diagnose_tables import about_tables, is_undecided
from ops.doctor.image import about_image
from ops.doctor.model import Diagnosis, Level, Line
from ops.doctor.network import about_network, about_offers
from ops.doctor.owners import about_data_tables, about_notifications
from ops.doctor.rules import about_rules
from ops.doctor.samconfig import SECTIONS
from ops.doctor.samconfig_edit import EMPTY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ops.doctor.model import Account, TakenName
    from ops.doctor.wanted import Wanted

GATEWAY_ENDPOINTS = ("s3", "dynamodb")  # the two that AWS offers without a price
RESERVE = 5  # what template.yaml reserves where ReservedConcurrency asks for it
UNRESERVED_AT_LEAST = 100  # Lambda refuses a reservation that leaves fewer unreserved
REMEDY_OF_REFUSAL = (
    "let cloudwatch.amazonaws.com use it (sns:Publish; of a key kms:Decrypt and kms:GenerateDataKey*),"
    " then run tradai-ops alerts test"
)

REMEDY_OF_KEY = (
    "let them kms:Decrypt and kms:GenerateDataKey* in the key's policy, for example all of the account by"
    " kms:ViaService sns; what they cannot send raises the alarm ops-alerts-failed"
)


def diagnose(account: Account, wanted: Wanted, runbooks: str | None = None) -> Diagnosis:
    """Every line, in the order in which a person would follow them.

    ``runbooks`` is the address that this checkout's remote gives them, None where none does.
    """
    parameters: dict[str, str] = {}
    lines = [
        Line(
            Level.INFO,
            "identity",
            f"account {account.identity.account}, region {account.identity.region},"
            f" as {account.identity.arn}",
        ),
        *_region(account, wanted),
        *about_tables(account, wanted, parameters),
        *_nat(account, wanted, parameters),
        *about_rules(account, wanted),
        *about_notifications(account.notifications),
        *_names(account, wanted, parameters),
        *about_data_tables(account.data_tables),
        *_quota(account, wanted),
        *_topic(account, wanted),
        *_runbooks(wanted, runbooks, parameters),
        *_stack(account, wanted),
        *(about_alarms(account.alarms, wanted.stack_name) if account.alarms else ()),
        *_surroundings(account, wanted, parameters),
        *(
            Line(
                Level.UNREAD,
                unread.action,
                f"failed with {unread.code}: what it shows is unknown",
                f"allow {unread.action} and run doctor again",
            )
            for unread in dict.fromkeys(account.unread)
        ),
    ]
    return Diagnosis(tuple(lines), {name: value for name, value in parameters.items() if value})


def _region(account: Account, wanted: Wanted) -> Iterator[Line]:
    """What was found here would be deployed elsewhere."""
    here, section = account.identity.region, SECTIONS.get(wanted.env, wanted.env)
    if wanted.region and wanted.region != here:
        yield Line(
            Level.DO,
            "region",
            f"samconfig.toml deploys to {wanted.region}, and this is {here}",
            f'write region = "{here}" into its [{section}.global.parameters], or leave out --region',
        )


def _nat(account: Account, wanted: Wanted, parameters: dict[str, str]) -> Iterator[Line]:
    """Nothing while a person has to say which NAT is meant: what was read is of any of them."""
    if is_undecided(account, wanted):
        parameters.pop("PrivateRouteTableIds", None)  # absent where the tables are in several VPCs
        return
    yield from about_group(account, wanted, parameters)
    yield from about_standby(account, wanted)
    yield from about_twins(account, wanted, parameters)
    yield from _address(account, wanted, parameters)


def _surroundings(account: Account, wanted: Wanted, parameters: dict[str, str]) -> Iterator[Line]:
    if account.network:
        yield from about_network(account.network, GATEWAY_ENDPOINTS)
    if account.offers:
        yield from about_offers(
            account.offers, wanted.instance_types, wanted.architecture, creates=wanted.creates_nat
        )
        yield from about_image(wanted, account.offers.image, parameters)


def _address(account: Account, wanted: Wanted, parameters: dict[str, str]) -> Iterator[Line]:
    if wanted.creates_nat or account.instance_id is None:
        return
    match account.allocation_ids:
        case (allocation,):
            both = wanted.addresses_both or parameters.get("NatStandbyAddress") == "own"
            own = account.standby_carries and both
            parameters["NatStandbyEipAllocationId" if own else "NatEipAllocationId"] = allocation
            yield Line(Level.OK, "address", f"{allocation} is with {account.instance_id}")
        case ():
            if account.automatic_address:
                yield Line(
                    Level.INFO,
                    "address",
                    "the NAT has no Elastic IP: its public address changes at each replacement",
                    "allocate one and give it as NatEipAllocationId where allow-lists depend on it",
                )
        case several:
            yield Line(
                Level.DO,
                "address",
                f"{account.instance_id} holds several: {', '.join(several)}",
                "give the one that must move as NatEipAllocationId",
            )


def _names(account: Account, wanted: Wanted, parameters: dict[str, str]) -> Iterator[Line]:
    for taken in account.taken:
        own = taken.stack == wanted.stack_name or (account.alarms and account.alarms.owns(taken.name))
        if own or _follows_its_function(taken, account):
            continue
        owner = f"stack {taken.stack}" if taken.stack else "no stack (Pulumi, Terraform or a person made it)"
        renaming = {wanted.alarm: "NatAlarmName"} if taken.kind == "alarm" else wanted.functions
        option = (wanted.made_groups if taken.kind == "group" else renaming).get(taken.name, "")
        if option:
            parameters[option] = f"{taken.name}-ops"
            remedy = f"deploy under another name: {option}={taken.name}-ops"
        else:
            remedy = f"delete or rename the {taken.kind} first"
            owner += ", which NamePrefix=PREFIX would leave alone"
        yield Line(
            Level.DO,
            f"{taken.kind} {taken.name}",
            f"exists and belongs to {owner}: the deployment would be refused"
            + (" or would replace it" if taken.kind == "rule" else ""),
            remedy,
        )


def _follows_its_function(taken: TakenName, account: Account) -> bool:
    """A function that is taken gets another name, and its log group with it."""
    functions = {other.name for other in account.taken if other.kind == "function"}
    return taken.kind == "log group" and taken.name.removeprefix("/aws/lambda/") in functions


def _quota(account: Account, wanted: Wanted) -> Iterator[Line]:
    quota = account.concurrency_quota
    if quota is None:
        return
    reserved = wanted.parameter("ReservedConcurrency")
    possible = quota - UNRESERVED_AT_LEAST
    if reserved and int(reserved) > possible:
        yield Line(
            Level.DO,
            "concurrency",
            f"the account's quota is {quota}: reserving {reserved} is refused, since"
            f" {UNRESERVED_AT_LEAST} must stay unreserved",
            f"write {_pair('ReservedConcurrency', '')} into samconfig.toml, or ask for a higher quota",
        )
    elif not reserved and possible >= RESERVE:
        yield Line(
            Level.INFO,
            "concurrency",
            f"the account's quota is {quota}: a reservation is possible",
            f"ReservedConcurrency={RESERVE} keeps the failover callable when others use up the quota",
        )
    else:
        yield Line(Level.OK, "concurrency", f"the account's quota is {quota}")


def _topic(account: Account, wanted: Wanted) -> Iterator[Line]:
    topic = account.topic
    region, own = wanted.topic_arn(account.identity).split(":")[3], account.identity.region
    if region != own:
        text = f"AlertsTopicArn is in {region}: no alarm and no function of {own} can send there"
        yield Line(Level.DO, "alerts", text, f"name a topic of {own} in AlertsTopicArn")
        return
    if topic is None:
        return
    if not topic.exists:
        text = f"{topic.arn} does not exist: no alarm would reach anybody"
        named = wanted.parameter("AlertsTopicArn")
        remedy = "correct AlertsTopicArn" if named else "create it, or name another one in AlertsTopicArn"
        yield Line(Level.DO, "alerts", text, remedy)
        return
    for refusal in topic.refusals:
        yield Line(Level.DO, "alerts", f"{topic.arn}: {refusal}", REMEDY_OF_REFUSAL)
    if topic.key:
        text = f"{topic.arn} is encrypted with {topic.key}: the stack's roles have no permission on a key"
        yield Line(Level.INFO, "alerts", text, REMEDY_OF_KEY)
    if not topic.confirmed:
        waiting = f", {topic.pending} wait for confirmation" if topic.pending else ""
        text = f"{topic.arn} has no confirmed subscription{waiting}"
        yield Line(Level.DO, "alerts", text, "subscribe to it and confirm")
    elif not topic.refusals:
        text = f"{topic.arn} has {topic.confirmed} confirmed subscriptions"
        yield Line(Level.OK, "alerts", text, "tradai-ops alerts test proves that a message arrives")


def _runbooks(wanted: Wanted, proposed: str | None, parameters: dict[str, str]) -> Iterator[Line]:
    """Without an address, links lead to the dashboard, which needs a session in the AWS console."""
    address = wanted.parameter("RunbookBaseUrl", "")
    if not address.startswith(("https://", "http://")):
        text = "links in messages lead to the stack's dashboard, which shows every runbook"
        remedy = "RunbookBaseUrl=https://HOST/REPOSITORY/docs/runbooks, for people without the console"
        if proposed:
            parameters["RunbookBaseUrl"] = proposed
            remedy = f"RunbookBaseUrl={proposed}, the page of this checkout's origin"
        yield Line(Level.INFO, "runbooks", text, remedy)


def _pair(name: str, value: str) -> str:
    return f"{name}={value or EMPTY}"


def _stack(account: Account, wanted: Wanted) -> Iterator[Line]:
    stack = account.stack
    if stack is None:
        return
    if stack.parameters is None:
        yield Line(Level.INFO, "stack", f"{stack.name} is not deployed")
        return
    for name, value in sorted(stack.parameters.items()):
        configured = wanted.parameters.get(name)
        if configured is not None and configured != value:
            yield Line(
                Level.DO,
                "stack",
                f"{name} is deployed as {value!r}, samconfig.toml says {configured!r}",
                f"deploy again, or write {_pair(name, value)} into samconfig.toml",
            )
        elif configured is None and value:
            yield Line(
                Level.INFO,
                "stack",
                f"{name} is deployed as {value!r} and is not in samconfig.toml: it stays at each deploy",
            )

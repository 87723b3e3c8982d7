"""The Lambda functions' sizes, the failover's rules, and how long logs are kept."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from drift_check.actions import EnableRule
from drift_check.checks.base import (
    PRESENT,
    TAGS,
    AttributeState,
    Check,
    CheckContext,
    ResourceState,
    each_unexpected,
    having,
    prefix,
    presence,
)
from drift_check.observe.observations import Call, Known
from tradai_shared.config.naming import PROJECT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from drift_check.observe.observations import ApiObject, Read
    from tradai_shared.config.models import CanonicalConfig

FUNCTIONS, LOG_GROUPS = "lambda:ListFunctions", "logs:DescribeLogGroups"
TRIGGERS = LISTED_RULES, SCHEDULES = "events:ListRules", "scheduler:ListSchedules"
RULES = ("group-events", "instance-states")  # without one of them a failover waits for the minute's schedule
OF_FUNCTIONS = "/aws/lambda/"
FAILOVER_SECONDS = 60  # less than the quickest replacement boots in
ENOUGH = "enough"
SIZES = {"timeout_seconds": "Timeout", "memory_mb": "MemorySize"}


def initial_reads(_config: CanonicalConfig) -> Iterator[Call]:
    yield TAGS
    yield Call(FUNCTIONS)


def evaluate(ctx: CheckContext) -> Iterator[ResourceState]:
    listed = ctx.get(FUNCTIONS)
    for key, desired in ctx.config.lambdas.items():
        path, name = f"lambdas.{key}", desired.name
        function = listed.map(partial(having, key="FunctionName", value=name))
        exists, arn = presence(function), f"lambda:function:{name}"
        facts = [AttributeState(size, function.item(asked)) for size, asked in SIZES.items()]
        if name == ctx.config.nat.function:
            exists = PRESENT  # its absence is the NAT's finding
            facts.append(_failover_time(function))
        tags = ctx.tags(arn) if function.value_or(None) else None
        yield ResourceState(path, name, f"{path}.name", exists, tuple(facts), tags=tags, arn=arn)


def _failover_time(function: Read[Any]) -> AttributeState:
    """A failover that is cut off moves no route: a replacement needs tens of seconds to run."""
    return AttributeState(
        "failover time-out",
        function.item("Timeout").map(  # a function that is gone is the NAT's finding
            lambda seconds: ENOUGH if seconds is None or seconds >= FAILOVER_SECONDS else f"{seconds} s"
        ),
        desired=ENOUGH,
        path="nat.function",
        reason=f"the failover is cut off before it ends: it needs at least {FAILOVER_SECONDS} s",
    )


def initial_log_reads(config: CanonicalConfig) -> Iterator[Call]:
    yield TAGS
    yield Call(LOG_GROUPS, _pattern(config))


def _pattern(config: CanonicalConfig) -> str:
    """The project where every function's name has it; else empty, which lists all groups."""
    names = [prefix(config), *[function.name for function in config.lambdas.values()]]
    return "" if [name for name in names if PROJECT not in name] else PROJECT


def evaluate_logs(ctx: CheckContext) -> Iterator[ResourceState]:
    """The retention of the log groups that exist: a function that has never run has none."""
    path = "log_retention_days"
    groups = ctx.get(LOG_GROUPS, _pattern(ctx.config)).map(partial(_ours, ctx.config))
    if not isinstance(groups, Known):
        yield ResourceState("", "log groups", path, groups)
        return
    for group in groups.value:
        name = group["logGroupName"]
        retention = Known(group.get("retentionInDays"), groups.sources)
        fact = AttributeState(path, retention, reason="None keeps logs, and their cost, for ever")
        yield ctx.tagged("", name, path, PRESENT, f"logs:log-group:{name}", fact)


def rule_prefix(config: CanonicalConfig) -> str:
    return f"{prefix(config)}-nat-"


def _ours(config: CanonicalConfig, groups: list[ApiObject]) -> list[ApiObject]:
    functions = {each.name for each in config.lambdas.values()}
    starts, end = (f"{PROJECT}-", f"{prefix(config)}-"), f"-{config.environment}"
    ours = []
    for group in groups:
        path, _, component = group["logGroupName"].rpartition("/")
        is_named = component.endswith(end) or component == config.nat.function
        of_function = f"{path}/".startswith(OF_FUNCTIONS) and component in functions
        if of_function or (is_named and component.startswith(starts)):
            ours.append(group)
    return ours


def evaluate_failover(ctx: CheckContext) -> Iterator[ResourceState]:
    """The failover's function and the rules that bring it its events: part of the check of the NAT."""
    path, name, end = "nat.function", ctx.config.nat.function, f"-{ctx.config.environment}"
    states = ctx.get(LISTED_RULES, rule_prefix(ctx.config)).map(
        lambda rules: {rule["Name"]: rule["State"] for rule in rules if rule["Name"].endswith(end)}
    )
    some = AttributeState(
        "rules",
        states.map(bool),
        desired=True,
        path=path,
        reason="no rule brings the group's events to the failover",
    )
    wanted = {f"{rule_prefix(ctx.config)}{rule}{end}": "absent" for rule in RULES}
    present = states.value_or({})
    # where none of the stack's rules stands, the check says so once
    expected = {**wanted, **present} if wanted.keys() & present.keys() else present
    facts = [_rule(states, rule, state) for rule, state in sorted(expected.items())]
    function = ctx.get(FUNCTIONS).map(partial(having, key="FunctionName", value=name))
    schedules = ctx.get(SCHEDULES, rule_prefix(ctx.config)).map(
        lambda listed: sorted(
            {each["Name"] for each in listed if each["State"] == "DISABLED" and each["Name"].endswith(end)}
        )
    )
    disabled = each_unexpected(
        "disabled schedule", schedules, "nothing runs the failover without events", path
    )
    yield ResourceState("nat", name, path, presence(function), (some, *filter(None, facts), disabled))
    for rule in present:
        yield ctx.tagged("nat", rule, path, PRESENT, f"events:rule/{rule}")


def _rule(states: Read[dict[str, str]], rule: str, state: str) -> AttributeState | None:
    """A rule that does not bring its events; one that is gone comes back with the stack alone."""
    if state not in {"DISABLED", "absent"}:
        return None
    is_there = state == "DISABLED"
    until = "" if is_there else " until the stack is deployed again"
    return AttributeState(
        f"rule {rule}",
        states.map(lambda states: states.get(rule, "absent")),
        desired="ENABLED",
        path="nat.function",
        remediations=(EnableRule(rule),) if is_there else (),
        reason=f"the failover does not get these events{until}",
    )


CHECK = Check("functions", initial_reads, evaluate)
LOGS = Check("logs", initial_log_reads, evaluate_logs)

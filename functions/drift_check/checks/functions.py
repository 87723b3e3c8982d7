"""The Lambda functions' sizes, the failover's rules, and how long logs are kept."""

from __future__ import annotations

from operator import methodcaller
from typing import TYPE_CHECKING, Any

from drift_check.actions import EnableRule
from drift_check.checks.base import (
    PRESENT,
    TAGS,
    AttributeState,
    Check,
    CheckContext,
    ResourceState,
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
RULES = ("group-events", "instance-states")  # without one of them a failover waits for the minute's schedule
OF_FUNCTIONS = "/aws/lambda/"
FAILOVER_SECONDS = 60  # less than the quickest replacement boots in
ENOUGH = "enough"
SIZES = {"timeout_seconds": "Timeout", "memory_mb": "MemorySize"}


def initial_reads(_config: CanonicalConfig) -> Iterator[Call]:
    yield TAGS
    yield Call(FUNCTIONS)


def evaluate(ctx: CheckContext) -> Iterator[ResourceState]:
    listed = ctx.get(FUNCTIONS).map(
        lambda described: {function["FunctionName"]: function for function in described}
    )
    for key, desired in ctx.config.lambdas.items():
        path, name = f"lambdas.{key}", desired.name
        function = listed.map(methodcaller("get", name))
        # its absence is the NAT's finding
        exists = PRESENT if name == ctx.config.nat.function else presence(function)
        sizes = (AttributeState(size, function.item(asked)) for size, asked in SIZES.items())
        own = (_failover_time(function),) if name == ctx.config.nat.function else ()
        arn = f"lambda:function:{name}"
        tags = ctx.tags(arn) if isinstance(function, Known) and function.value else None
        yield ResourceState(path, name, f"{path}.name", exists, (*sizes, *own), tags=tags, arn=arn)


def _failover_time(function: Read[Any]) -> AttributeState:
    """A failover that is cut off moves no route: a replacement needs tens of seconds to run."""

    def judge(described: ApiObject | None) -> str:
        seconds = int(described["Timeout"]) if described else FAILOVER_SECONDS  # gone: the NAT's finding
        return ENOUGH if seconds >= FAILOVER_SECONDS else f"{seconds} s"

    return AttributeState(
        "failover time-out",
        function.map(judge),
        desired=ENOUGH,
        path="nat.function",
        reason=f"the failover is cut off before it ends: it needs at least {FAILOVER_SECONDS} s",
    )


def initial_log_reads(config: CanonicalConfig) -> Iterator[Call]:
    yield TAGS
    yield Call(LOG_GROUPS, _pattern(config))


def _pattern(config: CanonicalConfig) -> str:
    """The project where every function's name has it; else empty, which lists all groups."""
    names = (*(function.name for function in config.lambdas.values()), prefix(config))
    named = all(PROJECT in name for name in names)
    return PROJECT if named else ""


def evaluate_logs(ctx: CheckContext) -> Iterator[ResourceState]:
    """The retention of the log groups that exist: a function that has never run has none."""
    path = "log_retention_days"
    groups = ctx.get(LOG_GROUPS, _pattern(ctx.config)).map(
        lambda described: [group for group in described if _ours(ctx.config, group["logGroupName"])]
    )
    if not isinstance(groups, Known):
        yield ResourceState("", "log groups", path, groups)
        return
    for group in groups.value:
        name = group["logGroupName"]
        retention = Known(group.get("retentionInDays"), groups.sources)
        fact = AttributeState(path, retention, reason="None keeps logs, and their cost, for ever")
        arn = f"logs:log-group:{name}"
        yield ResourceState("", name, path, PRESENT, (fact,), tags=ctx.tags(arn), arn=arn)


def rule_prefix(config: CanonicalConfig) -> str:
    return f"{prefix(config)}-nat-"


def _ours(config: CanonicalConfig, name: str) -> bool:
    component = name.rsplit("/", 1)[-1]
    if name.startswith(OF_FUNCTIONS) and component in {each.name for each in config.lambdas.values()}:
        return True
    ends = component.endswith(f"-{config.environment}") or component == config.nat.function
    return component.startswith((f"{PROJECT}-", f"{prefix(config)}-")) and ends


def evaluate_failover(ctx: CheckContext) -> Iterator[ResourceState]:
    """The failover's function and the rules that bring it its events: part of the check of the NAT."""
    ours = ctx.get("events:ListRules", rule_prefix(ctx.config)).map(
        lambda rules: [rule for rule in rules if rule["Name"].endswith(f"-{ctx.config.environment}")]
    )
    disabled = ours.map(lambda ours: sorted(rule["Name"] for rule in ours if rule["State"] == "DISABLED"))
    names = disabled.value if isinstance(disabled, Known) else []
    facts = (
        AttributeState(
            "rules",
            ours.map(bool),
            desired=True,
            path="nat.function",
            reason="no rule brings the group's events to the failover",
        ),
        *(
            AttributeState(
                f"rule {name}",
                disabled.map(lambda _: "DISABLED"),
                desired="ENABLED",
                path="nat.function",
                remediations=(EnableRule(name),),
                reason="the failover does not get these events",
            )
            for name in names
        ),
        *_missing_rules(ctx.config, ours),
    )
    exists = ctx.get("lambda:ListFunctions").map(
        lambda functions: any(rule["FunctionName"] == ctx.config.nat.function for rule in functions)
    )
    yield ResourceState("nat", ctx.config.nat.function, "nat.function", exists, facts)
    for rule in ours.value if isinstance(ours, Known) else ():
        arn = f"events:rule/{rule['Name']}"
        yield ResourceState("nat", rule["Name"], "nat.function", PRESENT, tags=ctx.tags(arn), arn=arn)


def _missing_rules(config: CanonicalConfig, ours: Read[list[dict[str, Any]]]) -> Iterator[AttributeState]:
    """The stack's rules that are gone, where one of them stands: without any the check says so once."""
    wanted = [f"{rule_prefix(config)}{rule}-{config.environment}" for rule in RULES]
    present = {rule["Name"] for rule in ours.value} if isinstance(ours, Known) else set(wanted)
    for name in wanted if present.intersection(wanted) else ():
        if name not in present:
            yield AttributeState(
                f"rule {name}",
                ours.map(lambda _: "absent"),
                desired="ENABLED",
                path="nat.function",
                reason="the failover does not get these events until the stack is deployed again",
            )


CHECK = Check("functions", initial_reads, evaluate)
LOGS = Check("logs", initial_log_reads, evaluate_logs)

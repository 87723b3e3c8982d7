"""The Lambda functions' sizes, and how long logs are kept."""

from __future__ import annotations

from functools import partial
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from drift_check.checks.base import PRESENT, TAGS, AttributeState, Check, CheckContext, ResourceState
from drift_check.observe.observations import Call, Known
from tradai_shared.config.naming import PROJECT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tradai_shared.config.models import CanonicalConfig

FUNCTIONS, LOG_GROUPS = "lambda:ListFunctions", "logs:DescribeLogGroups"
OF_FUNCTIONS = "/aws/lambda/"
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
        function = listed.map(partial(_find, name=name))
        # its absence is the NAT's finding
        exists = (
            PRESENT
            if name == ctx.config.nat.function
            else function.map(lambda function: function is not None)
        )
        sizes = (
            AttributeState(size, function.map_present(itemgetter(asked))) for size, asked in SIZES.items()
        )
        end = f":function:{name}"
        tags = ctx.tags(end) if isinstance(function, Known) and function.value else None
        yield ResourceState(path, name, f"{path}.name", exists, tuple(sizes), tags=tags, arn=f"lambda{end}")


def _find(functions: dict[str, Any], *, name: str) -> Any:  # noqa: ANN401 - as AWS describes it
    return functions.get(name)


def initial_log_reads(config: CanonicalConfig) -> Iterator[Call]:
    yield TAGS
    yield Call(LOG_GROUPS, _pattern(config))


def _pattern(config: CanonicalConfig) -> str:
    """The project, where every function is named after it; else all log groups are listed."""
    named = all(PROJECT in function.name for function in config.lambdas.values())
    return PROJECT if named else ""


def evaluate_logs(ctx: CheckContext) -> Iterator[ResourceState]:
    """Those that exist: a function that has never run has no log group."""
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
        end = f":log-group:{name}"
        yield ResourceState("", name, path, PRESENT, (fact,), tags=ctx.tags(end), arn=f"logs{end}")


def _ours(config: CanonicalConfig, name: str) -> bool:
    component = name.rsplit("/", 1)[-1]
    if name.startswith(OF_FUNCTIONS) and component in {each.name for each in config.lambdas.values()}:
        return True
    ends = component.endswith(f"-{config.environment}") or component == config.nat.function
    return component.startswith(f"{PROJECT}-") and ends


CHECK = Check("functions", initial_reads, evaluate)
LOGS = Check("logs", initial_log_reads, evaluate_logs)

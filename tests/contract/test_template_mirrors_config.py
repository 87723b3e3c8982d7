"""Whatever the template makes, now or later: its names, retention, tags and sizes are the configuration's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.contract.stack import ENVIRONMENTS, MADE_NAT, Stack
from tradai_shared.config import naming
from tradai_shared.config.build import build
from tradai_shared.config.naming import Environment

if TYPE_CHECKING:
    from collections.abc import Iterator

in_every_environment = pytest.mark.parametrize("env", ENVIRONMENTS)


def functions(env: str) -> set[str]:
    """The names that the toolkit's functions may have."""
    return {
        naming.update_nat_routes_function_name(env),
        naming.drift_check_function_name(env),
        naming.ttl_reaper_function_name(env),
        naming.egress_probe_function_name(env),
    }


def tags_below(properties: object) -> Iterator[object]:
    """Every set of tags at or below a resource's properties, as it is written."""
    if isinstance(properties, list):
        for item in properties:
            yield from tags_below(item)
    if isinstance(properties, dict):
        for name, value in properties.items():
            yield from [value] if name == "Tags" else tags_below(value)


def all_tag_sets(stack: Stack) -> list[tuple[str, dict[str, str]]]:
    return [
        (name, resolved(stack, tags)) for name in sorted(stack.made) for tags in tags_below(stack.raw[name])
    ]


def resolved(stack: Stack, tags: object) -> dict[str, str]:
    values = stack.template.resolve(tags)
    return values if isinstance(values, dict) else {tag["Key"]: tag["Value"] for tag in values}


@in_every_environment
def test_every_set_of_tags_has_the_required_ones(env: str) -> None:
    required = build(Environment(env)).required_tags
    tag_sets = all_tag_sets(Stack(env, **MADE_NAT))
    assert tag_sets
    for name, tags in tag_sets:
        assert set(required) <= set(tags), name
        assert all(tags[tag] in accepted for tag, accepted in required.items()), name


@in_every_environment
def test_every_log_is_kept_as_long_as_configured(env: str) -> None:
    logs = Stack(env, **MADE_NAT).of_type("AWS::Logs::LogGroup")
    assert logs
    assert {log["RetentionInDays"] for log in logs.values()} == {build(Environment(env)).log_retention_days}


@in_every_environment
def test_every_function_has_a_name_of_the_configuration_and_a_log_of_that_name(env: str) -> None:
    stack = Stack(env, **MADE_NAT)
    names = {function["FunctionName"] for function in stack.of_type("AWS::Serverless::Function").values()}
    assert names
    assert names <= functions(env)
    logs = {log["LogGroupName"] for log in stack.of_type("AWS::Logs::LogGroup").values()}
    assert {f"/aws/lambda/{name}" for name in names} <= logs


def hooks(stack: Stack) -> list[Any]:
    return [
        hook
        for group in stack.of_type("AWS::AutoScaling::AutoScalingGroup").values()
        for hook in group["LifecycleHookSpecificationList"]
    ]


@in_every_environment
def test_the_launch_hook_is_the_configured_one(env: str) -> None:
    config = build(Environment(env)).nat.lifecycle_hooks["launch"]
    deployed = {
        hook["LifecycleTransition"]: (hook["LifecycleHookName"], hook["HeartbeatTimeout"])
        for hook in hooks(Stack(env, **MADE_NAT))
    }
    assert deployed[config.transition] == (config.name, config.heartbeat_seconds)


@in_every_environment
def test_what_an_operator_leaves_out_is_the_configured_network_and_nat(env: str) -> None:
    config, values = build(Environment(env)), Stack(env).template.values
    assert values["VpcCidr"] == [config.network.vpc.cidr]
    assert [nat_instance_type for nat_instance_type in values["NatInstanceTypes"] if nat_instance_type] == [
        config.nat.instance_type
    ]  # of three places
    assert (values["NatDetailedMonitoring"] == "true") is config.nat.detailed_monitoring
    assert int(values["NatMaxSize"]) == config.nat.group.max_size


def test_the_mirror_sees_a_value_that_is_not_the_configured_one() -> None:
    stack = Stack("prod", **MADE_NAT)
    (log, *_) = stack.of_type("AWS::Logs::LogGroup").values()
    dev = build(Environment.DEV)
    assert log["RetentionInDays"] != dev.log_retention_days
    assert any(tags["Environment"] not in dev.required_tags["Environment"] for _, tags in all_tag_sets(stack))

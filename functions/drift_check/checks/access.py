"""Who may come in and with what: the user pool, secrets, the WAF before the API, load balancers."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from drift_check.actions import RequireMfa, RestoreSecret
from drift_check.checks import vpc_lookup
from drift_check.checks.base import (
    PRESENT,
    TAGS,
    AttributeState,
    Check,
    CheckContext,
    ResourceState,
    having,
    own_tags,
    presence,
    sorted_values,
    unexpected_resources,
)
from drift_check.checks.network import PLACE_CALLS
from drift_check.observe.observations import Call, Known, Unknown, combined, joined
from tradai_shared.config.naming import PROJECT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from drift_check.observe.observations import ApiObject, Read
    from tradai_shared.config.models import CanonicalConfig

LIST_POOLS, POOL = "cognito-idp:ListUserPools", "cognito-idp:DescribeUserPool"
LOAD_BALANCERS = "elasticloadbalancing:DescribeLoadBalancers"
LISTENERS, SECRET = "elasticloadbalancing:DescribeListeners", "secretsmanager:DescribeSecret"
APIS, STAGES = "apigateway:GetRestApis", "apigateway:GetStages"
API_GATEWAY = "api gateway"
INTERNAL = "internal"  # every other load balancer faces the internet, which is the default


def initial_reads(config: CanonicalConfig) -> Iterator[Call]:
    yield TAGS
    yield Call(APIS)
    yield Call(LOAD_BALANCERS)
    yield Call("ec2:DescribeSecurityGroups")
    yield from PLACE_CALLS
    for secret in config.secrets.values():
        yield Call(SECRET, secret.name)


def dependent_reads(config: CanonicalConfig, call: Call, answer: Any) -> Iterator[Call]:  # noqa: ANN401 - AWS's own
    if call == TAGS:
        yield from [Call(POOL, tagged_pool) for tagged_pool in tagged_pools(answer)] or [Call(LIST_POOLS)]
    elif call.action == POOL:
        if not is_ours(config, answer):
            yield Call(LIST_POOLS)
    elif call.action == LIST_POOLS:
        if pool := pool_id(config, answer):
            yield Call(POOL, pool)
    elif call.action == LOAD_BALANCERS:
        yield from [
            Call(LISTENERS, each["LoadBalancerArn"]) for each in answer if each.get("Scheme") != INTERNAL
        ]
    elif call.action == APIS:
        yield from [Call(STAGES, api["id"]) for api in _ours(config, answer)]


def tagged_pools(tagged: list[ApiObject]) -> list[str]:
    """The ids of pools that have tags: to describe the one that is there saves listing all."""
    return [arn.rpartition("/")[2] for arn in sorted_values(tagged, key="ResourceARN") if ":userpool/" in arn]


def is_ours(config: CanonicalConfig, pool: ApiObject | None) -> bool:
    return pool is not None and bool(pool["Name"] == config.cognito.name)


def pool_id(config: CanonicalConfig, pools: list[ApiObject]) -> str:
    pool = having(pools, key="Name", value=config.cognito.name)
    return str(pool["Id"]) if pool else ""


def _ours(config: CanonicalConfig, apis: list[ApiObject]) -> list[ApiObject]:
    if config.waf.apis is not None:
        return [api for api in apis if api["name"] in config.waf.apis]
    suffix = f"-{config.environment}"
    return [api for api in apis if api["name"].startswith(f"{PROJECT}-") and api["name"].endswith(suffix)]


def evaluate(ctx: CheckContext) -> Iterator[ResourceState]:
    yield _pool(ctx)
    for key, secret in ctx.config.secrets.items():
        yield _secret(ctx, f"secrets.{key}", secret.name)
    yield from _apis(ctx)
    yield _listeners(ctx)


def _pool(ctx: CheckContext) -> ResourceState:
    desired, pool_id = ctx.config.cognito, _pool_id(ctx)
    pool = pool_id.flat_map(partial(ctx.get_or, {}, POOL))
    known_id = pool_id.value_or("")
    facts = (
        AttributeState("id", pool_id),
        AttributeState(
            "mfa",
            pool.get("MfaConfiguration", "OFF"),
            remediations=(RequireMfa(known_id, str(desired.mfa)),),
        ),
        AttributeState(
            "password_min_length",
            pool.get("Policies", {}).get("PasswordPolicy", {}).get("MinimumLength"),
        ),
        AttributeState("deletion_protection", pool.get("DeletionProtection", "INACTIVE")),
    )
    tags, arn = pool.get("UserPoolTags", {}), f"cognito-idp:userpool/{known_id}"
    return ResourceState(
        "cognito", desired.name, "cognito.name", pool_id.map(bool), facts, tags=tags, arn=arn
    )


def _pool_id(ctx: CheckContext) -> Read[str]:
    """The id of the pool of that name: among the tagged pools first, then among all."""
    for tagged_id in ctx.read(TAGS).map(tagged_pools).value_or(()):
        pool = ctx.get(POOL, tagged_id)
        if isinstance(pool, Unknown):
            return pool
        if is_ours(ctx.config, pool.value):
            return Known(tagged_id, pool.sources)
    return ctx.get(LIST_POOLS).map(partial(pool_id, ctx.config))


def _secret(ctx: CheckContext, path: str, name: str) -> ResourceState:
    secret = ctx.get(SECRET, name)
    described = secret.value_or(None) or {}
    reason, deleted = "it cannot be read any more and will be gone for good", described.get("DeletedDate")
    if deleted:  # when Secrets Manager deletes it; until then it can be restored
        reason = f"{reason} in {max(0, (deleted - ctx.now).days)} days"
    fact = AttributeState(
        "scheduled deletion",
        secret.map_present(
            lambda secret: f"{secret['DeletedDate']:%Y-%m-%d}" if secret.get("DeletedDate") else None
        ),
        desired=None,
        remediations=(RestoreSecret(name),),
        reason=reason,
    )
    # AWS adds six characters of its own to a secret's name
    arn = f"secretsmanager:{described['ARN'].split(':', 5)[5]}" if described else ""
    return ResourceState(
        path, name, f"{path}.name", presence(secret), (fact,), tags=own_tags(secret), arn=arn
    )


def _apis(ctx: CheckContext) -> Iterator[ResourceState]:
    apis = ctx.get(APIS).map(partial(_ours, ctx.config))
    stages = joined(*[ctx.get(STAGES, api["id"]) for api in apis.value_or(())])

    def associated(_apis: list[ApiObject], stages: list[ApiObject]) -> str:
        unfiltered = [stage for stage in stages if not stage.get("webAclArn")]
        return API_GATEWAY if stages and not unfiltered else "nothing"

    path, reason = "waf.associated_with", "requests reach the API unfiltered"
    fact = AttributeState("associated_with", combined(associated, apis, stages), reason=reason)
    yield ResourceState("waf", "web ACL", path, presence(apis), (fact,))
    for api in apis.value_or(()):
        tags, arn = Known(dict(api.get("tags", {})), apis.sources), f"apigateway:/restapis/{api['id']}"
        yield ResourceState("waf", api["name"], path, PRESENT, tags=tags, arn=arn)


def _listeners(ctx: CheckContext) -> ResourceState:
    """Load balancers that the internet reaches, unless a group that may be open guards them."""
    names = {group.name for group in ctx.config.network.security_groups.values() if group.open_to_world}

    def unguarded(balancers: list[ApiObject], groups: list[ApiObject]) -> list[ApiObject]:
        open_groups = {group["GroupId"] for group in groups if group["GroupName"] in names}
        return [
            balancer
            for balancer in balancers
            if balancer.get("Scheme") != INTERNAL
            and open_groups.isdisjoint(balancer.get("SecurityGroups", []))
        ]

    balancers = vpc_lookup.inside(ctx, LOAD_BALANCERS)
    unknown = combined(unguarded, balancers, ctx.get("ec2:DescribeSecurityGroups"))
    ports = [
        ctx.get(LISTENERS, balancer["LoadBalancerArn"]).map(partial(_ports, balancer))
        for balancer in unknown.value_or(())
    ]
    return unexpected_resources(
        "network",
        "load balancers",
        "network.vpc.cidr",
        "unexpected listener",
        unknown.flat_map(lambda _: joined(*ports)),
        "the internet reaches it, and no group that may be open to the world guards it",
    )


def _ports(balancer: ApiObject, listeners: list[ApiObject] | None) -> list[str]:
    return [
        f"{balancer['LoadBalancerName']} {listener.get('Protocol')} {listener.get('Port')}"
        for listener in listeners or ()  # it was deleted after it was listed
    ]


CHECK = Check("access", initial_reads, evaluate, dependent_reads)

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
    each_unexpected,
    own_tags,
    presence,
)
from drift_check.checks.network import PLACE_CALLS
from drift_check.findings import Severity
from drift_check.observe.observations import Call, Known, Unknown, both, joined
from tradai_shared.config.naming import PROJECT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from drift_check.observe.observations import ApiObject, Read
    from tradai_shared.config.models import CanonicalConfig

LIST_POOLS, POOL, SECRET = (
    "cognito-idp:ListUserPools",
    "cognito-idp:DescribeUserPool",
    "secretsmanager:DescribeSecret",
)
LOAD_BALANCERS = "elasticloadbalancing:DescribeLoadBalancers"
LISTENERS = "elasticloadbalancing:DescribeListeners"
APIS, STAGES = "apigateway:GetRestApis", "apigateway:GetStages"
API_GATEWAY = "api gateway"


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
        yield from (
            Call(LISTENERS, balancer["LoadBalancerArn"]) for balancer in answer if _faces_internet(balancer)
        )
    elif call.action == APIS:
        for api in _ours(config, answer):
            yield Call(STAGES, api["id"])


def fallback_reads(_config: CanonicalConfig, call: Call) -> Iterator[Call]:
    if call == TAGS:
        yield Call(LIST_POOLS)


def tagged_pools(tagged: list[ApiObject]) -> list[str]:
    """The ids of pools that have tags: to describe the one that is there saves listing all."""
    arns = (str(mapping["ResourceARN"]) for mapping in tagged)
    return sorted(arn.rpartition("/")[2] for arn in arns if ":userpool/" in arn)


def is_ours(config: CanonicalConfig, pool: ApiObject | None) -> bool:
    return pool is not None and bool(pool["Name"] == config.cognito.name)


def pool_id(config: CanonicalConfig, pools: list[ApiObject]) -> str:
    return next((str(pool["Id"]) for pool in pools if pool["Name"] == config.cognito.name), "")


def _ours(config: CanonicalConfig, apis: list[ApiObject]) -> list[ApiObject]:
    if config.waf.apis is not None:
        return [api for api in apis if api["name"] in config.waf.apis]
    suffix = f"-{config.environment}"
    return [api for api in apis if api["name"].startswith(f"{PROJECT}-") and api["name"].endswith(suffix)]


def evaluate(ctx: CheckContext) -> Iterator[ResourceState]:
    yield _pool(ctx)
    for key in ctx.config.secrets:
        yield _secret(ctx, key)
    yield from _apis(ctx)
    yield _listeners(ctx)


def _pool(ctx: CheckContext) -> ResourceState:
    desired = ctx.config.cognito
    found_id = _pool_id(ctx)
    pool: Read[ApiObject] = found_id.flat_map(
        lambda found_id: ctx.get(POOL, found_id) if found_id else Known({})
    )
    known_id = found_id.value if isinstance(found_id, Known) else ""
    return ResourceState(
        "cognito",
        desired.name,
        "cognito.name",
        found_id.map(bool),
        (
            AttributeState("id", found_id),
            AttributeState(
                "mfa",
                pool.map(lambda pool: pool.get("MfaConfiguration", "OFF")),
                remediations=(RequireMfa(known_id, str(desired.mfa)),),
            ),
            AttributeState(
                "password_min_length",
                pool.map(
                    lambda pool: pool.get("Policies", {}).get("PasswordPolicy", {}).get("MinimumLength")
                ),
            ),
            AttributeState(
                "deletion_protection", pool.map(lambda pool: pool.get("DeletionProtection", "INACTIVE"))
            ),
        ),
        tags=pool.map(lambda pool: pool.get("UserPoolTags", {})),
        arn=f"cognito-idp:userpool/{known_id}",
    )


def _pool_id(ctx: CheckContext) -> Read[str]:
    """The id of the pool of that name: among the tagged pools first, then among all."""
    tagged = ctx.read(TAGS).map(tagged_pools)
    for tagged_id in tagged.value if isinstance(tagged, Known) else ():
        pool = ctx.get(POOL, tagged_id)
        if isinstance(pool, Unknown):
            return pool
        if is_ours(ctx.config, pool.value):
            return Known(tagged_id, pool.sources)
    return ctx.get(LIST_POOLS).map(lambda pools: pool_id(ctx.config, pools))


def _secret(ctx: CheckContext, key: str) -> ResourceState:
    path, name = f"secrets.{key}", ctx.config.secrets[key].name
    secret = ctx.get(SECRET, name)
    return ResourceState(
        path,
        name,
        f"{path}.name",
        presence(secret),
        (
            AttributeState(
                "scheduled deletion",
                secret.map_present(
                    lambda secret: f"{secret['DeletedDate']:%Y-%m-%d}" if secret.get("DeletedDate") else None
                ),
                desired=None,
                remediations=(RestoreSecret(name),),
                severity=Severity.CRITICAL,
                reason=_recovery_window(secret, ctx.now),
            ),
        ),
        tags=own_tags(secret),
        arn=_secret_arn(secret),
    )


def _recovery_window(secret: Read[Any], now: datetime) -> str:
    """Secrets Manager keeps a deleted secret until DeletedDate; it can be restored until then."""
    lost = "it cannot be read any more and will be gone for good"
    deleted = (secret.value or {}).get("DeletedDate") if isinstance(secret, Known) else None
    return f"{lost} in {max(0, (deleted - now).days)} days" if deleted else lost


def _secret_arn(secret: Read[Any]) -> str:
    """AWS adds six characters of its own to a secret's name."""
    if not isinstance(secret, Known) or secret.value is None:
        return ""
    return "secretsmanager:" + str(secret.value["ARN"]).split(":", 5)[5]


def _apis(ctx: CheckContext) -> Iterator[ResourceState]:
    apis = ctx.get(APIS).map(lambda described: _ours(ctx.config, described))
    stages: Read[list[ApiObject]] = Known([])
    for api in apis.value if isinstance(apis, Known) else ():
        more = ctx.get(STAGES, api["id"])
        stages = joined(stages, more)

    def associated(all_stages: list[ApiObject]) -> str:
        return (
            API_GATEWAY if all_stages and all(stage.get("webAclArn") for stage in all_stages) else "nothing"
        )

    observed = apis.flat_map(lambda _: stages.map(associated))
    fact = AttributeState(
        "associated_with",
        observed,
        severity=Severity.HIGH,
        reason="requests reach the API unfiltered",
    )
    path = "waf.associated_with"
    yield ResourceState("waf", "web ACL", path, apis.map(lambda _: True), (fact,))
    if not isinstance(apis, Known):
        return
    for api in apis.value:
        tags = Known(dict(api.get("tags", {})), apis.sources)
        yield ResourceState(
            "waf", api["name"], path, PRESENT, tags=tags, arn=f"apigateway:/restapis/{api['id']}"
        )


def _faces_internet(balancer: ApiObject) -> bool:
    """Whether it is internet-facing, which is the default of a load balancer."""
    return bool(balancer.get("Scheme") != "internal")


def _listeners(ctx: CheckContext) -> ResourceState:
    """Load balancers that the internet reaches, unless a group that may be open guards them."""
    names = {group.name for group in ctx.config.network.security_groups.values() if group.open_to_world}
    groups = ctx.get("ec2:DescribeSecurityGroups").map(
        lambda groups: {group["GroupId"] for group in groups if group["GroupName"] in names}
    )
    balancers = vpc_lookup.inside(ctx, LOAD_BALANCERS)
    unknown = both(balancers, groups).map(
        lambda pair: [
            balancer
            for balancer in pair[0]
            if _faces_internet(balancer) and not pair[1] & set(balancer.get("SecurityGroups", []))
        ]
    )
    listeners: Read[list[str]] = unknown.map(lambda _: [])
    for balancer in unknown.value if isinstance(unknown, Known) else ():
        ports = ctx.get(LISTENERS, balancer["LoadBalancerArn"]).map(partial(_ports, balancer))
        listeners = joined(listeners, ports)
    fact = each_unexpected(
        "unexpected listener",
        listeners,
        path="network.vpc.cidr",
        severity=Severity.HIGH,
        reason="the internet reaches it, and no group that may be open to the world guards it",
    )
    return ResourceState("network", "load balancers", "network.vpc.cidr", PRESENT, (fact,))


def _ports(balancer: ApiObject, listeners: list[ApiObject] | None) -> list[str]:
    return [
        f"{balancer['LoadBalancerName']} {listener.get('Protocol')} {listener.get('Port')}"
        for listener in listeners or ()  # it was deleted after it was listed
    ]


CHECK = Check("access", initial_reads, evaluate, dependent_reads, fallback_reads)

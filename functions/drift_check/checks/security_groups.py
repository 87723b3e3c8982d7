"""Security groups: exact rules where they are stated, allowed protocols, who may be open to the world."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from drift_check.actions import WORLD, AuthorizeRule, RevokeWorldOpen
from drift_check.checks import vpc_lookup
from drift_check.checks.base import AttributeState, Check, CheckContext, ResourceState, tag_map
from drift_check.checks.network import PLACE_CALLS
from drift_check.findings import Severity
from drift_check.observe.observations import Call, Known, both

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from drift_check.actions import Remediation
    from drift_check.observe.observations import ApiObject, Read
    from tradai_shared.config.models import CanonicalConfig
    from tradai_shared.config.models.network import PortGap, SecurityGroup, SecurityRule

EVERY_PROTOCOL = "-1"
ALL_PORTS = {(0, 65535), (-1, -1), (None, None)}
CLOSED_BY_ITSELF = {"rds", "nat", "ecs"}  # a world-open rule on these is revoked without asking
Rule = dict[str, Any]


def initial_reads(_config: CanonicalConfig) -> Iterable[Call]:
    return (*PLACE_CALLS, Call("ec2:DescribeSecurityGroups"))


def evaluate(ctx: CheckContext) -> Iterator[ResourceState]:
    groups = vpc_lookup.inside(ctx, "ec2:DescribeSecurityGroups")
    role_of = groups.map(lambda groups: _roles(ctx.config, groups))
    for role, desired in ctx.config.network.security_groups.items():
        group = groups.map(partial(_named, name=desired.name))
        yield _group(role, desired, both(group, role_of))


def _named(groups: list[ApiObject], *, name: str) -> ApiObject | None:
    return next((group for group in groups if group["GroupName"] == name), None)


def _roles(config: CanonicalConfig, groups: list[ApiObject]) -> dict[str, str]:
    names = {desired.name: role for role, desired in config.network.security_groups.items()}
    return {group["GroupId"]: names[group["GroupName"]] for group in groups if group["GroupName"] in names}


def _group(
    role: str, desired: SecurityGroup, read: Read[tuple[ApiObject | None, dict[str, str]]]
) -> ResourceState:
    path = f"network.security_groups.{role}"
    ingress = read.map(lambda pair: flat(pair[0], "IpPermissions", pair[1]))
    egress = read.map(lambda pair: flat(pair[0], "IpPermissionsEgress", pair[1]))
    group = read.map(lambda pair: pair[0])
    group_id = group.value["GroupId"] if isinstance(group, Known) and group.value else ""
    facts = [_open_to_world(role, desired, group_id, ingress)]
    allowed = both(ingress, egress).map(lambda rules: [*rules[0], *rules[1]])
    facts.append(
        AttributeState("protocols", allowed.map(lambda rules: sorted({rule["protocol"] for rule in rules})))
    )
    facts += [_gap(gap, path, allowed) for gap in desired.accepted_gaps]
    ids = read.value[1] if isinstance(read, Known) else {}
    for name, rules, observed in (("ingress", desired.ingress, ingress), ("egress", desired.egress, egress)):
        remedies = _authorize(
            name,
            group_id,
            rules or (),
            observed,
            {role: group_id_of_role for group_id_of_role, role in ids.items()},
        )
        facts.append(AttributeState(name, observed, remedies=remedies))
    return ResourceState(
        path,
        desired.name,
        f"{path}.name",
        group.map(lambda group: group is not None),
        tuple(facts),
        tags=group.map(lambda group: tag_map(group.get("Tags")) if group else {}),
        arn=f"ec2:security-group/{group_id}",
    )


def rule_to_json(rule: SecurityRule) -> Rule:
    return {
        "protocol": str(rule.protocol),
        "from_port": rule.from_port,
        "to_port": rule.to_port,
        "peer": rule.peer,
    }


def flat(group: ApiObject | None, which: str, role_of: dict[str, str]) -> list[Rule]:
    """One rule a protocol, range and peer; a group that the configuration knows is named by its role."""
    rules = []
    for permission in (group or {}).get(which, []):
        low, high = permission.get("FromPort"), permission.get("ToPort")
        ports = (None, None) if (low, high) in ALL_PORTS else (low, high)
        peers = [ip_range["CidrIp"] for ip_range in permission.get("IpRanges", [])]
        peers += [ipv6_range["CidrIpv6"] for ipv6_range in permission.get("Ipv6Ranges", [])]
        peers += [prefix_list["PrefixListId"] for prefix_list in permission.get("PrefixListIds", [])]
        pairs = permission.get("UserIdGroupPairs", [])
        peers += [role_of.get(pair["GroupId"], pair["GroupId"]) for pair in pairs]
        protocol = permission["IpProtocol"]
        rules += [
            {"protocol": protocol, "from_port": ports[0], "to_port": ports[1], "peer": peer} for peer in peers
        ]
    return sorted(rules, key=str)


def _open_to_world(
    role: str, desired: SecurityGroup, group_id: str, ingress: Read[list[Rule]]
) -> AttributeState:
    """A group that may be open need not be; one that may not be must have no such rule."""
    is_open = ingress.map(lambda rules: any(rule["peer"] in WORLD for rule in rules))
    return AttributeState(
        "open_to_world",
        is_open.map(lambda is_open: is_open or desired.open_to_world),
        remedies=(RevokeWorldOpen(group_id),) if role in CLOSED_BY_ITSELF else (),
        severity=Severity.CRITICAL,
        reason="anybody on the internet can reach it",
    )


def _gap(gap: PortGap, path: str, allowed: Read[list[Rule]]) -> AttributeState:
    def passes(rules: list[Rule]) -> bool:
        return any(rule["protocol"] in {str(gap.protocol), EVERY_PROTOCOL} for rule in rules)

    return AttributeState(
        f"accepted gap {gap.protocol}/{gap.port}",
        allowed.map(passes),
        desired=True,
        path=f"{path}.accepted_gaps",
        accepted=gap.reason,
        reason=f"{gap.protocol} {gap.port} does not pass",
        severity=Severity.INFO,
    )


def _authorize(
    direction: str,
    group_id: str,
    desired: tuple[SecurityRule, ...],
    observed: Read[list[Rule]],
    id_of: dict[str, str],
) -> tuple[Remediation, ...]:
    """Only what is missing; a rule too many is told, and revoked by a person."""
    if not isinstance(observed, Known):
        return ()
    missing = [rule for rule in map(rule_to_json, desired) if rule not in observed.value]
    return tuple(
        AuthorizeRule(
            group_id,
            direction == "egress",
            rule["protocol"],
            rule["from_port"],
            rule["to_port"],
            str(id_of.get(str(rule["peer"]), rule["peer"])),
        )
        for rule in missing
    )


CHECK = Check("security_groups", initial_reads, evaluate)

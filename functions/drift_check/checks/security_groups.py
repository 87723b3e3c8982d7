"""Security groups: exact rules where they are stated, allowed protocols, who may be open to the world."""

from __future__ import annotations

from functools import partial
from operator import itemgetter, not_
from typing import TYPE_CHECKING, Any

from drift_check.actions import AuthorizeRule, RevokeWorldOpen
from drift_check.checks import vpc_lookup
from drift_check.checks.base import (
    AttributeState,
    Check,
    CheckContext,
    ResourceState,
    each_unexpected,
    having,
    own_tags,
    presence,
    sorted_values,
    unexpected_resources,
)
from drift_check.checks.network import PLACE_CALLS
from drift_check.checks.vpc_lookup import Home, as_stated, flat_rule, open_rules, rule_to_json, wide_rules
from drift_check.observe.observations import Call, combined, joined
from tradai_shared.config.invariants import is_address_or_id

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from drift_check.actions import Remediation
    from drift_check.checks.vpc_lookup import Rule
    from drift_check.observe.observations import ApiObject, Read
    from tradai_shared.config.models import CanonicalConfig
    from tradai_shared.config.models.network import PortGap, SecurityGroup, SecurityRule

EVERY_PROTOCOL = "-1"
WHICH = {"ingress": "IpPermissions", "egress": "IpPermissionsEgress"}
PEERS = {
    "IpRanges": "CidrIp",
    "Ipv6Ranges": "CidrIpv6",
    "PrefixListIds": "PrefixListId",
    "UserIdGroupPairs": "GroupId",
}
ALL_PORTS = {(0, 65535), (-1, -1), (None, None)}
CLOSED_BY_ITSELF = {"rds", "nat", "ecs"}  # a world-open rule on these is revoked without asking
GROUPS, ENTRIES = "ec2:DescribeSecurityGroups", "ec2:GetManagedPrefixListEntries"
AS_TUPLE = itemgetter("protocol", "from_port", "to_port", "peer")  # of a rule
WEB = [("tcp", port, port) for port in (80, 443)]  # of a group that may be open and states no rules


def initial_reads(_config: CanonicalConfig) -> Iterable[Call]:
    return (*PLACE_CALLS, Call(GROUPS))


def dependent_reads(_config: CanonicalConfig, call: Call, answer: Any) -> Iterable[Call]:  # noqa: ANN401 - AWS's own
    return [Call(ENTRIES, name) for name in _lists(answer)] if call.action == GROUPS else ()


def _lists(groups: Iterable[ApiObject | None]) -> list[str]:
    """The prefix lists that rules let in."""
    peers = {rule["peer"] for group in groups for rule in flat(group, {}, WHICH["ingress"])}
    return sorted([peer for peer in peers if peer.startswith("pl-")])


def _home(ctx: CheckContext, groups: Iterable[ApiObject | None]) -> Read[Home]:
    names = _lists(groups)
    lists = [ctx.get(ENTRIES, name).map(_cidrs) for name in names]
    ranges = vpc_lookup.vpc(ctx).map(vpc_lookup.vpc_ranges)
    return combined(lambda ranges, *cidrs: Home(ranges, dict(zip(names, cidrs, strict=True))), ranges, *lists)


def _cidrs(entries: list[ApiObject] | None) -> list[str]:
    return [entry["Cidr"] for entry in entries or ()]


def evaluate(ctx: CheckContext) -> Iterator[ResourceState]:
    groups = vpc_lookup.inside(ctx, GROUPS)
    role_of = groups.map(partial(_roles, ctx.config))
    for role, desired in ctx.config.network.security_groups.items():
        group = groups.map(partial(having, key="GroupName", value=desired.name))
        home = group.flat_map(lambda group: _home(ctx, [group]))
        yield _group(role, desired, group, role_of, home)
    names = {desired.name for desired in ctx.config.network.security_groups.values()}
    yield unexpected_resources(
        "network.security_groups",
        "security groups",
        "network.vpc.cidr",
        "unexpected open group",
        combined(partial(_open_groups, names), groups, groups.flat_map(partial(_home, ctx))),
        "the configuration does not know it, and the internet can reach what is in it",
    )


def _open_groups(names: set[str], groups: list[ApiObject], home: Home) -> list[str]:
    """Groups of the VPC that the configuration does not name; only what opens is a finding."""
    ingress = WHICH["ingress"]
    unknown = [group for group in groups if group["GroupName"] not in names]
    opened = [group for group in unknown if open_rules((), flat(group, {}, ingress), home)]
    return sorted([f"{group['GroupName']} {group['GroupId']}" for group in opened])


def _roles(config: CanonicalConfig, groups: list[ApiObject]) -> dict[str, str]:
    names = {desired.name: role for role, desired in config.network.security_groups.items()}
    return {group["GroupId"]: names[group["GroupName"]] for group in groups if group["GroupName"] in names}


def _group(
    role: str,
    desired: SecurityGroup,
    group: Read[ApiObject | None],
    role_of: Read[dict[str, str]],
    home: Read[Home],
) -> ResourceState:
    path = f"network.security_groups.{role}"
    known = combined(lambda group, _role_of, _home: group, group, role_of, home)
    stated = {direction: getattr(desired, direction) or () for direction in WHICH}
    rules = {
        direction: combined(partial(flat, which=which), known, role_of).map(
            partial(as_stated, stated[direction])
        )
        for direction, which in WHICH.items()
    }
    group_id = known.item("GroupId").value_or(None) or ""
    id_of = {role: group_id for group_id, role in role_of.value_or({}).items()}
    missing = {
        direction: _authorize(direction, group_id, stated[direction], observed, id_of)
        for direction, observed in rules.items()
    }
    allowed = joined(*rules.values())
    protocols = allowed.map(partial(sorted_values, key="protocol"))
    facts = (
        *_open_to_world(role, desired, group_id, rules["ingress"], home, missing["ingress"]),
        AttributeState("protocols", protocols),
        *[_gap(gap, path, protocols) for gap in desired.accepted_gaps],
        *[AttributeState(name, observed, remediations=missing[name]) for name, observed in rules.items()],
    )
    exists, tags, arn = presence(known), own_tags(known), f"ec2:security-group/{group_id}"
    return ResourceState(path, desired.name, f"{path}.name", exists, facts, tags=tags, arn=arn)


def flat(group: ApiObject | None, role_of: dict[str, str], which: str) -> list[Rule]:
    """One rule a protocol, range and peer; a group that the configuration knows is named by its role."""
    rules = []
    for permission in (group or {}).get(which, []):
        ports = flat_ports(permission.get("FromPort"), permission.get("ToPort"))
        peers = [each[key] for kind, key in PEERS.items() for each in permission.get(kind, [])]
        rules += [flat_rule(permission["IpProtocol"], *ports, role_of.get(peer, peer)) for peer in peers]
    return sorted(rules, key=str)


def flat_ports(low: int | None, high: int | None) -> tuple[int | None, int | None]:
    """None and None for every port, however AWS spells that."""
    return (None, None) if (low, high) in ALL_PORTS else (low, high)


def to_text(rule: Rule) -> str:
    low, high = rule["from_port"], rule["to_port"]
    ports = "every port" if low is None else str(low) if low == high else f"{low}-{high}"
    protocol = "every protocol" if rule["protocol"] == EVERY_PROTOCOL else rule["protocol"]
    return f"{protocol} {ports} from {rule['peer']}"


def _open_to_world(  # noqa: PLR0913, PLR0917 - what was read of the group beside what is stated
    role: str,
    desired: SecurityGroup,
    group_id: str,
    ingress: Read[list[Rule]],
    home: Read[Home],
    missing: tuple[Remediation, ...],
) -> Iterator[AttributeState]:
    """A group that may be open need not be; one that may not be must have no such rule."""
    opened = combined(partial(open_rules, desired.ingress or ()), ingress, home)
    rules = opened.value_or([])
    words = ", ".join(map(to_text, rules))
    yield AttributeState(
        "open_to_world",
        opened.map(lambda rules: bool(rules) or desired.open_to_world),
        remediations=_close(role, group_id, ingress.value_or([]), rules, missing),
        evidence=words,
        reason=f"anybody on the internet can reach it: {words}",
    )
    if desired.ingress is not None:
        return
    path = f"network.security_groups.{role}.open_to_world"
    if desired.open_to_world:
        yield each_unexpected(
            "ingress beside the web",
            opened.map(
                lambda rules: sorted([to_text(each) for each in rules if AS_TUPLE(each)[:3] not in WEB])
            ),
            "the group may be open, no rule is stated, and this is neither HTTP nor HTTPS",
            path,
        )
        return
    wide = combined(partial(wide_rules, ()), ingress, home)
    yield each_unexpected(
        "ingress wider than the VPC",
        combined(
            lambda wide, opened: sorted([to_text(each) for each in wide if each not in opened]), wide, opened
        ),
        "no rule is stated, and this one reaches further than the VPC",
        path,
    )


def _close(
    role: str,
    group_id: str,
    ingress: list[Rule],
    opened: list[Rule],
    missing: tuple[Remediation, ...],
) -> tuple[Remediation, ...]:
    """One repair: first what is stated and missing, then revoke. None where no rule would be left.

    A prefix list may be AWS's own, such as CloudFront's: a person decides.
    """
    is_list = "pl-" in {rule["peer"][:3] for rule in opened}
    leaves_none = len(opened) == len(ingress) and not missing
    if role not in CLOSED_BY_ITSELF or not opened or is_list or leaves_none:
        return ()
    return (*missing, RevokeWorldOpen(group_id, tuple(map(AS_TUPLE, opened))))


def _gap(gap: PortGap, path: str, protocols: Read[list[str]]) -> AttributeState:
    return AttributeState(
        f"accepted gap {gap.protocol}/{gap.port}",
        protocols.map({str(gap.protocol), EVERY_PROTOCOL}.isdisjoint).map(not_),
        desired=True,
        path=f"{path}.accepted_gaps",
        accepted=gap.reason,
        reason=f"{gap.protocol} {gap.port} does not pass",
    )


def _authorize(
    direction: str,
    group_id: str,
    desired: tuple[SecurityRule, ...],
    observed: Read[list[Rule]],
    id_of: dict[str, str],
) -> tuple[Remediation, ...]:
    """What is missing, of peers that exist; a person revokes a rule too many, and lets the internet in."""
    present = observed.value_or(None)
    if present is None:
        return ()
    is_egress = direction == "egress"
    missing = [
        {**rule, "peer": id_of.get(rule["peer"], rule["peer"])}
        for rule in map(rule_to_json, desired)
        if rule not in present
    ]
    writes = [
        AuthorizeRule(group_id, is_egress, **rule)
        for rule in missing
        if is_address_or_id(rule["peer"]) and (is_egress or not _opens(rule))
    ]
    return tuple(writes)


def _opens(rule: Rule) -> bool:
    """Whether a rule lets more of the internet in than a VPC has addresses; a prefix list may, some day."""
    peer = rule["peer"]
    return peer.startswith("pl-") or (vpc_lookup.is_public(peer) and bool(vpc_lookup.wider_than((), [peer])))


CHECK = Check("security_groups", initial_reads, evaluate, dependent_reads)

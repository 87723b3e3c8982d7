"""Security groups: exact rules where they are stated, allowed protocols, who may be open to the world."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from drift_check.actions import AuthorizeRule, RevokeWorldOpen
from drift_check.checks import vpc_lookup
from drift_check.checks.base import (
    PRESENT,
    AttributeState,
    Check,
    CheckContext,
    ResourceState,
    each_unexpected,
    having,
    own_tags,
    presence,
)
from drift_check.checks.network import PLACE_CALLS
from drift_check.checks.vpc_lookup import Home, Rule, open_rules, rule_to_json, wide_rules
from drift_check.findings import Severity
from drift_check.observe.observations import Call, Known, both, joined

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from drift_check.actions import Remediation
    from drift_check.observe.observations import ApiObject, Read
    from tradai_shared.config.models import CanonicalConfig
    from tradai_shared.config.models.network import PortGap, SecurityGroup, SecurityRule

EVERY_PROTOCOL = "-1"
ALL_PORTS = {(0, 65535), (-1, -1), (None, None)}
CLOSED_BY_ITSELF = {"rds", "nat", "ecs"}  # a world-open rule on these is revoked without asking
GROUPS, ENTRIES = "ec2:DescribeSecurityGroups", "ec2:GetManagedPrefixListEntries"
WEB = [("tcp", port, port) for port in (80, 443)]  # of a group that may be open and states no rules


def initial_reads(_config: CanonicalConfig) -> Iterable[Call]:
    return (*PLACE_CALLS, Call(GROUPS))


def dependent_reads(_config: CanonicalConfig, call: Call, answer: Any) -> Iterable[Call]:  # noqa: ANN401 - AWS's own
    return (Call(ENTRIES, name) for name in _lists(answer)) if call.action == GROUPS else ()


def _lists(groups: Iterable[ApiObject | None]) -> list[str]:
    """The prefix lists that rules let in."""
    rules = (rule for group in groups for rule in flat(group, "IpPermissions", {}))
    return sorted({rule["peer"] for rule in rules if rule["peer"].startswith("pl-")})


def _home(ctx: CheckContext, groups: Iterable[ApiObject | None]) -> Read[Home]:
    lists: Read[dict[str, list[str]]] = Known({})
    for name in _lists(groups):
        entries = ctx.get(ENTRIES, name).map(lambda entries: [entry["Cidr"] for entry in entries or ()])
        lists = both(lists, entries).map(partial(_with_list, name))
    return both(vpc_lookup.vpc(ctx).map(vpc_lookup.vpc_ranges), lists).map(lambda pair: Home(*pair))


def _with_list(name: str, pair: tuple[dict[str, list[str]], list[str]]) -> dict[str, list[str]]:
    return {**pair[0], name: pair[1]}


def evaluate(ctx: CheckContext) -> Iterator[ResourceState]:
    groups = vpc_lookup.inside(ctx, GROUPS)
    role_of = groups.map(partial(_roles, ctx.config))
    for role, desired in ctx.config.network.security_groups.items():
        group = groups.map(partial(having, key="GroupName", value=desired.name))
        home = group.flat_map(lambda group: _home(ctx, [group]))
        yield _group(role, desired, both(both(group, role_of), home))
    yield _unknown_groups(ctx, both(groups, groups.flat_map(partial(_home, ctx))))


def _unknown_groups(ctx: CheckContext, read: Read[tuple[list[ApiObject], Home]]) -> ResourceState:
    """Groups of the VPC that the configuration does not name; only what opens is a finding."""
    names = {desired.name for desired in ctx.config.network.security_groups.values()}

    def opened(pair: tuple[list[ApiObject], Home]) -> list[str]:
        groups, home = pair
        return sorted(
            f"{group['GroupName']} {group['GroupId']}"
            for group in groups
            if group["GroupName"] not in names and open_rules(flat(group, "IpPermissions", {}), (), home)
        )

    fact = each_unexpected(
        "unexpected open group",
        read.map(opened),
        path="network.vpc.cidr",
        severity=Severity.CRITICAL,
        reason="the configuration does not know it, and the internet can reach what is in it",
    )
    return ResourceState("network.security_groups", "security groups", "network.vpc.cidr", PRESENT, (fact,))


def _roles(config: CanonicalConfig, groups: list[ApiObject]) -> dict[str, str]:
    names = {desired.name: role for role, desired in config.network.security_groups.items()}
    return {group["GroupId"]: names[group["GroupName"]] for group in groups if group["GroupName"] in names}


def _group(
    role: str,
    desired: SecurityGroup,
    read: Read[tuple[tuple[ApiObject | None, dict[str, str]], Home]],
) -> ResourceState:
    path = f"network.security_groups.{role}"
    known = read.map(lambda pair: pair[0])
    ingress = known.map(lambda pair: flat(pair[0], "IpPermissions", pair[1]))
    egress = known.map(lambda pair: flat(pair[0], "IpPermissionsEgress", pair[1]))
    group = known.map(lambda pair: pair[0])
    group_id = group.value["GroupId"] if isinstance(group, Known) and group.value else ""
    ids = known.value[1] if isinstance(known, Known) else {}
    id_of = {role: group_id_of_role for group_id_of_role, role in ids.items()}
    missing = {
        name: _authorize(name, group_id, rules or (), observed, id_of)
        for name, rules, observed in (
            ("ingress", desired.ingress, ingress),
            ("egress", desired.egress, egress),
        )
    }
    home = read.map(lambda pair: pair[1])
    allowed = joined(ingress, egress)
    protocols = allowed.map(lambda rules: sorted({rule["protocol"] for rule in rules}))
    facts = [
        *_open_to_world(role, desired, group_id, both(ingress, home), missing["ingress"]),
        AttributeState("protocols", protocols),
        *(_gap(gap, path, allowed) for gap in desired.accepted_gaps),
        AttributeState("ingress", ingress, remediations=missing["ingress"]),
        AttributeState("egress", egress, remediations=missing["egress"]),
    ]
    return ResourceState(
        path,
        desired.name,
        f"{path}.name",
        presence(group),
        tuple(facts),
        tags=own_tags(group),
        arn=f"ec2:security-group/{group_id}",
    )


def flat(group: ApiObject | None, which: str, role_of: dict[str, str]) -> list[Rule]:
    """One rule a protocol, range and peer; a group that the configuration knows is named by its role."""
    rules = []
    for permission in (group or {}).get(which, []):
        ports = flat_ports(permission.get("FromPort"), permission.get("ToPort"))
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


def flat_ports(low: int | None, high: int | None) -> tuple[int | None, int | None]:
    """None and None for every port, however AWS spells that."""
    return (None, None) if (low, high) in ALL_PORTS else (low, high)


def in_words(rule: Rule) -> str:
    low, high = rule["from_port"], rule["to_port"]
    ports = "every port" if low is None else str(low) if low == high else f"{low}-{high}"
    protocol = "every protocol" if rule["protocol"] == EVERY_PROTOCOL else rule["protocol"]
    return f"{protocol} {ports} from {rule['peer']}"


def _open_to_world(
    role: str,
    desired: SecurityGroup,
    group_id: str,
    read: Read[tuple[list[Rule], Home]],
    missing: tuple[Remediation, ...],
) -> Iterator[AttributeState]:
    """A group that may be open need not be; one that may not be must have no such rule."""
    stated = desired.ingress or ()
    opened = read.map(lambda pair: open_rules(pair[0], stated, pair[1]))
    rules = opened.value if isinstance(opened, Known) else []
    words = ", ".join(map(in_words, rules))
    yield AttributeState(
        "open_to_world",
        opened.map(lambda rules: bool(rules) or desired.open_to_world),
        remediations=_close(role, group_id, read, rules, missing),
        evidence=words,
        severity=Severity.CRITICAL,
        reason=f"anybody on the internet can reach it: {words}",
    )
    if desired.ingress is not None:
        return
    path = f"network.security_groups.{role}.open_to_world"
    if desired.open_to_world:
        yield each_unexpected(
            "ingress beside the web",
            opened.map(lambda rules: sorted(in_words(rule) for rule in rules if not _is_web(rule))),
            path=path,
            severity=Severity.HIGH,
            reason="the group may be open, no rule is stated, and this is neither HTTP nor HTTPS",
        )
        return
    wide = read.map(lambda pair: wide_rules(pair[0], (), pair[1]))
    yield each_unexpected(
        "ingress wider than the VPC",
        both(wide, opened).map(
            lambda pair: sorted(in_words(rule) for rule in pair[0] if rule not in pair[1])
        ),
        path=path,
        severity=Severity.MEDIUM,
        reason="no rule is stated, and this one reaches further than the VPC",
    )


def _is_web(rule: Rule) -> bool:
    return (rule["protocol"], rule["from_port"], rule["to_port"]) in WEB


def _close(
    role: str,
    group_id: str,
    read: Read[tuple[list[Rule], Home]],
    opened: list[Rule],
    missing: tuple[Remediation, ...],
) -> tuple[Remediation, ...]:
    """One repair: first what is stated and missing, then revoke. None where no rule would be left.

    A prefix list may be AWS's own, such as CloudFront's: a person decides.
    """
    if role not in CLOSED_BY_ITSELF or not isinstance(read, Known) or not opened:
        return ()
    if any(rule["peer"].startswith("pl-") for rule in opened):
        return ()
    if len(opened) == len(read.value[0]) and not missing:
        return ()
    flat_rules = (
        (str(rule["protocol"]), rule["from_port"], rule["to_port"], str(rule["peer"])) for rule in opened
    )
    return (*missing, RevokeWorldOpen(group_id, tuple(flat_rules)))


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
    """Only what is missing; a person revokes a rule too many, and lets the internet in."""
    if not isinstance(observed, Known):
        return ()
    missing = [
        rule
        for rule in map(rule_to_json, desired)
        if rule not in observed.value and not (direction == "ingress" and _opens(rule))
    ]
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


def _opens(rule: Rule) -> bool:
    """Whether a rule lets more of the internet in than a VPC has addresses; a prefix list may, some day."""
    peer = str(rule["peer"])
    return peer.startswith("pl-") or (vpc_lookup.is_public(peer) and bool(vpc_lookup.wider_than((), [peer])))


CHECK = Check("security_groups", initial_reads, evaluate, dependent_reads)

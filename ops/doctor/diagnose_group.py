"""What doctor says about the NAT's Auto Scaling group and its lifecycle hooks. Reads nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ops.doctor.carriers import GROUP_OF
from ops.doctor.model import Level, Line
from tradai_shared.config.naming import nat_launch_hook_name
from update_nat_routes.model import HEALING_PROCESSES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ops.doctor.model import Account, Group, Hook
    from ops.doctor.wanted import Wanted

LEAST_HEARTBEAT_SECONDS = 60  # a boot that takes longer must be kept alive by heartbeats, one every run


def about_group(account: Account, wanted: Wanted, parameters: dict[str, str]) -> Iterator[Line]:
    """The group, what would keep it from healing, and who answers its hooks."""
    if wanted.creates_nat:
        yield Line(Level.INFO, "group", "the stack makes its own (CreateNat=true)")
        return
    yield from _ungrouped(account)
    group = account.group
    if group is None:
        yield _missing(account, wanted)
        return
    if group.name == wanted.group_name:
        yield Line(Level.OK, "group", f"{group.name} is the NAT's")
    else:
        yield Line(
            Level.DO,
            "group",
            f"{_how_known(account)} {group.name}, not to {wanted.group_name}",
            f"deploy with NatAsgName={group.name}",
        )
    parameters["NatAsgName"] = group.name
    yield from about_capacity(group, lone=wanted.standby_name is None)
    yield from _hooks(group, wanted, parameters)
    yield from _verification(wanted)


def _ungrouped(account: Account) -> Iterator[Line]:
    """An instance that was started by hand, or was detached: Auto Scaling replaces neither."""
    unread = any(unread.action == GROUP_OF for unread in account.unread)
    if account.carrier_subnet and account.carrier_group is None and not unread:
        yield Line(
            Level.DO,
            "group",
            f"the private default route leads to {account.instance_id}, which is in no Auto Scaling group:"
            " nothing replaces it",
            "attach it (aws autoscaling attach-instances), or let a group launch its successor",
        )


def _how_known(account: Account) -> str:
    if account.carrier_group:
        return "the private default route leads to"
    return "the private default route is a black hole, and its NAT was of"


def _verification(wanted: Wanted) -> Iterator[Line]:
    """Whether anything verifies that an adopted NAT forwards."""
    signals = wanted.parameter("NatReadiness", "running") == "signal"
    if not signals and wanted.parameter("EgressProbe", "false") != "true":
        text = "nothing would show that the NAT forwards: its tables are unverified (EgressUnverified)"
        remedy = "NatReadiness=signal with a boot script that signals, or EgressProbe=true"
        yield Line(Level.INFO, "egress", text, remedy)


def _missing(account: Account, wanted: Wanted) -> Line:
    if any(unread.action == "autoscaling:DescribeAutoScalingGroups" for unread in account.unread):
        return Line(Level.UNREAD, "group", "could not be read")
    names = f"; groups with nat in their name: {', '.join(account.candidates)}" if account.candidates else ""
    return Line(
        Level.DO,
        "group",
        f"no private default route leads to a group, and {wanted.group_name} does not exist{names}",
        "give the NAT's group as NatAsgName, or let the stack make one with CreateNat=true",
    )


def about_capacity(group: Group, *, lone: bool) -> Iterator[Line]:
    """What keeps a group from replacing its NAT. Of two groups each has one subnet by design."""
    suspended = sorted(HEALING_PROCESSES & set(group.suspended))
    if suspended:
        yield Line(
            Level.DO,
            "group",
            f"{group.name} has {', '.join(suspended)} suspended: a dead NAT is not replaced",
            f"aws autoscaling resume-processes --auto-scaling-group-name {group.name}"
            f" --scaling-processes {' '.join(suspended)}",
        )
    if group.desired == 0:
        yield Line(
            Level.DO,
            "group",
            f"{group.name} wants no instance (desired 0): the private subnets have no egress",
            f"aws autoscaling set-desired-capacity --auto-scaling-group-name {group.name}"
            " --desired-capacity 1",
        )
    if lone and len(group.subnets) == 1:
        yield Line(
            Level.INFO, "group", f"{group.name} has one subnet: it cannot leave a zone without capacity"
        )


def _hooks(group: Group, wanted: Wanted, parameters: dict[str, str]) -> Iterator[Line]:
    if group.hooks is None:
        return  # the call that failed is listed by itself
    ours = [hook for hook in group.hooks if hook.name in wanted.hook_names]
    if not any(hook.launching for hook in ours):
        yield from _adoptable(group, wanted, parameters)
    else:
        parameters["NatHookNames"] = names_of(ours)
    for hook in group.hooks:
        if hook.answered_elsewhere:
            target = hook.notification_target or "CodeDeploy"
            if hook.subscribers:
                target += f" ({', '.join(hook.subscribers)})"
            yield Line(
                Level.DO if hook in ours else Level.INFO,
                f"hook {hook.name}",
                f"{target} is notified of it: somebody else answers",
                "end that answer before this stack answers the hook" if hook in ours else "it is left alone",
            )
            continue
        yield from _settings(hook)


def names_of(hooks: list[Hook]) -> str:
    """The launch hook first: where names do not show it, the configuration takes the first name for it."""
    return ",".join(hook.name for hook in sorted(hooks, key=lambda hook: (not hook.launching, hook.name)))


def _adoptable(group: Group, wanted: Wanted, parameters: dict[str, str]) -> Iterator[Line]:
    free = [hook for hook in group.hooks or () if not hook.answered_elsewhere]
    launching = [hook for hook in free if hook.launching]
    if not launching:
        yield Line(
            Level.DO,
            "hooks",
            f"{group.name} has no launch hook that this stack can answer: a failover starts only when EC2"
            " reports the instance running, or at the next minute",
            f"aws autoscaling put-lifecycle-hook --auto-scaling-group-name {group.name}"
            f" --lifecycle-hook-name {nat_launch_hook_name(wanted.env)} --lifecycle-transition"
            " autoscaling:EC2_INSTANCE_LAUNCHING --heartbeat-timeout 300 --default-result ABANDON",
        )
        return
    if len(launching) > 1:
        names = ", ".join(hook.name for hook in launching)
        text = f"{group.name} has several launch hooks: {names}; none of them is answered"
        yield Line(Level.DO, "hooks", text, "deploy with NatHookNames and the names of the NAT's own")
        return
    ending = [hook for hook in free if not hook.launching]
    single = [*launching, *(ending if len(ending) == 1 else [])]
    names = parameters["NatHookNames"] = names_of(single)
    yield Line(
        Level.DO,
        "hooks",
        f"the hooks of {group.name} have other names than the stack's: {names}",
        f"deploy with NatHookNames={names}",
    )


def _settings(hook: Hook) -> Iterator[Line]:
    if hook.heartbeat_seconds < LEAST_HEARTBEAT_SECONDS:
        yield Line(
            Level.DO,
            f"hook {hook.name}",
            f"ends after {hook.heartbeat_seconds} s without a heartbeat: less than a boot takes",
            "raise its heartbeat time-out to 300 s",
        )
    else:
        yield Line(
            Level.OK,
            f"hook {hook.name}",
            f"{hook.heartbeat_seconds} s, then {hook.default_result}",
        )
    if hook.launching and hook.default_result == "ABANDON":
        yield Line(
            Level.INFO,
            f"hook {hook.name}",
            f"each launched NAT is ended after {hook.heartbeat_seconds} s unless somebody answers",
            "keep the old answer enabled until this stack is deployed",
        )

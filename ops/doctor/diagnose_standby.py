"""What doctor says about a standby NAT: its group, its address, and switching it on or off. Reads nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ops.doctor.diagnose_group import about_capacity
from ops.doctor.model import Level, Line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ops.doctor.model import Account, Group
    from ops.doctor.wanted import Wanted


def about_twins(account: Account, wanted: Wanted, parameters: dict[str, str]) -> Iterator[Line]:
    """A pair that exists and that no parameter names: the group that launches the first one's template."""
    if len(account.twins) > 1:
        yield Line(
            Level.INFO,
            "standby",
            f"several groups launch the same as the NAT's: {', '.join(account.twins)}",
            "if one of them is a second NAT's: NatStandbyAsgName",
        )
    if len(account.twins) != 1 or account.standby is None:
        return
    second = account.standby.name
    yield Line(
        Level.INFO,
        "standby",
        f"{second} launches the same as the NAT's group, or bears its name: a second NAT",
        f"NatStandbyAsgName={second}; leave it out if that group is no NAT's",
    )
    parameters["NatStandbyAsgName"] = second
    if account.standby_carries and account.group:
        parameters["NatAsgName"] = account.group.name
    if len(account.allocation_ids) == len(account.other_allocations) == 1:
        (other,) = account.other_allocations
        parameters["NatStandbyAddress"] = "own"
        parameters["NatEipAllocationId" if account.standby_carries else "NatStandbyEipAllocationId"] = other
    yield from about_standby(account, replace(wanted, parameters={**wanted.parameters, **parameters}))


def about_standby(account: Account, wanted: Wanted) -> Iterator[Line]:
    """Nothing for a lone NAT that stays one."""
    deployed = deployed_standby(account, wanted)
    if deployed and deployed != wanted.standby_name:
        yield _switched_off(account, deployed)
    if wanted.standby_name is None:
        return
    if wanted.standby_name == wanted.group_name:
        yield Line(Level.DO, "standby", f"{wanted.group_name} is named as both groups", "name another one")
        return
    if wanted.creates_nat:
        yield from _place(account, wanted, switched_on=deployed is None)
    else:
        yield Line(
            Level.INFO,
            "standby",
            "the two do not ask each other: their boot script is not this toolkit's. One that runs and"
            " forwards nothing is found by the egress probe, or by EC2's status checks",
            "EgressProbe=true",
        )
    yield from _group(account, wanted, exists=deployed is not None or not wanted.creates_nat)
    if wanted.addresses_both:
        yield Line(
            Level.INFO,
            "standby",
            "each NAT has an address of its own: allow-lists of others (exchanges) need both",
        )


def deployed_standby(account: Account, wanted: Wanted) -> str | None:
    """The second group of the stack as it is deployed now."""
    parameters = (account.stack.parameters if account.stack else None) or {}
    return replace(wanted, parameters=parameters).standby_name


def _switched_off(account: Account, deployed: str) -> Line:
    """A deployment that takes the group away must not take the NAT that carries with it."""
    if account.carrier_group == deployed:
        return Line(
            Level.DO,
            "standby",
            f"samconfig.toml ends {deployed}, whose {account.instance_id} carries the traffic",
            f"move back first: aws autoscaling start-instance-refresh --auto-scaling-group-name {deployed},"
            " until tradai-ops status shows that the other group's NAT carries",
        )
    if account.carrier_group is None:
        return Line(
            Level.DO,
            "standby",
            f"samconfig.toml ends {deployed}, and no default route says which NAT carries",
            "find out which one does, and move back to the other group first",
        )
    return Line(Level.INFO, "standby", f"samconfig.toml ends {deployed}, which carries nothing now")


def _place(account: Account, wanted: Wanted, *, switched_on: bool) -> Iterator[Line]:
    subnets = wanted.nat_subnets
    if len(set(subnets)) < 2:  # noqa: PLR2004 - one for each NAT
        yield Line(
            Level.INFO,
            "standby",
            "both NATs stand in one subnet: the loss of its zone takes both",
            "name a subnet of another zone second in NatSubnetIds",
        )
    elif switched_on and account.carrier_subnet == subnets[1]:
        others = [subnet for subnet in subnets if subnet != account.carrier_subnet]
        yield Line(
            Level.INFO,
            "standby",
            f"the first group will have {subnets[0]} alone, and its NAT stands in {subnets[1]}:"
            " it is replaced, by launching before terminating",
            f"NatSubnetIds={','.join([subnets[1], *others])} lets it keep its subnet",
        )


def _group(account: Account, wanted: Wanted, *, exists: bool) -> Iterator[Line]:
    group = account.standby if account.standby and account.standby.name == wanted.standby_name else None
    if group is None:
        if exists:
            text = f"{wanted.standby_name} does not exist"
            yield Line(Level.DO, "standby", text, "correct NatStandbyAsgName, or switch the standby off")
        else:
            yield Line(Level.INFO, "standby", f"the stack makes {wanted.standby_name}")
        return
    carries = ", and carries the traffic now" if account.standby_carries else ""
    yield Line(Level.OK, "standby", f"{group.name} is the second group{carries}")
    yield from (replace(line, subject="standby") for line in about_capacity(group, lone=False))
    yield from _hooks(group, wanted)


def _hooks(group: Group, wanted: Wanted) -> Iterator[Line]:
    """The two groups' hooks have the same names: the function answers no others."""
    if group.hooks is None:
        return  # the call that failed is listed by itself
    ours = [hook for hook in group.hooks if hook.name in wanted.hook_names]
    if not any(hook.launching for hook in ours):
        names = ", ".join(sorted(wanted.hook_names))
        yield Line(
            Level.DO,
            "standby",
            f"{group.name} has no launch hook that this stack answers",
            f"give it hooks of the first group's names: {names}",
        )

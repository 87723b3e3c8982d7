"""Ends the NAT and watches, once a second, until another one serves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ops.calls import call
from ops.doctor import parse
from ops.drill.model import DrillReport, Look, Moment, changes, is_healed, seconds_by_name
from tradai_shared import clock
from tradai_shared.errors import PermanentError, TemporaryError

if TYPE_CHECKING:
    from collections.abc import Callable

    from ops.doctor.model import Account

POLL_SECONDS = 1.0
LIMIT_SECONDS = 900.0  # a boot is tried twice before the function routes to a NAT that has not signalled


@dataclass(frozen=True, slots=True)
class Watched:
    """What a drill watches."""

    group: str
    tables: tuple[str, ...]
    allocation_id: str | None


@dataclass(slots=True)
class Watcher:
    """Reads with the given clients; ``client`` makes or finds one by boto3's name for the service."""

    client: Callable[[str], Any]
    watched: Watched

    def look(self, also: str) -> Look:
        """The group, its members, the routes and the address, and ``also`` when it has left the group.

        Raises:
            AwsError: one of them could not be read.
        """
        action, names = "autoscaling:DescribeAutoScalingGroups", [self.watched.group]
        groups = call(self.client, action, "AutoScalingGroups", AutoScalingGroupNames=names)
        members = {
            item["InstanceId"]: item["LifecycleState"] for group in groups for item in group["Instances"]
        }
        return Look(members, self._states({*members, also}), self._routes(), self._holder())

    def _states(self, ids: set[str]) -> dict[str, str]:
        filters = [{"Name": "instance-id", "Values": sorted(ids)}]  # a filter refuses no id that is gone
        reservations = call(self.client, "ec2:DescribeInstances", "Reservations", Filters=filters)
        return {
            instance["InstanceId"]: instance["State"]["Name"]
            for reservation in reservations
            for instance in reservation["Instances"]
        }

    def _routes(self) -> dict[str, str | None]:
        ids = list(self.watched.tables)
        described = call(self.client, "ec2:DescribeRouteTables", "RouteTables", RouteTableIds=ids)
        tables = map(parse.route_table, described)
        return {table.id: table.instance_id for table in tables}

    def _holder(self) -> str | None:
        if self.watched.allocation_id is None:
            return None
        ids = [self.watched.allocation_id]
        addresses = call(self.client, "ec2:DescribeAddresses", "Addresses", AllocationIds=ids)
        return next((address.get("InstanceId") or None for address in addresses), None)


def watched(account: Account) -> tuple[Watched, str]:
    """What to watch, and the instance that carries the routes now.

    Raises:
        PermanentError: a drill would prove nothing or do harm here; it says why.
    """
    group = account.group
    if group is None or account.instance_id is None:
        raise _unfit("no private default route leads to an instance of a group: run doctor")
    if group.desired < 1:
        raise _unfit(f"{group.name} wants no instance (desired 0): the NAT would not be replaced")
    if blocking := sorted({"Launch", "Terminate"} & set(group.suspended)):
        raise _unfit(f"{group.name} has {', '.join(blocking)} suspended: the NAT would not be replaced")
    allocation = account.allocation_ids[0] if account.allocation_ids else None
    return Watched(group.name, tuple(table.id for table in account.tables), allocation), account.instance_id


def _unfit(reason: str) -> PermanentError:
    return PermanentError("drill", "NotPossible", reason)


def terminate_and_follow(
    client: Callable[[str], Any],
    account: Account,
    env: str,
    on_moment: Callable[[Moment], None],
    limit: float = LIMIT_SECONDS,
) -> DrillReport:
    """End the NAT as its group would, and follow the failover to its end or to the limit.

    Raises:
        AwsError: the drill is not possible here, or the NAT could not be ended. A look that fails for a
            moment is made again.
    """
    target, victim = watched(account)
    watcher = Watcher(client, target)
    before = watcher.look(victim)
    started = clock.now()
    action = "autoscaling:TerminateInstanceInAutoScalingGroup"
    call(client, action, InstanceId=victim, ShouldDecrementDesiredCapacity=False)
    moments: list[Moment] = []
    healed = False
    while not healed and (clock.now() - started).total_seconds() < limit:
        clock.sleep(POLL_SECONDS)
        try:
            after = watcher.look(victim)
        except TemporaryError:
            continue
        seconds = round((clock.now() - started).total_seconds(), 1)
        for name, text in changes(before, after, victim):
            moments.append(Moment(seconds, name, text))
            on_moment(moments[-1])
        healed = is_healed(after, victim, with_address=target.allocation_id is not None)
        before = after
    identity = account.identity
    return DrillReport(
        environment=env,
        account=identity.account,
        region=identity.region,
        instance_id=victim,
        started=started.isoformat(timespec="seconds"),
        healed=healed,
        moments=tuple(moments),
        seconds=seconds_by_name(tuple(moments)),
    )

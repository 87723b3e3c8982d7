"""No heal leaves a group empty, ends an instance, deletes an item or opens anything: whatever ends a run.

Every remediation, on a live estate, in runs that are killed after each of their calls that write, in any
order, with any limit, beside a second run. After the kill the next run heals what is left.
"""

from __future__ import annotations

import random
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pytest
from moto.autoscaling import autoscaling_backends
from moto.core import DEFAULT_ACCOUNT_ID as ACCOUNT
from moto.dynamodb import dynamodb_backends
from moto.ec2 import ec2_backends
from moto.s3 import s3_backends
from moto.secretsmanager import secretsmanager_backends

from drift_check.checks import security_groups, vpc_lookup
from drift_check.findings import Healing
from drift_check.history_store import LEASE
from drift_check.planner import approval_code
from tests.contract.drift_scenarios import AUTOMATIC, ON_APPROVAL, RULE, rule_gone
from tests.contract.estate import READS, Live, live
from tradai_shared.errors import Status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from drift_check.model import Report

pytestmark = pytest.mark.any_python

SEEDS = 3
MOST_KILLS = {"tags gone": 2}  # they take many writes of the same kind
# These spoil the same resource as others.
APART = {"rule gone", "open to the world", "two halves", "route gone", "another TTL attribute", "tags gone"}
HISTORY = "tradai-infra-drift-state-prod"


class KilledError(BaseException):
    """The end of a run that nothing in it can catch, as a time-out of Lambda."""


def torn_apart(world: Live) -> None:
    """The database's group as somebody left it in despair: open to the world, and nothing else."""
    rule_gone(world)
    world.client("ec2").authorize_security_group_ingress(GroupId=world.ids["group:rds"], IpPermissions=[RULE])


def two_halves(world: Live) -> None:
    """The world in two rules, neither of them 0.0.0.0/0."""
    halves = [{"CidrIp": "0.0.0.0/1"}, {"CidrIp": "128.0.0.0/1"}]
    rule = {**RULE, "IpRanges": halves}
    world.client("ec2").authorize_security_group_ingress(GroupId=world.ids["group:rds"], IpPermissions=[rule])


CASES: dict[str, Callable[[Live], object]] = {
    **{name: spoil for name, (_, spoil) in (AUTOMATIC | ON_APPROVAL).items()},
    "torn apart": torn_apart,
    "two halves": two_halves,
}


@dataclass(frozen=True)
class Safety:
    """What no heal may make less, and what none may make more."""

    rules: dict[str, int]  # ingress rules by group
    instances: frozenset[str]
    desired_capacity: int
    items: dict[str, int]
    resources: frozenset[str]
    opened: frozenset[str]

    def problems(self, after: Safety) -> list[str]:
        """Each way in which a heal has harmed."""
        emptied = [group for group, count in self.rules.items() if count and not after.rules.get(group)]
        fewer = [table for table, count in self.items.items() if after.items.get(table, 0) < count]
        return [
            *(f"{group} is empty" for group in emptied),
            *(f"{name} has ended" for name in self.instances - after.instances),
            *(["the desired capacity is lower"] if after.desired_capacity < self.desired_capacity else []),
            *(f"{table} has fewer items" for table in fewer),
            *(f"{name} is deleted" for name in self.resources - after.resources),
            *(f"{name} is open" for name in after.opened - self.opened),
        ]


def safety(world: Live) -> Safety:
    """As it is now; from moto's state, where a list of calls would take half of the test's time."""
    ec2 = world.client("ec2")
    region = ec2.meta.region_name
    groups = ec2.describe_security_groups()["SecurityGroups"]
    flat = {group["GroupId"]: security_groups.flat(group, {}, "IpPermissions") for group in groups}
    running = [instance.id for instance in ec2_backends[ACCOUNT][region].all_running_instances()]
    scaling = autoscaling_backends[ACCOUNT][region].autoscaling_groups["tradai-nat-asg-prod"]
    tables = {
        name: table for name, table in dynamodb_backends[ACCOUNT][region].tables.items() if name != HISTORY
    }
    buckets = s3_backends[ACCOUNT]["aws"].buckets
    secrets = secretsmanager_backends[ACCOUNT][region].secrets
    return Safety(
        {group: len(rules) for group, rules in flat.items()},
        frozenset(running),
        scaling.desired_capacity,
        {name: len(list(table.all_items())) for name, table in tables.items()},
        frozenset((*tables, *buckets, *flat, *secrets)),
        frozenset(
            (
                *opened(world, flat),
                *(name for name, bucket in buckets.items() if not bucket.public_access_block),
            )
        ),
    )


def opened(world: Live, flat: dict[str, list[dict[str, Any]]]) -> Iterator[str]:
    for group, rules in flat.items():
        yield from (
            f"{group} {security_groups.to_text(rule)}"
            for rule in vpc_lookup.open_rules((), rules, vpc_lookup.Home(("10.0.0.0/16",)))
        )
    for table in world.client("ec2").describe_route_tables()["RouteTables"]:
        for route in table["Routes"]:
            if str(route.get("GatewayId", "")).startswith("igw-"):
                yield f"{table['RouteTableId']} {route['DestinationCidrBlock']}"


@dataclass
class Killer:
    """Ends a run right after its call number ``nth`` that is no read."""

    nth: int = 0
    writes: int = 0
    listening: bool = False
    joined: set[int] = field(default_factory=set)

    def join(self, client: Any) -> Any:
        if id(client) not in self.joined:
            self.joined.add(id(client))
            client.meta.events.register("before-call.*.*", self.stop)
            client.meta.events.register("after-call.*.*", self.count)
        return client

    def stop(self, **_: Any) -> None:
        """What is killed calls nobody any more, whatever stands in a ``finally``."""
        if self.listening and self.nth and self.writes >= self.nth:
            raise KilledError

    def count(self, model: Any, **_: Any) -> None:
        if self.listening and not model.name.startswith(READS):
            self.writes += 1
            if self.writes == self.nth:
                raise KilledError

    @contextmanager
    def after(self, nth: int) -> Iterator[None]:
        """Within, a run is killed after so many writes, unless it ends before."""
        self.nth, self.writes, self.listening = nth, 0, True
        try:
            yield
        finally:
            self.listening = False


@pytest.fixture(scope="module")
def world() -> Iterator[Live]:
    with live() as estate:
        put_an_item_into_each_table(estate)
        yield estate


def put_an_item_into_each_table(world: Live) -> None:
    dynamodb = world.client("dynamodb")
    for name in dynamodb.list_tables()["TableNames"]:
        table = dynamodb.describe_table(TableName=name)["Table"]
        types = {one["AttributeName"]: one["AttributeType"] for one in table["AttributeDefinitions"]}
        keys = [key["AttributeName"] for key in table["KeySchema"]]
        if name != HISTORY:
            dynamodb.put_item(TableName=name, Item={key: {types[key]: "1"} for key in keys})


@pytest.fixture(scope="module")
def killer(world: Live) -> Killer:
    killer, client = Killer(), world.client
    world.client = lambda service: killer.join(client(service))
    return killer


@dataclass(frozen=True)
class Heals:
    """Runs with every approval that a person could give, of the checks that have something to heal."""

    world: Live
    checks: tuple[str, ...]
    approve: frozenset[str]

    @classmethod
    def now(cls, world: Live, checks: tuple[str, ...] = ()) -> Heals:
        findings = [
            assessed.finding
            for assessed in world.reconciler(checks=checks).scanner.scan().assessed
            if assessed.remediations
        ]
        now = world.clock.now()
        codes = frozenset(
            approval_code(finding, now) for finding in findings if finding.healing is Healing.ON_APPROVAL
        )
        return cls(world, tuple(sorted({finding.check for finding in findings})), codes)

    def run(self, most: int = 50) -> Report:
        reconciler = self.world.reconciler(history=True, approve=self.approve, checks=self.checks)
        reconciler.settings = replace(reconciler.settings, max_heals=most)
        return reconciler.run()

    def killed(self, killer: Killer, nth: int, most: int = 50) -> bool:
        """Whether a run was killed after so many writes. Nothing has harmed, killed or not."""
        before, was_killed = safety(self.world), False
        try:
            with killer.after(nth):
                self.run(most)
        except KilledError:
            was_killed = True
        assert before.problems(safety(self.world)) == []
        return was_killed


def settle(world: Live, checks: tuple[str, ...]) -> None:
    """What a killed run left is healed by the next ones."""
    before = safety(world)
    for _ in range(4):
        world.clock.advance(hours=2)
        heals = Heals.now(world, checks)
        if not heals.checks:
            break
        heals.run()
    assert before.problems(safety(world)) == []
    assert Heals.now(world, checks).checks == ()


@pytest.mark.parametrize("case", CASES)
def test_a_kill_after_any_write_harms_nothing_and_the_next_run_goes_on(
    world: Live, killer: Killer, case: str
) -> None:
    checks: tuple[str, ...] = ()  # of the first scan: the others need not be read again
    nth, was_killed = 0, True
    while was_killed:
        nth += 1 if nth < MOST_KILLS.get(case, 9) else 50
        world.clock.advance(hours=2)
        CASES[case](world)
        world.clock.advance(hours=2)
        heals = Heals.now(world, checks)
        was_killed, checks = heals.killed(killer, nth), heals.checks
        settle(world, checks)
    assert nth > 3  # the lease, the attempt, the write


@pytest.mark.parametrize("seed", range(SEEDS))
def test_everything_at_once_in_any_order_with_any_limit(world: Live, killer: Killer, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - which order, not a secret
    names = [name for name in CASES if name not in APART]
    for name in chance.sample(names, 6):
        world.clock.advance(hours=2)
        CASES[name](world)
    world.clock.advance(hours=2)
    for _ in range(3):
        Heals.now(world).killed(killer, chance.randrange(1, 20), most=chance.randrange(1, 6))
        world.clock.advance(seconds=chance.choice((0, 200, 4000)))
    settle(world, ())


def test_beside_a_run_at_work_another_writes_nothing(world: Live, killer: Killer) -> None:
    CASES["recovery off"](world)
    world.clock.advance(hours=2)
    heals = Heals.now(world)
    assert heals.killed(killer, 2)  # its lease is held, the attempt is kept, nothing is written yet
    world.writes.clear()
    second = heals.run()
    assert "another run" in second.notes[0]
    assert second.heals == []
    assert set(world.writes) <= {"UpdateItem"}  # which was refused
    world.clock.advance(seconds=LEASE.total_seconds() + 1)
    assert heals.run().plan.refused[0][1] == "something was written to it within the last hour"
    world.clock.advance(hours=1)
    assert [outcome.status for outcome in heals.run().heals] == [Status.DONE]

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from simulator.scenario.reaper_table import fill, make_table
from ttl_reaper.model import Limits, Mode, RunStatus, Segments, TtlClass, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.ttl_reaper.conftest import World


class Between:
    """A wire on which something happens just before the first batch is sent."""

    def __init__(self, inner: Any, happens: Callable[[], object]) -> None:
        self.inner = inner
        self.happens = happens
        self.calls: list[tuple[str, dict[str, Any]]] = []

    def call(self, action: str, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        if operation == "BatchExecuteStatement" and not any(name == operation for name, _ in self.calls):
            self.happens()
        self.calls.append((operation, request))
        response: dict[str, Any] = self.inner.call(action, operation, request)
        return response


def test_expired_items_go_and_live_ones_stay(world: World) -> None:
    world.put(
        old=world.days(-10), late=world.days(-3.1), grace=world.days(-2.9), live=world.days(1), never=None
    )
    result = world.reap()
    assert (result.end, result.ok, result.tally.deleted) == (RunStatus.FINISHED, True, 2)
    assert world.ids() == {"grace", "live", "never"}


def test_a_renewed_item_is_kept(world: World) -> None:
    world.put_many(60, days=-10)
    renewed = {f"n{number}": world.days(1) for number in range(0, 60, 6)}
    world.wire = Between(world.wire, lambda: world.put(**renewed))
    result = world.reap()
    assert world.ttls() == renewed
    assert (result.tally.deleted, result.tally.renewed) == (50, 10)


def test_an_item_renewed_to_a_string_or_without_ttl_is_kept(world: World) -> None:
    world.put(a=world.days(-10), b=world.days(-10))
    same_digits = {"S": world.days(-10)["N"]}
    world.wire = Between(world.wire, lambda: world.put(a=same_digits, b=None))
    assert world.reap().tally.renewed == 2
    assert world.ids() == {"a", "b"}


def test_an_item_that_somebody_else_deleted_counts_as_gone(world: World) -> None:
    world.put(a=world.days(-10), b=world.days(-10))
    gone = {"notification_id": {"S": "a"}}
    world.wire = Between(world.wire, lambda: world.client.delete_item(TableName=world.desired.name, Key=gone))
    result = world.reap()
    assert (result.tally.deleted, result.tally.failed, world.ids()) == (2, 0, set())


def test_deleting_takes_only_class_a_unless_the_event_names_others(world: World, order: Any) -> None:
    seconds = world.now - 10 * 86_400
    values: dict[str, Any] = {
        "a": {"N": str(seconds)},
        "b": {"S": str(seconds)},
        "c": {"N": str(seconds * 1000)},
        "d": {"N": "1500000000"},
        "odd": {"N": "7"},
        "date": {"S": "2020-01-01"},
    }
    world.put(**values)
    assert world.reap().tally.expired == {"A": 1, "B": 1, "C": 1, "D": 1}
    assert world.ids() == set("bcd") | {"odd", "date"}
    named = order(classes=frozenset({TtlClass.STRING, TtlClass.MILLISECONDS, TtlClass.OLD}))
    assert world.reap(named).tally.implausible == 2
    assert world.ids() == {"odd", "date"}


def test_repair_writes_the_right_epoch_value_and_deletes_nothing(world: World, order: Any) -> None:
    seconds = world.now - 10 * 86_400
    world.put(
        a={"N": str(seconds)},
        b={"S": str(seconds)},
        c={"N": str(seconds * 1000)},
        d={"N": "1500000000"},
    )
    result = world.reap(order(Mode.REPAIR))
    cutoff = {"N": str(world.now - 3 * 86_400)}
    right = {"N": str(seconds)}
    assert world.ttls() == {"a": right, "b": right, "c": right, "d": cutoff}
    assert (result.tally.repaired, result.tally.deleted) == (3, 0)


def test_a_repair_keeps_what_the_writer_renewed_meanwhile(world: World, order: Any) -> None:
    world.put(b={"S": "1700000000"})
    world.wire = Between(world.wire, lambda: world.put(b={"S": "1999999999"}))
    assert world.reap(order(Mode.REPAIR)).tally.renewed == 1
    assert world.ttls() == {"b": {"S": "1999999999"}}


def test_a_repair_never_brings_back_what_was_deleted_meanwhile(world: World, order: Any) -> None:
    world.put(b={"S": "1700000000"})
    gone = {"notification_id": {"S": "b"}}
    world.wire = Between(world.wire, lambda: world.client.delete_item(TableName=world.desired.name, Key=gone))
    world.reap(order(Mode.REPAIR))
    assert world.ids() == set()


@pytest.mark.parametrize("mode", list(Mode))
def test_a_dry_run_counts_and_sends_no_statement(world: World, order: Any, mode: Mode) -> None:
    world.put(a=world.days(-10), b={"S": "1700000000"})
    world.wire = Between(world.wire, lambda: pytest.fail("a statement was sent"))
    result = world.reap(order(mode, dry_run=True))
    assert result.tally.planned == {Mode.REPORT: 2, Mode.DELETE: 1, Mode.REPAIR: 1}[mode]
    assert result.tally.changed == 0
    assert world.ids() == {"a", "b"}


def test_a_report_sends_no_statement_even_when_it_is_no_dry_run(world: World, order: Any) -> None:
    world.put(a=world.days(-10))
    assert world.reap(order(Mode.REPORT)).tally.planned == 1
    assert world.ids() == {"a"}


@pytest.mark.parametrize(
    ("keys", "values"),
    [
        ({"id": "S"}, [{"id": {"S": 'quo"te'}}, {"id": {"S": "'; --"}}]),
        ({"id": "N"}, [{"id": {"N": "12345678901234567890123456789012345678"}}, {"id": {"N": "-0.001"}}]),
        ({"id": "B"}, [{"id": {"B": b"\x00\xff"}}, {"id": {"B": b"plain"}}]),
        ({"p": "S", "s": "N"}, [{"p": {"S": "a"}, "s": {"N": "1"}}, {"p": {"S": "a"}, "s": {"N": "2"}}]),
        (
            {"p": "B", "s": "B"},
            [{"p": {"B": b"a"}, "s": {"B": b"\x01"}}, {"p": {"B": b"a"}, "s": {"B": b"\x02"}}],
        ),
    ],
)
def test_keys_of_every_type_are_named_exactly(empty: World, keys: dict[str, str], values: list[Any]) -> None:
    make_table(empty.client, empty.desired.name, keys=keys)
    fill(empty.client, empty.desired.name, (entry | {"ttl": empty.days(-9)} for entry in values))
    fill(empty.client, empty.desired.name, [values[0] | {"ttl": empty.days(9)}])
    assert empty.reap().tally.deleted == 1
    [left] = empty.client.scan(TableName=empty.desired.name)["Items"]
    assert {name: left[name] for name in keys} == values[0]


def test_an_attribute_of_any_name_is_quoted(empty: World) -> None:
    make_table(empty.client, empty.desired.name, keys={'a "b".c': "S"}, ttl='ex"pires.at')
    fill(empty.client, empty.desired.name, [{'a "b".c': {"S": "x"}, 'ex"pires.at': empty.days(-9)}])
    empty.desired = replace(empty.desired, ttl_attribute='ex"pires.at')
    assert empty.reap().tally.deleted == 1


def test_batches_mix_the_segments_and_hold_at_most_25(world: World, order: Any) -> None:
    world.put_many(100, days=-10)
    world.wire = spy = Between(world.wire, lambda: None)
    world.reap(order(segments=Segments(4)))
    sizes = [len(body["Statements"]) for name, body in spy.calls if name == "BatchExecuteStatement"]
    assert sum(sizes) == 100
    assert max(sizes) == 25


def test_scans_are_eventually_consistent_and_read_keys_and_ttl_alone(world: World) -> None:
    world.put(a=world.days(-10))
    world.wire = spy = Between(world.wire, lambda: None)
    world.reap()
    for body in (body for name, body in spy.calls if name == "Scan"):
        assert not body.get("ConsistentRead")
        assert body["ProjectionExpression"] == "#k0, #t"


def test_the_audit_has_every_item_before_and_after_it_goes(world: World) -> None:
    world.put(a=world.days(-10), b=world.days(-20), live=world.days(1))
    world.reap()
    assert {entry.key["notification_id"]["S"] for entry in world.audit.intended} == {"a", "b"}
    recorded = {outcome.candidate.key["notification_id"]["S"]: outcome for outcome in world.audit.outcomes}
    assert {key: entry.candidate.ttl for key, entry in recorded.items()} == {
        "a": world.days(-10),
        "b": world.days(-20),
    }
    assert {entry.verdict for entry in recorded.values()} == {Verdict.DELETED}


def test_one_unit_is_consumed_for_an_item_of_a_kilobyte(world: World) -> None:
    world.put_many(30, days=-10)
    assert world.reap().tally.write_units == 30


def test_pages_are_followed_to_the_end(world: World, order: Any) -> None:
    world.put_many(130, days=-10)
    small_pages = Limits(max_fraction=1.0, write_units_per_second=1)
    world.wire = spy = Between(world.wire, lambda: None)
    assert world.reap(order(limits=small_pages)).tally.deleted == 130
    assert sum(name == "Scan" for name, _ in spy.calls) > 4


def test_progress_is_reported_each_round(world: World, order: Any) -> None:
    world.put_many(130, days=-10)
    world.reap(order(limits=Limits(max_fraction=1.0, write_units_per_second=1)))
    assert len(world.progress) > 1
    assert world.progress[-1].deleted == 130

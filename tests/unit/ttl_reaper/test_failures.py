"""What fails for a moment, or for a single item, neither ends a run nor poisons its checkpoint."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pytest

from ttl_reaper import observe
from ttl_reaper.model import Limits, RunStatus

if TYPE_CHECKING:
    from tests.unit.ttl_reaper.conftest import World
    from ttl_reaper.results import TableResult


@dataclass
class Refusing:
    """Answers one code for the statements of some keys, and passes the others on."""

    inner: Any
    code: str
    keys: set[str]
    statements: int = 0
    batches: list[int] = field(default_factory=list)

    def call(self, action: str, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        if operation != "BatchExecuteStatement":
            return self.inner.call(action, operation, request)  # type: ignore[no-any-return]
        sent = request["Statements"]
        self.statements += len(sent)
        refused = [statement["Parameters"][0]["S"] in self.keys for statement in sent]
        passed = [statement for statement, no in zip(sent, refused, strict=True) if not no]
        answer = self.inner.call(action, operation, {**request, "Statements": passed}) if passed else {}
        responses = iter(answer.get("Responses", []))
        error = {"Error": {"Code": self.code, "Message": "no"}}
        return {**answer, "Responses": [error if no else next(responses) for no in refused]}


def test_an_item_in_conflict_leaves_the_others_and_is_left_to_the_next_run(world: World) -> None:
    world.put_many(120, days=-10)
    ends = world.now + 800
    world.seconds_left = lambda: ends - world.now
    inner, world.wire = world.wire, Refusing(world.wire, "TransactionConflict", {"n7"})
    first = world.reap()
    assert (first.end, first.ok, world.ids()) == (RunStatus.OUT_OF_TIME, True, {"n7"})
    assert first.checkpoint
    world.seconds_left = lambda: 600.0
    world.wire = inner
    second = world.reap(checkpoint=first.checkpoint)
    assert (second.end, second.ok, world.ids(), second.tally.deleted) == (
        RunStatus.FINISHED,
        True,
        set(),
        120,
    )


def test_an_item_that_stays_in_conflict_ends_as_a_failure_that_can_be_resumed(world: World) -> None:
    world.put_many(30, days=-10)
    world.wire = Refusing(world.wire, "TransactionConflict", {"n7"})

    def reap_for_400_seconds(checkpoint: Any) -> TableResult:
        ends = world.now + 400
        world.seconds_left = lambda: ends - world.now
        return world.reap(checkpoint=checkpoint)

    first = reap_for_400_seconds(None)
    second = reap_for_400_seconds(first.checkpoint)
    assert (second.end, world.ids()) == (RunStatus.FAILED, {"n7"})
    assert second.checkpoint


def test_a_carried_item_that_was_renewed_is_kept(world: World) -> None:
    world.put_many(30, days=-10)
    ends = world.now + 400
    world.seconds_left = lambda: ends - world.now
    inner, world.wire = world.wire, Refusing(world.wire, "InternalServerError", {"n7"})
    first = world.reap()
    world.put(n7=world.days(5))
    world.wire, world.seconds_left = inner, lambda: 600.0
    assert world.reap(checkpoint=first.checkpoint).tally.renewed == 1
    assert world.ids() == {"n7"}


@pytest.mark.parametrize("code", ["AccessDenied", "ResourceNotFound"])
def test_a_code_that_condemns_the_table_stops_it_at_once(world: World, code: str) -> None:
    world.put_many(300, days=-10)
    world.wire = refusing = Refusing(world.wire, code, {f"n{number}" for number in range(300)})
    result = world.reap()
    assert (result.end, result.tally.failed, refusing.statements) == (RunStatus.FAILED, 0, 25)
    assert result.checkpoint
    assert code in result.reason


def test_a_resumed_runs_success_is_its_own(world: World, order: Any) -> None:
    world.put_many(60, days=-10)
    inner, world.wire = world.wire, Refusing(world.wire, "ValidationError", {"n1"})
    limited = order(limits=Limits(max_deletes=40, max_fraction=1.0))
    first = world.reap(limited)
    assert first.tally.failed == 1
    world.wire = inner
    raised = order(limits=Limits(max_deletes=100, max_fraction=1.0))
    second = world.reap(raised, first.checkpoint)
    assert (second.end, second.ok, second.tally.failed_codes) == (
        RunStatus.FINISHED,
        True,
        {"ValidationError": 1},
    )


def test_an_error_that_nobody_foresaw_keeps_tally_checkpoint_and_audit(
    world: World, monkeypatch: pytest.MonkeyPatch, order: Any
) -> None:
    world.put_many(130, days=-10)
    real, pages = observe.page, []

    def page(segment: int, reply: dict[str, Any]) -> Any:
        pages.append(segment)
        if len(pages) > 4:
            raise KeyError("Items")
        return real(segment, reply)

    monkeypatch.setattr(observe, "page", page)
    result = world.reap(order(limits=Limits(max_fraction=1.0, write_units_per_second=1)))
    assert (result.end, "KeyError" in result.reason) == (RunStatus.FAILED, True)
    assert result.checkpoint
    assert result.tally.deleted == 130 - len(world.ids()) == len(world.audit.outcomes) > 0


@pytest.mark.parametrize(
    ("changed", "allowed"), [({}, False), ({"strongly_consistent": True}, True), ({"written": True}, True)]
)
def test_an_eventually_consistent_global_table_is_refused(
    world: World, monkeypatch: pytest.MonkeyPatch, *, changed: dict[str, bool], allowed: bool
) -> None:
    world.put_many(3, days=-10)
    live = observe.live_table(world.client, world.desired.name)
    consistent = changed.get("strongly_consistent", False)
    world.desired = replace(world.desired, written_here_only=changed.get("written", False))
    monkeypatch.setattr(
        observe,
        "live_table",
        lambda *_: replace(live, replicas=("eu-west-1",), strongly_consistent=consistent),
    )
    assert (world.reap().end is RunStatus.FINISHED) is allowed


def test_recovery_is_asked_for_only_where_the_configuration_expects_it(world: World) -> None:
    world.put_many(3, days=-10)
    world.client.update_continuous_backups(
        TableName=world.desired.name, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": False}
    )
    assert world.reap().end is RunStatus.REFUSED
    world.desired = replace(world.desired, pitr_expected=False)
    assert world.reap().end is RunStatus.FINISHED

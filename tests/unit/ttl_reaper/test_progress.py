"""What goes on: whatever fails, and in whatever order runs are killed and resumed, all expired items go.

Chance fails statements, calls, answers, the storage of checkpoints, and kills runs. After each invocation
no unexpired item may be gone, and no more may be changed than the order's max_deletes, over all resumes.
Once nothing fails any more, the run finishes with the same limit raised, and nothing expired is left.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tradai_shared.errors import AccessDenied, TemporaryError
from ttl_reaper import planner
from ttl_reaper.model import Limits, RunStatus, Segments

if TYPE_CHECKING:
    from tests.unit.ttl_reaper.conftest import World
    from ttl_reaper.checkpoint import Checkpoint
    from ttl_reaper.model import Tally

pytestmark = pytest.mark.any_python

EXPIRED, LIVE = 16, 5
MOST_CALM_INVOCATIONS = 6
STATEMENT_CODES = (
    "TransactionConflict",
    "ThrottlingError",
    "InternalServerError",
    "ProvisionedThroughputExceeded",
    "ValidationError",
    "AccessDenied",
    "ResourceNotFound",
)
CALL_FAULTS = st.one_of(
    st.just(("none",)),
    st.just(("none",)),
    st.tuples(st.just("statements"), st.sampled_from(STATEMENT_CODES), st.integers(1, 2**16 - 1)),
    st.just(("throttle",)),
    st.just(("deny",)),
    st.just(("odd error",)),
    st.just(("lose",)),
    st.just(("kill before",)),
    st.just(("kill after",)),
    st.just(("time out",)),
)
STORE_FAULTS = st.sampled_from(["none", "none", "none", "fail", "kill before", "kill after"])


class Killed(BaseException):
    """Lambda ended the process."""


@dataclass
class Store:
    """Checkpoints that outlive an invocation, in a bucket that fails by chance."""

    faults: list[str]
    stored: dict[str, Checkpoint] = field(default_factory=dict)

    def load(self, name: str) -> Checkpoint | None:
        return self.stored.get(name)

    def tally(self, name: str, started: int) -> Tally | None:
        known = self.stored.get(name)
        return known.tally if known and known.started == started else None

    def save(self, name: str, checkpoint: Checkpoint) -> None:
        fault = self.faults.pop(0) if self.faults else "none"
        if fault == "fail":
            raise TemporaryError("s3:PutObject", "SlowDown", "")
        if fault == "kill before":
            raise Killed
        self.stored[name] = checkpoint
        if fault == "kill after":
            raise Killed

    def forget(self, name: str, ended: Checkpoint) -> None:
        assert ended.started
        self.stored.pop(name, None)

    def mark_ended(self, plan: str, run: str) -> None: ...

    def count_ended(self, plan: str) -> int:
        assert plan
        return 0


@dataclass
class Failing:
    """A wire that fails by chance."""

    inner: Any
    faults: list[Any]
    spare: float = 600.0

    def call(self, action: str, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        fault = self.faults.pop(0) if self.faults else ("none",)
        match fault:
            case ("throttle",):
                raise TemporaryError(action, "ThrottlingException", "")
            case ("deny",):
                raise AccessDenied(action, "AccessDeniedException", "")
            case ("odd error",):
                raise KeyError("Items")
            case ("kill before",):
                raise Killed
            case ("time out",):
                self.spare = 0.0
            case ("statements", code, mask) if "Statements" in request:
                return self.some(action, operation, request, code, mask)
        answer: dict[str, Any] = self.inner.call(action, operation, request)
        match fault:
            case ("lose",):
                raise TemporaryError(action, "ReadTimeout", "")
            case ("kill after",):
                raise Killed
        return answer

    def some(
        self, action: str, operation: str, request: dict[str, Any], code: str, mask: int
    ) -> dict[str, Any]:
        """The statements of the mask are refused, the others are carried out."""
        refused = [bool(mask >> place & 1) for place in range(len(request["Statements"]))]
        through = [body for body, no in zip(request["Statements"], refused, strict=True) if not no]
        sent = self.inner.call(action, operation, request | {"Statements": through}) if through else {}
        answers = iter(sent.get("Responses", []))
        error = {"Error": {"Code": code, "Message": ""}}
        return {**sent, "Responses": [error if no else next(answers) for no in refused]}


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three items of each segment a round: many calls that can fail, many checkpoints."""
    monkeypatch.setattr(planner, "FEWEST_PAGE_ITEMS", 3)
    monkeypatch.setattr(planner, "ROUND_SECONDS", 0)


def prepare(world: World) -> tuple[set[str], set[str]]:
    expired = {f"n{number}" for number in range(EXPIRED)}
    live = {f"live{number}" for number in range(LIVE)}
    world.put_many(EXPIRED, days=-10)
    world.put(**dict.fromkeys(live, world.days(2)))
    return expired, live


@pytest.mark.usefixtures("small_pages")
@given(
    st.lists(CALL_FAULTS, max_size=20),
    st.lists(STORE_FAULTS, max_size=10),
    st.tuples(st.integers(1, EXPIRED + 3), st.lists(st.booleans(), min_size=12, max_size=12)),
)
@settings(
    derandomize=True,
    deadline=None,
    max_examples=25,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_whatever_fails_all_expired_items_go_and_the_limit_holds_over_all_resumes(
    world: World, order: Any, calls: list[Any], stores: list[str], resumes: tuple[int, list[bool]]
) -> None:
    most, by_answer = resumes  # max_deletes, and which resumptions take the answer's checkpoint
    expired, live = prepare(world)
    wire, store = Failing(world.wire, list(calls)), Store(list(stores))

    def invoke(max_deletes: int, checkpoint: Checkpoint | None) -> Any:
        wire.spare = 600.0
        limits = Limits(max_deletes=max_deletes, max_fraction=1.0, write_units_per_second=1)
        return world.reap(
            order(limits=limits, segments=Segments(2)),
            checkpoint,
            requests=wire,
            checkpoints=store,
            seconds_left=lambda: wire.spare,
        )

    try:
        given_on = None
        for with_answer in by_answer:
            try:
                result = invoke(most, given_on if with_answer else None)
            except Killed:
                given_on = None
                continue
            finally:
                ids = world.ids()
                assert live <= ids, "an unexpired item is gone"
                assert len(expired - ids) <= most, "max_deletes was exceeded"
            if result.end is RunStatus.FINISHED:
                break  # the next would be another run, with a limit of its own
            given_on = result.checkpoint
        wire.faults, store.faults = [], []
        calm = [invoke(10**6, None) for _ in range(MOST_CALM_INVOCATIONS)]
        result = calm[-1]
        assert (result.end, result.ok) == (RunStatus.FINISHED, True)
        assert world.ids() == live
    finally:
        for key in world.ids():
            world.client.delete_item(TableName=world.desired.name, Key={"notification_id": {"S": key}})


def test_a_run_killed_after_its_batch_has_used_up_what_it_was_allowed(world: World, order: Any) -> None:
    expired, _ = prepare(world)
    store, limited = Store([]), order(limits=Limits(max_deletes=10, max_fraction=1.0))
    wire = Failing(world.wire, [("none",), ("none",), ("kill after",)])
    with pytest.raises(Killed):
        world.reap(limited, requests=wire, checkpoints=store)
    assert len(expired - world.ids()) == 10
    second = world.reap(limited, requests=wire, checkpoints=store)
    assert (second.end, len(expired - world.ids())) == (RunStatus.GUARD, 10)
    raised = order(limits=Limits(max_deletes=100, max_fraction=1.0))
    assert world.reap(raised, requests=wire, checkpoints=store).end is RunStatus.FINISHED


def test_a_storage_that_fails_lets_nothing_be_deleted(world: World) -> None:
    expired, _ = prepare(world)
    failed = world.reap(checkpoints=Store(["fail"] * 9))
    assert (failed.end, expired <= world.ids()) == (RunStatus.FAILED, True)
    assert "PutObject" in failed.reason


def test_an_answer_that_never_came_counts_against_the_limit(world: World, order: Any) -> None:
    expired, _ = prepare(world)
    wire = Failing(world.wire, [("none",), ("none",), ("lose",), *[("throttle",)] * 99])
    ends = world.now + 60
    limited = order(limits=Limits(max_deletes=10, max_fraction=1.0))
    first = world.reap(limited, requests=wire, seconds_left=lambda: ends - world.now)
    assert (first.end, first.tally.uncertain, first.tally.deleted) == (RunStatus.OUT_OF_TIME, 10, 0)
    wire.faults = []
    second = world.reap(limited, first.checkpoint, requests=wire)
    assert (second.end, len(expired - world.ids())) == (RunStatus.GUARD, 10)

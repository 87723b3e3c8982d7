"""The one promise: no unexpired item is ever deleted, whatever happens in between.

Chance interleaves the run's calls with renewals, items that somebody else deletes or brings back, throttles
of calls and of single statements, lost answers, invocations that end and invocations that are killed. After
every call the table is compared with what its writers put there.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tradai_shared.errors import TemporaryError
from ttl_reaper import planner
from ttl_reaper.classify import Expired, Window, classify
from ttl_reaper.model import Limits, Mode, RunStatus, Segments, TtlClass

if TYPE_CHECKING:
    from tests.unit.ttl_reaper.conftest import World

pytestmark = pytest.mark.any_python

IDS = [f"n{number}" for number in range(14)]
EVERY_CLASS = frozenset(TtlClass) - {TtlClass.DISABLED}
MOST_INVOCATIONS = 12


class Killed(BaseException):
    """Lambda ended the process."""


VALUES = st.sampled_from(
    [
        "expired",
        "expired",
        "expired",
        "string",
        "milliseconds",
        "old",
        "grace",
        "live",
        "live string",
        "odd",
        None,
    ]
)
WRITES = st.dictionaries(st.sampled_from(IDS), VALUES | st.just("live") | st.just("gone"), max_size=5)
FAULTS = st.one_of(
    st.just(("none",)),
    st.just(("throttle",)),
    st.tuples(st.just("throttle some"), st.integers(1, 2**14 - 1)),
    st.just(("lose",)),
    st.just(("kill",)),
    st.just(("time out",)),
    st.tuples(st.just("wait"), st.integers(1, 400_000)),
)
# Before each call the writers write, and then something may go wrong.
MOVES = st.tuples(WRITES, FAULTS)


def value(world: World, kind: str | None) -> dict[str, str] | None:
    seconds = world.now - 10 * 86_400
    return {
        "expired": {"N": str(seconds)},
        "string": {"S": str(seconds)},
        "milliseconds": {"N": str(seconds * 1000)},
        "old": {"N": "1500000000"},
        "grace": {"N": str(world.now - 86_400)},
        "live": {"N": str(world.now + 86_400)},
        "live string": {"S": str(world.now + 86_400)},
        "odd": {"N": "12"},
        None: None,
    }[kind]


@dataclass
class Unkind:
    """A wire on which one move of chance comes before each call, and which checks the promise after it."""

    world: World
    inner: Any
    moves: list[tuple[Any, ...]]
    truth: dict[str, dict[str, str] | None] = field(default_factory=dict)
    spare: float = 600.0
    repairs: bool = False

    def write(self, writes: dict[str, str | None]) -> None:
        gone = {key for key, kind in writes.items() if kind == "gone"}
        new = {key: value(self.world, kind) for key, kind in writes.items() if key not in gone}
        for key in gone:
            self.truth.pop(key, None)
            self.world.client.delete_item(
                TableName=self.world.desired.name, Key={"notification_id": {"S": key}}
            )
        self.truth |= new
        self.world.put(**new)

    def call(self, action: str, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        writes, move = self.moves.pop(0) if self.moves else ({}, ("none",))
        self.write(writes)
        match move:
            case ("throttle",):
                raise TemporaryError(action, "ThrottlingException", "")
            case ("kill",):
                raise Killed
            case ("time out",):
                self.spare = 0.0
            case ("wait", seconds):
                self.world.clock.sleep(seconds)
        if move[0] == "throttle some" and "Statements" in request:
            answer = self.some(action, operation, request, move[1])
        else:
            answer = self.inner.call(action, operation, request)
        self.check()
        if move == ("lose",):
            raise TemporaryError(action, "ReadTimeout", "")
        return answer

    def some(self, action: str, operation: str, request: dict[str, Any], mask: int) -> dict[str, Any]:
        keeps = [bool(mask >> place & 1) for place in range(len(request["Statements"]))]
        through = [statement for statement, keep in zip(request["Statements"], keeps, strict=True) if keep]
        answers = iter(
            self.inner.call(action, operation, request | {"Statements": through})["Responses"]
            if through
            else []
        )
        throttled = {"Error": {"Code": "ThrottlingError", "Message": ""}}
        return {"Responses": [next(answers) if keep else throttled for keep in keeps]}

    def check(self) -> None:
        """What is gone had expired by its own last value; what is there is as its writer left it."""
        ttls = self.world.ttls()
        window = Window(self.world.now, 3 * 86_400)
        for key, ttl in list(self.truth.items()):
            expired = classify(ttl, window)
            if key not in ttls:
                assert not self.repairs, f"a repair deleted {key}"
                assert isinstance(expired, Expired), f"{key} was deleted while {ttl} had not expired"
                del self.truth[key]
            elif self.repairs and ttls[key] != ttl:
                assert isinstance(expired, Expired), f"{key} was changed while {ttl} had not expired"
                self.truth[key] = ttls[key]
            else:
                assert ttls[key] == ttl


def run_to_the_end(world: World, order: Any, mode: Mode, first: list[Any], moves: list[Any]) -> Unkind:
    unkind = Unkind(world, world.wire, moves, repairs=mode is Mode.REPAIR)
    unkind.truth = {key: value(world, kind) for key, kind in zip(IDS, first, strict=True)}
    world.put(**unkind.truth)
    world.wire = unkind
    world.seconds_left = lambda: unkind.spare
    classes = EVERY_CLASS if mode is Mode.DELETE else EVERY_CLASS - {TtlClass.OVERDUE}
    unlimited = Limits(max_fraction=1.0, max_deletes=10**6, write_units_per_second=1)
    wanted = order(mode, classes=classes, limits=unlimited, segments=Segments(2))
    keeps = None
    for _ in range(MOST_INVOCATIONS):
        unkind.spare = 600.0
        try:
            result = world.reap(wanted, keeps)
        except Killed:
            continue  # nothing was kept of this invocation: the next begins at the last checkpoint
        unkind.check()
        keeps = result.checkpoint if result.end is RunStatus.OUT_OF_TIME else None
        if result.end is RunStatus.FINISHED and not unkind.moves:
            break
    return unkind


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three items of each of the two segments a round, so that a run has many calls to come between."""
    monkeypatch.setattr(planner, "FEWEST_PAGE_ITEMS", 3)
    monkeypatch.setattr(planner, "ROUND_SECONDS", 0)


# a broken promise prints a long example; as an error that warning would hide the promise itself
@pytest.mark.filterwarnings("ignore:Generating overly large repr")
@pytest.mark.usefixtures("small_pages")
@given(
    st.sampled_from([Mode.DELETE, Mode.DELETE, Mode.REPAIR]),
    st.lists(VALUES, min_size=len(IDS), max_size=len(IDS)),
    st.lists(MOVES, max_size=16),
)
@settings(
    derandomize=True,
    deadline=None,
    max_examples=40,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_no_unexpired_item_is_ever_deleted_or_changed(
    world: World, order: Any, mode: Mode, first: list[Any], moves: list[Any]
) -> None:
    inner = world.wire
    try:
        run_to_the_end(world, order, mode, first, list(moves))
    finally:
        world.wire = inner
        for key in world.ids():
            world.client.delete_item(TableName=world.desired.name, Key={"notification_id": {"S": key}})


@pytest.mark.usefixtures("small_pages")
def test_a_killed_run_begun_again_ends_as_one_that_was_not(world: World, order: Any) -> None:
    kinds = ["expired", "live", "expired", "grace", "expired", "string", "expired"] * 2
    for killed_at in range(6):
        inner = world.wire
        moves: list[Any] = [({}, ("none",))] * killed_at + [({}, ("kill",))]
        left = run_to_the_end(world, order, Mode.DELETE, kinds, moves)
        world.wire = inner
        unexpired = {key for key, kind in zip(IDS, kinds, strict=True) if kind in {"live", "grace"}}
        assert world.ids() == unexpired == set(left.truth)

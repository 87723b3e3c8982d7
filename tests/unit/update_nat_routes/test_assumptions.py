"""What the proof assumes of AWS: each is counted where a run sees it broken, and only there."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import pytest
from typing_extensions import override

from tests.fakes.fake_aws import FakeAws, dead_nat, run
from tests.unit.update_nat_routes.builder import LAUNCH, SCHEDULE
from tests.unit.update_nat_routes.test_properties import after
from tradai_shared.aws.clients import client_config
from tradai_shared.errors import TemporaryError
from update_nat_routes import report
from update_nat_routes.actions import Assumption
from update_nat_routes.reconcile import MARGIN_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from collections.abc import Set as AbstractSet

    from tests.fakes.clock import FakeClock
    from update_nat_routes.actions import Action
    from update_nat_routes.apply import Result
    from update_nat_routes.model import Instance, Observed

ROUTES = {"ReplaceRoute:rtb-1", "ReplaceRoute:rtb-2"}


class LateAws(FakeAws):
    """Shows the world as it was before the writes, for so many readings; ``hidden`` counts them down."""

    hidden = 0
    before: Observed | None = None

    @override
    def observe(
        self, expected: frozenset[str] = frozenset(), shown: Mapping[str, Instance] | None = None
    ) -> Observed:
        return self._shown(super().observe, expected, shown)

    @override
    def read_back(self, before: Observed, interface_ids: AbstractSet[str], *, routes: bool) -> Observed:
        return self._shown(partial(super().read_back, routes=routes), before, interface_ids)

    def _shown(self, read: Callable[..., Observed], *arguments: object) -> Observed:
        seen = read(*arguments)
        if self.applied and self.hidden and self.before:
            self.hidden -= 1
            return replace(seen, tables=self.before.tables)
        return seen


class AnswerLost(FakeAws):
    """What fails is carried out all the same."""

    @override
    def _attempt(self, action: Action) -> Result:
        result = super()._attempt(action)
        self.world = after(self.world, (action,))
        return result


def late(clock: FakeClock, readings: int) -> LateAws:
    aws = LateAws(dead_nat(), clock)
    aws.before, aws.hidden = aws.world, readings
    return aws


def test_a_world_that_obeys_breaks_none(time: FakeClock) -> None:
    assert run(FakeAws(dead_nat(), time)).broken == set()


def test_a_read_back_that_does_not_show_the_write(time: FakeClock) -> None:
    outcome = run(late(time, 1))
    assert outcome.broken == {(Assumption.READ_BACK_SHOWS_WRITE, name) for name in ROUTES}
    assert outcome.success


def test_a_later_pass_that_wants_the_same_write_again(time: FakeClock) -> None:
    outcome = run(late(time, 2))
    assert {name for kind, name in outcome.broken if kind is Assumption.WRITE_LASTS} == ROUTES


def test_a_write_that_is_accepted_and_never_shows(time: FakeClock) -> None:
    outcome = run(late(time, 1000))
    assert {name for kind, name in outcome.broken if kind is Assumption.ACCEPTED_TAKES_EFFECT} == ROUTES
    assert not outcome.success


def test_a_failed_write_whose_effect_shows(time: FakeClock) -> None:
    lost = TemporaryError("ec2:ReplaceRoute", "Timeout", "no answer")
    aws = AnswerLost(dead_nat(), time, failures={"ReplaceRoute:rtb-1": [lost]})
    assert run(aws).broken == {(Assumption.FAILED_CHANGES_NOTHING, "ReplaceRoute:rtb-1")}


@pytest.mark.parametrize(("trigger", "broken"), [(LAUNCH, True), (SCHEDULE, False)])
def test_a_launched_instance_that_shows_nowhere(time: FakeClock, trigger: object, *, broken: bool) -> None:
    world = dead_nat()
    assert world.group is not None
    hidden = replace(
        world,
        group=replace(world.group, members=()),
        instances={name: known for name, known in world.instances.items() if name != "i-a"},
    )
    outcome = run(FakeAws(hidden, time), trigger)  # type: ignore[arg-type]
    expected = {(Assumption.EVENT_INSTANCE_SHOWS, "i-a")} if broken else set()
    assert outcome.broken == expected


def test_the_log_names_the_assumption(time: FakeClock, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        report.log_outcomes(logging.getLogger("assumptions"), run(late(time, 1)))  # type: ignore[arg-type]
    records = [record for record in caplog.records if record.message == "assumption broken"]
    assert [(vars(record)["assumption"], vars(record)["subject"]) for record in records] == [
        ("READ_BACK_SHOWS_WRITE", name) for name in sorted(ROUTES)
    ]
    assert json.dumps([vars(record)["reason"] for record in records])


def test_a_hung_read_with_its_retries_leaves_the_last_calls_their_time() -> None:
    config = client_config()
    attempts = config.retries["total_max_attempts"]  # type: ignore[attr-defined]  # as Config keeps it
    assert attempts * (config.connect_timeout + config.read_timeout) < MARGIN_SECONDS  # type: ignore[attr-defined]

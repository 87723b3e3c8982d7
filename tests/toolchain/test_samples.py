"""Every sample through the built function, under the runtime interface emulator, against moto's server."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from toolchain.build.artifact import artefact
from toolchain.local.emulator import ROOT, Emulator, emulator
from toolchain.local.invoke import sample
from toolchain.local.moto_platform import Estate, estate, variables
from tradai_shared.config.naming import Environment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.toolchain.conftest import Build

pytestmark = [pytest.mark.toolchain, pytest.mark.enable_socket]

SAMPLES = sorted((ROOT / "events/update_nat_routes").glob("*.json"))
LAUNCH = ROOT / "events/update_nat_routes/launch-lifecycle-action.json"
DEAD = ROOT / "events/update_nat_routes/instance-terminated.json"


@dataclass(frozen=True)
class Stage:
    """A platform and the built function beside it."""

    world: Estate
    function: Emulator

    def play(self, name: Any) -> Any:
        return self.function.invoke(sample(name, self.world))


@pytest.fixture(scope="module")
def stage(build: Build) -> Iterator[Stage]:
    with estate(Environment.DEV) as world:
        built = artefact("update_nat_routes", world.platform.parameters, build.folder)
        with emulator(built, variables(world.endpoint)) as function:
            yield Stage(world, function)


@pytest.mark.parametrize("path", SAMPLES, ids=[path.stem for path in SAMPLES])
def test_a_sample_is_answered(stage: Stage, path: Any) -> None:
    answer = stage.play(path)
    assert answer.get("success") is True, stage.function.log
    assert answer["environment"] == "dev"
    assert set(answer["data"]) == {"summary", "results"}


def test_a_launch_moves_the_routes_of_the_stand_in(stage: Stage) -> None:
    stage.play(LAUNCH)
    assert stage.world.default_routes() == [stage.world.nat] * 2


def test_a_death_moves_the_routes_to_the_replacement(stage: Stage) -> None:
    stage.play(LAUNCH)
    before = stage.world.nat
    stage.play(DEAD)
    assert stage.world.nat != before
    assert stage.world.default_routes() == [stage.world.nat] * 2


def test_a_doubled_event_writes_nothing(stage: Stage) -> None:
    stage.play(LAUNCH)
    assert stage.play(LAUNCH)["data"]["results"] == []


def test_what_is_not_understood_is_raised_for_the_queue_to_keep(stage: Stage) -> None:
    answer = stage.function.invoke({"action": "resurrect"})
    assert answer["errorType"] == "EventError"
    assert "resurrect" in answer["errorMessage"]


def test_the_metrics_are_written_to_the_log_in_embedded_format(stage: Stage) -> None:
    stage.play(LAUNCH)
    assert '"Namespace":"TradAI/Ops","Dimensions":[["environment","service"]]' in stage.function.log

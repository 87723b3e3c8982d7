"""Every sample through the built function, under the runtime interface emulator, against moto's server."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from toolchain.build.artifact import artifact
from toolchain.local.emulator import ROOT, Emulator, emulator
from toolchain.local.invoke import sample
from toolchain.local.moto_platform import MotoPlatform, moto_platform, variables
from tradai_shared.config.naming import Environment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.toolchain.conftest import Build

pytestmark = [pytest.mark.toolchain, pytest.mark.enable_socket]

SAMPLES = sorted((ROOT / "events/update_nat_routes").glob("*.json"))
LAUNCH = ROOT / "events/update_nat_routes/launch-lifecycle-action.json"
DEAD = ROOT / "events/update_nat_routes/instance-terminated.json"


@dataclass(frozen=True)
class DeployedEnvironment:
    """A platform and the built function beside it."""

    world: MotoPlatform
    function: Emulator

    def play(self, name: Any) -> Any:
        return self.function.invoke(sample(name, self.world))


@pytest.fixture(scope="module")
def deployed(build: Build) -> Iterator[DeployedEnvironment]:
    with moto_platform(Environment.DEV) as world:
        built = artifact("update_nat_routes", world.platform.parameters, build.folder)
        with emulator(built, variables(world.endpoint)) as function:
            yield DeployedEnvironment(world, function)


@pytest.mark.parametrize("path", SAMPLES, ids=[path.stem for path in SAMPLES])
def test_a_sample_is_answered(deployed: DeployedEnvironment, path: Any) -> None:
    answer = deployed.play(path)
    assert answer.get("success") is True, deployed.function.log
    assert answer["environment"] == "dev"
    assert set(answer["data"]) == {"summary", "results"}


def test_a_launch_moves_the_routes_of_the_stand_in(deployed: DeployedEnvironment) -> None:
    deployed.play(LAUNCH)
    assert deployed.world.default_routes() == [deployed.world.nat] * 2


def test_a_death_moves_the_routes_to_the_replacement(deployed: DeployedEnvironment) -> None:
    deployed.play(LAUNCH)
    before = deployed.world.nat
    deployed.play(DEAD)
    assert deployed.world.nat != before
    assert deployed.world.default_routes() == [deployed.world.nat] * 2


def test_a_doubled_event_writes_nothing(deployed: DeployedEnvironment) -> None:
    deployed.play(LAUNCH)
    assert deployed.play(LAUNCH)["data"]["results"] == []


def test_what_is_not_understood_is_raised_for_the_queue_to_keep(deployed: DeployedEnvironment) -> None:
    answer = deployed.function.invoke({"action": "resurrect"})
    assert answer["errorType"] == "EventError"
    assert "resurrect" in answer["errorMessage"]


def test_the_metrics_are_written_to_the_log_in_embedded_format(deployed: DeployedEnvironment) -> None:
    deployed.play(LAUNCH)
    assert '"Namespace":"TradAI/Ops","Dimensions":[["environment","service"]]' in deployed.function.log

"""AWS's answers with a part missing or of another type: a typed error, no exception of another kind."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.scenario.world import World
from tests.hostile.inputs import AWKWARD, exchanged, paths
from tests.unit.update_nat_routes.builder import NOW, SCHEDULE
from tradai_shared.errors import AwsError
from update_nat_routes.observe import Reader
from update_nat_routes.planner.lifecycle_hooks import DataRequest
from update_nat_routes.planner.nat_state import RunState
from update_nat_routes.planner.plan import plan
from update_nat_routes.settings import Settings

pytestmark = pytest.mark.any_python


@dataclass
class Replay:
    """A client that answers with what was recorded."""

    answers: dict[str, Any]
    asked: list[str] = field(default_factory=list)

    def __getattr__(self, operation: str) -> Any:
        def answer(**_: object) -> Any:
            self.asked.append(operation)
            return self.answers[operation]

        return answer


@cache
def recorded() -> tuple[Settings, dict[str, Any]]:
    """A healthy NAT's answers, from the simulator."""
    with World(seed=5) as world:
        world.start()
        group = world.platform.group
        ec2, auto_scaling = world.client("ec2"), world.client("autoscaling")
        answers = {
            "describe_auto_scaling_groups": auto_scaling.describe_auto_scaling_groups(
                AutoScalingGroupNames=[group]
            ),
            "describe_lifecycle_hooks": auto_scaling.describe_lifecycle_hooks(AutoScalingGroupName=group),
            "describe_scaling_activities": auto_scaling.describe_scaling_activities(
                AutoScalingGroupName=group
            ),
            "describe_instances": ec2.describe_instances(),
            "describe_route_tables": ec2.describe_route_tables(RouteTableIds=world.platform.tables),
            "describe_addresses": ec2.describe_addresses(),
            "describe_network_interfaces": ec2.describe_network_interfaces(),
            "describe_instance_status": ec2.describe_instance_status(),
            "describe_warm_pool": {"Instances": []},
        }
        variables = {
            "ENVIRONMENT": "prod",
            "NAT_ASG_NAME": group,
            "NAT_EIP_ALLOCATION_ID": world.platform.allocation,
            "PRIVATE_ROUTE_TABLE_IDS": ",".join(world.platform.tables),
        }
        return Settings.from_env(variables), answers


def part_at(answer: Any, path: tuple[str | int, ...]) -> Any:
    for step in path:
        answer = answer[step]
    return answer


def of_its_type(part: Any) -> st.SearchStrategy[Any]:
    """Taken out, or another value. botocore reads by the service's model, so the type is as documented."""
    match part:
        case bool():
            another: st.SearchStrategy[Any] = st.booleans()
        case int():
            another = st.integers()
        case str():
            another = st.text() | AWKWARD
        case datetime():
            another = st.datetimes(timezones=st.just(UTC))
        case list():
            another = st.just([])
        case _:
            another = st.just({})
    return another | st.just(...)


def run(given_settings: Settings, answers: dict[str, Any]) -> list[str]:
    """Everything that a pass may read, and a plan from it; the operations that were asked for."""
    client: Any = Replay(answers)
    reader = Reader(client, client, given_settings)
    observed = reader.answer(reader.observe(), list(DataRequest))
    step = plan(SCHEDULE, given_settings, observed, RunState(), NOW)
    if step.gateway and step.gateway.interface_id:
        reader.read_back(observed, {step.gateway.interface_id}, routes=True)
    return client.asked  # type: ignore[no-any-return]


def test_what_was_recorded_is_read_without_an_error() -> None:
    given_settings, answers = recorded()
    assert set(run(given_settings, answers)) == set(answers)


@settings(max_examples=400, deadline=None, derandomize=True)
@given(st.data())
def test_a_garbled_answer_is_an_error_of_ours(data: st.DataObject) -> None:
    given_settings, answers = recorded()
    operation = data.draw(st.sampled_from(sorted(answers)))
    path = data.draw(st.sampled_from(list(paths(answers[operation]))))
    garbled = {
        **answers,
        operation: exchanged(
            answers[operation], path, data.draw(of_its_type(part_at(answers[operation], path)))
        ),
    }
    with contextlib.suppress(AwsError):
        run(given_settings, garbled)

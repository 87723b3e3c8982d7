"""What holds for every test."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from aws_lambda_powertools import Metrics

from tests.iam_enforcement import RoleEnforcer

if TYPE_CHECKING:
    from collections.abc import Iterator

enforcer = RoleEnforcer()
CURRENT_TEST = "PYTEST_CURRENT_TEST"
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # as template.yaml and tradai-ops have it
INVENTED = {  # where calls are about names that no deployment has
    "unit/update_nat_routes": "no AWS answers but a script, about ids of its own",
    "unit/drift_check/test_each_value.py": "every name of the configuration is changed, one at a time",
    "unit/drift_check/test_compare.py": "the same of those that are immutable",
    "unit/ops/adopt": "an operator's own calls, about an account with other names",
    "unit/drift_check/test_history_store.py": "a table of the test's own",
}
UNCHECKED = {Path(__file__).parent / place for place in INVENTED}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The kernel's tests come first: they wait more than they compute, and the other workers compute."""
    items.sort(key=lambda item: item.get_closest_marker("kernel") is None)


@pytest.fixture(scope="session", autouse=True)
def _enforced_roles() -> Iterator[None]:
    with enforcer.connected():
        yield


@pytest.fixture(autouse=True)
def calls_are_allowed(request: pytest.FixtureRequest) -> Iterator[None]:
    """Whatever a function calls in a test, its role in template.yaml must allow."""
    enforcer.on = UNCHECKED.isdisjoint({request.path, *request.path.parents})
    yield
    enforcer.judge()


@pytest.fixture(autouse=True)
def environment_stays() -> Iterator[None]:
    """What a test leaves in the environment would be another one's setting, in whatever order they run."""
    before = {**os.environ, CURRENT_TEST: ""}
    yield
    assert {**os.environ, CURRENT_TEST: ""} == before


@pytest.fixture(autouse=True)
def no_metrics_of_others() -> None:
    """Powertools keeps metrics at the class, and in a Lambda every function has a process of its own."""
    for part in (Metrics._metrics, Metrics._dimensions, Metrics._metadata, Metrics._default_dimensions):
        part.clear()

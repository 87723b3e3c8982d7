from __future__ import annotations

from typing import TYPE_CHECKING, Any

import boto3
import pytest

from tests.fakes.clock import FakeClock
from tests.unit.update_nat_routes.builder import NOW
from tests.unit.update_nat_routes.stubbed_aws import Aws
from tradai_shared import clock

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def time() -> Iterator[FakeClock]:
    """The loop's clock, at the builder's moment."""
    fake = FakeClock(NOW)
    with clock.use(fake):
        yield fake


@pytest.fixture
def clients() -> dict[str, Any]:
    """For a Stubber."""
    options: dict[str, Any] = {
        "region_name": "eu-central-1",
        "aws_access_key_id": "testing",
        "aws_secret_access_key": "testing",
    }
    return {name: boto3.client(name, **options) for name in ("ec2", "autoscaling")}


@pytest.fixture
def aws() -> Iterator[Aws]:
    """Both clients; a test fails while an answer that it gave is left."""
    world = Aws()
    yield world
    for stub in world.stubs.values():
        stub.assert_no_pending_responses()

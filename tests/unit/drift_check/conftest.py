"""The estate that several modules look at."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.unit.drift_check.moto_estate import Standing, standing

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def estate() -> Iterator[Standing]:
    with standing() as standing_estate:
        yield standing_estate

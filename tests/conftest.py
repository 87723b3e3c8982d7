"""What holds for every test."""

from __future__ import annotations

import pytest
from aws_lambda_powertools import Metrics


@pytest.fixture(autouse=True)
def no_metrics_of_others() -> None:
    """Powertools keeps metrics at the class, and in a Lambda every function has a process of its own."""
    for part in (Metrics._metrics, Metrics._dimensions, Metrics._metadata, Metrics._default_dimensions):
        part.clear()

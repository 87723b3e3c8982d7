"""What others state of their own outages. Stated by them: neither measured nor simulated here."""

from __future__ import annotations

from dataclasses import dataclass

from tradai_shared.config import canonical_config
from tradai_shared.config.naming import Environment


@dataclass(frozen=True, slots=True)
class Stated:
    """Somebody's own figure, from ``low`` to ``high`` seconds."""

    who: str
    what: str
    low: float
    high: float
    told: str


PEERS = (
    Stated("nat-zero", "unplanned, without an Auto Scaling group", 10.7, 10.7, "10.7 s"),
    Stated("alternat", "unplanned, to its NAT gateway (derived)", 16.0, 16.0, "about 16 s"),
    Stated("fck-nat", "replaced, in users' tests", 50.0, 100.0, "50-100 s"),
    Stated("fck-nat", "unplanned", 300.0, 300.0, "about 5 min"),
)


def platform() -> Stated:
    """The platform's own statement, from its canonical configuration."""
    span = canonical_config(Environment.PROD).nat.failover_seconds
    return Stated(
        "the platform",
        "its own failover, unplanned",
        float(span.at_least),
        float(span.at_most),
        f"{span.at_least}-{span.at_most} s",
    )

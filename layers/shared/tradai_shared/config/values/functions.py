"""The platform's Lambda functions; the NAT's is this toolkit's own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tradai_shared.config import naming
from tradai_shared.config.provenance import Sourced, assumed
from tradai_shared.config.values.pages import documented, function_page, seed

if TYPE_CHECKING:
    from tradai_shared.config.naming import Environment


# Of four functions whose pages were read in both years, three had changed between.
READ_IN_2025, READ_IN_2026 = "2025-12", "2026"


@dataclass(frozen=True, slots=True)
class Size:
    """What a function's page says, and when it was read."""

    timeout_seconds: int
    memory_mb: int
    read: str
    note: str


def sized(timeout_seconds: int, memory_mb: int, *, read: str = READ_IN_2026, note: str = "") -> Size:
    return Size(timeout_seconds, memory_mb, read, note)


def unsized() -> dict[str, Any]:
    """A function whose size no page states."""
    return {"timeout_seconds": assumed(None), "memory_mb": assumed(None)}


FUNCTIONS = {
    "backtest-consumer": sized(30, 256),
    "sqs-consumer": sized(30, 256),
    "update-status": sized(30, 256),
    "cleanup-resources": sized(120, 256, read=READ_IN_2025),
    "check-retraining-needed": sized(30, 256),
    "compare-models": sized(120, 256, read=READ_IN_2025),
    "promote-model": sized(60, 256),
    "model-rollback": sized(120, 256, read=READ_IN_2025),
    "retraining-scheduler": sized(60, 256),
    "health-check": sized(60, 256),
    "trading-heartbeat-check": sized(60, 256),
    "drift-monitor": sized(300, 512, read=READ_IN_2025, note="drift of models, not of infrastructure"),
    "orphan-scanner": sized(60, 128),
    "validate-strategy": sized(30, 256),
    "notify-completion": sized(30, 128, read=READ_IN_2025),
    "data-collection-proxy": sized(180, 256),
    "pulumi-drift-detector": sized(
        300, 512, note="runs `pulumi preview` without a refresh: it never sees a change made directly in AWS"
    ),
}


def described(component: str, env: Environment, size: Size) -> dict[str, Any]:
    page = function_page(component, size.read)
    return {
        "name": naming.function_name(component, env),
        "timeout_seconds": documented(size.timeout_seconds, page),
        "memory_mb": documented(size.memory_mb, page),
        "note": size.note,
    }


def values(env: Environment) -> Sourced:
    named = {component: described(component, env, size) for component, size in FUNCTIONS.items()}
    ours = {"name": seed(naming.update_nat_routes_function_name(env)), **unsized(), "note": "of this toolkit"}
    return documented({**named, "update-nat-routes": ours})

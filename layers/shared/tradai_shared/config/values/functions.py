"""The platform's Lambda functions; the NAT's is this toolkit's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tradai_shared.config import naming
from tradai_shared.config.provenance import Sourced, assumed, documented, seed

if TYPE_CHECKING:
    from tradai_shared.config.naming import Environment


def sized(timeout_seconds: int, memory_mb: int, note: str = "") -> dict[str, Any]:
    return {"timeout_seconds": timeout_seconds, "memory_mb": memory_mb, "note": note}


def unsized() -> dict[str, Any]:
    """A function that is named, its size nowhere."""
    return {"timeout_seconds": assumed(None), "memory_mb": assumed(None)}


FUNCTIONS = {
    "backtest-consumer": sized(30, 256),
    "sqs-consumer": unsized(),
    "update-status": unsized(),
    "cleanup-resources": sized(120, 256),
    "check-retraining-needed": sized(30, 256),
    "compare-models": sized(120, 256),
    "promote-model": unsized(),
    "model-rollback": sized(120, 256),
    "retraining-scheduler": sized(60, 256),
    "health-check": sized(60, 256),
    "trading-heartbeat-check": sized(60, 256),
    "drift-monitor": sized(300, 512, note="drift of models, not of infrastructure"),
    "orphan-scanner": sized(60, 128),
    "validate-strategy": sized(30, 256),
    "notify-completion": sized(30, 128),
    "data-collection-proxy": unsized(),
    "pulumi-drift-detector": sized(
        300, 512, note="runs `pulumi preview` without a refresh: it never sees a change made directly in AWS"
    ),
}


def values(env: Environment) -> Sourced:
    named = {name: {"name": naming.function_name(name, env), **size} for name, size in FUNCTIONS.items()}
    ours = {"name": seed(naming.update_nat_routes_function_name(env)), **unsized(), "note": "of this toolkit"}
    return documented({**named, "update-nat-routes": ours})

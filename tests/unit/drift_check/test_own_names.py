"""What nobody configured is noticed by the deployment's own naming, not by tradai's alone."""

from __future__ import annotations

from typing import Any

import pytest

from drift_check.checks import messaging
from drift_check.checks.base import follows_naming
from drift_check.observe.observations import Call
from tradai_shared.config.build import build
from tradai_shared.config.naming import Environment

ACME = ["acme-live-health", "acme-live-orders", "acme-live-strategy-runs"]


@pytest.mark.parametrize(
    ("configured", "stranger", "follows"),
    [
        (ACME, "acme-live-extra", True),
        (ACME, "acme-stage-extra", False),  # another environment's
        (ACME, "acme-live-", False),
        (ACME, "tradai-extra-prod", True),  # as the platform's documents have it
        (ACME, "tradai-extra-dev", False),
        (["orders.trading.live", "runs.trading.live", "health-of.trading.live"], "x.trading.live", True),
        (["orders.trading.live", "runs.trading.live"], "x.trading.test", False),
        (["TradingProd_Orders", "TradingProd_Runs"], "TradingProd_Extra", False),  # one word says too little
        (["qdata-123456789012", "qlogs-123456789012"], "other-123456789012", False),  # the account's number
        (["eu-orders", "eu-runs"], "eu-billing", False),
        (["acme-live-orders"], "acme-live-extra", False),  # of one name nobody knows what is its own
        (["q1a", "q2b"], "q3c", False),
        ([], "acme-live-extra", False),
        (["acme-live-orders", "acme-live-runs", "ledger"], "acme-live-extra", True),
    ],
)
def test_a_stranger_is_known_by_what_the_configured_names_share(
    configured: list[str], stranger: str, follows: Any
) -> None:
    assert follows_naming(build(Environment.PROD), configured)(stranger) is follows


def test_the_stacks_prefix_is_the_deployments_naming_too() -> None:
    own = build(Environment.PROD, parameters={"NamePrefix": "kappa"})
    follows = follows_naming(own, [])
    assert follows("kappa-extra-prod")
    assert not follows("kappa-extra-dev")
    assert not follows("kappaextra-prod")


@pytest.mark.parametrize("prefix", ["", "tradai-egress", "kappa"])
def test_the_stacks_own_queue_is_not_judged_as_the_platforms(prefix: str) -> None:
    """It is a standard one on purpose, where the platform's are FIFO."""
    own = build(Environment.PROD, parameters={"NamePrefix": prefix})
    url = f"https://sqs.eu-central-1.amazonaws.com/123456789012/{prefix or 'tradai'}-ops-dead-letters-prod"
    call = Call(messaging.QUEUES, "tradai-")
    assert [each.subject for each in messaging.dependent_reads(own, call, [url])] == []
    platform = url.replace(f"{prefix or 'tradai'}-ops-dead-letters", "tradai-orders")
    assert [each.subject for each in messaging.dependent_reads(own, call, [platform])] == [platform]

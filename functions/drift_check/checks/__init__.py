"""What is compared, one pure file a kind of resource. A check turns readings into the states of resources."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drift_check.checks import (
    access,
    buckets,
    database,
    functions,
    messaging,
    nat,
    network,
    security_groups,
    services,
    tables,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from drift_check.checks.base import Check

# In the order in which their calls begin: the ones that lead to others or are paced come first.
ALL: tuple[Check, ...] = (
    tables.CHECK,
    services.CHECK,
    nat.CHECK,
    network.CHECK,
    security_groups.CHECK,
    access.CHECK,
    messaging.CHECK,
    database.CHECK,
    buckets.CHECK,
    functions.CHECK,
    functions.LOGS,
)
BY_NAME = {check.name: check for check in ALL}


def chosen(names: Iterable[str]) -> list[Check]:
    """The named checks, all where none is named."""
    wanted = set(names)
    return [check for check in ALL if not wanted or check.name in wanted]

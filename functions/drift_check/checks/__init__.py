"""What is compared, one pure file a kind of resource. A check sees readings and says facts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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
from drift_check.reads import Known

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from drift_check.checks.base import Check
    from drift_check.reads import Call, Read
    from tradai_shared.config.models import CanonicalConfig

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


def first(config: CanonicalConfig, checks: Iterable[Check]) -> list[Call]:
    return list(dict.fromkeys(call for check in checks for call in check.first(config)))


def follow(config: CanonicalConfig, checks: Iterable[Check], call: Call, read: Read[Any]) -> Iterator[Call]:
    for check in checks:
        if isinstance(read, Known):
            yield from check.follow(config, call, read.value)
        else:
            yield from check.instead(config, call)

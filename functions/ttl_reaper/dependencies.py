"""What a run is done with: one set for every table of an invocation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ttl_reaper.settings import MAX_UNITS_PER_SECOND

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from types_boto3_dynamodb import DynamoDBClient

    from ttl_reaper.apply import Requests
    from ttl_reaper.audit import Audit
    from ttl_reaper.checkpoint_store import Checkpoints
    from ttl_reaper.model import ItemOutcome, Tally

WORKERS = 8


@dataclass(frozen=True, slots=True)
class RunDependencies:
    """What every table of an invocation is done with."""

    client: DynamoDBClient
    requests: Requests
    audit: Callable[[str], Audit]  # by the table's name
    checkpoints: Checkpoints
    seconds_left: Callable[[], float]  # until no call may begin any more
    rng: random.Random  # jitter
    on_failure: Callable[[ItemOutcome], None] = lambda _: None
    on_progress: Callable[[Tally], None] = lambda _: None
    workers: int = WORKERS
    max_units_per_second: float = MAX_UNITS_PER_SECOND  # of a table without a limit of its own

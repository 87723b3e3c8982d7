"""The dependencies of a run: one set for all tables of an invocation."""

from __future__ import annotations

import random
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tradai_shared.aws.dynamodb_requests import opened
from ttl_reaper.settings import MAX_UNITS_PER_SECOND

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from types_boto3_dynamodb import DynamoDBClient

    from ttl_reaper.apply import Requests
    from ttl_reaper.audit import Audit
    from ttl_reaper.checkpoint_store import Checkpoints
    from ttl_reaper.model import ItemOutcome, Tally

WORKERS = 8


@dataclass(frozen=True, slots=True)
class RunDependencies:
    """What the run of each table needs."""

    client: DynamoDBClient
    requests: Requests
    audit: Callable[[str], Audit]  # by the table's name
    checkpoints: Checkpoints
    seconds_left: Callable[[], float]  # until no call may begin any more
    rng: random.Random = field(default_factory=random.Random)
    on_failure: Callable[[ItemOutcome], None] = lambda _: None
    on_progress: Callable[[Tally], None] = lambda _: None
    workers: int = WORKERS
    max_units_per_second: float = MAX_UNITS_PER_SECOND  # of a table without a limit of its own
    sharers: Callable[[], int] | None = (
        None  # runs of the plan that work on the table now; None: this one alone
    )


@contextmanager
def open_dependencies(  # noqa: PLR0913 - the one place where a run is put together
    audit: Callable[[str], Audit],
    checkpoints: Checkpoints,
    seconds_left: Callable[[], float],
    *,
    on_failure: Callable[[ItemOutcome], None] = lambda _: None,
    max_units_per_second: float = MAX_UNITS_PER_SECOND,
    profile: str | None = None,
    region: str | None = None,
    endpoint_url: str | None = None,
) -> Iterator[RunDependencies]:
    """Make the clients, and close them at the end.

    Raises:
        PermanentError: there is no such profile, no region, or there are no credentials.
    """
    with opened(pool=WORKERS, profile=profile, region=region, endpoint_url=endpoint_url) as made:
        client, requests = made
        yield RunDependencies(
            client,
            requests,
            audit,
            checkpoints,
            seconds_left,
            on_failure=on_failure,
            max_units_per_second=max_units_per_second,
        )

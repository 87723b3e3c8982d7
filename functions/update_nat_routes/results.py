"""What one run saw, did and left."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tradai_shared.outcomes import Status
from update_nat_routes.planner.notes import UNGUARDED, Note, refusal_notes
from update_nat_routes.planner.plan import Plan

if TYPE_CHECKING:
    from datetime import datetime

    from tradai_shared.errors import AwsError
    from update_nat_routes.actions import Broken
    from update_nat_routes.apply import Result
    from update_nat_routes.events import Trigger
    from update_nat_routes.model import Observed
    from update_nat_routes.planner.lifecycle_hooks import Wait


@dataclass(slots=True)
class Report:
    """What one run saw, did and left. ``results`` holds the last outcome of each action, by its key.

    ``planned``: the world was read at least once, so that ``plan`` says something about it. ``blind``: the
    last reading lacks the group, the tables or the instances, for want of a permission. ``restored_at``: when
    the reading ``restored`` showed that the outage was over that this run ended. ``down_at_first``: what had
    no egress in the first reading.
    """

    trigger: Trigger
    started: datetime
    plan: Plan = field(default_factory=Plan)
    results: dict[str, Result] = field(default_factory=dict)
    routes_replaced: set[str] = field(default_factory=set)
    instances_replaced: set[str] = field(default_factory=set)
    unproven_moves: bool = False
    failover_seconds: float | None = None
    restored_at: datetime | None = None
    restored: Observed | None = None
    first_observed: Observed | None = None
    down_at_first: tuple[str, ...] = ()
    waiting: Wait | None = None
    error: AwsError | None = None
    broken: set[Broken] = field(default_factory=set)
    relevant: bool = True
    planned: bool = False
    blind: bool = False

    @property
    def failed(self) -> list[Result]:
        return [result for result in self.results.values() if result.status is Status.FAILED]

    @property
    def notes(self) -> tuple[Note, ...]:
        """The plan's, and what the refusals of this run say."""
        return (*self.plan.notes, *refusal_notes(self.error, self.failed))

    @property
    def unguarded(self) -> bool:
        return any(note.kind in UNGUARDED for note in self.notes)

    @property
    def success(self) -> bool:
        return self.error is None and not self.failed and not self.unguarded

"""The loop around the planner: observe, plan, apply, read back; repeated while a change is expected."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from tradai_shared import clock
from tradai_shared.errors import AwsError, Outcome, PermanentError, Status, TemporaryError
from update_nat_routes.actions import (
    Action,
    Assumption,
    Move,
    Prerequisite,
    RecordHeartbeat,
    ReplaceInstance,
    ReportUnhealthy,
    Route,
    TagGroup,
    key,
    order,
    unshown,
)
from update_nat_routes.apply import NOT_TRIED
from update_nat_routes.events import Trigger, TriggerKind
from update_nat_routes.model import ENDED_STATES
from update_nat_routes.planner.lifecycle_hooks import DataRequest, Wait, WaitKind
from update_nat_routes.planner.nat_state import RunState
from update_nat_routes.planner.plan import CONFIRM_SECONDS, PATIENCE, SCHEDULE_SECONDS, confirms, plan
from update_nat_routes.report import Report

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from update_nat_routes.apply import Result, Writer
    from update_nat_routes.model import Instance, Observed
    from update_nat_routes.observe import Reader
    from update_nat_routes.planner.plan import Plan
    from update_nat_routes.settings import Settings

POLL_SECONDS, THROTTLED_POLL_SECONDS, CONFIRM_POLL_SECONDS = 1.0, 5.0, 0.7
# EC2 is assumed to show what its own event said within a second: three looks, the last one right after that.
CONFIRM_PAUSES = (0.15, 0.5, *[CONFIRM_POLL_SECONDS] * 7)
ATTEMPTS, LATER = 5, 1.5  # then each pause is half as long again: an address comes free seconds after a death
FINAL = ReplaceInstance | RecordHeartbeat  # right whatever groups and tables have become since they were read
ORDERS = 3  # accepts of one write without a visible effect, after which the run reports it as failed
# Reserved for the last calls, the metrics and the message: one hung call with its retries takes 21 s.
MARGIN_SECONDS = 25.0


@dataclass(slots=True)
class Reconciler:
    """One run. ``remaining`` returns the seconds that the invocation has left."""

    trigger: Trigger
    settings: Settings
    reader: Reader
    writer: Writer
    remaining: Callable[[], float]
    report: Report = field(init=False)
    memory: RunState = field(default_factory=RunState)
    attempts: Counter[str] = field(default_factory=Counter)
    orders: Counter[Action] = field(default_factory=Counter)  # accepted writes, without their reasons
    observed: Observed | None = None
    incident: datetime | None = None
    restoring: set[str] = field(default_factory=set)  # tables whose outage this run ends
    unreadable: AwsError | None = None  # the error of a read-back that a full observation replaced
    pause: float = POLL_SECONDS
    shown: Mapping[str, Instance] | None = None  # read a moment before the first pass
    only_instances: bool = False  # the next look awaits what EC2 shows of an instance, and nothing else

    def __post_init__(self) -> None:
        self.report = Report(self.trigger, clock.now())

    def run(self) -> Report:
        """Pass after pass, until nothing is left to do or to wait for, or time runs out."""
        try:
            if self._is_relevant():
                while self._reconcile_once() and self._has_time():
                    clock.sleep(self.pause)
        except AwsError as error:
            self.report.error = error
        self.report.error = self.report.error or self.unreadable
        return self.report

    def _is_relevant(self) -> bool:
        trigger = self.trigger
        if trigger.group is not None and trigger.group not in self.settings.group_names:
            self.report.relevant = False
        elif trigger.kind in {TriggerKind.INSTANCE_STATE, TriggerKind.SPOT_NOTICE, TriggerKind.PEER_SILENT}:
            self.report.relevant = self._is_one_of_ours(str(trigger.silent_instance or trigger.instance_id))
        return self.report.relevant

    def _is_one_of_ours(self, name: str) -> bool:
        """Whether an instance is one of ours; a stop of it is awaited here: before it there is nothing to do.

        A look is one call. The first pass takes the last look's instances, and reads groups and tables.
        """
        self.shown = self.reader.look(name)
        if not self.reader.is_relevant(name, self.shown.get(name)):
            return False
        if self.trigger.stopping_instance != self.trigger.terminated_instance:
            for pause in CONFIRM_PAUSES:
                instance = self.shown.get(name)
                if not (instance and instance.running and confirms(self.trigger, clock.now())):
                    break
                clock.sleep(pause)
                try:
                    self.shown = self.reader.look(name)
                except AwsError:
                    self.shown = None
                    break  # the first pass says what cannot be read
        return True

    def _reconcile_once(self) -> bool:
        """Observe everything afresh and do what it needs. True: another pass is wanted."""
        try:
            step = self._look()
        except TemporaryError as error:
            return self._look_again(error)
        self.report.error, self.pause, self.only_instances = None, POLL_SECONDS, False
        if self.trigger.dry_run:
            self._record([Outcome(action, Status.PLANNED) for action in step.actions])
            self.report.waiting = step.wait
            return False
        again, written = self._apply(step), frozenset[Action]()
        # One move can make room for another, as a route's for an address: each is read back at once.
        while any(self.report.results[key(it)].settled and order(it) not in written for it in step.moves):
            written = frozenset(self.orders)
            try:
                step = self._plan(self._read_back(step))
            except TemporaryError as error:
                return self._look_again(error)
            again = self._apply(step, written=written) or bool(step.moves)
            self._note_restored(step)
        wait = self.report.waiting = self._allowed(step.wait)
        if wait and not again:
            ends = self.trigger.kind is TriggerKind.INSTANCE_STATE
            self.only_instances = ends or step.shown_by_instances
            self.pause = CONFIRM_POLL_SECONDS if ends else self.pause
        return again or wait is not None

    def _look(self) -> Plan:
        """What a pass begins with. By groups and tables of an earlier one only ``FINAL`` is planned."""
        if not self.only_instances or self.observed is None:
            shown, self.shown = self.shown, None
            return self._plan(self._observe(shown))
        step = self._plan(self.reader.look_again(self.observed))
        final = all(isinstance(action, FINAL) for action in step.actions)
        return step if final else self._plan(self._observe(self.observed.instances))

    def _observe(self, shown: Mapping[str, Instance] | None = None) -> Observed:
        """Read everything again but ``shown``, and whether the event's own instance exists anywhere."""
        waiting = str(self.trigger.instance_id) if self.trigger.hook else None
        observed = self.reader.observe(frozenset({waiting} if waiting else ()), shown)
        member = next((group.member(waiting) for group in observed.groups if group.member(waiting)), None)
        instance = observed.instances.get(waiting or "")
        absent = member is None and (instance is None or instance.state in ENDED_STATES)
        prior, now = self.memory.marked, clock.now()
        marked = {name: prior.get(name, now) for name, it in observed.instances.items() if it.not_forwarding}
        self.memory = replace(self.memory, absent=self.memory.absent + 1 if absent else 0, marked=marked)
        if absent and instance is None and self.trigger.kind is TriggerKind.LAUNCH_ACTION:
            self.report.broken.add((Assumption.EVENT_INSTANCE_SHOWS, str(waiting)))
        return observed

    def _look_again(self, error: TemporaryError) -> bool:
        """A read failed for a moment: the next pass reads everything afresh, later each time."""
        self.report.error = error
        self.pause = min(self.pause * 2, THROTTLED_POLL_SECONDS)
        return True

    def _plan(self, observed: Observed) -> Plan:
        if self.observed is not None:
            observed = replace(observed, hooks=self.observed.hooks, hooks_unread=self.observed.hooks_unread)
        answered = frozenset[DataRequest]()
        step = plan(self.trigger, self.settings, observed, self.memory, clock.now())
        # Moves that end an outage go first. An answer can raise the next question: history before hooks.
        while step.data_requests - answered and (self.trigger.dry_run or not step.ends_outage):
            observed = self.reader.answer(observed, step.data_requests - answered)
            answered |= step.data_requests
            step = plan(self.trigger, self.settings, observed, self.memory, clock.now())
        self.observed, self.report.plan = observed, step
        if self.report.first_observed is None:
            self.report.first_observed, self.report.down_at_first = observed, step.egress_down
        self.report.planned, self.report.blind = True, bool(observed.denied)
        self._settle_lost_races(step)
        return step

    def _settle_lost_races(self, step: Plan) -> None:
        """Record a write that failed temporarily and is no longer wanted as done by another run."""
        wanted = {key(action) for action in step.actions} | self.memory.abandoned
        for name, result in self.report.results.items():
            if result.status is Status.FAILED and result.temporary and name not in wanted:
                detail = f"a later look shows that it is done ({result.detail})"
                self.report.results[name] = replace(result, status=Status.ALREADY, detail=detail)
                self.report.broken.add((Assumption.FAILED_CHANGES_NOTHING, name))

    def _read_back(self, step: Plan) -> Observed:
        assert self.observed  # noqa: S101 - a plan was made from it
        tried = [move for move in step.moves if self.report.results[key(move)].detail != NOT_TRIED]
        interfaces = {move.interface_id for move in tried if isinstance(move, Prerequisite)}
        routes = any(isinstance(move, Route) for move in tried)
        try:
            return self.reader.read_back(self.observed, interfaces, routes=routes)
        except PermanentError as error:
            self.unreadable = error
            return self._observe()

    def _apply(self, step: Plan, written: frozenset[Action] = frozenset()) -> bool:
        """Write, record, and say whether another try is worth it.

        ``written`` was carried out a moment ago: what a reading right after it does not show is looked for
        again, later each time, and not written again at once.
        """
        self._note_incident(step)
        self.report.broken |= unshown(step.actions, written or self.orders, at_once=bool(written))
        actions = [action for action in step.actions if order(action) not in written]
        endless = [action for action in actions if self.orders[order(action)] >= ORDERS]
        outcomes = self.writer.apply(action for action in actions if action not in endless)
        self._record(outcomes)
        self._end_trying(endless)
        retry = bool(endless)
        for outcome in outcomes:
            name = key(outcome.action)
            if outcome.settled:
                self._count_order(outcome.action)
                continue
            self.attempts[name] += outcome.detail != NOT_TRIED
            if outcome.temporary and self.attempts[name] < ATTEMPTS:
                retry = True
            elif outcome.temporary and isinstance(outcome.action, Move):
                self.memory = replace(self.memory, overdue=self.memory.overdue | {name})
                later = min(LATER ** (self.attempts[name] - ATTEMPTS), THROTTLED_POLL_SECONDS)
                self.pause, retry = max(self.pause, later), True  # until the time is up
            elif isinstance(outcome.action, Move):
                self.memory = replace(self.memory, abandoned=self.memory.abandoned | {name})
                retry = True  # the remaining moves do not depend on it
            elif isinstance(outcome.action, TagGroup):
                self.memory = replace(self.memory, no_doubt=True)
        return retry

    def _count_order(self, action: Action) -> None:
        """A heartbeat is meant to be repeated; everything else should show its effect."""
        if isinstance(action, TagGroup):
            self.memory = replace(self.memory, tags={**self.memory.tags, action.tag: action.value})
        if not isinstance(action, RecordHeartbeat):
            self.orders[order(action)] += 1
            self.pause = max(self.pause, POLL_SECONDS * 2 ** (self.orders[order(action)] - 1))

    def _end_trying(self, actions: list[Action]) -> None:
        """Report as failed what AWS accepted several times and no reading shows; the next run tries again."""
        for action in actions:
            detail = f"accepted {ORDERS} times, and no reading shows it as done: left to the next run"
            self.report.results[key(action)] = Outcome(action, Status.FAILED, detail)
            self.report.broken.add((Assumption.ACCEPTED_TAKES_EFFECT, key(action)))
            self.memory = replace(self.memory, abandoned=self.memory.abandoned | {key(action)})

    def _record(self, outcomes: list[Result]) -> None:
        for outcome in outcomes:
            action = outcome.action
            self.report.results[key(action)] = outcome
            if isinstance(action, Move) and outcome.settled:
                self.memory = replace(self.memory, changed=True)
            if outcome.status is not Status.DONE:
                continue
            if isinstance(action, Route):
                self.report.routes_replaced.add(action.table_id)
                self.report.unproven_moves |= self.report.plan.unproven
            elif isinstance(action, ReplaceInstance | ReportUnhealthy):
                self.report.instances_replaced.add(action.instance_id)
            elif isinstance(action, RecordHeartbeat):
                beats = {**self.memory.heartbeats, action.instance_id: clock.now()}
                self.memory = replace(self.memory, heartbeats=beats)

    def _note_incident(self, step: Plan) -> None:
        """Record when the outage that these routes end began: the instance's end, else this run's event."""
        assert self.observed is not None  # noqa: S101 - a plan was made from it
        down = {move.table_id for move in step.moves if isinstance(move, Route)} & set(step.egress_down)
        self.restoring |= down
        for table in (table for table in self.observed.tables if table.table_id in down):
            began = self.report.began(self.observed.instances.get(table.target.instance_id or ""))
            self.incident = min(self.incident or began, began)

    def _note_restored(self, step: Plan) -> None:
        restored = not step.moves and not self.restoring & set(step.egress_down)
        if restored and self.incident and self.report.failover_seconds is None:
            self.report.restored_at, self.report.restored = clock.now(), self.observed
            self.report.failover_seconds = (self.report.restored_at - self.incident).total_seconds()

    def _allowed(self, wait: Wait | None) -> Wait | None:
        _, kinds = PATIENCE.get(self.trigger.kind, (0.0, frozenset[WaitKind]()))
        return wait if wait and wait.kind in kinds else None

    def _has_time(self) -> bool:
        least = SCHEDULE_SECONDS if self.report.plan.moves else CONFIRM_SECONDS  # moves are tried to the end
        patience = max(least, PATIENCE.get(self.trigger.kind, (0.0, None))[0])
        spent = (clock.now() - self.report.started).total_seconds()
        return spent + self.pause < patience and self.remaining() > MARGIN_SECONDS + self.pause

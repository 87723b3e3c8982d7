"""Lambda: runs the real handler, with its queue, retries, time-out, concurrency and destination."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from simulator.engine import durations

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.aws.event_bridge import Event, EventBus
    from simulator.aws.sam_template import Function
    from simulator.engine.context import SimulationContext
    from simulator.engine.virtual_clock import Process

_RETRY_AFTER = 60.0  # AWS: about one minute before the first retry, two before the second
_LONGEST_PAUSE = 300.0  # of a throttled event, doubled from one second
_WARM_FOR = 600.0  # assumed: how long an idle execution environment lives


@dataclass
class Invocation:
    """One run of the function."""

    name: str
    event: Event
    queued: float  # seconds after the world's start
    started: float
    request_id: str
    attempt: int = 0
    ended: float | None = None
    result: Any = None
    error: BaseException | None = None
    timed_out: bool = False
    killed: bool = False
    output: io.StringIO = field(default_factory=io.StringIO, repr=False)
    memory: tuple[dict[str, Any], ...] = field(default=({}, {}, {}, {}), repr=False)

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Its structured log, metrics included."""
        return [json.loads(line) for line in self.output.getvalue().splitlines() if line.startswith("{")]

    @property
    def metrics(self) -> dict[str, float]:
        """The metrics that it emitted, by name; the last value of each."""
        values: dict[str, float] = {}
        for line in self.lines:
            for directive in line.get("_aws", {}).get("CloudWatchMetrics", []):
                for metric in directive["Metrics"]:
                    value = line[metric["Name"]]
                    values[metric["Name"]] = value[-1] if isinstance(value, list) else value
        return values


@dataclass(frozen=True)
class Context:
    """What Lambda hands to a handler beside the event."""

    function_name: str
    aws_request_id: str
    memory_limit_in_mb: int
    invoked_function_arn: str
    remaining: Callable[[], float] = field(repr=False)
    function_version: str = "$LATEST"

    def get_remaining_time_in_millis(self) -> int:
        return max(0, int(self.remaining() * 1000))


@dataclass
class _Queued:
    event: Event
    request_id: str
    at: float
    attempts: int = 0
    pauses: int = 0


class FunctionService:
    """One function, as its template describes it."""

    def __init__(
        self,
        function: Function,
        handler: Callable[[Any, Any], object],
        stage: SimulationContext,
        bus: EventBus,
    ) -> None:
        self.function = function
        self.invocations: list[Invocation] = []
        self.failures: list[Event] = []  # what the on-failure destination got
        self.lost: list[Event] = []  # failed, and there was no destination
        self.destination: Callable[[Event], None] | None = None  # a function that gets the failures too
        self._handler = handler
        self._stage = stage
        self._bus = bus
        self._running: list[Process] = []
        self._idle_since: list[float] = []

    @property
    def arn(self) -> str:
        return self._bus.arn("lambda", f"function:{self.function.name}")

    def invoke_async(self, event: Event) -> None:
        """Queue an event."""
        request_id = f"{self._bus.chance.getrandbits(128):032x}"
        self._attempt(_Queued(event, request_id, self._stage.clock.elapsed))

    def invoke(self, event: Event) -> Invocation:
        """Invoke and wait for the answer, as a person does; no queue, no retry."""
        queued = _Queued(event, f"{self._bus.chance.getrandbits(128):032x}", self._stage.clock.elapsed)
        invocation = self._start(queued, lambda _: None)
        self._stage.clock.run_until(lambda: invocation.ended is not None, self.function.timeout + 60)
        return invocation

    def kill_one(self) -> None:
        """Lambda ends one of the running invocations, wherever it is between two calls."""
        for process in self._running[:1]:
            process.owner.killed = True
            process.kill()

    def _attempt(self, queued: _Queued) -> None:
        age = self._stage.clock.elapsed - queued.at
        if age > self.function.event_age:
            self._give_up(queued, "EventAgeExceeded", None)
        elif self.function.concurrency is not None and len(self._running) >= self.function.concurrency:
            self._stage.journal.note("lambda", "throttled", request=queued.request_id)
            pause = min(2.0**queued.pauses, _LONGEST_PAUSE)
            queued.pauses += 1
            self._stage.clock.after(pause, lambda: self._attempt(queued))
        else:
            queued.attempts += 1
            self._start(queued, lambda invocation: self._settle(queued, invocation))

    def _settle(self, queued: _Queued, invocation: Invocation) -> None:
        if invocation.error is None:
            return
        if queued.attempts <= self.function.retries:
            self._stage.clock.after(_RETRY_AFTER * queued.attempts, lambda: self._attempt(queued))
        else:
            self._give_up(queued, "RetriesExhausted", invocation.error)

    def _give_up(self, queued: _Queued, condition: str, error: BaseException | None) -> None:
        record: Event = {
            "version": "1.0",
            "timestamp": self._stage.clock.now().isoformat(),
            "requestContext": {
                "requestId": queued.request_id,
                "functionArn": f"{self.arn}:$LATEST",
                "condition": condition,
                "approximateInvokeCount": queued.attempts,
            },
            "requestPayload": queued.event,
        }
        if error is not None:
            record["responsePayload"] = {"errorMessage": str(error), "errorType": type(error).__name__}
        failures = self.failures if self.function.on_failure else self.lost
        failures.append(record)
        if self.function.on_failure and self.destination is not None:
            destination = self.destination
            self._stage.after(durations.ON_FAILURE, lambda: destination(record))
        self._stage.journal.note("lambda", "given up", request=queued.request_id, condition=condition)

    def _start(self, queued: _Queued, ended: Callable[[Invocation], None]) -> Invocation:
        number = len(self.invocations) + 1
        invocation = Invocation(
            f"lambda#{number}",
            queued.event,
            queued.at,
            self._stage.clock.elapsed,
            queued.request_id,
            queued.attempts,
        )
        self.invocations.append(invocation)
        start_up = self._start_up()

        def run() -> object:
            self._stage.clock.sleep(start_up)
            deadline = self._stage.clock.elapsed + self.function.timeout
            timer = self._stage.clock.after(
                self.function.timeout, lambda: self._time_out(process, invocation)
            )
            remaining = lambda: deadline - self._stage.clock.elapsed  # noqa: E731 - a name for one expression
            context = Context(
                self.function.name, queued.request_id, self.function.memory, self.arn, remaining
            )
            try:
                return self._handler(json.loads(json.dumps(queued.event)), context)
            finally:
                timer.cancel()

        def finish(process: Process) -> None:
            self._running.remove(process)
            self._idle_since.append(self._stage.clock.elapsed)
            invocation.ended, invocation.error = self._stage.clock.elapsed, process.error
            invocation.result = process.result
            outcome = "timed out" if invocation.timed_out else type(process.error).__name__
            self._stage.journal.note(
                "lambda",
                "ended",
                invocation=invocation.name,
                seconds=round(invocation.ended - invocation.started, 6),
                outcome=outcome if process.error else "answered",
            )
            ended(invocation)

        trigger = queued.event.get("detail-type") or queued.event.get("action", "?")
        self._stage.journal.note("lambda", "starts", invocation=invocation.name, trigger=trigger)
        process = self._stage.clock.spawn(invocation.name, run, finish)
        process.owner = invocation
        self._running.append(process)
        return invocation

    def _start_up(self) -> float:
        """Seconds until the handler runs: none in an execution environment that is still warm."""
        alive = [since for since in self._idle_since if self._stage.clock.elapsed - since < _WARM_FOR]
        self._idle_since = alive[:-1]
        return 0.0 if alive else self._stage.pace.draw(durations.COLD_START)

    def _time_out(self, process: Process, invocation: Invocation) -> None:
        invocation.timed_out = True
        process.kill()

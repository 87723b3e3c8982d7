"""Between botocore and moto: latency, faults, and a record of every attempt.

botocore emits ``before-send`` to every handler, whatever the first of them answers: a fault registered in
front of moto would fail the caller while moto still carries the call out. So moto's own handler is taken
off the session, and this one calls it where the call is to be carried out.
"""

from __future__ import annotations

import functools
import re
import threading
import types
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import boto3
import botocore.endpoint
import botocore.waiter
from botocore.awsrequest import AWSResponse, HTTPHeaders
from botocore.client import BaseClient
from botocore.exceptions import ReadTimeoutError
from moto.core.base_backend import BackendDict
from moto.core.botocore_stubber import MockRawResponse
from moto.core.models import botocore_stubber

from simulator.engine import durations
from simulator.engine.faults import Fault, Kind, error_body
from simulator.engine.journal import Call
from simulator.engine.virtual_clock import Killed
from tradai_shared.aws import clients
from tradai_shared.aws.clients import READ_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from random import Random

    from botocore.awsrequest import AWSPreparedRequest
    from botocore.model import OperationModel
    from botocore.session import Session

    from simulator.engine.context import SimulationContext
    from simulator.engine.virtual_clock import VirtualClock

    # A call's parameters to its HTTP status and body.
    StandIn = Callable[[Mapping[str, object]], tuple[int, str]]
    Quick = Callable[[Mapping[str, object]], dict[str, object] | None]

REGION = "eu-central-1"
OPERATOR = "operator"
REFUSAL_LOST = "refusal lost"  # the call had no effect, and its caller cannot know
LATE = "a late effect"  # the actor of a write that is carried out after its caller gave up
LATE_BY = (1.0, 20.0)  # seconds after the caller's time-out; assumed
_CODE = re.compile(rb"<Code>([^<]+)</Code>")
_sending = threading.local()


class CallInterceptor:
    """One world's wire. The person at the scenario calls without latency and without faults."""

    def __init__(self, stage: SimulationContext, chance: Random) -> None:
        self.faults: list[Fault] = []
        self.stand_ins: dict[str, StandIn] = {}  # by action: what answers in moto's place
        # by action: what answers without moto's wire; its None sends the call there
        self.quick: Mapping[str, Quick] = {}
        self._stage = stage
        self._chance = chance

    def send(self, request: AWSPreparedRequest, action: str) -> AWSResponse:
        parameters: dict[str, object] = getattr(_sending, "parameters", {})
        _sending.attempt += 1
        started = self._stage.clock.elapsed if _sending.started is None else _sending.started
        _sending.started = None
        actor, attempt = self._actor(), _sending.attempt
        outcome, _sending.carried_out = "not sent", False
        try:
            response = self._exchange(request, action, parameters, actor)
            outcome = "ok" if response.status_code < 300 else _error_code(response)  # noqa: PLR2004 - HTTP
        except _Silence as silence:
            outcome = silence.outcome
            raise ReadTimeoutError(endpoint_url=request.url) from None
        except Killed:
            outcome = Kind.ANSWER_LOST if _sending.carried_out else outcome
            raise
        finally:
            self._stage.journal.record(Call(started, actor, action, parameters, attempt, outcome))
        return response

    def _exchange(
        self, request: AWSPreparedRequest, action: str, parameters: dict[str, object], actor: str
    ) -> AWSResponse:
        if actor == OPERATOR:
            return self._carry_out(request, action)
        latency, _sending.on_the_way = _sending.on_the_way or self._set_out(), None
        fault, _sending.drawn = self._draw(action, parameters, actor), None
        response = self._answer(request, action, fault)
        if response is None:
            self._stage.clock.sleep(READ_SECONDS)
            lost = fault is not None and fault.kind is Kind.ANSWER_LOST
            raise _Silence(REFUSAL_LOST if lost and not _sending.carried_out else fault.kind if fault else "")
        self._stage.clock.sleep(latency / 2)
        return response

    def _draw(self, action: str, parameters: Mapping[str, object], actor: str) -> Fault | None:
        """What goes wrong with this attempt; drawn once."""
        if _sending.drawn is not None:
            drawn: Fault | None = _sending.drawn[0]
            return drawn
        return next((f for f in self.faults if f.hits(action, parameters, actor, self._chance)), None)

    def _set_out(self) -> float:
        """Sleep half of the latency; return the whole."""
        latency = self._stage.pace.draw(durations.API_CALL)
        self._stage.clock.sleep(latency / 2)
        return latency

    def call(self, action: str, parameters: dict[str, object], carry_out: Callable[[], object]) -> object:
        """A call as a whole, without moto's wire where ``quick`` has the answer."""
        _sending.started, _sending.on_the_way, _sending.drawn = None, None, None
        if action not in self.quick or action in self.stand_ins or self._actor() == OPERATOR:
            return carry_out()
        return self._call_quickly(action, parameters, carry_out)

    def _call_quickly(
        self, action: str, parameters: dict[str, object], carry_out: Callable[[], object]
    ) -> object:
        """The same draws in the same order; a call that fails goes the whole way, with what was drawn."""
        started, actor = self._stage.clock.elapsed, self._actor()
        outcome: str = "not sent"
        try:
            latency = self._set_out()
            fault = self._draw(action, parameters, actor)
            answer = None if fault else self.quick[action](parameters)
            if answer is None:
                _sending.started, _sending.on_the_way, _sending.drawn = started, latency, (fault,)
                outcome = ""  # the wire records it
                return carry_out()
            outcome = Kind.ANSWER_LOST
            self._stage.clock.sleep(latency / 2)
            outcome = "ok"
        finally:
            if outcome:
                self._stage.journal.record(Call(started, actor, action, parameters, 1, outcome))
        return answer

    def _answer(self, request: AWSPreparedRequest, action: str, fault: Fault | None) -> AWSResponse | None:
        if fault is None:
            return self._carry_out(request, action)
        if fault.kind is Kind.TIME_OUT:
            return None
        if fault.kind is Kind.LATE:
            self._carry_out_late(request, action, dict(_sending.parameters))
            return None
        if fault.kind is Kind.ANSWER_LOST:
            self._carry_out(request, action)
            return None
        service = action.split(":", maxsplit=1)[0]
        status, code, message = fault.answer(service)
        return _response(request, status, error_body(service, code, message))

    def _carry_out_late(
        self, request: AWSPreparedRequest, action: str, parameters: dict[str, object]
    ) -> None:
        """The service works off what its caller has long given up, unless it refuses it by then."""

        def late() -> None:
            response = botocore_stubber("before-send", request)
            if response.status_code < 300:  # noqa: PLR2004 - HTTP
                moment = self._stage.clock.elapsed
                self._stage.journal.record(Call(moment, LATE, action, parameters, 1, Kind.LATE))

        self._stage.clock.after(READ_SECONDS + self._chance.uniform(*LATE_BY), late)

    def _carry_out(self, request: AWSPreparedRequest, action: str) -> AWSResponse:
        if action in self.stand_ins:
            response = _response(request, *self.stand_ins[action](_sending.parameters))
        else:
            response = botocore_stubber("before-send", request)
        _sending.carried_out = response.status_code < 300  # noqa: PLR2004 - HTTP
        return response

    def _actor(self) -> str:
        return self._stage.clock.running.name if self._stage.clock.running else OPERATOR


class _Silence(Exception):  # noqa: N818 - not an error of this package's: it never leaves this module
    """No answer came."""

    def __init__(self, outcome: str) -> None:
        self.outcome = outcome


def _response(request: AWSPreparedRequest, status: int, body: str) -> AWSResponse:
    return AWSResponse(request.url, status, HTTPHeaders(), MockRawResponse(body))


def _error_code(response: AWSResponse) -> str:
    match = _CODE.search(response.content)
    return match.group(1).decode() if match else f"HTTP {response.status_code}"


_worlds: list[
    CallInterceptor
] = []  # the wire in use is the last: one session, and its models, serve every world


@functools.cache
def _session() -> boto3.Session:
    session = boto3.Session(
        aws_access_key_id="simulated",
        aws_secret_access_key="simulated",  # noqa: S106 - no secret: nothing leaves the process
        region_name=REGION,
    )
    _hook(session.events)
    return session


@functools.cache
def _trimmed_session() -> Session:
    """The failover's own."""
    session = clients.trimmed_session()
    session.set_credentials("simulated", "simulated")
    session.set_config_variable("region", REGION)
    _hook(session.get_component("event_emitter"))
    return session


def _hook(events: Any) -> None:
    events.unregister("before-send", botocore_stubber)
    events.register("before-send.*.*", _before_send)
    events.register("before-parameter-build.*.*", _before_call)


def _before_call(params: dict[str, Any], model: OperationModel, **_: object) -> None:
    _sending.parameters = {name: value for name, value in params.items() if name != "ClientToken"}
    _sending.attempt = 0
    _sending.action = f"{model.service_model.signing_name}:{model.name}"


_make_api_call = BaseClient._make_api_call  # type: ignore[attr-defined]  # the one way of every call


def _call(client: Any, operation: str, parameters: dict[str, object]) -> object:
    action = f"{client.meta.service_model.signing_name}:{operation}"
    return _worlds[-1].call(action, parameters, lambda: _make_api_call(client, operation, parameters))


def _before_send(request: AWSPreparedRequest, **_: object) -> AWSResponse:
    return _worlds[-1].send(request, _sending.action)


@contextmanager
def connected(wire: CallInterceptor, clock: VirtualClock, seed: int) -> Iterator[None]:
    """Every client that boto3's default session makes inside, and botocore's waiting, are this world's."""
    waiting = types.SimpleNamespace(sleep=clock.sleep)
    with ExitStack() as stack:
        stack.enter_context(_state())
        stack.enter_context(patch.object(boto3, "DEFAULT_SESSION", _session()))
        stack.enter_context(patch.object(clients, "session", _trimmed_session))
        stack.enter_context(patch.object(BaseClient, "_make_api_call", _call))
        stack.enter_context(patch.object(botocore.endpoint, "time", waiting))
        stack.enter_context(patch.object(botocore.waiter, "time", waiting))
        stack.enter_context(_seeded(seed))
        _worlds.append(wire)
        stack.callback(_worlds.pop)
        yield


@contextmanager
def _state() -> Iterator[None]:
    """An empty moto. Its own ``mock_aws`` also stands in for the requests library, which costs time."""
    BackendDict.reset()
    with patch.object(botocore_stubber, "enabled", new=True):
        yield
    BackendDict.reset()


@contextmanager
def _seeded(seed: int) -> Iterator[None]:
    """Botocore's backoff draws from the global generator, moto's ids from its own."""
    import random  # noqa: PLC0415 - only its global state is meant here

    from moto.moto_api._internal import mock_random  # noqa: PLC0415 - likewise

    before = random.getstate(), mock_random.getstate()
    random.seed(seed)
    mock_random.seed(seed)
    try:
        yield
    finally:
        random.setstate(before[0])
        mock_random.setstate(before[1])

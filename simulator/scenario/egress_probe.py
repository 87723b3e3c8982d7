"""The egress probe in the simulated private subnets: the handler that ships; the internet alone is a model.

Between probe and failover is what ships too: the schedule, the on-failure destination and the request to
look again. How long Lambda takes over either nobody publishes; the segments are assumed.
"""

from __future__ import annotations

import json
import os
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING
from unittest.mock import patch

from egress_probe import app
from egress_probe.observe import ROUND_SECONDS
from egress_probe.planner import Round, Try
from simulator.aws.lambda_service import FunctionService
from simulator.aws.sam_template import Template
from simulator.engine import durations
from simulator.scenario.traffic import Egress
from simulator.scenario.world import PSEUDO, TEMPLATE
from tradai_shared import clock

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from simulator.scenario.world import World

PROBE = "EgressProbeFunction"
INVOKE = "lambda:Invoke"
ACCEPTED = 202
RETRANSMITTED_AFTER = 1.0  # seconds, RFC 6298: an unanswered SYN is sent again


@contextmanager
def probing(world: World) -> Iterator[FunctionService]:
    """Probe the egress of the first route table for as long as the context lasts."""
    given = {**world.platform.parameters, "NatEipAddress": world.platform.address}
    function = Template.load(TEMPLATE, given, PSEUDO).function(PROBE)
    probe = FunctionService(function, app.lambda_handler, world.stage, world.bus)
    probe.destination = world.function.invoke_async
    with ExitStack() as stack:
        stack.enter_context(patch.dict(os.environ, function.environment))
        stack.enter_context(patch.object(app, "ask_all", lambda endpoints: ask(world, endpoints)))
        world.wire.stand_ins[INVOKE] = lambda parameters: _invoked(world, probe, parameters)
        stack.callback(world.wire.stand_ins.pop, INVOKE)
        for schedule in function.schedules:
            world.bus.tick(schedule, probe.invoke_async)
        yield probe


def ask(world: World, endpoints: Sequence[str]) -> Round:
    """One round over the ground truth: packets are dropped while egress is down, and sent again."""
    table = world.platform.tables[0]
    for _ in range(round(ROUND_SECONDS / RETRANSMITTED_AFTER)):
        if world.traffic.state(table) is Egress.UP:
            return Round(
                tuple(Try(endpoint, answered=True, address=world.platform.address) for endpoint in endpoints)
            )
        clock.sleep(RETRANSMITTED_AFTER)
    return Round(tuple(Try(endpoint, answered=False, problem="no answer in time") for endpoint in endpoints))


def _invoked(world: World, probe: FunctionService, parameters: Mapping[str, object]) -> tuple[int, str]:
    """Lambda's Invoke, strictly as the failover uses it.

    Raises:
        NotImplementedError: another function or way of calling is meant.
    """
    if (parameters["FunctionName"], parameters["InvocationType"]) != (probe.function.name, "Event"):
        raise NotImplementedError(f"{INVOKE} {parameters}")
    request = json.loads(str(parameters["Payload"]))
    world.stage.after(durations.ASYNC_QUEUE, lambda: probe.invoke_async(request))
    return ACCEPTED, ""

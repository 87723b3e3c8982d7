"""A live estate on moto with every value confirmed, and the loop of drift_check over it."""

from __future__ import annotations

import io
import json
import os
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any
from unittest.mock import Mock, patch

from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders

from drift_check.events import Mode, Request
from drift_check.history_store import HistoryUse
from drift_check.observe.observer import no_progress
from drift_check.reconcile import Reconciler, make_reconciler
from drift_check.settings import Allowed, Settings
from ops.adopt import answers
from ops.adopt.account import AccountLook
from ops.adopt.dialogue import Dialogue
from simulator import estate
from tests.fakes.clock import FakeClock
from tradai_shared import clock
from tradai_shared.config.build import build
from tradai_shared.config.naming import Environment
from tradai_shared.config.overrides import OverrideFile
from tradai_shared.config.parameters import with_parameters
from update_nat_routes import app as failover

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from drift_check.model import Report
    from drift_check.scan import Scan
    from tradai_shared.config import CanonicalConfig

ENV = Environment.PROD
PARAMETERS = {"NatAsgName": "tradai-nat-asg-prod", "NatHookNames": "tradai-nat-launch-prod"}
READS = ("Describe", "Get", "List", "Scan")


@dataclass
class Live:
    """The account, what was built in it, and every write that was sent since ``writes`` was cleared."""

    client: Callable[[str], Any]
    built: estate.Estate
    config: CanonicalConfig
    own: dict[str, Any] = field(default_factory=dict)  # the values that the estate confirmed
    clock: FakeClock = field(default_factory=lambda: FakeClock(clock.now()))
    requests: list[str] = field(default_factory=list)
    writes: list[str] = field(default_factory=list)  # operations
    sent: list[tuple[str, Any]] = field(default_factory=list)  # with their parameters

    @property
    def ids(self) -> dict[str, str]:
        return self.built.ids

    def scan(self) -> Scan:
        return self.reconciler().scanner.scan()

    def report(self) -> Report:
        return self.run(Mode.REPORT)

    def run(
        self,
        mode: Mode = Mode.HEAL,
        allowed: Allowed = Allowed.HEAL,
        *,
        history: bool = False,
        **request: Any,
    ) -> Report:
        self.writes.clear()
        self.sent.clear()
        return self.reconciler(mode, allowed, history=history, **request).run()

    def reconciler(
        self,
        mode: Mode = Mode.HEAL,
        allowed: Allowed = Allowed.HEAL,
        *,
        history: bool = False,
        attended: bool = True,
        **request: Any,
    ) -> Reconciler:
        settings = Settings(ENV, allowed, max_heals=200)
        return make_reconciler(
            settings,
            Request(mode, **request),
            self.config,
            self.client,
            use=HistoryUse.ALL if history else HistoryUse.NONE,
            attended=attended,
        )

    def watch(self, client: Any) -> Any:
        client.meta.events.register_first("before-send.*.*", self.count, unique_id="counted")
        client.meta.events.register("before-parameter-build.*.*", self.record, unique_id="watched")
        return client

    def count(self, event_name: str, **_: Any) -> None:
        self.requests.append(event_name)

    def record(self, params: dict[str, Any], model: Any, **_: Any) -> None:
        if not model.name.startswith(READS):
            self.writes.append(model.name)
            self.sent.append((model.name, dict(params)))


@contextmanager
def live() -> Iterator[Live]:
    settings = {
        "AWS_DEFAULT_REGION": "eu-central-1",
        "MOTO_EC2_LOAD_DEFAULT_AMIS": "false",
        "ENVIRONMENT": str(ENV),
        "NAT_ASG_NAME": "tradai-nat-asg-prod",
    }
    with patch.dict(os.environ, settings), estate.account() as client:
        config = build(ENV)
        built = estate.build(config, client)
        world = Live(client, built, config)
        world.clock.advance(hours=2)
        with clock.use(world.clock):
            world.own = adopted(world)
            world.config = build(ENV, world.own)
            world.client = cache(lambda service: world.watch(client(service)))
            client("lambda").meta.events.register("before-call.lambda.Invoke", invoked)
            failover.clients.cache_clear()
            failover.reader.cache_clear()
            failover.writer.cache_clear()
            yield world


def adopted(world: Live) -> dict[str, Any]:
    """The own values after ``tradai-ops adopt --yes``, with the stack's parameters."""
    look = AccountLook(ENV, world.client, PARAMETERS, no_progress)
    outcome = Dialogue(ENV, clock.now().date(), look, answers.safe).run(OverrideFile())
    return with_parameters(outcome.file, PARAMETERS, ENV).values


def invoked(params: dict[str, Any], **_: Any) -> tuple[AWSResponse, dict[str, Any]]:
    """The real failover answers, in this process."""
    context = Mock(aws_request_id="a-test")
    context.get_remaining_time_in_millis.return_value = 60_000
    answer = failover.lambda_handler(json.loads(params["body"]), context)
    response = AWSResponse("https://lambda.invented", 200, HTTPHeaders(), io.BytesIO())
    return response, {"StatusCode": 200, "Payload": io.BytesIO(json.dumps(answer).encode())}

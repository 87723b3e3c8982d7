"""tradai-egress-probe: it asks the internet and calls nothing of AWS."""

from __future__ import annotations

import os
from functools import cache
from typing import TYPE_CHECKING, Any
from unittest.mock import Mock, patch

import pytest

from egress_probe import app
from egress_probe.planner import Round, Try
from tests.contract.permissions.recorder import Recorder
from tests.contract.permissions.roles import deployed
from tests.contract.test_egress_probe import PLACE
from tradai_shared.errors import EgressDownError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.contract.permissions.policy import Need
    from tests.contract.stack import Stack


@cache
def recorded() -> tuple[Stack, frozenset[Need]]:
    stack, recorder = deployed("prod", **PLACE), Recorder()
    context: Any = Mock(aws_request_id="a-test")
    variables = stack.template.function("EgressProbeFunction").environment
    with patch.dict(os.environ, variables), recorder.connected(), recorder.acting():
        for answered in (True, False):
            with (
                patch.object(
                    app, "ask_all", lambda endpoints, answers=answered: ask(endpoints, answered=answers)
                ),
                patch("tradai_shared.clock.sleep"),
            ):
                if answered:
                    assert app.lambda_handler({"action": "confirm", "suspect": "i-0a"}, context)["success"]
                else:
                    with pytest.raises(EgressDownError):
                        app.lambda_handler({"action": "probe"}, context)
    return stack, frozenset(recorder.recorded)


def ask(endpoints: Sequence[str], *, answered: bool) -> Round:
    return Round(tuple(Try(endpoint, answered=answered) for endpoint in endpoints))

"""Whatever an event holds, a function understands it or refuses it by EventError, before anything is done."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given, settings

import drift_check.events
import egress_probe.events
import ttl_reaper.events
import update_nat_routes.events
from drift_check import checks
from tests.hostile.inputs import ANYTHING, damaged
from tradai_shared.errors import EventError
from update_nat_routes.events import HOOK_NAME, INSTANCE_ID

pytestmark = pytest.mark.any_python

MANY = settings(max_examples=400, deadline=None, derandomize=True)
NAMES = tuple(check.name for check in checks.ALL)


@MANY
@given(ANYTHING | damaged("update_nat_routes"))
def test_the_failover_acts_on_names_that_are_names(event: Any) -> None:
    with contextlib.suppress(EventError):
        trigger = update_nat_routes.events.parse(event)
        named = (
            trigger.instance_id,
            trigger.terminated_instance,
            trigger.stopping_instance,
            trigger.suspect_instance,
        )
        assert all(name is None or INSTANCE_ID.fullmatch(name) for name in named)
        assert trigger.hook is None or HOOK_NAME.fullmatch(trigger.hook)
        assert trigger.at is None or trigger.at.tzinfo is not None


@MANY
@given(ANYTHING | damaged("drift_check"))
def test_drift_check_refuses_what_it_does_not_know(event: Any) -> None:
    with contextlib.suppress(EventError):
        request = drift_check.events.parse(event, NAMES)
        assert set(request.checks) <= set(NAMES)


@MANY
@given(ANYTHING | damaged("ttl_reaper"))
def test_the_reaper_deletes_only_where_that_was_asked(event: Any) -> None:
    with contextlib.suppress(EventError):
        parsed = ttl_reaper.events.parse(event)
        if isinstance(parsed, ttl_reaper.events.WorkEvent) and not parsed.dry_run:
            assert event["dry_run"] is False


@MANY
@given(ANYTHING | damaged("egress_probe"))
def test_the_probe_names_a_suspect_that_is_an_instance(event: Any) -> None:
    with contextlib.suppress(EventError):
        request = egress_probe.events.parse(event)
        assert request.suspect is None or INSTANCE_ID.fullmatch(request.suspect)

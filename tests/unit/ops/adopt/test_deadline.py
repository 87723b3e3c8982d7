"""A look at an account ends in time: what it had no time for is unread, and the next look asks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from drift_check.observe.observer import OUT_OF_TIME, no_progress
from ops.adopt.account import LOOKING_TIME, AccountLook
from tests.unit.ops.adopt.renamed_estate import ENV, account
from tests.unit.ops.adopt.test_renamed_account import VALUES, as_acme
from tradai_shared import clock
from tradai_shared.config.overrides import OverrideFile

if TYPE_CHECKING:
    from ops.adopt.model import Survey

pytestmark = pytest.mark.any_python


def out_of_time(survey: Survey) -> list[str]:
    return [line for line in survey.unread if OUT_OF_TIME in line]


def test_what_a_look_had_no_time_for_is_unread_and_the_next_one_asks_for_it() -> None:
    slow = {"DescribeVpcs"}

    def wait(model: Any, **_: Any) -> None:
        if model.name in slow:
            clock.sleep(2 * LOOKING_TIME.total_seconds())

    with account(as_acme, VALUES) as made:

        def client(service: str) -> Any:
            made.client(service).meta.events.register("before-call.*.*", wait, unique_id="slow")
            return made.client(service)

        look = AccountLook(ENV, client, made.parameters, no_progress)
        first = look(OverrideFile())
        assert out_of_time(first)
        slow.clear()
        clock.sleep(10 * LOOKING_TIME.total_seconds())  # a person thinks
        second = look(OverrideFile())
        assert second.unread == ()

"""Each action denied, throttled, timed out, cut off in turn: unknown is what rested on it, and no more."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ConnectionClosedError, ReadTimeoutError

from drift_check.observe.catalogue import IAM_ACTIONS, READERS
from drift_check.reads import Unknown
from tests.unit.drift_check.changed import changed
from tests.unit.drift_check.recorded import config, ordinary, reads, refusal, survey
from tradai_shared.findings import FindingStatus

if TYPE_CHECKING:
    from collections.abc import Callable

FAULTS: dict[str, Callable[[str], Exception]] = {
    "denied": refusal("AccessDenied"),
    "denied by EC2": refusal("UnauthorizedOperation"),
    "throttled": refusal("ThrottlingException"),
    "timed out": lambda _: ReadTimeoutError(endpoint_url="https://aws.invented"),
    "cut off": lambda _: ConnectionClosedError(endpoint_url="https://aws.invented"),
}


def test_every_action_of_the_catalogue_is_used() -> None:
    assert {call.action for call in reads().answers} == set(READERS)


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("action", READERS)
def test_a_failing_action_costs_only_what_rests_on_it(action: str, fault: str) -> None:
    after = survey(fails=action, error=FAULTS[fault])
    more = [one for one in after.findings if one.id not in ordinary()]
    assert more
    assert {one.status for one in more} == {FindingStatus.UNKNOWN}
    assert {one.attribute for one in more} == {action}
    assert all(action in one.reason for one in more)
    assert after.partial


@pytest.mark.parametrize("action", READERS)
def test_a_real_difference_is_still_told_beside_a_failing_action(action: str) -> None:
    different = changed(config(), "rds.multi_az", value=True)
    if action == "rds:DescribeDBInstances":
        different = changed(config(), "cognito.password_min_length", value=14)
    drifted = {one.attribute for one in survey(different, action, FAULTS["denied"]).findings}
    assert drifted & {"multi_az", "password_min_length"}


def test_what_failed_is_named_as_iam_names_it() -> None:
    unknown = survey(fails="apigateway:GetStages", error=FAULTS["denied"]).reads.unknown()
    assert [type(one) for one in unknown] == [Unknown]
    assert IAM_ACTIONS[unknown[0].call.action] == "apigateway:GET"

"""What a comparison makes of one resource: each rule on its own, without an account."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from enum import Enum
from typing import Any

import pytest

from drift_check.actions import AddTags, ReplaceTags
from drift_check.checks.base import AttributeState, ResourceState
from drift_check.compare import AssessedFinding, by_importance, compare, equal, to_json
from drift_check.findings import FindingStatus, Severity, Waiver, content_digest
from drift_check.observe.observations import Call, Known, Unknown
from tests.unit.drift_check.findings import assessed
from tests.unit.drift_check.moto_estate import config

DESCRIBE, LIST_TAGS = Call("rds:DescribeDBInstances", "tradai-dev"), Call("rds:ListTagsForResource", "arn")
PRESENT = Known(value=True, sources=frozenset({DESCRIBE}))
TAGS = {name: values[0] for name, values in config().required_tags.items()}
ARN = "rds:db:tradai-dev"
RETENTION = "backup_retention_days"


class Colour(Enum):
    RED = "red"


def database(*facts: AttributeState, **changes: Any) -> list[AssessedFinding]:
    state = ResourceState("rds", "tradai-dev", "rds.identifier", PRESENT, facts)
    return list(compare(config(), "database", replace(state, **changes)))


def test_without_a_reason_of_its_own_a_difference_is_one_from_the_configuration() -> None:
    (found,) = database(AttributeState(RETENTION, Known(1, frozenset({LIST_TAGS}))))
    assert found.finding.reason == "AWS differs from the canonical configuration"
    assert found.sources == {DESCRIBE, LIST_TAGS}
    (found,) = database(AttributeState(RETENTION, Known(1), reason="a reason"))
    assert found.finding.reason == "a reason"


def test_a_built_in_rule_is_as_sure_as_the_resource_s_name_and_never_immutable() -> None:
    (found,) = database(AttributeState("rule", Known("off"), desired="on"))
    assert found.finding.path == "rds.identifier"
    assert found.finding.severity is not Severity.CRITICAL
    assert "migration" not in found.finding.reason


@pytest.mark.parametrize("exists", [True, False])
def test_what_could_not_be_read_is_one_finding_for_each_call(*, exists: bool) -> None:
    lost = Unknown(LIST_TAGS, "Throttling")
    facts = [AttributeState(name, lost) for name in ("first", "second")]
    known = AttributeState(RETENTION, Known(1))
    found = database(*facts, known, **({} if exists else {"exists": Unknown(DESCRIBE, "AccessDenied")}))
    unknown = [each for each in found if each.finding.status is FindingStatus.UNKNOWN]
    reasons = {each.finding.attribute: each.finding.reason for each in unknown}
    assert (
        reasons[LIST_TAGS.action] == f"{LIST_TAGS.action} failed with Throttling; not judged: first, second"
    )
    assert {each.sources for each in unknown} >= {frozenset({LIST_TAGS})}
    if exists:
        assert [each.finding.attribute for each in found] == [LIST_TAGS.action, RETENTION]
    else:
        assert reasons[DESCRIBE.action].endswith(f"AccessDenied; not judged: existence, {RETENTION}")
        assert found == unknown


def test_missing_and_wrong_tags_are_one_finding_with_a_write_for_each() -> None:
    first, second, *_ = TAGS
    tags = {name: value for name, value in TAGS.items() if name != first} | {second: "other"}
    (found,) = database(tags=Known(tags), arn=ARN)
    assert found.finding.attribute == "tags"
    assert found.finding.reason == "required tags are missing or have another value"
    assert found.finding.observed == {first: None, second: "other"}
    assert found.remediations == (
        AddTags(ARN, ((first, TAGS[first]),)),
        ReplaceTags(ARN, ((second, TAGS[second]),)),
    )


def test_of_several_accepted_values_of_a_tag_the_first_is_written() -> None:
    several = next(name for name, values in config().required_tags.items() if len(values) > 1)
    first = config().required_tags[several][0]
    absent = {name: value for name, value in TAGS.items() if name != several}
    for tags, kind in ((absent, AddTags), ({**TAGS, several: "other"}, ReplaceTags)):
        (found,) = database(tags=Known(tags), arn=ARN)
        assert found.remediations == (kind(ARN, ((several, first),)),)


def test_the_digest_is_of_status_desired_and_observed_value_writes_and_evidence_in_this_order() -> None:
    """Approvals and waivers keep it: a release that changes it withdraws them all."""
    (found,) = database(AttributeState("rule", Known("off"), desired="on", evidence=["who"]))
    assert found.finding.digest == content_digest("drifted", "on", "off", [], ["who"])


def test_a_severity_is_of_check_and_attribute_also_for_what_is_unexpected() -> None:
    (found,) = database(AttributeState("multi_az", Known("off"), desired="on"))
    assert found.finding.severity is Severity.HIGH
    index = AttributeState(
        "unexpected index", Known(["by-hand"]), desired=[], each_unexpected=True, path="rds.engine"
    )
    (found,) = compare(config(), "tables", ResourceState("t", "table", "rds.identifier", PRESENT, (index,)))
    assert (found.finding.severity, found.finding.path) == (Severity.LOW, "rds.engine")


def test_a_difference_that_the_platform_accepts_has_its_reason() -> None:
    (found,) = database(AttributeState("rule", Known("off"), desired="on", accepted="it is cheaper"))
    assert found.finding.waiver == Waiver("it is cheaper", "the platform")


def test_tags_without_a_place_to_write_or_an_answer_have_no_write() -> None:
    (found,) = database(tags=Known({}))
    assert found.remediations == ()
    (found,) = database(tags=Unknown(LIST_TAGS, "AccessDenied"), arn=ARN)
    assert found.finding.status is FindingStatus.UNKNOWN
    assert database(tags=Known(TAGS), arn=ARN) == []


def test_values_become_json() -> None:
    day = date(2026, 11, 27)
    value = {Colour.RED.value: (Colour.RED, {"n": 1}, None), "day": day}
    assert to_json(value) == {"red": ["red", {"n": 1}, None], "day": "2026-11-27"}


@pytest.mark.parametrize(
    ("desired", "observed", "same"),
    [
        (["a", "b"], ["b", "a"], True),
        (["a"], ["b"], False),
        (["b"], ["a"], False),
        (["a"], "a", False),
        ("a", ["a"], False),
        (1, True, False),
        (1, 1, True),
    ],
)
def test_lists_are_equal_in_any_order_and_types_count(desired: Any, observed: Any, *, same: bool) -> None:
    assert equal(desired, observed) is same


def test_a_waived_finding_comes_after_those_that_count_whatever_its_severity() -> None:
    waiver = Waiver("why", "who", date(2026, 12, 1))
    waived, low = assessed(severity=Severity.CRITICAL, waiver=waiver), assessed(severity=Severity.LOW)
    high = assessed(severity=Severity.HIGH)
    assert by_importance([waived, low, high]) == [high, low, waived]

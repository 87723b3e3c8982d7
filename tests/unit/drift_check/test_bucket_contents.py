"""Versions, the policy against plain HTTP and rules that expire objects, as AWS writes them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from drift_check import checks
from drift_check.checks.base import all_initial_reads
from drift_check.checks.buckets import LIFECYCLE, POLICY, VERSIONING, described, refuses_plain_http
from drift_check.findings import Severity
from drift_check.observe.observations import Call
from tests.unit.drift_check.moto_estate import config
from tests.unit.drift_check.test_states_of_resources import found
from tradai_shared.config.build import build
from tradai_shared.config.naming import Environment

if TYPE_CHECKING:
    from tests.unit.drift_check.moto_estate import Standing

BUCKET = "tradai-logs-dev"
DENIES: dict[str, Any] = {
    "Effect": "Deny",
    "Principal": "*",
    "Action": "s3:*",
    "Resource": [f"arn:aws:s3:::{BUCKET}", f"arn:aws:s3:::{BUCKET}/*"],
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}

IF_EXISTS = {"BoolIfExists": {"aws:SecureTransport": "false"}}


def refuses(*statements: dict[str, Any]) -> bool:
    return refuses_plain_http(BUCKET, json.dumps({"Statement": list(statements)}))


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"Principal": {"AWS": "*"}, "Action": ["s3:*"]},
        {"Resource": f"arn:aws:s3:::{BUCKET}*"},
        {"Condition": {"Bool": {"AWS:SecureTransport": ["false"]}}},
        {"Condition": {"Bool": {"aws:SecureTransport": False}}},
        {"Condition": {"BoolIfExists": {"aws:SecureTransport": "false"}}},
        {"Condition": {"Bool": {"aws:SecureTransport": ["false", "false"]}}},
        {"Principal": {"AWS": ["*", "arn:aws:iam::123456789012:root"]}},
        {"Action": ["s3:GetObject", "S3:*"]},
        {"Resource": ["arn:aws:s3:::*"]},
    ],
)
def test_a_policy_that_refuses_plain_http_is_known_by_what_it_does(change: dict[str, Any]) -> None:
    assert refuses(DENIES | change)


@pytest.mark.parametrize(
    "change",
    [
        {"Effect": "Allow"},
        {"Principal": {"AWS": "arn:aws:iam::123456789012:root"}},
        {"Action": "s3:PutObject"},
        {"Resource": f"arn:aws:s3:::{BUCKET}"},
        {"Resource": f"arn:aws:s3:::{BUCKET}/*"},
        {"Resource": "arn:aws:s3:::tradai-other-dev*"},
        {"Condition": {"Bool": {"aws:SecureTransport": "true"}}},
        {"Condition": DENIES["Condition"] | {"StringEquals": {"aws:SourceVpce": "vpce-1"}}},
        {"Condition": {}},
        {"Condition": {"BoolIfExists": {"aws:SecureTransport": "true"}}},
        {"Condition": {"Null": {"aws:SecureTransport": "false"}}},
        {"Condition": {"Bool": {"aws:SecureTransport": "true"}, **IF_EXISTS}},
        {"Condition": {"Bool": {"aws:SecureTransport": "false", "aws:ViaAWSService": "false"}}},
        {"Action": ["s3:Get*", "s3:Put*", "s3:Delete*", "s3:List*"]},
        {"Principal": None, "NotPrincipal": {"AWS": "arn:aws:iam::123456789012:root"}},
        {"Action": None, "NotAction": "s3:GetObject"},
        {"Resource": [f"arn:aws:s3:::{BUCKET}", f"arn:aws:s3:::{BUCKET}/a*"]},
        {"Resource": [f"arn:aws:s3:::{BUCKET}", f"arn:aws:s3:::{BUCKET}/[!b]*"]},
    ],
)
def test_a_policy_that_refuses_less_is_not_taken_for_it(change: dict[str, Any]) -> None:
    assert not refuses(DENIES | change)


def test_bucket_and_objects_may_be_refused_by_two_statements() -> None:
    of_bucket, of_objects = ({**DENIES, "Resource": resource} for resource in DENIES["Resource"])
    assert refuses(of_bucket, of_objects)
    assert not refuses_plain_http(BUCKET, {})  # there is no policy


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ({"Filter": {"Prefix": "tmp/"}, "Expiration": {"Days": 3}}, "tmp/: expire 3 days"),
        ({"Prefix": "", "Expiration": {"Days": 3}}, "all: expire 3 days"),
        ({"Filter": {}, "Expiration": {"ExpiredObjectDeleteMarker": True}}, "all: remove delete markers"),
        (
            {
                "Filter": {"Tag": {"Key": "a", "Value": "b"}},
                "NoncurrentVersionExpiration": {"NoncurrentDays": 9, "NewerNoncurrentVersions": 2},
            },
            '{"Tag": {"Key": "a", "Value": "b"}}: expire versions 9 days but 2',
        ),
        (
            {
                "Filter": {"Prefix": ""},
                "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
                "Transitions": [{"Days": 30, "StorageClass": "GLACIER"}],
            },
            "all: abort uploads 7 days, move to GLACIER 30 days",
        ),
        (
            {"Filter": {}, "Transitions": [{"Date": "2027-01-01T00:00:00Z", "StorageClass": "GLACIER"}]},
            "all: move to GLACIER on 2027-01-01",
        ),
    ],
)
def test_a_rule_is_described_by_its_effect(rule: dict[str, Any], text: str) -> None:
    assert described(rule) == text


@pytest.mark.parametrize(
    ("action", "answer", "attribute"),
    [
        (VERSIONING, {"Status": "Suspended"}, "versioning"),
        (POLICY, {}, "tls_only"),
        (
            LIFECYCLE,
            [{"Status": "Enabled", "Filter": {}, "Expiration": {"Days": 1}}],
            "lifecycle",
        ),
    ],
)
def test_each_property_is_found(estate: Standing, action: str, answer: Any, attribute: str) -> None:
    findings = found(estate, Call(action, BUCKET), lambda _: answer)
    assert set(findings) == {attribute}
    assert findings[attribute].severity is Severity.INFO  # until a deployment confirms the value


def test_a_rule_that_is_switched_off_does_nothing(estate: Standing) -> None:
    rule = {"Status": "Disabled", "Filter": {}, "Expiration": {"Days": 1}}
    assert found(estate, Call(LIFECYCLE, BUCKET), lambda _: [rule]) == {}


def test_what_is_not_stated_is_not_asked() -> None:
    own = {"s3": {"buckets": {"logs": {"versioning": None}}}}
    before, after = (set(all_initial_reads(of, checks.ALL)) for of in (config(), build(Environment.DEV, own)))
    assert before - after == {Call(VERSIONING, BUCKET)}

"""What is no answer of AWS's is a typed error with the operation, and with the field that is repeated."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pytest
from botocore import xform_name
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders

from tradai_shared.aws.clients import client_config, lean_session, trimmed_session
from tradai_shared.aws.error_mapping import translate_errors
from tradai_shared.errors import TemporaryError

if TYPE_CHECKING:
    from botocore.session import Session

pytestmark = pytest.mark.any_python

SESSIONS = {"trimmed": trimmed_session(), "lean": lean_session()}
DESCRIBE = "ec2:DescribeInstances"
ONCE = {
    "instanceId": "i-0a",  # a text
    "sourceDestCheck": "true",  # a flag: botocore's own parser takes a repeated one for false
    "amiLaunchIndex": "1",  # a number
    "launchTime": "2026-11-22T12:00:00Z",
    "instanceState": "<code>16</code>",  # a structure: botocore's own parser takes the first
    "tagSet": "<item><key>a</key></item>",
}


class Answer(AWSResponse):
    """With this body."""

    def __init__(self, body: str, status: int) -> None:
        super().__init__("https://example.invalid", status, HTTPHeaders(), io.BytesIO())
        self._content = body.encode()


def ask(session: Session, service: str, operation: str, body: str, status: int = 200) -> Any:
    session.set_credentials("a-key", "a-secret")
    client: Any = session.create_client(service, region_name="eu-central-1", config=client_config())
    client.meta.events.register("before-send", lambda **_: Answer(body, status))
    with translate_errors(f"{service}:{operation}"):
        return getattr(client, xform_name(operation))(
            **({"Bucket": "a"} if operation == "ListObjects" else {})
        )


def described(instance: str) -> str:
    inner = f"<instancesSet><item>{instance}</item></instancesSet>"
    xmlns = "http://ec2.amazonaws.com/doc/2016-11-15/"
    return (
        f'<DescribeInstancesResponse xmlns="{xmlns}"><reservationSet><item>{inner}</item></reservationSet>'
        "</DescribeInstancesResponse>"
    )


@pytest.mark.parametrize("session", SESSIONS.values(), ids=SESSIONS)
@pytest.mark.parametrize(("field", "value"), ONCE.items())
def test_the_error_names_the_call_and_the_field(session: Session, field: str, value: str) -> None:
    element = f"<{field}>{value}</{field}>"
    (reservation,) = ask(session, "ec2", "DescribeInstances", described(element))["Reservations"]
    assert list(reservation["Instances"][0].values())
    with pytest.raises(TemporaryError, match=f"{DESCRIBE} failed .* {field} stands 2 times"):
        ask(session, "ec2", "DescribeInstances", described(element * 2))


def test_a_list_of_several_is_read() -> None:
    body = described("<tagSet><item><key>a</key></item><item><key>b</key></item></tagSet>")
    (reservation,) = ask(SESSIONS["lean"], "ec2", "DescribeInstances", body)["Reservations"]
    assert reservation["Instances"][0]["Tags"] == [{"Key": "a"}, {"Key": "b"}]


def test_a_flattened_list_is_read() -> None:
    keys = "<Contents><Key>a</Key></Contents><Contents><Key>b</Key></Contents>"
    listed = ask(SESSIONS["lean"], "s3", "ListObjects", f"<ListBucketResult>{keys}</ListBucketResult>")
    assert listed["Contents"] == [{"Key": "a"}, {"Key": "b"}]


def test_answers_of_s3_are_read_as_strictly() -> None:
    name = "<Buckets><Bucket><Name>a</Name>{}</Bucket></Buckets>"
    body = f"<ListAllMyBucketsResult>{name}</ListAllMyBucketsResult>"
    assert ask(SESSIONS["lean"], "s3", "ListBuckets", body.format(""))["Buckets"] == [{"Name": "a"}]
    with pytest.raises(TemporaryError, match=r"s3:ListBuckets failed .* Name stands 2 times"):
        ask(SESSIONS["lean"], "s3", "ListBuckets", body.format("<Name>b</Name>"))


@pytest.mark.parametrize("session", SESSIONS.values(), ids=SESSIONS)
@pytest.mark.parametrize("error", ["<Errors/>", "<Errors>x</Errors>", "<Errors><Error>x</Error></Errors>"])
def test_an_error_that_is_none_of_awss_is_a_typed_one(session: Session, error: str) -> None:
    with pytest.raises(TemporaryError, match=f"{DESCRIBE} failed with ResponseParserError"):
        ask(session, "ec2", "DescribeInstances", f"<Response>{error}</Response>", 403)


@pytest.mark.parametrize(("body", "status"), [("[]", 200), ("7", 400), ('"x"', 403), ("[]", 400)])
def test_json_of_another_form_is_a_typed_error(body: str, status: int) -> None:
    with pytest.raises(TemporaryError, match="ecs:ListClusters failed with ResponseParserError"):
        ask(SESSIONS["lean"], "ecs", "ListClusters", body, status)

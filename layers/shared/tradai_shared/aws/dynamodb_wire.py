"""DynamoDB's JSON protocol without botocore's serializers, for calls whose cost on the client decides.

Most of what a BatchExecuteStatement of 25 costs here is botocore's own work; signing and sending by hand
costs a fraction (docs/decisions/0401). What leaves is what botocore would send: a test holds the signature
against botocore's own. Values stay in their wire form: a Number is the string that DynamoDB sent, a Binary
its base64, so nothing is lost between a read and the condition made of it.

The client is still needed: it knows the endpoint and the region, and its ``before-send`` event is emitted, so
whoever listens there (a stand-in, a fault) sees these calls too. Proxies are not supported.
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import os
import ssl
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from botocore.awsrequest import AWSPreparedRequest
from botocore.compat import HTTPHeaders
from botocore.exceptions import ClientError
from botocore.hooks import first_non_none_response
from botocore.httpsession import get_cert_path
from botocore.session import Session
from typing_extensions import override

from tradai_shared import clock
from tradai_shared.aws.clients import READ_SECONDS
from tradai_shared.aws.error_mapping import translate_errors
from tradai_shared.errors import PermanentError, TemporaryError

if TYPE_CHECKING:
    from datetime import datetime

    from botocore.credentials import Credentials, ReadOnlyCredentials
    from types_boto3_dynamodb import DynamoDBClient

TARGET = "DynamoDB_20120810."
CONTENT_TYPE = "application/x-amz-json-1.0"
HTTP_OK = 200


class Reply(NamedTuple):
    """What came back, before it is understood."""

    status: int
    body: bytes


class _OneWrite(http.client.HTTPConnection):
    """A request leaves in one write, one packet or one TLS record; http.client writes head and body apart."""

    _head = b""

    @override
    def send(self, data: Any) -> None:
        """Keep the head until the body comes: a call always has one."""
        if not self._head:
            self._head = data
            return
        head, self._head = self._head, b""
        super().send(head + data)


class _OneWriteTls(_OneWrite, http.client.HTTPSConnection):
    pass


class DynamoDBWire:
    """Calls of one client's endpoint, from any number of threads; as many connections as calls at a time."""

    def __init__(
        self, client: DynamoDBClient, credentials: Credentials, ca_bundle: str | None = None
    ) -> None:
        """Take endpoint, region and events from ``client``; ``credentials`` may renew themselves.

        ``ca_bundle`` is a file of certificates to trust instead of botocore's own.
        """
        self._url = client.meta.endpoint_url.rstrip("/") + "/"
        self._events = client.meta.events
        self._credentials = credentials
        self._trusted = ca_bundle or get_cert_path(verify=True)
        self._signer = Signer(client.meta.region_name, urlsplit(self._url).netloc)
        self._idle: list[http.client.HTTPConnection] = []

    def call(self, action: str, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        """Send one request and return the decoded answer. Nothing is retried here.

        Args:
            action: the permission, such as ``dynamodb:PartiQLDelete``; errors carry it.
            operation: the API's name for it, such as ``BatchExecuteStatement``.
            request: the body, its values in wire form.

        Raises:
            TemporaryError: throttled, connection lost, a server's fault; the call may have been carried out.
            PermanentError: every other refusal.
        """
        body = json.dumps(request).encode()
        frozen = self._credentials.get_frozen_credentials()
        headers = self._signer.headers(operation, body, frozen, clock.now())
        with translate_errors(action):
            reply = self._listeners(operation, headers, body) or self._send(action, headers, body)
            if reply.status != HTTP_OK:
                raise _refusal(operation, reply)
        return _decoded(action, operation, reply.body)

    def _listeners(self, operation: str, headers: dict[str, str], body: bytes) -> Reply | None:
        prepared = AWSPreparedRequest(
            "POST", self._url, HTTPHeaders.from_dict(headers), body, stream_output=False
        )
        answers = self._events.emit(f"before-send.dynamodb.{operation}", request=prepared)
        response = first_non_none_response(answers)
        return None if response is None else Reply(response.status_code, response.content)

    def _send(self, action: str, headers: dict[str, str], body: bytes) -> Reply:
        try:
            connection = self._idle.pop()
        except IndexError:
            connection = self._connect()
        try:
            connection.request("POST", "/", body, headers)
            response = connection.getresponse()
            reply = Reply(response.status, response.read())
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            raise TemporaryError(action, type(error).__name__, str(error)) from error
        self._idle.append(connection)
        return reply

    def close(self) -> None:
        """Close the idle connections; a later call opens new ones."""
        while self._idle:
            self._idle.pop().close()

    def _connect(self) -> http.client.HTTPConnection:
        parts = urlsplit(self._url)
        if parts.scheme == "http":
            return _OneWrite(parts.netloc, timeout=READ_SECONDS)
        context = ssl.create_default_context(cafile=self._trusted)
        return _OneWriteTls(parts.netloc, timeout=READ_SECONDS, context=context)


def wire(client: DynamoDBClient, profile: str | None = None) -> DynamoDBWire:
    """The wire beside a client, with the credentials and the trust that botocore finds, or the profile's.

    Raises:
        PermanentError: there are no credentials.
    """
    session = Session(profile=profile)
    credentials = session.get_credentials()
    if credentials is None:
        raise PermanentError("sts:GetCallerIdentity", "NoCredentials", "boto3 finds no credentials")
    # the profile's or AWS_CA_BUNDLE, then requests' own, as botocore
    ca_bundle = session.get_config_variable("ca_bundle") or os.environ.get("REQUESTS_CA_BUNDLE")
    return DynamoDBWire(client, credentials, ca_bundle)


class Signer:
    """Signature version 4 for DynamoDB's one path and one method; a day's signing key is kept."""

    def __init__(self, region: str, host: str) -> None:
        """Sign for one endpoint's host in one region."""
        self._region = region
        self._host = host
        self._key: tuple[str, str, bytes] = ("", "", b"")

    def headers(
        self, operation: str, body: bytes, credentials: ReadOnlyCredentials, now: datetime
    ) -> dict[str, str]:
        """The request's headers, the signature among them."""
        stamp = now.strftime("%Y%m%dT%H%M%SZ")
        headers = {
            "Content-Type": CONTENT_TYPE,
            "Host": self._host,
            "X-Amz-Date": stamp,
            "X-Amz-Target": TARGET + operation,
        }
        if credentials.token:
            headers["X-Amz-Security-Token"] = credentials.token
        names = ";".join(sorted(name.lower() for name in headers))
        lines = "".join(f"{name.lower()}:{headers[name]}\n" for name in sorted(headers, key=str.lower))
        canonical = f"POST\n/\n\n{lines}\n{names}\n{hashlib.sha256(body).hexdigest()}"
        scope = f"{stamp[:8]}/{self._region}/dynamodb/aws4_request"
        digest = hashlib.sha256(canonical.encode()).hexdigest()
        to_sign = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{digest}"
        key = self._signing_key(stamp[:8], credentials.secret_key or "")
        signature = hmac.digest(key, to_sign.encode(), "sha256").hex()
        headers["Authorization"] = (
            f"AWS4-HMAC-SHA256 Credential={credentials.access_key}/{scope}, "
            f"SignedHeaders={names}, Signature={signature}"
        )
        return headers

    def _signing_key(self, day: str, secret: str) -> bytes:
        known_day, known_secret, key = self._key
        if (known_day, known_secret) != (day, secret):
            key = f"AWS4{secret}".encode()
            for part in (day, self._region, "dynamodb", "aws4_request"):
                key = hmac.digest(key, part.encode(), "sha256")
            self._key = (day, secret, key)
        return key


# Without its member an answer says nothing of the call: it was cut, or something between answered.
EXPECTED = {"BatchExecuteStatement": "Responses"}


def _decoded(action: str, operation: str, body: bytes) -> dict[str, Any]:
    """The answer's fields.

    Raises:
        TemporaryError: the body is no JSON object, or lacks what the operation always answers. The call may
            have been carried out; each of the reaper's statements may be sent again.
    """
    try:
        answer = json.loads(body)
    except ValueError as error:
        raise TemporaryError(action, "GarbledAnswer", str(error)) from error
    if not isinstance(answer, dict) or EXPECTED.get(operation, "") not in {"", *answer}:
        raise TemporaryError(action, "GarbledAnswer", f"no {EXPECTED.get(operation, 'object')} in the answer")
    return answer


def _refusal(operation: str, reply: Reply) -> ClientError:
    """DynamoDB's own error as botocore would raise it, so that translate_errors handles both."""
    try:
        said = json.loads(reply.body)
    except ValueError:
        said = {}
    if not isinstance(said, dict):
        said = {}
    code = str(said.get("__type", reply.status)).rpartition("#")[2]
    message = str(said.get("message", said.get("Message", "")))
    return ClientError(
        {
            "Error": {"Code": code, "Message": message},
            "ResponseMetadata": {
                "HTTPStatusCode": reply.status,
                "RequestId": "",
                "HTTPHeaders": {},
                "RetryAttempts": 0,
                "HostId": "",
            },
        },
        operation,
    )

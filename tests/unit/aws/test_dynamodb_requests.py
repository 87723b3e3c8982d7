"""DynamoDB by documents: what leaves and comes back is JSON as it is; the rest is botocore's."""

from __future__ import annotations

import json
import os
import ssl
import threading
from contextlib import closing
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import boto3
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tradai_shared.aws.dynamodb_requests import DynamoDBRequests, connect
from tradai_shared.errors import AccessDenied, PermanentError, TemporaryError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SCAN = "dynamodb:Scan"
NOTHING: dict[str, object] = {"Items": []}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    status = 200
    answer = b'{"Items":[]}'
    drop = False
    checksum = ""
    requests: list[tuple[dict[str, str], bytes]]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        type(self).requests.append((dict(self.headers), body))
        if type(self).drop:
            self.close_connection = True
            return
        self.send_response(type(self).status)
        if type(self).checksum:
            self.send_header("x-amz-crc32", type(self).checksum)
        self.send_header("Content-Length", str(len(type(self).answer)))
        self.end_headers()
        self.wfile.write(type(self).answer)

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Handler]]:
    class Mine(Handler):
        requests = []  # noqa: RUF012 - one test's own

    with ThreadingHTTPServer(("127.0.0.1", 0), Mine) as http:
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{http.server_address[1]}")
        yield Mine
        http.shutdown()
        thread.join()


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "A")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s")
    for name in ("AWS_PROFILE", "AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def requests(server: type[Handler], account: None) -> Iterator[DynamoDBRequests]:
    assert server
    assert account is None
    with closing(connect(boto3.Session(), pool=2)) as made:
        yield made


def refuse(server: type[Handler], status: int, code: str) -> None:
    server.status = status
    server.answer = json.dumps(
        {"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": "no"}
    ).encode()


@pytest.mark.parametrize(
    ("status", "code", "error"),
    [
        (400, "ProvisionedThroughputExceededException", TemporaryError),
        (400, "ThrottlingException", TemporaryError),
        (400, "RequestLimitExceeded", TemporaryError),
        (500, "InternalServerError", TemporaryError),
        (503, "Whatever", TemporaryError),
        (400, "ValidationException", PermanentError),
        (400, "ResourceNotFoundException", PermanentError),
        (400, "AccessDeniedException", AccessDenied),
    ],
)
def test_a_refusal_becomes_the_toolkits_error(
    server: type[Handler], requests: DynamoDBRequests, status: int, code: str, error: type[Exception]
) -> None:
    refuse(server, status, code)
    with pytest.raises(error) as raised:
        requests.call(SCAN, "Scan", {})
    assert (raised.value.action, raised.value.code) == (SCAN, code)  # type: ignore[attr-defined]


def test_a_body_leaves_as_it_is_and_signed(server: type[Handler], requests: DynamoDBRequests) -> None:
    body = {"TableName": "t", "ExclusiveStartKey": {"b": {"B": "AP8="}, "n": {"N": "1.0"}}}
    assert requests.call(SCAN, "Scan", body) == NOTHING
    [(headers, sent)] = server.requests
    assert json.loads(sent) == body
    assert headers["X-Amz-Target"] == "DynamoDB_20120810.Scan"
    assert headers["Authorization"].startswith("AWS4-HMAC-SHA256 Credential=A/")


def test_a_wrong_checksum_is_asked_again(server: type[Handler], requests: DynamoDBRequests) -> None:
    server.checksum = "1"
    requests.call(SCAN, "Scan", {})
    assert len(server.requests) == 2


def test_credentials_are_those_of_the_callers_session(
    server: type[Handler], account: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert account is None
    source = boto3.Session(aws_access_key_id="THEIRS", aws_secret_access_key="s", aws_session_token="t")
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    with closing(connect(source, pool=1)) as made:
        made.call(SCAN, "Scan", {})
    [(headers, _)] = server.requests
    assert "Credential=THEIRS/" in headers["Authorization"]
    assert headers["X-Amz-Security-Token"] == "t"


def test_a_proxy_is_used(server: type[Handler], account: None, monkeypatch: pytest.MonkeyPatch) -> None:
    assert account is None
    monkeypatch.setenv("HTTP_PROXY", os.environ["AWS_ENDPOINT_URL"])
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://dynamodb.example")
    with closing(connect(boto3.Session(), pool=1)) as made:
        assert made.call(SCAN, "Scan", {}) == NOTHING
    [(headers, _)] = server.requests
    assert headers["Host"] == "dynamodb.example"


def test_without_credentials_there_is_no_client(account: None, monkeypatch: pytest.MonkeyPatch) -> None:
    assert account is None
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(PermanentError) as raised:
        connect(boto3.Session(), pool=1)
    assert raised.value.code == "NoCredentials"


def test_a_refusal_that_is_no_json_is_sorted_by_its_status(
    server: type[Handler], requests: DynamoDBRequests
) -> None:
    server.status, server.answer = 502, b"<html>"
    with pytest.raises(TemporaryError):
        requests.call(SCAN, "Scan", {})


def test_a_lost_connection_is_temporary_and_the_next_call_opens_another(
    server: type[Handler], requests: DynamoDBRequests
) -> None:
    assert requests.call(SCAN, "Scan", {}) == NOTHING
    server.drop = True
    with pytest.raises(TemporaryError):
        requests.call(SCAN, "Scan", {})
    server.drop = False
    assert requests.call(SCAN, "Scan", {}) == NOTHING


def test_values_stay_as_they_were_sent(server: type[Handler], requests: DynamoDBRequests) -> None:
    item = {"n": {"N": "12345678901234567890123456789012345678"}, "b": {"B": "AP8="}}
    server.answer = json.dumps({"Items": [item]}).encode()
    assert requests.call(SCAN, "Scan", {}) == {"Items": [item]}


def certificate(folder: Path, host: str) -> Path:
    """A certificate for ``host`` that only those clients trust that name it, with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, host)])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2120, 1, 1, tzinfo=UTC))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    plain = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = folder / f"{host}.pem"
    path.write_bytes(plain + made.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.mark.parametrize(
    ("host", "trusted"), [("localhost", True), ("localhost", False), ("elsewhere", True)]
)
def test_over_tls_only_the_endpoint_itself_is_talked_to(
    *, host: str, trusted: bool, account: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Mine(Handler):
        requests = []  # noqa: RUF012 - one test's own

    assert account is None
    pem = certificate(tmp_path, host)
    if trusted:
        monkeypatch.setenv("AWS_CA_BUNDLE", str(pem))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(pem)
    with ThreadingHTTPServer(("127.0.0.1", 0), Mine) as http:
        http.handle_error = lambda *_: None  # type: ignore[method-assign] # a refused handshake is expected
        http.socket = context.wrap_socket(http.socket, server_side=True)
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"https://localhost:{http.server_address[1]}")
        with closing(connect(boto3.Session(), pool=1)) as requests:
            if trusted and host == "localhost":
                assert requests.call(SCAN, "Scan", {}) == NOTHING
            else:
                with pytest.raises(TemporaryError) as raised:
                    requests.call(SCAN, "Scan", {})
                assert raised.value.code == "SSLError"
        http.shutdown()
        thread.join()


@pytest.mark.parametrize("body", [b"", b'{"Responses": [', b"{}", b"[]", b"null"])
def test_an_answer_that_is_cut_or_says_nothing_is_temporary(
    server: type[Handler], requests: DynamoDBRequests, body: bytes
) -> None:
    server.answer = body
    with pytest.raises(TemporaryError) as error:
        requests.call("dynamodb:PartiQLDelete", "BatchExecuteStatement", {})
    assert error.value.code in {"GarbledAnswer", "UnexpectedAnswer"}


def test_a_server_error_whose_body_is_a_list_is_temporary(
    server: type[Handler], requests: DynamoDBRequests
) -> None:
    server.status, server.answer = 503, b"[]"
    with pytest.raises(TemporaryError):
        requests.call(SCAN, "Scan", {})

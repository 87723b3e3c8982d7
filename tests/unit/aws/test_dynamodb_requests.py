from __future__ import annotations

import json
import ssl
import threading
from contextlib import closing
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tradai_shared.aws.dynamodb_requests import DynamoDBRequests
from tradai_shared.errors import AccessDenied, PermanentError, TemporaryError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SCAN = "dynamodb:Scan"
ONCE = Config(retries={"mode": "standard", "total_max_attempts": 1})
EMPTY_PAGE = {"ScannedCount": 0}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    status = 200
    answer = b'{"ScannedCount": 0}'
    drop = False
    checksum: str | None = None
    requests: tuple[tuple[dict[str, str], bytes], ...] = ()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        type(self).requests += ((dict(self.headers), body),)
        if type(self).drop:
            self.close_connection = True
            return
        self.send_response(type(self).status)
        self.send_header("Content-Length", str(len(type(self).answer)))
        if type(self).checksum:
            self.send_header("x-amz-crc32", str(type(self).checksum))
        self.end_headers()
        self.wfile.write(type(self).answer)

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Handler]]:
    class Mine(Handler): ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Mine) as http:
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "A")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s")
        monkeypatch.setenv("URL", f"http://127.0.0.1:{http.server_address[1]}")
        yield Mine
        http.shutdown()
        thread.join()


@pytest.fixture
def requests(server: type[Handler], monkeypatch: pytest.MonkeyPatch) -> Iterator[DynamoDBRequests]:
    import os  # noqa: PLC0415 - the server's address

    assert server
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    client = boto3.client("dynamodb", endpoint_url=os.environ["URL"], config=ONCE)
    with closing(client):
        yield DynamoDBRequests(client)


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
    with pytest.raises(error) as told:
        requests.call(SCAN, "Scan", {})
    assert (told.value.action, told.value.code) == (SCAN, code)  # type: ignore[attr-defined]


def fields(answer: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in answer.items() if name != "ResponseMetadata"}


def test_the_body_is_sent_as_it_was_made_and_signed_by_botocore(
    server: type[Handler], requests: DynamoDBRequests
) -> None:
    body = {"TableName": "t", "ExclusiveStartKey": {"b": {"B": "AP8="}}}
    requests.call(SCAN, "Scan", body)
    [(headers, sent)] = server.requests
    assert json.loads(sent) == body
    assert headers["X-Amz-Target"] == "DynamoDB_20120810.Scan"
    assert headers["Authorization"].startswith("AWS4-HMAC-SHA256 Credential=")


def test_the_client_itself_goes_on_as_it_was(server: type[Handler], monkeypatch: pytest.MonkeyPatch) -> None:
    assert server
    import os  # noqa: PLC0415 - the server's address

    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    client = boto3.client("dynamodb", endpoint_url=os.environ["URL"], config=ONCE)
    DynamoDBRequests(client)
    server.answer = b'{"Table": {"CreationDateTime": 1700000000.0}}'
    created = client.describe_table(TableName="t")["Table"]["CreationDateTime"]
    assert created == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)


def test_renewed_credentials_sign_the_next_call(
    server: type[Handler], requests: DynamoDBRequests, monkeypatch: pytest.MonkeyPatch
) -> None:
    requests.call(SCAN, "Scan", {})
    signer = requests._client._request_signer
    monkeypatch.setattr(signer._credentials, "access_key", "RENEWED")
    requests.call(SCAN, "Scan", {})
    assert "Credential=RENEWED/" in server.requests[1][0]["Authorization"]


def test_a_proxy_of_the_environment_is_used(server: type[Handler], monkeypatch: pytest.MonkeyPatch) -> None:
    import os  # noqa: PLC0415 - the server's address

    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    monkeypatch.setenv("http_proxy", os.environ["URL"])
    client = boto3.client("dynamodb", endpoint_url="http://dynamodb.example", config=ONCE)
    DynamoDBRequests(client).call(SCAN, "Scan", {})
    assert server.requests[0][0]["Host"] == "dynamodb.example"


def test_an_answer_with_another_checksum_is_asked_for_again(
    server: type[Handler], monkeypatch: pytest.MonkeyPatch
) -> None:
    import os  # noqa: PLC0415 - the server's address

    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    twice = Config(retries={"mode": "standard", "total_max_attempts": 2})
    server.checksum = "1"
    client = boto3.client("dynamodb", endpoint_url=os.environ["URL"], config=twice)
    DynamoDBRequests(client).call(SCAN, "Scan", {})
    assert len(server.requests) == 2


def test_a_refusal_that_is_no_json_is_sorted_by_its_status(
    server: type[Handler], requests: DynamoDBRequests
) -> None:
    server.status, server.answer = 502, b"<html>"
    with pytest.raises(TemporaryError):
        requests.call(SCAN, "Scan", {})


def test_a_lost_connection_is_temporary_and_the_next_call_opens_another(
    server: type[Handler], requests: DynamoDBRequests
) -> None:
    assert fields(requests.call(SCAN, "Scan", {})) == EMPTY_PAGE
    server.drop = True
    with pytest.raises(TemporaryError):
        requests.call(SCAN, "Scan", {})
    server.drop = False
    assert fields(requests.call(SCAN, "Scan", {})) == EMPTY_PAGE


def test_values_stay_as_they_were_sent(server: type[Handler], requests: DynamoDBRequests) -> None:
    item = {"n": {"N": "12345678901234567890123456789012345678"}, "b": {"B": "AP8="}}
    server.answer = json.dumps({"Items": [item], "ScannedCount": 1}).encode()
    assert requests.call(SCAN, "Scan", {})["Items"] == [item]


def certificate(folder: Path, host: str) -> Path:
    """A certificate for ``host`` that only those trust who are told to, with its key, in one file."""
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
    *, host: str, trusted: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Mine(Handler): ...

    pem = certificate(tmp_path, host)
    monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
    monkeypatch.delenv("AWS_CA_BUNDLE", raising=False)
    if trusted:
        monkeypatch.setenv("AWS_CA_BUNDLE", str(pem))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "A")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(pem)
    with ThreadingHTTPServer(("127.0.0.1", 0), Mine) as http:
        http.handle_error = lambda *_: None  # type: ignore[method-assign] # a refused handshake is expected
        http.socket = context.wrap_socket(http.socket, server_side=True)
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
        client = boto3.client(
            "dynamodb", endpoint_url=f"https://localhost:{http.server_address[1]}", config=ONCE
        )
        requests = DynamoDBRequests(client)
        with closing(client):
            if trusted and host == "localhost":
                assert fields(requests.call(SCAN, "Scan", {})) == EMPTY_PAGE
            else:
                with pytest.raises(TemporaryError) as told:
                    requests.call(SCAN, "Scan", {})
                assert told.value.code == "SSLError"
        http.shutdown()
        thread.join()


@pytest.mark.parametrize("body", [b"", b'{"Responses": [', b"{}", b"[]", b"null"])
def test_an_answer_that_is_cut_or_says_nothing_is_temporary(
    server: type[Handler], requests: DynamoDBRequests, body: bytes
) -> None:
    server.answer = body
    with pytest.raises(TemporaryError) as error:
        requests.call("dynamodb:PartiQLDelete", "BatchExecuteStatement", {})
    assert error.value.code == "GarbledAnswer"
    with pytest.raises(TemporaryError):
        requests.call(SCAN, "Scan", {})


def test_a_server_error_whose_body_is_a_list_is_temporary(
    server: type[Handler], requests: DynamoDBRequests
) -> None:
    server.status, server.answer = 503, b"[]"
    with pytest.raises(TemporaryError):
        requests.call(SCAN, "Scan", {})

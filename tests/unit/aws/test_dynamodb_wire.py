from __future__ import annotations

import http.client
import json
import ssl
import threading
from contextlib import closing
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import boto3
import botocore.auth
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tradai_shared.aws import dynamodb_wire
from tradai_shared.aws.dynamodb_wire import DynamoDBWire, Signer
from tradai_shared.errors import AccessDenied, PermanentError, TemporaryError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HOST = "dynamodb.eu-central-1.amazonaws.com"
NOW = datetime(2026, 6, 1, 12, 30, tzinfo=UTC)
SCAN = "dynamodb:Scan"


@pytest.mark.parametrize("token", [None, "a/session+token=="])
@pytest.mark.parametrize("body", [b"{}", '{"é": "ü"}'.encode()])
def test_the_signature_is_botocores_own(
    monkeypatch: pytest.MonkeyPatch, token: str | None, body: bytes
) -> None:
    credentials = Credentials("AKIDEXAMPLE", "secret/key", token)
    ours = Signer("eu-central-1", HOST).headers("Scan", body, credentials.get_frozen_credentials(), NOW)
    unsigned = {name: ours[name] for name in ("Content-Type", "X-Amz-Target")}
    theirs = AWSRequest("POST", f"https://{HOST}/", headers=unsigned, data=body)
    # botocore has no parameter for the time
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda: NOW.replace(tzinfo=None))
    SigV4Auth(credentials, "dynamodb", "eu-central-1").add_auth(theirs)
    assert ours["Authorization"] == theirs.headers["Authorization"]
    assert ours.get("X-Amz-Security-Token") == theirs.headers.get("X-Amz-Security-Token")


def test_a_new_day_or_a_renewed_secret_has_a_new_key() -> None:
    signer = Signer("eu-central-1", HOST)
    first = Credentials("A", "one").get_frozen_credentials()
    second = Credentials("A", "two").get_frozen_credentials()
    authorizations = [
        signer.headers("Scan", b"{}", credentials, now)["Authorization"]
        for credentials, now in ((first, NOW), (second, NOW), (first, NOW.replace(day=2)), (first, NOW))
    ]
    assert authorizations[0] == authorizations[3]
    assert len(set(authorizations)) == 3


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    status = 200
    answer = b"{}"
    drop = False

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        if type(self).drop:
            self.close_connection = True
            return
        self.send_response(type(self).status)
        self.send_header("Content-Length", str(len(type(self).answer)))
        self.end_headers()
        self.wfile.write(type(self).answer)

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Handler]]:
    class Mine(Handler): ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Mine) as http:
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        monkeypatch.setenv("URL", f"http://127.0.0.1:{http.server_address[1]}")
        yield Mine
        http.shutdown()
        thread.join()


@pytest.fixture
def wire(server: type[Handler], monkeypatch: pytest.MonkeyPatch) -> Iterator[DynamoDBWire]:
    import os  # noqa: PLC0415 - the server's address

    assert server
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    client = boto3.client("dynamodb", endpoint_url=os.environ["URL"])
    with closing(DynamoDBWire(client, Credentials("A", "s"))) as wire:
        yield wire


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
    server: type[Handler], wire: DynamoDBWire, status: int, code: str, error: type[Exception]
) -> None:
    refuse(server, status, code)
    with pytest.raises(error) as told:
        wire.call(SCAN, "Scan", {})
    assert (told.value.action, told.value.code) == (SCAN, code)  # type: ignore[attr-defined]


def test_a_request_leaves_in_one_write(wire: DynamoDBWire, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[bytes] = []
    send = http.client.HTTPConnection.send

    def note(connection: http.client.HTTPConnection, data: bytes) -> None:
        written.append(bytes(data))
        send(connection, data)

    monkeypatch.setattr(http.client.HTTPConnection, "send", note)
    for _ in range(2):
        assert wire.call(SCAN, "Scan", {"TableName": "t"}) == {}
    assert len(written) == 2
    assert all(one.endswith(b'\r\n\r\n{"TableName": "t"}') for one in written)


def test_a_refusal_that_is_no_json_is_sorted_by_its_status(server: type[Handler], wire: DynamoDBWire) -> None:
    server.status, server.answer = 502, b"<html>"
    with pytest.raises(TemporaryError):
        wire.call(SCAN, "Scan", {})


def test_a_lost_connection_is_temporary_and_the_next_call_opens_another(
    server: type[Handler], wire: DynamoDBWire
) -> None:
    assert wire.call(SCAN, "Scan", {}) == {}
    server.drop = True
    with pytest.raises(TemporaryError):
        wire.call(SCAN, "Scan", {})
    server.drop = False
    assert wire.call(SCAN, "Scan", {}) == {}


def test_connections_are_kept_for_the_next_call(wire: DynamoDBWire) -> None:
    wire.call(SCAN, "Scan", {})
    [kept] = wire._idle
    wire.call(SCAN, "Scan", {})
    assert wire._idle == [kept]


def test_values_stay_as_they_were_sent(server: type[Handler], wire: DynamoDBWire) -> None:
    item = {"n": {"N": "12345678901234567890123456789012345678"}, "b": {"B": "AP8="}}
    server.answer = json.dumps({"Items": [item]}).encode()
    assert wire.call(SCAN, "Scan", {}) == {"Items": [item]}


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
        client = boto3.client("dynamodb", endpoint_url=f"https://localhost:{http.server_address[1]}")
        with closing(dynamodb_wire.wire(client)) as wire:
            if trusted and host == "localhost":
                assert wire.call(SCAN, "Scan", {}) == {}
            else:
                with pytest.raises(TemporaryError) as told:
                    wire.call(SCAN, "Scan", {})
                assert told.value.code == "SSLCertVerificationError"
        http.shutdown()
        thread.join()


@pytest.mark.parametrize("body", [b"", b'{"Responses": [', b"{}", b"[]", b"null"])
def test_an_answer_that_is_cut_or_says_nothing_is_temporary(
    server: type[Handler], wire: DynamoDBWire, body: bytes
) -> None:
    server.answer = body
    with pytest.raises(TemporaryError) as error:
        wire.call("dynamodb:PartiQLDelete", "BatchExecuteStatement", {})
    assert error.value.code == "GarbledAnswer"


def test_a_server_error_whose_body_is_a_list_is_temporary(server: type[Handler], wire: DynamoDBWire) -> None:
    server.status, server.answer = 503, b"[]"
    with pytest.raises(TemporaryError):
        wire.call(SCAN, "Scan", {})

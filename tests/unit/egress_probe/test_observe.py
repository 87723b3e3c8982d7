from __future__ import annotations

import socket
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer
from typing import TYPE_CHECKING

import pytest

from egress_probe import observe

if TYPE_CHECKING:
    from collections.abc import Iterator


class _Server(ThreadingTCPServer):
    daemon_threads = True
    connections = 0

    def process_request(
        self, request: socket.socket | tuple[bytes, socket.socket], client_address: object
    ) -> None:
        self.connections += 1
        super().process_request(request, client_address)


@contextmanager
def _serving(status: int, text: str) -> Iterator[tuple[str, _Server]]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None:
            pass

    with _Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/", server
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def _listening_and_silent() -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        yield f"http://127.0.0.1:{silent.getsockname()[1]}/"


@pytest.mark.parametrize("text", ["203.0.113.10", "203.0.113.10\n", "fl=1\nip=203.0.113.10\nts=2\n"])
def test_a_returned_address_is_parsed(text: str) -> None:
    with _serving(200, text) as (url, _):
        (attempt,) = observe.ask_all([url]).tries
    assert (attempt.answered, attempt.address) == (True, "203.0.113.10")


def test_any_answer_counts_whatever_its_status() -> None:
    with _serving(404, "<html>version 1.2.3.4</html>") as (url, _):
        (answer,) = observe.ask_all([url]).tries
    assert (answer.answered, answer.address) == (True, None)


def test_every_round_makes_a_new_connection() -> None:
    with _serving(200, "") as (url, server):
        observe.ask_all([url])
        observe.ask_all([url])
    assert server.connections == 2


def test_a_refused_connection_is_a_failure_that_says_why() -> None:
    with _listening_and_silent() as url:
        pass
    (refused,) = observe.ask_all([url]).tries
    assert not refused.answered
    assert refused.problem.startswith("ConnectionRefusedError")


def test_who_has_not_answered_in_time_has_failed_and_the_others_count(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(observe, "ROUND_SECONDS", 0.3)
    monkeypatch.setattr(observe, "CONNECT_OR_READ_SECONDS", 1.0)
    with _listening_and_silent() as silent, _serving(200, "ip=203.0.113.10") as (url, _):
        late, attempt = observe.ask_all([silent, url]).tries
    assert (late.answered, late.problem) == (False, "no answer in time")
    assert attempt.answered


def test_an_answer_that_is_no_http_is_a_failure() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            peer, _ = server.accept()
            with peer:
                peer.recv(1000)
                peer.sendall(b"what?\r\n\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        (strange,) = observe.ask_all([f"http://127.0.0.1:{server.getsockname()[1]}/"]).tries
        thread.join()
    assert not strange.answered
    assert strange.problem.startswith("BadStatusLine")

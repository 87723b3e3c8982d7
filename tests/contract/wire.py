"""The wire between botocore and moto: answers are kept and repeated, and one operation's calls can fail.

botocore makes, signs, retries and reads every call itself. Only moto's work is spared in all runs but the
first, so that each action can fail in each way in a whole run.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import ConnectionClosedError, ReadTimeoutError
from moto.core.botocore_stubber import MockRawResponse
from moto.core.models import botocore_stubber

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# (HTTP status, code) as the services answer
DENIED, DENIED_BY_EC2 = (400, "AccessDeniedException"), (403, "UnauthorizedOperation")
THROTTLED, THROTTLED_BY_EC2 = (400, "ThrottlingException"), (503, "RequestLimitExceeded")


def denied(service: str) -> tuple[int, str]:
    return DENIED_BY_EC2 if service == "ec2" else DENIED


def throttled(service: str) -> tuple[int, str]:
    return THROTTLED_BY_EC2 if service == "ec2" else THROTTLED


def timed_out(_service: str) -> Exception:
    return ReadTimeoutError(endpoint_url="https://aws.invented")


def cut_off(_service: str) -> Exception:
    return ConnectionClosedError(endpoint_url="https://aws.invented")


FAULTS: dict[str, Callable[[str], tuple[int, str] | Exception]] = {
    "denied": denied,
    "throttled": throttled,
    "timed out": timed_out,
    "cut off": cut_off,
}


@dataclass
class Wire:
    """What was answered, by request; ``asked`` are the attempts since it was cleared."""

    kept: dict[tuple[str, str, bytes], tuple[int, dict[str, str], bytes]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    failing: str = ""  # service:Operation, as botocore's events spell both
    fault: Callable[[str], tuple[int, str] | Exception] = denied
    repeats: bool = True

    def join(self, client: Any) -> Any:
        """Have a client's calls come by here."""
        client.meta.events.register_first("before-send.*.*", self.send, unique_id="the wire")
        return client

    def send(self, request: Any, event_name: str, **_: Any) -> AWSResponse:
        service, operation = event_name.split(".")[1:]
        self.asked.append(f"{service}:{operation}")
        if self.failing == self.asked[-1]:
            return self._fail(request, service)
        body = request.body or b""
        key = (event_name, request.url, body.encode() if isinstance(body, str) else bytes(body))
        if not self.repeats or key not in self.kept:
            answer = botocore_stubber("before-send", request)
            self.kept[key] = (answer.status_code, dict(answer.headers), answer.content)
        status, headers, content = self.kept[key]
        return AWSResponse(request.url, status, HTTPHeaders.from_dict(headers), MockRawResponse(content))

    def _fail(self, request: Any, service: str) -> AWSResponse:
        fault = self.fault(service)
        if isinstance(fault, Exception):
            raise fault
        status, code = fault
        headers = HTTPHeaders.from_dict({"x-amzn-errortype": code})
        return AWSResponse(request.url, status, headers, MockRawResponse(error(request, code)))


def error(request: Any, code: str) -> bytes:
    """In the protocol in which was asked."""
    kind = str(request.headers.get("Content-Type", ""))
    body = f"<Error><Code>{code}</Code><Message>a test</Message></Error>"
    if "x-www-form-urlencoded" in kind:
        whole = f"<Response><Errors>{body}</Errors></Response>"
        return (whole if ".ec2." in f".{request.url}" else f"<ErrorResponse>{body}</ErrorResponse>").encode()
    if "json" in kind or "/restapis" in request.url or "/2015-03-31/" in request.url:
        return json.dumps({"__type": code, "message": "a test"}).encode()
    return body.encode()


@contextmanager
def no_waiting() -> Iterator[None]:
    """botocore retries at once."""
    with patch("botocore.endpoint.time", SimpleNamespace(sleep=lambda _: None)):
        yield

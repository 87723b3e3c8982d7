"""One round: every endpoint is asked at once, each over a new connection, as a service would."""

from __future__ import annotations

import re
import ssl
from concurrent.futures import ThreadPoolExecutor, wait
from functools import cache
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from egress_probe.planner import Round, Try

if TYPE_CHECKING:
    from collections.abc import Sequence

CONNECT_OR_READ_SECONDS = 2.0
ROUND_SECONDS = 3.0  # an endpoint that has not answered by then has failed
MOST_READ = 2048
# What address services answer: the address alone, or a line such as ip=203.0.113.10.
ADDRESS_TEXT = re.compile(r"^(?:ip=)?(\d{1,3}(?:\.\d{1,3}){3})\s*$", re.MULTILINE)


def ask_all(endpoints: Sequence[str]) -> Round:
    """Ask every endpoint; takes at most ROUND_SECONDS, whatever the network does."""
    pool = ThreadPoolExecutor(max_workers=len(endpoints), thread_name_prefix="probe")
    asked = {pool.submit(_ask, endpoint): endpoint for endpoint in endpoints}
    done, _ = wait(asked, timeout=ROUND_SECONDS)
    pool.shutdown(wait=False, cancel_futures=True)
    late = "no answer in time"
    return Round(
        tuple(
            request.result() if request in done else Try(endpoint, answered=False, problem=late)
            for request, endpoint in asked.items()
        )
    )


def _ask(endpoint: str) -> Try:
    """Any answer counts, whatever its status: the request reached the internet and the answer came back."""
    connection = _connection(endpoint)
    try:
        parts = urlsplit(endpoint)
        path = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
        connection.request("GET", path, headers={"User-Agent": "tradai-egress-probe"})
        body = connection.getresponse().read(MOST_READ).decode("latin-1")
    except (OSError, HTTPException) as error:
        return Try(endpoint, answered=False, problem=f"{type(error).__name__}: {error}")
    finally:
        connection.close()
    match = ADDRESS_TEXT.search(body)
    return Try(endpoint, answered=True, address=match[1] if match else None)


def _connection(endpoint: str) -> HTTPConnection:
    parts = urlsplit(endpoint)
    host = str(parts.hostname)
    if parts.scheme == "http":
        return HTTPConnection(host, parts.port, timeout=CONNECT_OR_READ_SECONDS)
    return HTTPSConnection(host, parts.port, timeout=CONNECT_OR_READ_SECONDS, context=_trust())


@cache
def _trust() -> ssl.SSLContext:
    """Made once in the life of an execution environment: reading the authorities costs more than asking."""
    return ssl.create_default_context()

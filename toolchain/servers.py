"""ministack and moto's server, each a process of its own on a free port of 127.0.0.1.

They get none of this process' variables but PATH and the proxy's: nothing of a user's AWS reaches them.
"""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from toolchain.emulator import ROOT
from toolchain.estate import ACCOUNT, REGION
from toolchain.processes import StartError, free_port, serving

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

MINISTACK = ROOT / ".tools/ministack/bin/python"
STARTS_WITHIN = 60.0
# Its thread that deletes by TTL never starts: it would delete the very items that are to be reaped, within a minute.
# ministack ends with its standard input, see toolchain.processes.
LAUNCH = """
import os, sys, threading
start = threading.Thread.start
threading.Thread.start = lambda self: None if self.name == "dynamodb-ttl-reaper" else start(self)
threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
from ministack.app import main
main()
"""


@contextmanager
def ministack(
    folder: Path, variables: Mapping[str, str] | None = None, *, secure: bool = False
) -> Iterator[str]:
    """Its address. The functions that are deployed into it inherit these variables.

    ``secure`` is over TLS, with a certificate that it makes for itself (``certificate``), and every call held to
    the caller's policies: without TLS it would refuse what a bucket's policy allows over TLS alone.

    Raises:
        StartError: it is not installed, or did not come up.
    """
    if not MINISTACK.exists():
        raise StartError(f"ministack is not installed: {MINISTACK.relative_to(ROOT)} is missing")
    port = free_port()
    own = {
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "SFTP_ENABLED": "0",
        "IOT_MTLS_ENABLED": "0",  # it would listen on all interfaces
        "MINISTACK_REGION": REGION,
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "TMPDIR": str(folder),  # it unpacks functions there, and does not always tidy up
        "STATE_DIR": str(folder / "state"),
    }
    own |= {"AUTH": "true", "USE_SSL": "1"} if secure else {}
    environment = {**_inherited(folder), **own, **(variables or {})}
    with (folder / "ministack.log").open("wb") as log:
        command = [str(MINISTACK), "-c", LAUNCH]
        with serving(command, port, environment, folder, log, STARTS_WITHIN):
            yield f"{'https' if secure else 'http'}://127.0.0.1:{port}"


def certificate(folder: Path) -> Path:
    """The one of a secure ministack in this folder."""
    return folder / "ministack-tls/server.crt"


@contextmanager
def moto(folder: Path) -> Iterator[str]:
    """Its address. It runs in this environment: moto's pins do not clash with the product's.

    Raises:
        StartError: it did not come up.
    """
    port = free_port()
    environment = {**_inherited(folder), "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    with (folder / "moto.log").open("wb") as log:
        command = [sys.executable, "-m", "toolchain.moto_server", str(port)]
        with serving(command, port, environment, folder, log, STARTS_WITHIN):
            yield f"http://127.0.0.1:{port}"


def _inherited(folder: Path) -> dict[str, str]:
    return {"PATH": os.environ.get("PATH", os.defpath), "HOME": str(folder)}

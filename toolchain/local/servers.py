"""ministack, moto's server and a schema registry, each a process of its own on a free port of 127.0.0.1.

They get none of this process' variables but PATH: nothing of a user's AWS reaches them.
"""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from toolchain.build.sample_account import ACCOUNT, REGION
from toolchain.local.emulator import ROOT
from toolchain.local.processes import StartError, free_port, serving

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from contextlib import AbstractContextManager
    from pathlib import Path

MINISTACK = ROOT / ".tools/ministack/bin/python"


@contextmanager
def ministack(
    folder: Path, variables: Mapping[str, str] | None = None, *, secure: bool = False
) -> Iterator[str]:
    """Its address. The functions that are deployed into it inherit these variables.

    ``secure`` is over TLS, with a certificate that it makes for itself (``certificate``), and with every call
    held to the caller's policies: without TLS it would refuse what a bucket's policy allows over TLS alone.

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
    # -P: its neighbours here are not its own modules
    command = [str(MINISTACK), "-P", str(ROOT / "toolchain/local/ministack_server.py")]
    with serving("ministack", command, port, environment, folder):
        yield f"{'https' if secure else 'http'}://127.0.0.1:{port}"


def certificate(folder: Path) -> Path:
    """The one of a secure ministack in this folder."""
    return folder / "ministack-tls/server.crt"


def moto(folder: Path) -> AbstractContextManager[str]:
    """Its address. It runs in this environment: moto's pins do not clash with the product's.

    Raises:
        StartError: it did not come up.
    """
    return _module("moto", "toolchain.local.moto_server", folder)


def schema_registry(folder: Path) -> AbstractContextManager[str]:
    """Its address.

    Raises:
        StartError: it did not come up.
    """
    return _module("schema-registry", "toolchain.local.schema_registry", folder)


@contextmanager
def _module(name: str, module: str, folder: Path) -> Iterator[str]:
    """A server of our own, in this environment; its port is its argument."""
    port = free_port()
    environment = {**_inherited(folder), "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    with serving(name, [sys.executable, "-m", module, str(port)], port, environment, folder):
        yield f"http://127.0.0.1:{port}"


def _inherited(folder: Path) -> dict[str, str]:
    return {"PATH": os.environ.get("PATH", os.defpath), "HOME": str(folder)}

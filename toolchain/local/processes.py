"""Processes that serve on loopback for as long as a context lasts."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

STARTS_WITHIN, STOPS_WITHIN = 60, 10  # seconds
POLL = 0.05


class StartError(Exception):
    """A process did not come up or is not to be had here; the message says why."""


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def await_port(port: int, process: subprocess.Popen[bytes], seconds: float) -> None:
    """Return when the process listens on the port.

    Raises:
        StartError: it ended, or listens not in time.
    """
    until = time.monotonic() + seconds
    while time.monotonic() < until and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(POLL)
    how = "does not listen" if process.poll() is None else f"ended with {process.poll()}"
    raise StartError(f"a process of id {process.pid} {how}: {process.args!r}"[:300])


@contextmanager
def serving(
    name: str, command: Sequence[str], port: int, variables: Mapping[str, str], folder: Path
) -> Iterator[None]:
    """Run a server that ends by itself when its standard input does, so also when this process was killed.

    What it says goes to ``name``.log in the folder, where it runs.

    Raises:
        StartError: it does not listen on the port in time.
    """
    with (folder / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(  # noqa: S603 - the project's own tools
            list(command),
            cwd=folder,
            env=dict(variables),
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C is for this process alone, which then stops that one
        )
    try:
        await_port(port, process, STARTS_WITHIN)
        yield
    finally:
        if process.stdin:
            process.stdin.close()
        process.terminate()
        try:
            process.wait(STOPS_WITHIN)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)  # its own session: it and what it started
            process.wait()

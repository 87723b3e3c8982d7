"""Lambda's runtime interface emulator over the built artifact: no Docker, no image."""

from __future__ import annotations

import json
import os
import platform
import signal
import subprocess
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING, Any

from toolchain.local.processes import StartError, await_port, free_port

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from toolchain.build.artifact import Artifact

ROOT = Path(__file__).resolve().parents[2]
RUNTIME = ROOT / ".tools/runtime/bin/python"
INVOCATIONS = "/2015-03-31/functions/function/invocations"
START_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Emulator:
    """A running emulator. The first invocation starts the function: a cold start."""

    url: str
    log_file: IO[bytes]

    def invoke(self, event: object, seconds: float = 300) -> Any:
        """The function's answer, or its error as Lambda words it: errorType and errorMessage."""
        request = urllib.request.Request(self.url, json.dumps(event).encode())  # noqa: S310 - always loopback
        with urllib.request.urlopen(request, timeout=seconds) as answer:  # noqa: S310 - the same
            return json.load(answer)

    @property
    def log(self) -> str:
        """All that the function and the emulator have written so far."""
        self.log_file.seek(0)
        return self.log_file.read().decode(errors="replace")


def emulator_binary() -> Path:
    """The one that aws-sam-cli ships.

    Raises:
        StartError: .tools/sam is not there, or it ships none for this machine.
    """
    machine = {"x86_64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}.get(platform.machine())
    candidates = sorted(
        ROOT.glob(f".tools/sam/lib/python3*/site-packages/samcli/local/rapid/aws-lambda-rie-{machine}")
    )
    if not candidates or not RUNTIME.exists():
        raise StartError("the SAM CLI or a python3.13 is missing: make build says why")
    return candidates[0]


@contextmanager
def emulator(artifact: Artifact, variables: Mapping[str, str]) -> Iterator[Emulator]:
    """Run the artifact's function with these variables besides its own; stopped with the context.

    Raises:
        StartError: it cannot be run here, or did not come up.
    """
    front, runtime_api = free_port(), free_port()
    addresses = ["--runtime-interface-emulator-address", f"127.0.0.1:{front}"]
    addresses += ["--runtime-api-address", f"127.0.0.1:{runtime_api}"]
    bootstrap = [str(RUNTIME), "-m", "awslambdaric", artifact.function.handler]
    with TemporaryFile() as log:
        process = subprocess.Popen(  # noqa: S603 - our own build
            [str(emulator_binary()), *addresses, *bootstrap],
            cwd=artifact.code,
            env=_environment(artifact, variables),
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            await_port(front, process, START_SECONDS)
            yield Emulator(f"http://127.0.0.1:{front}{INVOCATIONS}", log)
        finally:
            os.killpg(process.pid, signal.SIGKILL)  # its own session: the emulator and the runtime below it
            process.wait()


def _environment(artifact: Artifact, variables: Mapping[str, str]) -> dict[str, str]:
    function = artifact.function
    return {
        "PATH": os.defpath,
        "PYTHONPATH": f"{artifact.code}:{artifact.layer / 'python'}",
        "LAMBDA_TASK_ROOT": str(artifact.code),
        "AWS_LAMBDA_FUNCTION_NAME": function.name,
        "AWS_LAMBDA_FUNCTION_TIMEOUT": str(int(function.timeout)),
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory),
        **function.environment,
        **variables,
    }

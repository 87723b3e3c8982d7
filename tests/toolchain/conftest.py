"""One build for all of these tests and for all workers of a run."""

from __future__ import annotations

import fcntl
import os
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from toolchain.local.emulator import ROOT, RUNTIME

if TYPE_CHECKING:
    from pathlib import Path

SAM = ROOT / ".tools/sam/bin/sam"


@dataclass(frozen=True)
class Build:
    """What sam build left, and what it said."""

    folder: Path
    said: str


def sam(*arguments: str, cwd: Path = ROOT) -> str:
    """Run the SAM CLI; what it said on both streams.

    Raises:
        AssertionError: it failed.
    """
    env = {**os.environ, "SAM_CLI_TELEMETRY": "0", "AWS_DEFAULT_REGION": "eu-central-1"}
    done = subprocess.run(  # noqa: S603 - the project's own tool
        [str(SAM), *arguments], cwd=cwd, env=env, capture_output=True, text=True, check=False, timeout=300
    )
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    return said


@pytest.fixture(scope="session", autouse=True)
def tools() -> None:
    if not SAM.exists():
        pytest.skip("the SAM CLI is not at hand: make .tools/sam/.ready installs it")
    if not RUNTIME.exists():
        pytest.skip("a real python3.13 is not at hand, so there is no .tools/runtime")


@pytest.fixture(scope="session")
def build(tools: None, tmp_path_factory: pytest.TempPathFactory) -> Build:  # noqa: ARG001 - they come first
    """The first worker that comes builds; the others wait for it."""
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    folder, said = shared / "sam-build", shared / "sam-build.said"
    with (shared / "sam-build.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not said.exists():
            said.write_text(sam("build", "--build-dir", str(folder)), encoding="utf-8")
    return Build(folder, said.read_text(encoding="utf-8"))

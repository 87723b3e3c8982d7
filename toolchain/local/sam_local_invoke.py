"""sam local invoke of the built artifact, where Docker and the runtime's image are at hand."""

from __future__ import annotations

import json
import os
import platform
import shutil
import socket
import subprocess
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING, Any

from simulator.aws.sam_template import Template
from toolchain.build.artifact import BUILD, PSEUDO
from toolchain.local.emulator import ROOT
from toolchain.local.processes import StartError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from toolchain.build.artifact import Artifact

SAM = ROOT / ".tools/sam/bin/sam"
ARCHITECTURE = {"x86_64": "x86_64", "aarch64": "arm64"}.get(platform.machine(), "")
IMAGE = f"public.ecr.aws/lambda/python:3.13-{ARCHITECTURE}"


def bridge() -> str:
    """This machine's address on Docker's bridge, which only containers can reach.

    Loopback would not do: SAM takes ``--docker-network host`` and still puts the container on the bridge.

    Raises:
        StartError: no engine answers, it lacks the image (none is pulled: that may take minutes, or never
            end), or the bridge is not this machine's own, as in a virtual machine.
    """
    if not SAM.exists():
        raise StartError(f"the SAM CLI is not installed: {SAM.relative_to(ROOT)} is missing")
    if shutil.which("docker") is None or not _docker("version"):
        raise StartError("no Docker engine answers")
    if not _docker("image", "inspect", IMAGE):
        raise StartError(f"the engine has no image {IMAGE}: docker pull it")
    address = _docker("network", "inspect", "bridge", "--format", "{{(index .IPAM.Config 0).Gateway}}")
    with socket.socket() as listener:
        try:
            listener.bind((address, 0))
        except OSError as error:
            raise StartError(f"Docker's bridge {address} is not of this machine: {error}") from error
    return address


def _docker(*arguments: str) -> str:
    command = ["docker", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - the user's own
    return done.stdout.strip() if done.returncode == 0 else ""


def invoke(
    artifact: Artifact, event: object, parameters: Mapping[str, str], variables: Mapping[str, str]
) -> tuple[Any, str]:
    """The function's answer, or its error as Lambda words it, and the log.

    Raises:
        StartError: the SAM CLI itself failed.
    """
    overrides = {**parameters, "Architecture": ARCHITECTURE}
    with (
        NamedTemporaryFile("w", dir=artifact.code.parent, suffix=".template.json") as template,
        NamedTemporaryFile("w", suffix=".json") as sample,
        NamedTemporaryFile("w", suffix=".json") as own,  # SAM resolves not every condition by itself
    ):
        json.dump(_with_variables(variables), template)
        template.flush()
        json.dump(event, sample)
        sample.flush()
        json.dump({artifact.logical_id: {**artifact.function.environment, **_endpoint(variables)}}, own)
        own.flush()
        command = [str(SAM), "local", "invoke", artifact.logical_id, "--template", template.name]
        command += ["--event", sample.name, "--env-vars", own.name, "--skip-pull-image"]
        command += [
            "--parameter-overrides",
            *(f"{name}={value}" for name, value in overrides.items() if value),
        ]
        done = subprocess.run(  # noqa: S603 - the project's own tool
            command, cwd=ROOT, env={**os.environ, **variables}, capture_output=True, text=True, check=False
        )
    if done.returncode:
        raise StartError(f"sam local invoke ended with {done.returncode}: {done.stderr[-400:]}")
    return json.loads(done.stdout.strip().splitlines()[-1]), done.stderr


def _with_variables(variables: Mapping[str, str]) -> Any:
    """The built template with these variables: sam local passes on only what a template declares."""
    document = Template.load(BUILD / "template.yaml", {}, PSEUDO).document
    declared = document["Globals"]["Function"]["Environment"]["Variables"]
    document["Globals"]["Function"]["Environment"]["Variables"] = {**declared, **_endpoint(variables)}
    return document


def _endpoint(variables: Mapping[str, str]) -> dict[str, str]:
    return {"AWS_ENDPOINT_URL": variables["AWS_ENDPOINT_URL"]}

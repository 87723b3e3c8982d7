"""sam local invoke of the built artefact, where Docker and the runtime's image are at hand."""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING, Any

from simulator.template import Template
from toolchain.artefact import BUILD, PSEUDO
from toolchain.emulator import ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from toolchain.artefact import Artefact

SAM = ROOT / ".tools/sam/bin/sam"
ARCHITECTURE = {"x86_64": "x86_64", "aarch64": "arm64"}.get(platform.machine(), "")
IMAGE = f"public.ecr.aws/lambda/python:3.13-{ARCHITECTURE}"


def at_hand() -> bool:
    """Whether an engine answers and has the image. None is pulled: that may take minutes, or never end."""
    if shutil.which("docker") is None or not SAM.exists():
        return False
    command = ["docker", "image", "inspect", IMAGE]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0  # noqa: S603 - constants


def invoke(
    artefact: Artefact, event: object, parameters: Mapping[str, str], variables: Mapping[str, str]
) -> tuple[Any, str]:
    """The function's answer, or its error as Lambda words it, and the log. The network is the host's.

    Raises:
        CalledProcessError: the SAM CLI itself failed.
    """
    overrides = {**parameters, "Architecture": ARCHITECTURE}
    with (
        NamedTemporaryFile("w", dir=artefact.code.parent, suffix=".template.json") as template,
        NamedTemporaryFile("w", suffix=".json") as sample,
    ):
        json.dump(_with_variables(variables), template)
        template.flush()
        json.dump(event, sample)
        sample.flush()
        command = [str(SAM), "local", "invoke", artefact.logical_id, "--template", template.name]
        command += ["--event", sample.name, "--skip-pull-image", "--docker-network", "host"]
        command += [
            "--parameter-overrides",
            *(f"{name}={value}" for name, value in overrides.items() if value),
        ]
        done = subprocess.run(  # noqa: S603 - the project's own tool
            command, cwd=ROOT, env={**os.environ, **variables}, capture_output=True, text=True, check=True
        )
    return json.loads(done.stdout.strip().splitlines()[-1]), done.stderr


def _with_variables(variables: Mapping[str, str]) -> Any:
    """The built template with these variables: sam local passes on only what a template declares."""
    document = Template.load(BUILD / "template.yaml", {}, PSEUDO).document
    declared = document["Globals"]["Function"]["Environment"]["Variables"]
    endpoint = {"AWS_ENDPOINT_URL": variables["AWS_ENDPOINT_URL"]}
    document["Globals"]["Function"]["Environment"]["Variables"] = {**declared, **endpoint}
    return document

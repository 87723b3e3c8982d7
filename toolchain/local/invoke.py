"""make invoke EVENT=events/<package>/<trigger>.json: a sample through the built function, beside moto."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from toolchain.build.artifact import Artifact, artifact
from toolchain.local import sam_local_invoke
from toolchain.local.emulator import emulator
from toolchain.local.moto_platform import MotoPlatform, moto_platform, variables
from toolchain.local.processes import StartError
from tradai_shared.config.naming import Environment

SAMPLE_INSTANCE = "i-0123456789abcdef0"
SAMPLE_TIME = "2026-11-22T10:00:00"


def sample(path: Path, world: MotoPlatform) -> Any:
    """The sample with this platform's NAT and the current time; makes the state change that it reports."""
    text = path.read_text(encoding="utf-8").replace(SAMPLE_INSTANCE, world.nat)
    event = json.loads(text.replace(SAMPLE_TIME, f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S}"))
    world.let_happen(event)
    return event


def artifact_for(path: Path, world: MotoPlatform) -> Artifact:
    """The function whose package the sample's folder is named after, with this estate's parameters."""
    return artifact(path.parent.name, parameters(world))


def parameters(world: MotoPlatform) -> dict[str, str]:
    """Every function is made, so the probe too, which an operator asks for."""
    place = {
        "EgressProbeSubnetIds": world.platform.subnet,
        "EgressProbeSecurityGroupIds": "sg-0123456789abcdef0",
    }
    return {**world.platform.parameters, "EgressProbe": "true", **place}


def describe(answer: Any) -> list[str]:
    """An answer, or an error, as a person wants to read it."""
    if "errorType" in answer:
        return [f"raised {answer['errorType']}: {answer['errorMessage']}"]
    summary = {
        name: value for name, value in answer["data"]["summary"].items() if value not in (None, [], "")
    }
    lines = [f"success: {answer['success']}", *(f"  {name}: {value}" for name, value in summary.items())]
    results = answer["data"]["results"]
    rows = (
        "  ".join(str(value) for value in result.values() if value not in (None, "")) for result in results
    )
    return [*lines, *(f"  - {row}" for row in rows)]


def by_emulator(path: Path, world: MotoPlatform) -> tuple[Any, str]:
    with emulator(artifact_for(path, world), variables(world.endpoint)) as function:
        return function.invoke(sample(path, world)), function.log


def by_sam(path: Path, world: MotoPlatform) -> tuple[Any, str]:
    return sam_local_invoke.invoke(
        artifact_for(path, world), sample(path, world), parameters(world), variables(world.endpoint)
    )


def main(arguments: list[str]) -> int:
    path = Path(*arguments[:1])
    if len(arguments) != 1 or not path.is_file():
        print("usage: make invoke EVENT=events/<package>/<trigger>.json", file=sys.stderr)
        return 2
    try:
        docker, way = sam_local_invoke.bridge(), "sam local invoke"
    except StartError as reason:
        docker, way = None, f"the runtime interface emulator ({reason})"
    try:
        with moto_platform(Environment.DEV, address=docker or "127.0.0.1") as world:
            answer, log = by_sam(path, world) if docker else by_emulator(path, world)
    except StartError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{path} through the built function, by {way}", file=sys.stderr)
    print("\n".join(describe(answer)))
    if "errorType" in answer:
        print(log, file=sys.stderr)
    return int("errorType" in answer)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""make invoke EVENT=events/<package>/<trigger>.json: one sample through the built function, against moto's server.

Through sam local invoke where Docker and the runtime's image are at hand, else through the runtime interface emulator.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from toolchain.artefact import artefacts
from toolchain.emulator import EmulatorError, emulator
from toolchain.estate import REGION, SAMPLE_INSTANCE, Estate, estate

ENVIRONMENT = "dev"


def variables(world: Estate) -> dict[str, str]:
    """What points the function at the stand-in and at its address."""
    return {
        "AWS_ENDPOINT_URL": world.endpoint,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "NAT_EIP_ALLOCATION_ID": world.allocation_id,
    }


def sample(path: Path, world: Estate) -> Any:
    """The sample with the stand-in's NAT in the place of its own."""
    return json.loads(path.read_text(encoding="utf-8").replace(SAMPLE_INSTANCE, world.instance_id))


def main(arguments: list[str]) -> int:
    if len(arguments) != 1 or not Path(arguments[0]).is_file():
        print("usage: make invoke EVENT=events/<package>/<trigger>.json", file=sys.stderr)
        return 2
    path = Path(arguments[0])
    built = {one.function.handler.split(".")[0]: one for one in artefacts({"Environment": ENVIRONMENT})}
    try:
        with estate(ENVIRONMENT) as world, emulator(built[path.parent.name], variables(world)) as function:
            answer = function.invoke(sample(path, world))
            show(answer, function.log)
    except EmulatorError as error:
        print(error, file=sys.stderr)
        return 1
    return 0 if "errorType" not in answer else 1


def show(answer: Any, log: str) -> None:
    print(log)
    print(json.dumps(answer, indent=2))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""make local-invoke: every sample of events/ by sam local invoke, and a table of the answers."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from toolchain.local.emulator import ROOT
from toolchain.local.invoke import by_sam
from toolchain.local.moto_platform import moto_platform
from toolchain.local.processes import StartError
from toolchain.local.sam_local_invoke import IMAGE, bridge
from tradai_shared.config.naming import Environment

WIDTH = 150  # where it is no terminal that knows better
# What a sample is answered with other than success, and why that is right.
OTHERWISE = {
    "egress_probe/probe": "EgressDownError",  # where there is no internet
    "egress_probe/confirm": "EgressDownError",
    "drift_check/approve": "EventError",  # its finding is invented, so it is unknown
    "ttl_reaper/summary": "success: False",  # it reports a lost segment
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a sample was answered."""

    sample: str
    description: str
    right: bool
    seconds: float


def outcome(path: Path, address: str) -> Outcome:
    """The sample's, on a platform of its own."""
    began = time.monotonic()
    try:
        with moto_platform(Environment.DEV, address=address) as world:
            answer, _ = by_sam(path, world)
        description = describe(answer)
    except StartError as error:
        description = f"not invoked: {error}"
    name = f"{path.parent.name}/{path.stem}"
    right = description.startswith(("success: True", OTHERWISE.get(name, "success: True")))
    return Outcome(name, description, right, time.monotonic() - began)


def describe(answer: Any) -> str:
    """An answer, or an error, in one line."""
    if "errorType" in answer:
        return f"{answer['errorType']}: {answer['errorMessage']}"
    summary = answer["data"]["summary"].items()
    said = [
        f"{name} {value}" for name, value in summary if value and not isinstance(value, (dict, list, float))
    ]
    return f"success: {answer['success']}; {', '.join(said)}"


def table(outcomes: list[Outcome]) -> Table:
    right = sum(outcome.right for outcome in outcomes)
    made = Table(title=f"{right} of {len(outcomes)} answered as they should", title_justify="left")
    for name in ("sample", "", "answer", "s"):
        made.add_column(name, justify="right" if name == "s" else "left")
    for outcome in outcomes:
        mark = "[green]right[/]" if outcome.right else "[bold red]wrong[/]"
        made.add_row(outcome.sample, mark, escape(outcome.description), f"{outcome.seconds:.0f}")
    return made


def main(arguments: list[str]) -> int:
    console = Console(width=None if sys.stdout.isatty() else WIDTH)
    try:
        address = bridge()
    except StartError as reason:
        console.print(f"sam local invoke cannot run here: {reason}. make invoke EVENT=… needs no Docker.")
        return 1
    wanted = [Path(argument) for argument in arguments] or sorted(ROOT.glob("events/*/*.json"))
    outcomes = []
    for path in wanted:
        outcomes.append(outcome(path, address))
        latest = outcomes[-1]
        console.print(f"{latest.sample}: {latest.description}", markup=False, highlight=False)
    console.print(table(outcomes))
    console.print(f"sam local invoke with {IMAGE}; AWS is moto on {address}", highlight=False)
    return 0 if all(outcome.right for outcome in outcomes) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

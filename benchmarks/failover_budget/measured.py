"""What drills measured in an account of AWS: the files that ``tradai-ops drill --terminate`` writes."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

NAMES = ("instance_ended", "replacement_running", "address_moved", "routes_moved", "replacement_in_service")


@dataclass(frozen=True, slots=True)
class Measured:
    """One drill: seconds after the order by the moment's name. No account and no instance is named."""

    started: str
    region: str
    seconds: Mapping[str, float]


def drill(text: str) -> Measured:
    """A drill's file.

    Raises:
        ValueError: it is none, was not healed, or was simulated: then nothing was measured.
    """
    document: Any = json.loads(text)
    if not isinstance(document, dict) or not isinstance(document.get("seconds"), dict):
        raise ValueError("no file of tradai-ops drill --terminate")  # noqa: TRY004 - its callers expect one kind
    if document.get("simulated"):
        raise ValueError("this drill was simulated: it measured nothing")
    if not document.get("healed"):
        raise ValueError("this drill did not end healed")
    seconds = {name: float(document["seconds"][name]) for name in NAMES if name in document["seconds"]}
    return Measured(str(document["started"]), str(document["region"]), seconds)


def merged(file: Path, drills: Iterable[Measured]) -> tuple[Measured, ...]:
    """The drills that the file has and these, each once; written back when there are new ones."""
    stored = json.loads(file.read_text(encoding="utf-8")) if file.exists() else []
    known = {entry["started"]: Measured(**entry) for entry in stored}
    new = {measured.started: measured for measured in drills}
    every = tuple(sorted({**known, **new}.values(), key=lambda measured: measured.started))
    if new:
        text = json.dumps([asdict(measured) for measured in every], indent=1) + "\n"
        file.write_text(text, encoding="utf-8")
    return every


def section(drills: Iterable[Measured]) -> Iterator[str]:
    """A table, one row a drill."""
    yield "| measured on AWS | region | " + " | ".join(name.replace("_", " ") for name in NAMES) + " |"
    yield "|---|---|" + "--:|" * len(NAMES)
    for measured in drills:
        cells = [f"{measured.seconds[name]:.1f}" if name in measured.seconds else "" for name in NAMES]
        yield f"| {measured.started[:10]} | {measured.region} | {' | '.join(cells)} |"

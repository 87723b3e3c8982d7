"""What ``tradai-ops reap`` writes and reads on this machine: the audit and the checkpoint."""

from __future__ import annotations

import json
import shlex
import sys
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from ops.screen import error_console
from tradai_shared.errors import EventError, PermanentError
from ttl_reaper.audit import WRITTEN
from ttl_reaper.checkpoint import Checkpoint

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ttl_reaper.model import Candidate, ItemOutcome


class FileAudit:
    """JSON lines in a local file, which is made with the first item."""

    def __init__(self, path: Path) -> None:
        """Append to ``path``."""
        self.path = path

    def record_planned(self, candidates: Sequence[Candidate]) -> None:
        """What is about to be sent."""
        self._write(
            [{"verdict": "intended", "key": candidate.key, "ttl": candidate.ttl} for candidate in candidates]
        )

    def record_outcome(self, outcomes: Sequence[ItemOutcome]) -> None:
        """What was written, and what was not."""
        self._write(
            [
                {
                    "verdict": outcome.verdict.value,
                    "key": outcome.candidate.key,
                    "ttl": outcome.candidate.ttl,
                    "class": outcome.candidate.ttl_class.value,
                    **({} if outcome.verdict in WRITTEN else {"detail": outcome.detail}),
                }
                for outcome in outcomes
            ]
        )

    def flush(self) -> None:
        """Does nothing: every line is written at once."""

    def _write(self, lines: Sequence[dict[str, Any]]) -> None:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("a", encoding="utf-8") as file:
                file.writelines(json.dumps(line) + "\n" for line in lines)
        except OSError as error:
            raise PermanentError("audit", type(error).__name__, f"{self.path}: {error.strerror}") from error


def read_checkpoint(path: Path) -> Checkpoint:
    """A checkpoint that an earlier run wrote.

    Raises:
        EventError: it cannot be read, or is none.
    """
    try:
        return Checkpoint.model_validate_json(path.read_bytes())
    except OSError as error:
        raise EventError("resume", f"{path}: {error.strerror}") from error
    except ValidationError as error:
        raise EventError("resume", f"{path} is not a checkpoint of this version") from error


def print_resumption(checkpoint: Checkpoint, path: Path) -> None:
    """Write the checkpoint, and print the command that goes on from it."""
    text = checkpoint.model_dump_json()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        error_console.print(f"{path}: {error.strerror}; the checkpoint is:\n{text}")
        return
    command = shlex.join(["tradai-ops", *without_resume(sys.argv[1:]), "--resume", str(path)])
    error_console.print(f"What is left is in the checkpoint {path}. Go on with:\n{command}")


def without_resume(arguments: Sequence[str]) -> list[str]:
    """The command's arguments without an earlier ``--resume``."""
    remaining = list(arguments)
    while "--resume" in remaining:
        index = remaining.index("--resume")
        del remaining[index : index + 2]
    return [argument for argument in remaining if not argument.startswith("--resume=")]

"""The SAM CLI's commands of README and docs, parsed by the SAM CLI itself."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from toolchain.local.emulator import ROOT

pytestmark = pytest.mark.toolchain

PYTHON = ROOT / ".tools/sam/bin/python"
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
DEV = {"${TRADAI_ENV/dev/default}": "default", "$TRADAI_ENV": "dev"}


def commands() -> list[str]:
    found: set[str] = set()
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        lines = [*re.findall(r"`([^`\n]+)`", text), *text.splitlines()]
        for line in lines:
            if line.startswith("sam "):
                found.update(part.split("#")[0].strip() for part in line.split("&&"))
    for name, value in DEV.items():
        found = {command.replace(name, value) for command in found}
    return sorted(command for command in found if command.startswith("sam "))


def parsed(lines: list[str]) -> str:
    """What the SAM CLI has to say against them."""
    script = Path(__file__).with_name("parse_sam.py")
    done = subprocess.run(  # noqa: S603 - the project's own tool
        [str(PYTHON), str(script)],
        input="\n".join(lines),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    return done.stdout


def test_every_command_is_understood() -> None:
    found = commands()
    assert {"deploy", "build", "delete", "remote"} <= {command.split()[1] for command in found}
    assert parsed(found) == ""


def test_a_wrong_command_is_noticed() -> None:
    wrong = ["sam deploy --config-env dev", "sam remote invoke --evnt x", "sam delte"]
    refused = [line.split(": ")[0] for line in parsed(wrong).splitlines() if line.startswith("sam ")]
    assert refused == wrong

"""make template: copies nat/user-data.sh into template.yaml: CloudFormation reads no file into UserData.

The script's Python stands in files of its own beside it, where it is checked; ``# include FILE`` takes its
place. The copy has no empty lines, no lines of comment and no docstrings: they stay where they are read. The
Python is compressed as well, since user data ends at 16,384 bytes (docs/decisions/0503).
"""

from __future__ import annotations

import base64
import re
import sys
import textwrap
import zlib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "nat/user-data.sh"
TEMPLATE = ROOT / "template.yaml"
BEGIN = "              # generated from nat/ by `make template`; edit it there\n"
END = "              # end of what is generated\n"
INCLUDE = re.compile(r"^# include (\S+)\n", re.MULTILINE)
PACKED = re.compile(r"<<'PROGRAM'\n((?: *[A-Za-z0-9+/=]+\n)+) *PROGRAM\n")
PACKED_WIDTH = 120
DOCSTRING = re.compile(r'^ *"""(?s:.*?)"""\n', re.MULTILINE)
INDENT = re.compile(r"^(?: {4})+", re.MULTILINE)


def boot_script() -> str:
    """The boot script as an instance runs it, with the comments of its shell part."""
    kept = packed_programs(TEMPLATE.read_text(encoding="utf-8"))
    return INCLUDE.sub(
        lambda match: _pack(_python(ROOT / match.group(1)), kept), SCRIPT.read_text(encoding="utf-8")
    )


def packed_programs(text: str) -> dict[str, str]:
    """The compressed programs in a script or template, by what they hold."""
    programs = {}
    for match in PACKED.finditer(text):
        packed = textwrap.dedent(match.group(1))
        programs[zlib.decompress(base64.b64decode(packed)).decode()] = packed
    return programs


def _pack(program: str, kept: dict[str, str]) -> str:
    """Lines of base64. What already holds this program stays: another zlib compresses to other bytes."""
    if program in kept:
        return kept[program]
    text = base64.b64encode(zlib.compress(program.encode(), 9)).decode()
    return "".join(f"{line}\n" for line in textwrap.wrap(text, PACKED_WIDTH))


def _python(path: Path) -> str:
    """A program in fewer bytes: without docstrings and comments, indented by one space."""
    text = DOCSTRING.sub("", path.read_text(encoding="utf-8"))
    return "".join(f"{line}\n" for line in commands(INDENT.sub(_narrow, text)))


def _narrow(match: re.Match[str]) -> str:
    return match.group().replace("    ", " ")


def generated(template: str, script: str) -> str:
    """The template with the script between the marks, as a literal block: nothing in it is substituted."""
    before, _, remainder = template.partition(BEGIN)
    _, mark, after = remainder.partition(END)
    if not mark:
        raise SystemExit(f"{TEMPLATE.name} lacks the marks around the copy of {SCRIPT.name}")
    indent = " " * (len(BEGIN) - len(BEGIN.lstrip()))
    lines = "".join(f"{indent}  {line}\n" for line in commands(script))
    return f"{before}{BEGIN}{indent}- |\n{lines}{END}{after}"


def commands(script: str) -> list[str]:
    """The script's lines without the empty ones and those of comment alone, in its Python part too."""
    lines = [line.rstrip() for line in script.splitlines()]
    return [line for line in lines if line and not line.lstrip().startswith("#")]


def main(arguments: list[str]) -> int:
    current = TEMPLATE.read_text(encoding="utf-8")
    wanted = generated(current, boot_script())
    if current == wanted:
        return 0
    if "--check" in arguments:
        print(f"{TEMPLATE.name} holds an older copy of nat/: make template", file=sys.stderr)
        return 1
    TEMPLATE.write_text(wanted, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""make template: copies nat/user-data.sh into template.yaml: CloudFormation reads no file into UserData.

The script's Python stands in files of its own beside it, where it is checked; ``# include FILE`` takes its
place. The copy has no empty lines, no lines of comment and no docstrings: they stay where they are read.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "nat/user-data.sh"
TEMPLATE = ROOT / "template.yaml"
BEGIN = "              # generated from nat/ by `make template`; edit it there\n"
END = "              # end of what is generated\n"
INCLUDE = re.compile(r"^# include (\S+)\n", re.MULTILINE)
DOCSTRING = re.compile(r'^ *"""(?s:.*?)"""\n', re.MULTILINE)
INDENT = re.compile(r"^(?: {4})+", re.MULTILINE)


def boot_script() -> str:
    """The boot script as an instance runs it, with the comments of its shell part."""
    return INCLUDE.sub(lambda match: _python(ROOT / match.group(1)), SCRIPT.read_text(encoding="utf-8"))


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

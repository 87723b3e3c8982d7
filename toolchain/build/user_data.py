"""make template: copies nat/user-data.sh into template.yaml: CloudFormation reads no file into UserData.

The script's Python stands in files of its own beside it, where it is checked; ``# include FILE`` takes its
place. User data is limited to 16 KB: docstrings, comments and blank lines, for readers alone, are left out.
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
COMMENT_OR_BLANK = re.compile(r"^ *(#.*)?\n", re.MULTILINE)


def script() -> str:
    """The boot script as an instance runs it."""
    shebang, text = SCRIPT.read_text(encoding="utf-8").split("\n", 1)
    included = INCLUDE.sub(lambda match: _python(ROOT / match.group(1)), text)
    return f"{shebang}\n{COMMENT_OR_BLANK.sub('', included)}"


def _python(path: Path) -> str:
    text = DOCSTRING.sub("", path.read_text(encoding="utf-8"))
    return INDENT.sub(lambda match: match.group().replace("    ", " "), text)


def generated(template: str, text: str) -> str:
    """The template with the script between the marks, as a literal block: nothing in it is substituted."""
    before, _, remainder = template.partition(BEGIN)
    _, mark, after = remainder.partition(END)
    if not mark:
        raise SystemExit(f"{TEMPLATE.name} lacks the marks around the copy of {SCRIPT.name}")
    indent = " " * (len(BEGIN) - len(BEGIN.lstrip()))
    lines = "".join(f"{indent}  {line}".rstrip() + "\n" for line in text.splitlines())
    return f"{before}{BEGIN}{indent}- |\n{lines}{END}{after}"


def main(arguments: list[str]) -> int:
    current = TEMPLATE.read_text(encoding="utf-8")
    wanted = generated(current, script())
    if current == wanted:
        return 0
    if "--check" in arguments:
        print(f"{TEMPLATE.name} holds an older copy of nat/: make template", file=sys.stderr)
        return 1
    TEMPLATE.write_text(wanted, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

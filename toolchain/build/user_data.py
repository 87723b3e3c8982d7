"""make template: packs nat/user-data.sh into template.yaml: CloudFormation reads no file into UserData.

The script's Python stands in files of its own beside it, where it is checked; ``# include FILE`` takes its
place. The whole is without empty lines, lines of comment and docstrings, and compressed, since user data ends
at 16,384 bytes (docs/decisions/0503). ``--print`` shows the script that template.yaml holds, ``--print FILE``
the one in an instance's user data.
"""

from __future__ import annotations

import base64
import re
import sys
import textwrap
import zlib
from pathlib import Path

from toolchain.build import marked

SCRIPT = marked.ROOT / "nat/user-data.sh"
BEGIN = "              # generated from nat/ by `make template`; edit it there\n"
END = "              # end of what is generated\n"
INCLUDE = re.compile(r"^# include (\S+)\n", re.MULTILINE)
PACKED = re.compile(r"<<'PACKED'\n((?: *[A-Za-z0-9+/=]+\n)+) *PACKED\n")
PACKED_WIDTH = 160
DOCSTRING = re.compile(r'^ *"""(?s:.*?)"""\n', re.MULTILINE)
INDENT = re.compile(r"^(?: {4})+", re.MULTILINE)
# cloud-init, which runs this, needs python3 itself
UNPACKING = """\
unpack() {
  python3 -c 'import base64,sys,zlib; print(zlib.decompress(base64.b64decode(sys.stdin.read())).decode())' \\
    <<'PACKED'
%sPACKED
}
SCRIPT=$(unpack) || {
  echo "TRADAI-NAT-FAILED step=unpack reason=exit status $?" >/dev/console
  exit 1
}
eval "$SCRIPT"
"""


def boot_script() -> str:
    """The boot script as an instance runs it once it is unpacked, its programs within."""
    script = SCRIPT.read_text(encoding="utf-8")
    text = INCLUDE.sub(lambda match: _python(marked.ROOT / match.group(1)), script)
    return "".join(f"{line}\n" for line in commands(text))


def packed(script: str) -> str:
    """Shell that unpacks and runs the script, with its own ``$0`` and arguments.

    What template.yaml holds stays where it unpacks to this script: another zlib compresses to other bytes.
    """
    kept = PACKED.search(marked.TEMPLATE.read_text(encoding="utf-8"))
    if kept is not None and unpacked(kept.group()) == script:
        text = "".join(kept.group(1).split())
    else:
        text = base64.b64encode(zlib.compress(script.encode(), 9)).decode()
    return UNPACKING % "".join(f"{line}\n" for line in textwrap.wrap(text, PACKED_WIDTH))


def unpacked(text: str) -> str:
    """The script in user data or in the template. Raises SystemExit if there is none."""
    match = PACKED.search(text)
    if match is None:
        raise SystemExit("no packed boot script in it")
    return zlib.decompress(base64.b64decode(match.group(1))).decode()


def _python(path: Path) -> str:
    """A program in fewer bytes: without docstrings and comments, indented by one space."""
    text = DOCSTRING.sub("", path.read_text(encoding="utf-8"))
    return "".join(f"{line}\n" for line in commands(INDENT.sub(_narrow, text)))


def _narrow(match: re.Match[str]) -> str:
    return match.group().replace("    ", " ")


def generated(template: str, script: str) -> str:
    """The template with the packed script between the marks, in a literal block: nothing is substituted."""
    indent = " " * (len(BEGIN) - len(BEGIN.lstrip()))
    lines = textwrap.indent(packed(script), f"{indent}  ")
    return marked.replaced(template, BEGIN, END, f"{indent}- |\n{lines}")


def commands(script: str) -> list[str]:
    """The script's lines without the empty ones and those of comment alone, in its Python part too."""
    lines = [line.rstrip() for line in script.splitlines()]
    return [line for line in lines if line and not line.lstrip().startswith("#")]


def main(arguments: list[str]) -> int:
    current = marked.TEMPLATE.read_text(encoding="utf-8")
    if "--print" in arguments:
        files = [name for name in arguments if name != "--print"]
        print(unpacked(Path(files[0]).read_text(encoding="utf-8") if files else current), end="")
        return 0
    return marked.write_or_check(generated(current, boot_script()), "nat/", arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

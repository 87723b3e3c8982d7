"""What can be said of the boot script without running it; tests/kernel runs it."""

from __future__ import annotations

import ast
import base64
import re
import shutil
import subprocess
import zlib
from typing import TYPE_CHECKING

import pytest

from toolchain.build.user_data import SCRIPT, UNPACKING, boot_script, main, packed, unpacked

if TYPE_CHECKING:
    from pathlib import Path


PROGRAMS = ("watchman", "peer", "meter", "rules")
HEREDOC = re.compile(r"<<'PROGRAM'\n(.*?)^PROGRAM\n", re.DOTALL | re.MULTILINE)


def test_what_the_instance_runs_is_what_is_read_here_without_words_for_readers() -> None:
    assert "# include" not in boot_script()
    programs = HEREDOC.findall(boot_script())
    assert len(programs) == len(PROGRAMS)
    for name, program in zip(PROGRAMS, programs, strict=True):
        code = (SCRIPT.parent / f"{name}.py").read_text()
        assert ast.dump(ast.parse(program)) == ast.dump(_bare(code))
        assert code.count("    \t") == 0


def test_a_script_that_another_zlib_compressed_stays_as_it_is(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    script = "echo 1\n" * 200
    other = base64.b64encode(zlib.compress(script.encode(), 1)).decode() + "\n"
    template = tmp_path / "template.yaml"
    template.write_text(UNPACKING % other)
    assert other not in packed(script)
    monkeypatch.setattr("toolchain.build.marked.TEMPLATE", template)
    assert other in packed(script)
    assert other not in packed(script + "echo 2\n")


def test_what_is_packed_runs_with_its_own_name_and_arguments(tmp_path: Path) -> None:
    """Also through an outer ``set -e``, a heredoc and an exit code, as the boot script uses them."""
    script = "set -euo pipefail\necho \"$0 $1 $FROM_OUTSIDE\"\ncat <<'PROGRAM'\n$x\nPROGRAM\nfalse\necho no\n"
    file = tmp_path / "user-data"
    file.write_text("#!/bin/bash\nexport FROM_OUTSIDE=here\n" + packed(script))
    done = _bash(str(file), "argument")
    assert (done.returncode, done.stdout) == (1, f"{file} argument here\n$x\n")
    assert unpacked(file.read_text()) == script


def test_a_script_that_does_not_unpack_says_so_on_the_console(tmp_path: Path) -> None:
    console = tmp_path / "console"
    text = packed("echo 1\n").replace("/dev/console", str(console))
    file = tmp_path / "user-data"
    file.write_text(text.replace("import base64", "import base65"))
    done = _bash(str(file))
    assert done.returncode == 1
    assert console.read_text() == "TRADAI-NAT-FAILED step=unpack reason=exit status 1\n"


def test_the_script_in_user_data_can_be_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--print"]) == 0
    assert capsys.readouterr().out == boot_script()
    file = tmp_path / "user-data"
    file.write_text(packed("echo 1\n"))
    assert main(["--print", str(file)]) == 0
    assert capsys.readouterr().out == "echo 1\n"
    file.write_text("#!/bin/bash\n")
    with pytest.raises(SystemExit, match="no packed boot script"):
        main(["--print", str(file)])


def _bash(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["/bin/bash", *arguments], capture_output=True, text=True, check=False)  # noqa: S603 - our own script


def _bare(code: str) -> ast.Module:
    """The program without its docstrings."""
    tree = ast.parse(code)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node):
            del node.body[0]
    return tree


def test_shellcheck_has_nothing_to_say() -> None:
    shellcheck = shutil.which("shellcheck")
    if shellcheck is None:
        pytest.skip("shellcheck is not installed")
    for text in (
        SCRIPT.read_text(),
        f"#!/bin/bash\n{boot_script()}",
        f"#!/bin/bash\n{packed(boot_script())}",
    ):
        done = subprocess.run([shellcheck, "-"], input=text, capture_output=True, text=True, check=False)  # noqa: S603 - a linter
        assert done.returncode == 0, done.stdout


def test_every_value_that_the_script_takes_is_listed_at_its_top() -> None:
    text = SCRIPT.read_text()
    head = text.split("set -euo pipefail", maxsplit=1)[0]
    taken = set(re.findall(r'": ?|\$\{([A-Z_]+):?[?=]', text)) - {""}
    assert taken == {
        "AWS_DEFAULT_REGION",
        "NAT_EIP_ALLOCATION_ID",
        "NAT_READY_TAG",
        "NAT_SELFTEST_URLS",
        "NAT_MSS",
        "NAT_GROUPS",
        "NAT_METRICS",
    }
    assert all(f"#   {name} " in head for name in taken)


METADATA_SERVICE = """#!/bin/bash
case "$*" in
  *api/token*) echo >>"$TOKENS"; wc -l <"$TOKENS" ;;
  *'token: 1') echo 'The requested URL returned error: 401' >&2; exit 22 ;;
  *) echo i-0123456789abcdef0 ;;
esac
"""


def test_a_token_that_the_metadata_service_refuses_is_renewed(tmp_path: Path) -> None:
    curl = tmp_path / "curl"
    curl.write_text(METADATA_SERVICE)
    curl.chmod(0o755)
    program = "source <(sed '/^main$/d' \"$SCRIPT\"); try_until 30 instance_id"
    environment = {
        "PATH": f"{tmp_path}:/usr/bin:/bin",
        "SCRIPT": str(SCRIPT),
        "TOKENS": str(tmp_path / "tokens"),
        "TMPDIR": str(tmp_path),
    }
    done = subprocess.run(  # noqa: S603 - our own script
        ["/bin/bash", "-c", program], env=environment, capture_output=True, text=True, check=False
    )
    assert done.stdout.strip() == "i-0123456789abcdef0", done.stderr


def test_only_the_second_version_of_the_metadata_service_is_used() -> None:
    asked = [line for line in SCRIPT.read_text().splitlines() if "$METADATA/" in line]
    assert len(asked) == 2
    assert all("X-aws-ec2-metadata-token" in line for line in asked)

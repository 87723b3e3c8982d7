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

from toolchain.build.user_data import SCRIPT, _pack, _python, boot_script, packed_programs

if TYPE_CHECKING:
    from pathlib import Path


PROGRAMS = ("watchman", "peer", "rules")


def test_what_the_instance_runs_is_what_is_read_here_without_words_for_readers() -> None:
    assert "# include" not in boot_script()
    programs = packed_programs(boot_script())
    assert list(programs) == [_python(SCRIPT.parent / f"{name}.py") for name in PROGRAMS]
    for name in PROGRAMS:
        code = (SCRIPT.parent / f"{name}.py").read_text()
        assert ast.dump(ast.parse(_python(SCRIPT.parent / f"{name}.py"))) == ast.dump(_bare(code))
        assert code.count("    \t") == 0


def test_a_program_that_another_zlib_compressed_stays_as_it_is() -> None:
    program = "print(1)\n" * 200
    other = base64.b64encode(zlib.compress(program.encode(), 1)).decode() + "\n"
    assert _pack(program, {}) != other
    kept = packed_programs(f"  <<'PROGRAM'\n  {other}  PROGRAM\n")
    assert _pack(program, kept) == other
    assert _pack(program + "print(2)\n", kept) != other


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
    for text in (SCRIPT.read_text(), boot_script()):
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

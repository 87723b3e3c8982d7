"""The makefiles find python3.13 by PATH alone, and say that it is needed where it is absent."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
TOOLS = ("bash", "sh", "make", "sed", "env", "find", "cp", "rm", "mkdir", "touch", "test", "true")
PROBE = "print-python:\n\t@echo '[$({})]' PIP_USER=$$PIP_USER\n"
each_makefile = pytest.mark.parametrize(
    ("makefile", "variable"),
    [("Makefile", "PYTHON313"), ("functions/Makefile", "PYTHON"), ("layers/shared/Makefile", "PYTHON")],
)


@pytest.fixture
def bare_path(tmp_path: Path) -> Path:
    """A folder with the shell's tools alone: neither Python nor pyenv."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for tool in TOOLS:
        executable = shutil.which(tool)
        assert executable, tool
        (folder / tool).symlink_to(executable)
    return folder


def add_python(folder: Path, script: str) -> None:
    """A python3.13 that runs this shell script."""
    python = folder / "python3.13"
    python.write_text(f"#!/bin/sh\n{script}\n")
    python.chmod(0o755)


def make(path: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    env = {"PATH": str(path), "HOME": str(path), **variables}
    return subprocess.run(["make", *arguments], env=env, capture_output=True, text=True, check=False)  # noqa: S603, S607


def python_of(path: Path, makefile: str, variable: str) -> str:
    """The interpreter that this makefile's variable names."""
    probe = path.parent / "probe.mk"
    probe.write_text(PROBE.format(variable))
    answer = make(
        path, "-s", "-C", str((ROOT / makefile).parent), "-f", "Makefile", "-f", str(probe), "print-python"
    )
    return answer.stdout.split()[0]


@each_makefile
def test_python_is_found_by_path_without_pyenv(bare_path: Path, makefile: str, variable: str) -> None:
    add_python(bare_path, "exit 0")
    assert python_of(bare_path, makefile, variable) == "[python3.13]"


@each_makefile
def test_an_absent_python_is_none(bare_path: Path, makefile: str, variable: str) -> None:
    assert python_of(bare_path, makefile, variable) == "[]"


@pytest.mark.parametrize(
    ("folder", "target"), [("functions", "build-TtlReaperFunction"), ("layers/shared", "build-SharedLayer")]
)
def test_a_build_without_python_says_what_is_needed(
    bare_path: Path, tmp_path: Path, folder: str, target: str
) -> None:
    answer = make(bare_path, "-C", str(ROOT / folder), target, f"ARTIFACTS_DIR={tmp_path}/out")
    assert answer.returncode != 0
    assert "python3.13, the runtime's own version, is needed" in answer.stderr


def test_the_layer_is_built_without_the_user_folder(bare_path: Path, tmp_path: Path) -> None:
    """Pip refuses --user, which PIP_USER=1 means, beside --target."""
    log = tmp_path / "pip-user"
    add_python(bare_path, f'[ "$2" != pip ] || echo "$PIP_USER" >>{log}\n[ "$2" != pip ]')
    make(
        bare_path,
        "-C",
        str(ROOT / "layers/shared"),
        "build-SharedLayer",
        f"ARTIFACTS_DIR={tmp_path}/out",
        PIP_USER="1",
    )
    assert log.read_text().split() == ["0"]

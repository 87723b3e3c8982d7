"""A release: the same bytes from the same files, every locked package in its bill, every file in its sums."""

from __future__ import annotations

import hashlib
import os
import re
import sys
import tomllib
import zipfile
from pathlib import Path

import ops
from toolchain.build.release import LOCKS, bill_of_materials, checksums, packages, zip_folder

ROOT = Path(__file__).parents[3]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def filled(folder: Path, names: tuple[str, ...]) -> Path:
    for name in names:
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(name, encoding="utf-8")
    return folder


def test_a_zip_depends_on_its_files_alone(tmp_path: Path) -> None:
    first = filled(tmp_path / "first", ("app.py", "b/c.py"))
    second = filled(tmp_path / "second", ("b/c.py", "app.py", "__pycache__/app.pyc"))
    os.utime(second / "app.py", (1, 1))
    (second / "app.py").chmod(0o755)
    for folder in (first, second):
        zip_folder(folder, folder.with_suffix(".zip"), epoch=1_700_000_000)
    assert (tmp_path / "first.zip").read_bytes() == (tmp_path / "second.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "first.zip") as archive:
        assert archive.namelist() == ["app.py", "b/c.py"]
    zip_folder(first, tmp_path / "early.zip", epoch=0)  # before the first time that a zip knows


def test_every_locked_package_is_in_the_bill_with_its_hashes() -> None:
    bill = bill_of_materials(LOCKS, 0)
    names = {component["name"]: component for component in bill["components"]}
    assert names["pydantic"]["scope"] == "required"
    assert names["pytest"]["scope"] == "optional"
    for lock in LOCKS:
        pins = re.findall(r"^([\w.-]+)(?:\[.*?\])?==", lock.read_text(encoding="utf-8"), re.MULTILINE)
        assert set(pins) <= set(names)
    assert all(component["hashes"] for component in bill["components"])
    assert bill["metadata"]["component"]["version"] == ops.__version__


def test_a_package_is_read_with_its_extras_and_markers() -> None:
    lock = f"a-b[x,y]==1.2 ; python_version < '4' \\\n    --hash=sha256:{'0' * 64}\nc==3\n"
    assert [
        (found["name"], found["version"], len(found["hashes"])) for found in packages(lock, "required")
    ] == [
        ("a-b", "1.2", 1),
        ("c", "3", 0),
    ]


def test_the_sums_are_those_of_sha256sum(tmp_path: Path) -> None:
    filled(tmp_path, ("b", "a", "SHA256SUMS"))
    digests = {name: hashlib.sha256(name.encode()).hexdigest() for name in ("a", "b")}
    assert checksums(tmp_path) == f"{digests['a']}  a\n{digests['b']}  b\n"


def test_the_version_is_in_one_place_and_the_changelog_has_it() -> None:
    assert "version" in PROJECT["dynamic"]
    assert f"## [{ops.__version__}]" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_what_the_command_line_imports_is_declared() -> None:
    """Of what ``ops``, the functions and the layer import, what is not the standard library's."""
    modules = {
        "botocore": "boto3",
        "pydantic_core": "pydantic",
        "aws_lambda_powertools": "aws-lambda-powertools",
    }
    own = {
        "ops",
        "drift_check",
        "ttl_reaper",
        "tradai_shared",
        "update_nat_routes",
        "egress_probe",
        "simulator",
    }
    declared = {re.split(r"[<>=\[]", text)[0] for text in PROJECT["dependencies"]}
    imported = set()
    for folder in ("ops", "functions", "layers/shared/tradai_shared"):
        for file in (ROOT / folder).rglob("*.py"):
            found = re.findall(r"^\s*(?:from|import) (\w+)", file.read_text(encoding="utf-8"), re.MULTILINE)
            imported |= set(found)
    foreign = imported - set(sys.stdlib_module_names) - own - {"types_boto3_dynamodb"}
    foreign = {name for name in foreign if not name.startswith("types_boto3")}
    assert {modules.get(name, name.replace("_", "-")) for name in foreign} <= declared

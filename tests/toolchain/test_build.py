"""What sam build makes is what is deployed: its contents, bytecode and sizes, the same bytes each time."""

from __future__ import annotations

import filecmp
import json
import os
import shutil
import struct
import subprocess
from pathlib import Path

import pytest

from tests.toolchain.conftest import Build, sam
from toolchain.build.artifact import sizes
from toolchain.local.emulator import ROOT, RUNTIME

pytestmark = pytest.mark.toolchain

FUNCTIONS = {
    "DriftCheckFunction": "drift_check",
    "EgressProbeFunction": "egress_probe",
    "TtlReaperFunction": "ttl_reaper",
    "UpdateNatRoutesFunction": "update_nat_routes",
}
LAYER_BYTES = 8_000_000
FUNCTION_BYTES = 65_000
# the drift check has a file for each kind of resource; the reaper's messages came to 6 kB
LARGER_FUNCTIONS = {
    "DriftCheckFunction": 150_000,
    "TtlReaperFunction": 70_000,
    "UpdateNatRoutesFunction": 84_000,
}
MACHINES = {"x86_64": 62, "aarch64": 183}  # e_machine of an ELF header
UNCHECKED_HASH = 0b01
each_function = pytest.mark.parametrize(("logical_id", "package"), FUNCTIONS.items(), ids=FUNCTIONS)


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def header(bytecode: Path) -> tuple[bytes, int, bytes]:
    """A .pyc file's magic number, flags and hash of its source."""
    content = bytecode.read_bytes()
    return content[:4], int.from_bytes(content[4:8], "little"), content[8:16]


def as_the_runtime_compiles(sources: list[Path]) -> list[tuple[bytes, int, bytes]]:
    """The headers that the runtime's own version gives these sources: both fields depend on the version."""
    code = (
        "import importlib.util as u, json, sys; print(json.dumps([[u.MAGIC_NUMBER.hex(), "
        "u.source_hash(open(name, 'rb').read()).hex()] for name in json.load(sys.stdin)]))"
    )
    given = json.dumps([str(source) for source in sources])
    done = subprocess.run([str(RUNTIME), "-c", code], input=given, capture_output=True, text=True, check=True)  # noqa: S603 - ours
    return [
        (bytes.fromhex(magic), UNCHECKED_HASH, bytes.fromhex(name)) for magic, name in json.loads(done.stdout)
    ]


def compiled(source: Path) -> Path:
    return source.parent / "__pycache__" / f"{source.stem}.cpython-313.pyc"


def test_it_builds_without_a_warning(build: Build) -> None:
    assert "Build Succeeded" in build.said
    assert "warn" not in build.said.lower()
    assert "error" not in build.said.lower()


@each_function
def test_a_function_holds_its_own_package_as_bytecode_and_nothing_else(
    build: Build, logical_id: str, package: str
) -> None:
    own = {f"{package}/{name}" for name in files(ROOT / "functions" / package) if "__pycache__" not in name}
    assert files(build.folder / logical_id) == {f"{name}c" if name.endswith(".py") else name for name in own}


@each_function
def test_a_function_s_bytecode_is_what_the_runtime_makes_of_today_s_sources(
    build: Build, logical_id: str, package: str, tmp_path: Path
) -> None:
    ours = ROOT / "functions" / package
    shutil.copytree(ours, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    variables = {"PYTHONHASHSEED": "0", "PYTHONNODEBUGRANGES": "1"}
    command = [str(RUNTIME), str(ROOT / "functions/compile_package.py"), str(tmp_path)]
    subprocess.run(command, env=variables, check=True)  # noqa: S603 - ours
    names = sorted(files(tmp_path))
    assert filecmp.cmpfiles(tmp_path, build.folder / logical_id, names, shallow=False) == (names, [], [])


def test_the_layer_s_bytecode_is_there_and_of_its_sources(build: Build) -> None:
    sources = sorted((build.folder / "SharedLayer/python").rglob("*.py"))
    assert [header(compiled(source)) for source in sources] == as_the_runtime_compiles(sources)


def test_the_layer_s_bytecode_is_what_runs(build: Build, tmp_path: Path) -> None:
    site = tmp_path / "python"
    shutil.copytree(build.folder / "SharedLayer/python/tradai_shared", site / "tradai_shared")
    (site / "tradai_shared/errors.py").write_text(
        "raise SystemExit('the source was read')\n", encoding="utf-8"
    )
    code = "import tradai_shared.errors as one; print(one.AwsError.__name__)"
    done = subprocess.run(  # noqa: S603 - the project's own interpreter
        [str(RUNTIME), "-c", code], env={"PYTHONPATH": str(site)}, capture_output=True, text=True, check=True
    )
    assert done.stdout == "AwsError\n"


def test_the_layer_holds_the_shared_package_whole(build: Build) -> None:
    ours = {name for name in files(ROOT / "layers/shared/tradai_shared") if "__pycache__" not in name}
    built = {
        name for name in files(build.folder / "SharedLayer/python/tradai_shared") if "__pycache__" not in name
    }
    assert built == ours


def test_the_layer_holds_what_its_requirements_name_and_nothing_else(build: Build) -> None:
    site = build.folder / "SharedLayer/python"
    requirements = (ROOT / "layers/shared/requirements.txt").read_text(encoding="utf-8")
    names = {line.split("==")[0].replace("-", "_") for line in requirements.splitlines() if "==" in line}
    packages = {path.name.split(".")[0] for path in site.iterdir()} - {"__pycache__"}
    assert {path.name.split("-")[0] for path in site.glob("*.dist-info")} == names
    assert {name.split("-")[0] for name in packages} == names | {"tradai_shared"}


def test_the_layer_holds_no_tests_no_tracer_and_no_aws_client(build: Build) -> None:
    names = {part for name in files(build.folder / "SharedLayer") for part in Path(name).parts}
    assert names.isdisjoint({"tests", "test", "botocore", "boto3", "aws_xray_sdk", "bin"})
    assert not [name for name in names if name.startswith("test_")]


def test_every_compiled_part_is_there_for_both_architectures(build: Build) -> None:
    parts: dict[str, set[str]] = {}
    for path in (build.folder / "SharedLayer").rglob("*.so"):
        name, tag = path.name.split(".")[:2]
        machine = tag.split("-")[2]
        magic, number = struct.unpack_from("<4s14xH", path.read_bytes())
        assert (magic, number) == (b"\x7fELF", MACHINES[machine])
        parts.setdefault(name, set()).add(machine)
    assert parts
    assert all(machines == set(MACHINES) for machines in parts.values())


def test_the_zips_are_small(build: Build) -> None:
    zips = sizes(build.folder)
    assert zips.pop("SharedLayer") < LAYER_BYTES
    assert set(zips) == set(FUNCTIONS)
    assert {
        name: size for name, size in zips.items() if size >= LARGER_FUNCTIONS.get(name, FUNCTION_BYTES)
    } == {}


def test_the_same_sources_give_the_same_bytes_from_another_folder(build: Build, tmp_path: Path) -> None:
    copy = tmp_path / "a copy"
    for name in ("functions", "layers"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    shutil.copy(ROOT / "template.yaml", copy)
    os.utime(copy / "functions/update_nat_routes/app.py", (0, 0))
    sam("build", "--build-dir", "again", cwd=copy)
    again = copy / "again"
    assert files(again) == files(build.folder)
    packed = files(again) - {"template.yaml"}  # it names files from the folder that it was built into
    equal, different, unreadable = filecmp.cmpfiles(build.folder, again, packed, shallow=False)
    assert (different, unreadable) == ([], [])
    assert len(equal) == len(packed)

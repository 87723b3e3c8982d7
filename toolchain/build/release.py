"""What a release consists of, the same bytes from the same commit: zips, wheel, bill of materials, checksums.

Times are SOURCE_DATE_EPOCH's, by default the commit's (https://reproducible-builds.org/specs/source-date-epoch/).
The bill of materials is CycloneDX 1.5 (https://cyclonedx.org/docs/1.5/json/), from the locked requirements.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ops import __version__
from toolchain.build.artifact import BUILD

if TYPE_CHECKING:
    from collections.abc import Iterable

ROOT = Path(__file__).resolve().parents[2]
LOCKS = (ROOT / "layers/shared/requirements.txt", ROOT / "requirements/dev.txt")
REQUIREMENT = re.compile(r"^(?P<name>[A-Za-z0-9][\w.-]*)(?:\[.*?\])?==(?P<version>[^\s;\\]+)", re.MULTILINE)
HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")
FIRST_ZIP_YEAR = (1980, 1, 1, 0, 0, 0)  # a zip knows no earlier time
MODE = 0o644 << 16


def main() -> None:
    """Write out/release, and print what is in it."""
    folder = ROOT / "out/release"
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    epoch = source_epoch()
    for built in sorted(path for path in BUILD.iterdir() if path.is_dir()):
        zip_folder(built, folder / f"{built.name}-{__version__}.zip", epoch)
    build_wheel(folder, epoch)
    bill = json.dumps(bill_of_materials(LOCKS, epoch), indent=1) + "\n"
    (folder / f"tradai-ops-{__version__}.cdx.json").write_text(bill, encoding="utf-8")
    sums = checksums(folder)
    (folder / "SHA256SUMS").write_text(sums, encoding="utf-8")
    print(sums, end="")


def source_epoch() -> int:
    """Seconds since 1970 that every file of the release bears."""
    if given := os.environ.get("SOURCE_DATE_EPOCH"):
        return int(given)
    command = ["git", "-C", str(ROOT), "log", "-1", "--format=%ct"]
    return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)  # noqa: S603 - fixed


def zip_folder(folder: Path, target: Path, epoch: int) -> None:
    """The folder's files in one order, with one time and one mode."""
    moment = max(FIRST_ZIP_YEAR, datetime.fromtimestamp(epoch, UTC).timetuple()[:6])
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                entry = zipfile.ZipInfo(path.relative_to(folder).as_posix(), moment)
                entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, MODE
                archive.writestr(entry, path.read_bytes())


def build_wheel(folder: Path, epoch: int) -> None:
    """The command line as a wheel, by the locked setuptools."""
    command = [
        *(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"),
        *("--disable-pip-version-check", "--wheel-dir", str(folder), str(ROOT)),
    ]
    shutil.rmtree(ROOT / "build", ignore_errors=True)  # what an earlier build left would be packed too
    subprocess.run(command, check=True, env={**os.environ, "SOURCE_DATE_EPOCH": str(epoch)})  # noqa: S603 - fixed
    shutil.rmtree(ROOT / "build", ignore_errors=True)


def bill_of_materials(locks: Iterable[Path], epoch: int) -> dict[str, Any]:
    """Every locked package with its hashes; those of the layer are deployed, the others build and check."""
    components: dict[str, dict[str, Any]] = {}
    for lock in locks:
        scope = "required" if lock.parent.name == "shared" else "optional"
        for component in packages(lock.read_text(encoding="utf-8"), scope):
            components.setdefault(component["purl"], component)
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {
            "timestamp": datetime.fromtimestamp(epoch, UTC).isoformat().replace("+00:00", "Z"),
            "component": {"type": "application", "name": "tradai-ops", "version": __version__},
        },
        "components": sorted(components.values(), key=lambda component: component["purl"]),
    }


def packages(lock: str, scope: str) -> list[dict[str, Any]]:
    """The components of one lock."""
    found = list(REQUIREMENT.finditer(lock))
    ends = [*(match.start() for match in found[1:]), len(lock)]
    return [
        {
            "type": "library",
            "name": match["name"],
            "version": match["version"],
            "purl": f"pkg:pypi/{match['name'].lower()}@{match['version']}",
            "scope": scope,
            "hashes": [
                {"alg": "SHA-256", "content": digest} for digest in HASH.findall(lock[match.end() : end])
            ],
        }
        for match, end in zip(found, ends, strict=True)
    ]


def checksums(folder: Path) -> str:
    """As ``sha256sum`` prints them, so that ``sha256sum -c`` checks them."""
    files = sorted(path for path in folder.iterdir() if path.name != "SHA256SUMS")
    return "".join(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in files)


if __name__ == "__main__":
    main()

"""What sam build left in .aws-sam/build: the functions' and the layer's folders, as they would be zipped."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from simulator.aws.sam_template import Template
from toolchain.build.sample_account import ACCOUNT, AUDIT_BUCKET, REGION

if TYPE_CHECKING:
    from collections.abc import Mapping

    from simulator.aws.sam_template import Function

BUILD = Path(__file__).resolve().parents[2] / ".aws-sam/build"
PSEUDO = {
    "AWS::Region": REGION,
    "AWS::AccountId": ACCOUNT,
    "AWS::Partition": "aws",
    "AWS::StackName": "tradai-ops",
    "AWS::URLSuffix": "amazonaws.com",
    "ReaperBucket": AUDIT_BUCKET,
}


@dataclass(frozen=True, slots=True)
class Artifact:
    """A built function: the template's view of it, its code and its layer."""

    logical_id: str
    function: Function
    code: Path
    layer: Path


def artifact(package: str, parameters: Mapping[str, str], build: Path = BUILD) -> Artifact:
    """The built function whose handler is in this package.

    Raises:
        StopIteration: there is none.
    """
    template = Template.load(build / "template.yaml", parameters, PSEUDO)
    functions = (
        name
        for name, resource in template.document["Resources"].items()
        if resource["Type"] == "AWS::Serverless::Function"
        and resource["Properties"]["Handler"].startswith(f"{package}.")
    )
    logical_id = next(functions)
    return Artifact(logical_id, template.function(logical_id), build / logical_id, build / "SharedLayer")


def zipped_bytes(folder: Path) -> int:
    """The size of the folder as SAM zips it: files alone, by zipfile's own compression.

    Source: samcli.lib.package.utils.make_zip_with_permissions.
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            archive.write(path, path.relative_to(folder))
    return buffer.tell()


def sizes(build: Path = BUILD) -> dict[str, int]:
    """Bytes of every zip, by logical id."""
    return {folder.name: zipped_bytes(folder) for folder in sorted(build.iterdir()) if folder.is_dir()}


if __name__ == "__main__":
    for name, size in sizes().items():
        print(f"{name:<28}{size / 1000:>9,.1f} kB zipped")

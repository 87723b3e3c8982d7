"""What sam build left in .aws-sam/build: the functions' and the layer's folders, as they would be zipped."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from simulator.template import Template
from toolchain.estate import ACCOUNT, REGION

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from simulator.template import Function

BUILD = Path(__file__).resolve().parent.parent / ".aws-sam/build"
PSEUDO = {
    "AWS::Region": REGION,
    "AWS::AccountId": ACCOUNT,
    "AWS::Partition": "aws",
    "AWS::StackName": "tradai-ops",
    "AWS::URLSuffix": "amazonaws.com",
}


@dataclass(frozen=True, slots=True)
class Artefact:
    """A built function: the template's view of it, its code and its layer."""

    logical_id: str
    function: Function
    code: Path
    layer: Path


def artefacts(parameters: Mapping[str, str], build: Path = BUILD) -> Iterator[Artefact]:
    """Every function that was built."""
    template = Template.load(build / "template.yaml", parameters, PSEUDO)
    for logical_id, resource in template.document["Resources"].items():
        if resource["Type"] == "AWS::Serverless::Function":
            function = template.function(logical_id)
            yield Artefact(logical_id, function, build / logical_id, build / "SharedLayer")


def zipped_bytes(folder: Path) -> int:
    """The size of the folder as a zip with the compression that SAM uses."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            archive.write(path, path.relative_to(folder))
    return buffer.tell()


def sizes(build: Path = BUILD) -> dict[str, int]:
    """Bytes of every zip, by logical id."""
    return {folder.name: zipped_bytes(folder) for folder in sorted(build.iterdir()) if folder.is_dir()}


if __name__ == "__main__":
    print(json.dumps(sizes(), indent=2))

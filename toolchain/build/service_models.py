"""make models: cuts botocore's models of EC2 and Auto Scaling down to what the failover calls."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from botocore.loaders import JSONFileLoader, Loader

from tradai_shared.aws.clients import MODELS, OPERATIONS

if TYPE_CHECKING:
    from collections.abc import Iterator

RULES = "endpoint-rule-set-1"
# What a session reads beside a service's own model.
SHARED = ("endpoints", "partitions", "sdk-default-configuration")


class Botocores(Loader):
    """Reads files as botocore does; the simulator gives Loader itself a leaner way, for its own process."""

    FILE_LOADER_CLASS = JSONFileLoader


def generated() -> dict[str, str]:
    """The files of the models' folder, by name."""
    loader, files = Botocores(), {}
    for service, operations in OPERATIONS.items():
        version = loader.determine_latest_version(service, "service-2")
        model = loader.load_service_model(service, "service-2", version)
        files[f"{service}/{version}/service-2.json"] = text(trimmed(model, operations))
        rules = loader.load_service_model(service, RULES, version)
        files[f"{service}/{version}/{RULES}.json"] = text(rules)
    for name in SHARED:
        files[f"{name}.json"] = text(shared(name, loader.load_data(name)))
    return files


def trimmed(model: Any, operations: tuple[str, ...]) -> Any:
    """The model with these operations, the shapes that they reach, and no prose."""
    operation_models = {name: model["operations"][name] for name in operations}
    shape_names: set[str] = set()
    left = list(shapes_in(operation_models))
    while left:
        name = left.pop()
        if name not in shape_names:
            shape_names.add(name)
            left += shapes_in(model["shapes"][name])
    shapes = {name: model["shapes"][name] for name in sorted(shape_names)}
    return without_prose({**model, "operations": operation_models, "shapes": shapes})


def shapes_in(node: Any) -> Iterator[str]:
    """The names of shapes that a part of a model refers to."""
    if isinstance(node, dict):
        for name, value in node.items():
            if name == "shape" and isinstance(value, str):
                yield value
            else:
                yield from shapes_in(value)
    elif isinstance(node, list):
        for value in node:
            yield from shapes_in(value)


def without_prose(node: Any) -> Any:
    if isinstance(node, dict):
        prose = isinstance(node.get("documentation"), str)  # a member of that name is a shape
        return {
            name: without_prose(value)
            for name, value in node.items()
            if not (prose and name == "documentation")
        }
    return [without_prose(value) for value in node] if isinstance(node, list) else node


def shared(name: str, data: Any) -> Any:
    """Of the endpoints of every service, those of these two."""
    if name != "endpoints":
        return data
    partitions = [
        {
            **partition,
            "services": {
                service: partition["services"][service]
                for service in OPERATIONS
                if service in partition["services"]
            },
        }
        for partition in data["partitions"]
    ]
    return {**data, "partitions": partitions}


def text(data: Any) -> str:
    return json.dumps(data, separators=(",", ":")) + "\n"


def present() -> dict[str, str]:
    files = sorted(MODELS.rglob("*.json"))
    return {str(path.relative_to(MODELS)): path.read_text(encoding="utf-8") for path in files}


def main(arguments: list[str]) -> int:
    wanted = generated()
    if present() == wanted:
        return 0
    if "--check" in arguments:
        print(f"{MODELS.name}/ is not what botocore's models give: make models", file=sys.stderr)
        return 1
    for name in present():
        (MODELS / name).unlink()
    for name, content in wanted.items():
        path = MODELS / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

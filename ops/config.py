"""``tradai-ops config``: print, check and look up the canonical configuration. Calls no AWS service."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path  # noqa: TC003 - cyclopts reads the annotations
from typing import TYPE_CHECKING, Annotated

from ops.options import FLAG, AnyEnvironment, Common, Format, refuse_other_formats
from ops.screen import console, print_document
from tradai_shared.config import canonical_config
from tradai_shared.config.build import build
from tradai_shared.config.changelog import CHANGES
from tradai_shared.config.loader import environment, read
from tradai_shared.config.models import CanonicalConfig
from tradai_shared.config.paths import (
    is_immutable,
    is_unspecified,
    leaves,
    provenance_of,
    source_of,
    value_at,
)

if TYPE_CHECKING:
    from collections.abc import Mapping


def export(*, common: Common) -> int:
    """Print the whole configuration as JSON, with provenance, immutable and unspecified values."""
    refuse_other_formats(common.format)
    configuration = canonical_config(common.env)
    paths = [path for path, _ in leaves(configuration)]
    print_document(
        {
            "version": CHANGES[-1].version,
            "environment": configuration.environment,
            "values": configuration.model_dump(mode="json"),
            "provenance": nested({path: provenance_of(configuration, path) for path in paths}),
            "sources": nested({path: source_to_json(configuration, path) for path in paths}),
            "immutable": [path for path in paths if is_immutable(configuration, path)],
            "unstated": [path for path in paths if is_unspecified(configuration, path)],
        }
    )
    return 0


def schema(*, common: AnyEnvironment | None = None) -> int:
    """Print the configuration's JSON Schema."""
    common = common or AnyEnvironment()
    environment(common.env)
    refuse_other_formats(common.format)
    print_document(CanonicalConfig.model_json_schema())
    return 0


def validate(file: Path, *, common: Common) -> int:
    """Check an override file and print each value that it replaces.

    Parameters
    ----------
    file
        The override file.
    """
    name = environment(common.env)
    refuse_other_formats(common.format)
    overrides = read(file)
    changes = differences(build(name), build(name, overrides))
    if common.format is Format.JSON:
        print_document({"environment": name, "changes": changes, "waivers": len(overrides.waivers)})
        return 0
    print_changes(changes)
    if not common.quiet:
        console.print(f"{file} is accepted; it has {len(overrides.waivers)} waivers")
    return 0


def diff(*, common: Common) -> int:
    """Print each value by which this deployment's own file differs from the built-in configuration."""
    name = environment(common.env)
    refuse_other_formats(common.format)
    changes = differences(build(name), canonical_config(name))
    if common.format is Format.JSON:
        print_document({"environment": name, "changes": changes})
    else:
        print_changes(changes)
        if not changes and not common.quiet:
            console.print(f"{name} has the built-in values")
    return 1 if changes else 0


def show(path: str, *, common: Common, pages: Annotated[bool, FLAG] = False) -> int:
    """Print the values at and below a path, each with its provenance.

    Parameters
    ----------
    path
        A value or a section, such as nat.group or network.vpc.cidr.
    pages
        Also the page that each value was read from, and when.
    """
    refuse_other_formats(common.format)
    configuration = canonical_config(common.env)
    values = dict(leaves(configuration.model_dump(mode="json")))
    lines: dict[str, dict[str, object]] = {}
    for leaf, _ in leaves(value_at(configuration, path), path):
        if is_unspecified(configuration, leaf):
            lines[leaf] = {"specified": False}
            text = "not specified"
        else:
            provenance, immutable = provenance_of(configuration, leaf), is_immutable(configuration, leaf)
            lines[leaf] = {"value": values[leaf], "provenance": provenance, "immutable": immutable}
            lines[leaf] |= {"source": source_to_json(configuration, leaf)} if pages else {}
            page = _page(configuration, leaf) if pages else ""
            text = f"{in_json(values[leaf])} ({provenance}{page}{', immutable' if immutable else ''})"
        if common.format is not Format.JSON:
            console.print(f"{leaf}: {text}")
    if common.format is Format.JSON:
        print_document({"environment": common.env, "values": lines})
    return 0


def differences(before: CanonicalConfig, after: CanonicalConfig) -> dict[str, dict[str, object]]:
    """The leaves that differ, by path, with both values."""
    old, new = (dict(leaves(configuration.model_dump(mode="json"))) for configuration in (before, after))
    return {
        path: {"built_in": old.get(path), "own": new.get(path)}
        for path in dict.fromkeys([*old, *new])
        if old.get(path) != new.get(path)
    }


def print_changes(changes: Mapping[str, Mapping[str, object]]) -> None:
    for path, change in changes.items():
        console.print(f"{path}: {in_json(change['built_in'])} → {in_json(change['own'])}")


def _page(configuration: CanonicalConfig, path: str) -> str:
    source = source_of(configuration, path)
    if source is None:
        return ""
    other = f", but {source.other_page.name} says {in_json(source.other_value)}" if source.other_page else ""
    return f": {source.page.name}, {source.page.read}{other}"


def source_to_json(configuration: CanonicalConfig, path: str) -> dict[str, object] | None:
    """The page of a value; of a contradicted value also the other page's."""
    source = source_of(configuration, path)
    if source is None:
        return None
    described: dict[str, object] = asdict(source.page)
    if source.other_page:
        described["other"] = {**asdict(source.other_page), "value": source.other_value}
    return described


def nested(values: Mapping[str, object]) -> dict[str, object]:
    """The values by path as a tree."""
    tree: dict[str, object] = {}
    for path, value in values.items():
        *sections, name = path.split(".")
        branch = tree
        for section in sections:
            branch = branch.setdefault(section, {})  # type: ignore[assignment]  # only leaves are no dict
        branch[name] = value
    return tree


def in_json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)

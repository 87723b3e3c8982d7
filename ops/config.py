"""``tradai-ops config``: print, check and look up the canonical configuration. Calls no AWS service."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path  # noqa: TC003 - cyclopts reads the annotations
from typing import TYPE_CHECKING, Literal

from cyclopts import App

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

config = App(name="config")


@config.command
def export(
    *,
    env: str,
    format: Literal["json"] = "json",  # noqa: A002, ARG001 - the option's name; JSON is the only format
) -> int:
    """Print the whole configuration with provenance, immutable and unspecified values.

    Parameters
    ----------
    env
        dev, staging or prod.
    format
        The output format.
    """
    configuration = canonical_config(env)
    paths = [path for path, _ in leaves(configuration)]
    print_json(
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


@config.command
def schema() -> int:
    """Print the configuration's JSON Schema."""
    print_json(CanonicalConfig.model_json_schema())
    return 0


@config.command
def validate(file: Path, *, env: str) -> int:
    """Check an override file and print each value that it replaces.

    Parameters
    ----------
    file
        The override file.
    env
        dev, staging or prod.
    """
    name = environment(env)
    overrides = read(file)
    before, after = (
        dict(leaves(configuration.model_dump(mode="json")))
        for configuration in (build(name), build(name, overrides))
    )
    for path in dict.fromkeys([*before, *after]):
        if before.get(path) != after.get(path):
            print(f"{path}: {in_json(before.get(path))} → {in_json(after.get(path))}")
    print(f"{file} is accepted; it has {len(overrides.waivers)} waivers")
    return 0


@config.command
def show(path: str, *, env: str, pages: bool = False) -> int:
    """Print the values at and below a path, each with its provenance.

    Parameters
    ----------
    path
        A value or a section, such as nat.group or network.vpc.cidr.
    env
        dev, staging or prod.
    pages
        Also the page that each value was read from, and when.
    """
    configuration = canonical_config(env)
    values = dict(leaves(configuration.model_dump(mode="json")))
    for leaf, _ in leaves(value_at(configuration, path), path):
        if is_unspecified(configuration, leaf):
            print(f"{leaf}: not specified")
            continue
        immutable = ", immutable" if is_immutable(configuration, leaf) else ""
        page = _page(configuration, leaf) if pages else ""
        provenance = f"{provenance_of(configuration, leaf)}{page}"
        print(f"{leaf}: {in_json(values[leaf])} ({provenance}{immutable})")
    return 0


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


def print_json(document: object) -> None:
    print(json.dumps(document, indent=2, ensure_ascii=False))

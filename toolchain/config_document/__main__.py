"""The configuration's command line: ``python -m toolchain.config_document``."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from toolchain.config_document import snapshot
from toolchain.config_document.render import document
from tradai_shared.config import canonical_config, is_immutable, is_unspecified, leaves, provenance_of
from tradai_shared.config.build import build
from tradai_shared.config.changelog import CHANGES
from tradai_shared.config.loader import environment, read
from tradai_shared.config.models import CanonicalConfig
from tradai_shared.config.naming import Environment
from tradai_shared.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

SNAPSHOT = Path("docs/canonical-config.snapshot.json")
DOCUMENT = Path("docs/canonical-config.md")
ENVIRONMENTS = [env.value for env in Environment]
FAILED = 1


def main(arguments: list[str] | None = None) -> int:
    """Run one command; the exit code says whether all is well."""
    options = parser().parse_args(arguments)
    try:
        code: int = options.run(options)
    except ConfigError as error:
        print(error, file=sys.stderr)
        return FAILED
    return code


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="python -m toolchain.config_document", description=__doc__)
    commands = top.add_subparsers(required=True, metavar="COMMAND")
    command = commands.add_parser("export", help="print the whole configuration of an environment as JSON")
    command.add_argument("--env", required=True, choices=ENVIRONMENTS)
    command.set_defaults(run=export)
    command = commands.add_parser("schema", help="print the configuration's JSON Schema")
    command.set_defaults(run=schema)
    command = commands.add_parser("validate", help="check a deployment's own file and say what it replaces")
    command.add_argument("file", type=Path)
    command.add_argument("--env", required=True, choices=ENVIRONMENTS)
    command.set_defaults(run=validate)
    command = commands.add_parser("document", help="write the document that mirrors the configuration")
    command.add_argument("--check", action="store_true", help="only say whether it is fresh")
    command.add_argument("--file", type=Path, default=DOCUMENT)
    command.set_defaults(run=write_document)
    command = commands.add_parser("snapshot", help="agree on the values as they are now")
    command.add_argument("--check", action="store_true", help="only say whether they are the agreed ones")
    command.add_argument("--file", type=Path, default=SNAPSHOT)
    command.set_defaults(run=write_snapshot)
    return top


def export(options: argparse.Namespace) -> int:
    """Values, with how sure they are beside them in the same shape, and what is immutable or not stated."""
    config = canonical_config(options.env)
    paths = [path for path, _ in leaves(config)]
    print_json(
        {
            "version": CHANGES[-1].version,
            "environment": config.environment,
            "values": config.model_dump(mode="json"),
            "provenance": nested({path: provenance_of(config, path) for path in paths}),
            "immutable": [path for path in paths if is_immutable(config, path)],
            "unstated": [path for path in paths if is_unspecified(config, path)],
        }
    )
    return 0


def nested(flat: Mapping[str, object]) -> dict[str, object]:
    """Paths with their values as a tree."""
    tree: dict[str, object] = {}
    for path, value in flat.items():
        *sections, name = path.split(".")
        here = tree
        for section in sections:
            here = here.setdefault(section, {})  # type: ignore[assignment]  # what is no leaf is a dict
        here[name] = value
    return tree


def schema(_: argparse.Namespace) -> int:
    print_json(CanonicalConfig.model_json_schema())
    return 0


def validate(options: argparse.Namespace) -> int:
    """Lay an own file over the built-in values and tell what it changes."""
    env = environment(options.env)
    own = read(options.file)
    before, after = (
        dict(snapshot.leaves(c.model_dump(mode="json"))) for c in (build(env), build(env, own.values))
    )
    for path in dict.fromkeys([*before, *after]):
        if before.get(path) != after.get(path):
            print(f"{path}: {in_json(before.get(path))} → {in_json(after.get(path))}")
    print(f"{options.file} is accepted; it has {len(own.waivers)} waivers")
    return 0


def in_json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def built_in() -> list[CanonicalConfig]:
    return [build(env) for env in Environment]


def write_document(options: argparse.Namespace) -> int:
    text = document(built_in(), CHANGES)
    if not options.check:
        options.file.write_text(text, encoding="utf-8")
    elif not options.file.exists() or options.file.read_text(encoding="utf-8") != text:
        print(f"{options.file} does not mirror the configuration: run make config-docs", file=sys.stderr)
        return FAILED
    return 0


def write_snapshot(options: argparse.Namespace) -> int:
    """Refuse a change that the rules forbid; else write the snapshot, or say that it is behind."""
    now = snapshot.take(built_in(), CHANGES[-1].version)
    agreed = snapshot.parse(options.file.read_text(encoding="utf-8")) if options.file.exists() else None
    found = snapshot.check(agreed, now, CHANGES) if agreed else []
    for violation in found:
        print(f"{violation.path}: {violation.problem}", file=sys.stderr)
    if found:
        return FAILED
    if not options.check:
        options.file.write_text(snapshot.dump(now), encoding="utf-8")
    elif agreed != now:
        print(f"{options.file} is behind: run {snapshot.UPDATE}", file=sys.stderr)
        return FAILED
    return 0


def print_json(document: object) -> None:
    print(json.dumps(document, indent=2, ensure_ascii=False))


if __name__ == "__main__":
    sys.exit(main())

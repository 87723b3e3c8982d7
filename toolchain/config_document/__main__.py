"""Writes and checks the configuration's document and snapshot: ``python -m toolchain.config_document``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from toolchain.config_document import snapshot
from toolchain.config_document.render import document
from tradai_shared.config.build import build
from tradai_shared.config.changelog import CHANGES
from tradai_shared.config.naming import Environment
from tradai_shared.errors import ConfigError

if TYPE_CHECKING:
    from tradai_shared.config.models import CanonicalConfig

SNAPSHOT = Path("docs/canonical-config.snapshot.json")
DOCUMENT = Path("docs/canonical-config.md")
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
    command = commands.add_parser("document", help="write the document that mirrors the configuration")
    command.add_argument("--check", action="store_true", help="only say whether it is fresh")
    command.add_argument("--file", type=Path, default=DOCUMENT)
    command.set_defaults(run=write_document)
    command = commands.add_parser("snapshot", help="agree on the values as they are now")
    command.add_argument("--check", action="store_true", help="only say whether they are the agreed ones")
    command.add_argument("--file", type=Path, default=SNAPSHOT)
    command.set_defaults(run=write_snapshot)
    return top


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
    violations = snapshot.check(agreed, now, CHANGES) if agreed else []
    for violation in violations:
        print(f"{violation.path}: {violation.problem}", file=sys.stderr)
    if violations:
        return FAILED
    if not options.check:
        options.file.write_text(snapshot.dump(now), encoding="utf-8")
    elif agreed != now:
        print(f"{options.file} is behind: run {snapshot.UPDATE}", file=sys.stderr)
        return FAILED
    return 0


if __name__ == "__main__":
    sys.exit(main())

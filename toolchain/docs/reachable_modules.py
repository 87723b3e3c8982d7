"""Counts the product modules that each function's app.py reaches.

Run it with ``python -m toolchain.docs.reachable_modules``. Imports for type checking count;
``__init__`` modules and the canonical configuration do not.
"""

from __future__ import annotations

import ast
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOT = Path(__file__).parents[2]
LAYER = "tradai_shared"
NOT_COUNTED = f"{LAYER}.config"
BOUNDS = {"drift_check": 40, "ttl_reaper": 30, "update_nat_routes": 24, "egress_probe": 10}
FAILED = 1


def main() -> int:
    """Print each count beside its bound; 1 if a function exceeds its bound."""
    modules = product_modules(ROOT)
    counts = {package: len(reachable(modules, f"{package}.app")) for package in BOUNDS}
    for package, count in counts.items():
        print(f"{package}: {count} modules of at most {BOUNDS[package]}")
    return FAILED if any(count > BOUNDS[package] for package, count in counts.items()) else 0


def product_modules(root: Path) -> dict[str, Path]:
    """The files of everything that is deployed, by module name."""
    folders = (root / "functions", root / "layers/shared")
    return {
        module_name(file.relative_to(folder)): file
        for folder in folders
        for file in sorted(folder.rglob("*.py"))
    }


def module_name(file: Path) -> str:
    parts = file.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def reachable(modules: Mapping[str, Path], start: str) -> set[str]:
    """The counted modules among those that ``start`` imports, directly or not, and ``start`` itself."""
    visited: set[str] = set()
    pending = [start]
    while pending:
        module = pending.pop()
        if module in modules and module not in visited:
            visited.add(module)
            pending.extend(imports(modules[module]))
    return {module for module in visited if is_counted(module, modules[module])}


def is_counted(module: str, file: Path) -> bool:
    return file.stem != "__init__" and not f"{module}.".startswith(f"{NOT_COUNTED}.")


def imports(file: Path) -> Iterator[str]:
    """The names that a file imports anywhere; of ``from x import y`` both ``x`` and ``x.y``."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        match node:
            case ast.Import(names):
                yield from (alias.name for alias in names)
            case ast.ImportFrom(module=str(module), names=names):
                yield module
                yield from (f"{module}.{alias.name}" for alias in names)


if __name__ == "__main__":
    sys.exit(main())

"""The operators of cosmic-ray, all but the two that want a variable's name (.tools/cosmic-ray has them)."""

from __future__ import annotations

import ast
import contextlib
import importlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

TOOL = Path(__file__).parents[2] / ".tools/cosmic-ray"


def changed(source: str) -> Iterator[ast.Module]:
    """The module once for each place of each operator; what does not compile is left out."""
    if str(TOOL) not in sys.path:
        sys.path.append(str(TOOL))  # at the end: what .venv has too is taken from there
    mutate_code = importlib.import_module("cosmic_ray.mutating").mutate_code
    trees = importlib.import_module("cosmic_ray.ast")
    operators = importlib.import_module("cosmic_ray.operators.provider").OperatorProvider()
    nodes = [*trees.ast_nodes(trees.get_ast(source))]
    for operator in (operators[name]() for name in operators if not operators[name].arguments()):
        for occurrence in range(sum(len([*operator.mutation_positions(node)]) for node in nodes)):
            with contextlib.suppress(SyntaxError):
                yield ast.parse(mutate_code(source, operator, occurrence))

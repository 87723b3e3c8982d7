"""Compiles a folder to bytecode alone, without docstrings and without what only a type checker reads.

functions/Makefile runs it with the runtime's own Python; docs/decisions/0301-packing.md has the reasons.
"""

from __future__ import annotations

import ast
import importlib.util
import marshal
import sys
from pathlib import Path

UNCHECKED_HASH = 0b01  # https://peps.python.org/pep-0552/: Python does not look for the source
WITHOUT_DOCSTRINGS = 2
KEEP_THEIR_LINE = (ast.stmt, ast.ExceptHandler, ast.pattern)


class TypeRemover(ast.NodeTransformer):
    """Removes the annotations that nothing reads at run time: a dataclass needs those of its fields alone."""

    def visit(self, node: ast.AST) -> ast.AST | list[ast.stmt]:  # type: ignore[explicit-override]  # 3.12 has it
        """Remove what one node has of types, after its children's."""
        self.generic_visit(node)
        match node:
            case ast.FunctionDef():
                node.returns = None
            case ast.arg():
                node.annotation = None
            case ast.If(test=ast.Name("TYPE_CHECKING")):
                return node.orelse
            case ast.Module():
                node.body = [_plain(statement) for statement in node.body]
        return node


def _plain(statement: ast.stmt) -> ast.stmt:
    """A module's annotated constant as an ordinary assignment."""
    if isinstance(statement, ast.AnnAssign) and statement.value is not None:
        return ast.copy_location(ast.Assign([statement.target], statement.value), statement)
    return statement


def _merge_lines(node: ast.AST, line: int) -> None:
    """Give every expression the first line of its statement: a traceback then shows that one."""
    if isinstance(node, KEEP_THEIR_LINE):
        line = node.lineno
    if hasattr(node, "lineno"):
        vars(node).update(lineno=line, end_lineno=line, col_offset=0, end_col_offset=0)
    for child in ast.iter_child_nodes(node):
        _merge_lines(child, line)


def bytecode(source: bytes, filename: str) -> bytes:
    """The content of the .pyc file; ``filename`` is what tracebacks show."""
    tree = ast.parse(source, filename)
    TypeRemover().visit(tree)
    _merge_lines(tree, 1)
    code = compile(tree, filename, "exec", dont_inherit=True, optimize=WITHOUT_DOCSTRINGS)
    header = importlib.util.MAGIC_NUMBER + UNCHECKED_HASH.to_bytes(4, "little")
    return header + importlib.util.source_hash(source) + marshal.dumps(code)


def main(folder: Path, deployed: Path) -> None:
    """Replace every module of the folder by its bytecode, as of the path where Lambda will see it."""
    for path in sorted(folder.rglob("*.py")):
        content = bytecode(path.read_bytes(), str(deployed / path.relative_to(folder)))
        path.with_suffix(".pyc").write_bytes(content)
        path.unlink()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))

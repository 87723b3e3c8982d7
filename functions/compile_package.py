"""Compiles a folder to bytecode alone, without docstrings and without what only a type checker reads.

functions/Makefile runs it with the runtime's own Python; docs/decisions/0301-packing.md has the reasons.
"""

from __future__ import annotations

import ast
import importlib.util
import marshal
import sys
from pathlib import Path
from types import CodeType
from typing import Any

UNCHECKED_HASH = 0b01  # https://peps.python.org/pep-0552/: Python does not look for the source
NO_HASH = bytes(8)  # of the source; an unchecked one is not compared
WITHOUT_DOCSTRINGS = 2
KEEP_THEIR_LINE = (ast.stmt, ast.ExceptHandler, ast.pattern)


class TypeRemover(ast.NodeTransformer):
    """Removes what only a type checker reads. A dataclass needs its fields' names, and not their types."""

    def __init__(self, *, keep_fields: bool = False) -> None:
        """``keep_fields`` leaves the types of a class's fields, which pydantic reads when it runs."""
        self.keep_fields = keep_fields

    def visit(self, node: ast.AST) -> Any:  # type: ignore[explicit-override]  # noqa: ANN401 - as ast's own
        """Remove what one node has of types, after its children's."""
        self.generic_visit(node)
        match node:
            case ast.FunctionDef():
                node.returns = None
            case ast.arg():
                node.annotation = None
            case ast.If(test=ast.Name("TYPE_CHECKING")):
                return node.orelse
            case ast.AnnAssign() | ast.Module() if self.keep_fields:
                return node
            case ast.AnnAssign(annotation=annotation) if "ClassVar" in ast.unparse(annotation):
                return _plain(node)
            case ast.AnnAssign():
                node.annotation = ast.Constant(None)
            case ast.Module():
                node.body = [_plain(statement) for statement in node.body]
                names = {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
                node.body = [statement for statement in node.body if _is_used(statement, names)]
        return node


def _plain(statement: ast.stmt) -> ast.stmt:
    """An annotated constant, of a module or a class, as an ordinary assignment."""
    if isinstance(statement, ast.AnnAssign) and statement.value is not None:
        return ast.copy_location(ast.Assign([statement.target], statement.value), statement)
    return statement


def _is_used(statement: ast.stmt, names: set[str]) -> bool:
    """Without annotations nothing needs ``__future__`` and most names of ``typing``."""
    if isinstance(statement, ast.ImportFrom) and statement.module == "typing":
        statement.names = [alias for alias in statement.names if alias.name in names]
        return bool(statement.names)
    return not (isinstance(statement, ast.ImportFrom) and statement.module == "__future__")


def _with_short_names(code: CodeType) -> CodeType:
    """With each function's name in place of its qualified one; tracebacks and logs show the former."""
    constants = (
        _with_short_names(const) if isinstance(const, CodeType) else const for const in code.co_consts
    )
    return code.replace(co_consts=tuple(constants), co_qualname=code.co_name)


def _merge_lines(node: ast.AST, line: int) -> None:
    """Give every expression the first line of its statement: a traceback then shows that one.

    The fields of a class have the line of the class, and a module's constants its first.
    """
    if isinstance(node, KEEP_THEIR_LINE):
        line = node.lineno
    if hasattr(node, "lineno"):
        vars(node).update(lineno=line, end_lineno=line, col_offset=0, end_col_offset=0)
    for child in ast.iter_child_nodes(node):
        if isinstance(node, ast.ClassDef | ast.Module) and isinstance(child, ast.AnnAssign | ast.Assign):
            child.lineno = line
        _merge_lines(child, line)


def read_by_pydantic(sources: dict[str, bytes]) -> set[str]:
    """The modules that import pydantic, and those with the dataclasses that its models have for fields."""
    models = {name for name, source in sources.items() if b"from pydantic import" in source}
    imported = {
        statement.module.rpartition(".")[2]
        for name in models
        for statement in ast.parse(sources[name]).body
        if isinstance(statement, ast.ImportFrom) and statement.module
    }
    return models | (imported & sources.keys())


def bytecode(source: bytes, filename: str, *, keep_fields: bool = False) -> bytes:
    """The content of the .pyc file; ``filename`` is what tracebacks show."""
    tree = ast.parse(source, filename)
    ast.fix_missing_locations(TypeRemover(keep_fields=keep_fields).visit(tree))
    _merge_lines(tree, 1)
    code = compile(tree, filename, "exec", dont_inherit=True, optimize=WITHOUT_DOCSTRINGS)
    header = importlib.util.MAGIC_NUMBER + UNCHECKED_HASH.to_bytes(4, "little")
    return header + NO_HASH + marshal.dumps(_with_short_names(code))


def main(folder: Path) -> None:
    """Replace every module of the folder by its bytecode. Tracebacks name a module by its path below it."""
    paths = sorted(folder.rglob("*.py"))
    kept = read_by_pydantic({path.stem: path.read_bytes() for path in paths})
    for path in paths:
        shown = path.relative_to(folder).as_posix()
        content = bytecode(path.read_bytes(), shown, keep_fields=path.stem in kept)
        path.with_suffix(".pyc").write_bytes(content)
        path.unlink()


if __name__ == "__main__":
    main(Path(sys.argv[1]))

"""What a changed module differs in, and what makes that difference in a running process."""

from __future__ import annotations

import ast
import copy
import functools
import inspect
from dataclasses import dataclass
from types import CodeType, FunctionType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change: of which function, class or constant, in which line, what that line was and became.

    ``apply`` gives a function its changed body, for everybody who has imported it. Of whatever else differs
    it is None: ``source`` is to be imported where nothing has been computed from the module as it was.
    """

    name: str
    line: int
    before: str
    after: str
    source: str
    apply: Callable[[object], None] | None

    @property
    def key(self) -> tuple[str, str, str]:
        """What an explanation names it by."""
        return self.name, self.before, self.after


def mutants(path: Path, operators: Iterable[Callable[[str], Iterable[ast.Module]]]) -> Iterator[Mutant]:
    """The changes of a module, each once, without those that only a type checker reads."""
    source = path.read_text(encoding="utf-8")
    tree = ast.parse(source)
    lines, evaluated, seen = ast.unparse(tree).splitlines(), ast.dump(_evaluated(tree)), set[str]()
    for mutated in (mutated for changed in operators for mutated in changed(source)):
        text = ast.unparse(mutated)
        if text not in seen and ast.dump(_evaluated(mutated)) != evaluated:
            seen.add(text)
            before, after = next(
                pair for pair in zip(lines, text.splitlines(), strict=False) if pair[0] != pair[1]
            )
            name, apply = _place(path, tree, mutated)
            yield Mutant(name, _line(tree, mutated), before.strip(), after.strip(), text, apply)


class _Evaluated(ast.NodeTransformer):
    """Leaves out what Python never evaluates where annotations are not: them, and TYPE_CHECKING's imports."""

    def visit_arg(self, node: ast.arg) -> ast.arg:
        node.annotation = None
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.returns = None
        return self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        node.annotation = ast.Constant(None)
        return self.generic_visit(node)

    def visit_If(self, node: ast.If) -> ast.AST:
        if any(isinstance(each, ast.Name) and each.id == "TYPE_CHECKING" for each in ast.walk(node.test)):
            return ast.Pass()
        return self.generic_visit(node)


def _evaluated(tree: ast.Module) -> ast.AST:
    """All of it where annotations are evaluated."""
    future = any(isinstance(part, ast.ImportFrom) and part.module == "__future__" for part in tree.body)
    return _Evaluated().visit(copy.deepcopy(tree)) if future else tree


def _line(tree: ast.AST, mutated: ast.AST) -> int:
    """The line of the innermost node that differs."""
    for old, new in zip(ast.iter_child_nodes(tree), ast.iter_child_nodes(mutated), strict=False):
        if not _same(old, new):
            return _line(old, new) or getattr(old, "lineno", 0)
    return getattr(tree, "lineno", 0)


def _same(old: ast.AST, new: ast.AST) -> bool:
    return ast.dump(old) == ast.dump(new)


def _place(path: Path, tree: ast.Module, mutated: ast.Module) -> tuple[str, Callable[[object], None] | None]:
    """The name of what differs, and what puts a function's changed body there."""
    prefix, old, new = _innermost("", tree, mutated)
    name = prefix + _name(new)
    if not (isinstance(new, ast.FunctionDef) and _only_differs(old, new, "body")):
        return name, None
    codes = _codes(compile(mutated, str(path), "exec"))
    return name, functools.partial(_set_code, name, next(code for code in codes if code.co_qualname == name))


def _name(statement: ast.AST) -> str:
    match statement:
        case ast.FunctionDef(name) | ast.ClassDef(name):
            return name
        case ast.Assign(targets=[target]) | ast.AnnAssign(target=target):
            return ast.unparse(target)
    return ""


def _innermost(prefix: str, tree: ast.AST, mutated: ast.AST) -> tuple[str, ast.AST, ast.AST]:
    """The statement of a module or class that differs."""
    pairs = zip(getattr(tree, "body"), getattr(mutated, "body"), strict=True)  # noqa: B009 - a module or class
    old, new = next(pair for pair in pairs if not _same(*pair))
    if isinstance(new, ast.ClassDef) and _only_differs(old, new, "body"):
        return _innermost(f"{prefix}{new.name}.", old, new)
    return prefix, old, new


def _only_differs(old: ast.AST, new: ast.AST, field: str) -> bool:
    twin = copy.copy(new)
    setattr(twin, field, getattr(old, field))
    return _same(old, twin)


def _set_code(name: str, code: CodeType, module: object) -> None:
    function_of(module, name).__code__ = code


def _codes(code: CodeType) -> Iterator[CodeType]:
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield constant
            yield from _codes(constant)


def function_of(module: object, qualname: str) -> FunctionType:
    """The function object behind a name, whatever wraps it."""
    owner, _, name = qualname.rpartition(".")
    found = inspect.getattr_static(getattr(module, owner) if owner else module, name)
    found = getattr(found, "fget", None) or getattr(found, "__func__", None) or found
    while not isinstance(found, FunctionType):
        found = getattr(found, "func", None) or found.__wrapped__  # a cached property, a cache
    return found

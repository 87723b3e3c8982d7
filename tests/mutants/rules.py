"""The rules by which a module is changed, a place at a time, and what makes a change in a running process."""

from __future__ import annotations

import ast
import copy
import functools
import inspect
import sys
from dataclasses import dataclass
from types import CodeType, FunctionType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

PAIRS: tuple[tuple[type[Any], type[Any]], ...] = (
    (ast.Lt, ast.LtE),
    (ast.Gt, ast.GtE),
    (ast.Eq, ast.NotEq),
    (ast.In, ast.NotIn),
    (ast.Is, ast.IsNot),
    (ast.And, ast.Or),
    (ast.Add, ast.Sub),
    (ast.BitOr, ast.BitAnd),
)
SWAPPED = {**dict(PAIRS), **{after: before for before, after in PAIRS}}


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change: of which function or constant, in which line, and what that line was and became.

    ``apply`` makes it in the imported module, for everybody who has imported from it.
    """

    name: str
    line: int
    before: str
    after: str
    apply: Callable[[object], None]


def mutants(path: Path) -> Iterator[Mutant]:
    """Every mutant of a module that compiles."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for number, node in enumerate(ast.walk(tree)):
        for change in _changes(node):
            mutated = copy.deepcopy(tree)
            twin = next(other for index, other in enumerate(ast.walk(mutated)) if index == number)
            _replace(mutated, twin, change(copy.deepcopy(twin)))
            ast.fix_missing_locations(mutated)
            if (place := _place(path, tree, mutated, node)) is not None:
                old, new = ast.unparse(tree).splitlines(), ast.unparse(mutated).splitlines()
                differs = next((pair for pair in zip(old, new, strict=False) if pair[0] != pair[1]), ("", ""))
                line = getattr(node, "lineno", 0)
                yield Mutant(place[0], line, differs[0].strip(), differs[1].strip(), place[1])


def _changes(node: ast.AST) -> Iterator[Any]:
    """Functions from a node to what stands in its place."""
    yield from _changed_values(node)
    match node:
        case ast.Return() | ast.Raise() | ast.Continue():
            yield _left_out
        case ast.AugAssign() | ast.Expr(value=ast.Yield() | ast.YieldFrom() | ast.Call()):
            yield _left_out
        case ast.If(test=ast.Name() | ast.Call() | ast.Attribute()):
            yield lambda twin: ast.If(ast.UnaryOp(ast.Not(), twin.test), twin.body, twin.orelse)
        case ast.IfExp(test=ast.Name() | ast.Call() | ast.Attribute()):
            yield lambda twin: ast.IfExp(twin.test, twin.orelse, twin.body)
        case ast.comprehension(ifs=[_, *_]):
            yield lambda twin: ast.comprehension(twin.target, twin.iter, [], twin.is_async)
        case ast.Call(func, [first, second, *_]) if ast.dump(first) != ast.dump(second) and not _is_same(
            func
        ):
            yield lambda twin: ast.Call(
                twin.func, [twin.args[1], twin.args[0], *twin.args[2:]], twin.keywords
            )


def _changed_values(node: ast.AST) -> Iterator[Any]:
    match node:
        case ast.Compare(ops=operators):
            for index in (index for index, each in enumerate(operators) if type(each) in SWAPPED):
                yield functools.partial(_swapped_operator, index)
        case ast.BoolOp():
            yield lambda twin: ast.BoolOp(SWAPPED[type(twin.op)](), twin.values)
        case ast.BinOp() if type(node.op) in SWAPPED:
            yield lambda twin: ast.BinOp(twin.left, SWAPPED[type(twin.op)](), twin.right)
        case ast.UnaryOp(op=ast.Not()):
            yield lambda twin: twin.operand
        case ast.Constant(value=bool()):
            yield lambda twin: ast.Constant(not twin.value)
        case ast.Constant(value=int()):
            yield lambda twin: ast.Constant(twin.value + 1)
        case ast.Subscript(slice=ast.Constant(value=int())):
            yield lambda twin: ast.Subscript(twin.value, ast.Constant(twin.slice.value - 1), twin.ctx)
        case ast.Set(elts=[_, _, *_]):
            yield lambda twin: ast.Set(twin.elts[1:])


def _is_same(function: ast.expr) -> bool:
    """Whether the order of a function's arguments makes no difference."""
    return isinstance(function, ast.Name) and function.id in {"min", "max"}


def _swapped_operator(index: int, twin: ast.Compare) -> ast.Compare:
    operators = [*twin.ops]
    operators[index] = SWAPPED[type(operators[index])]()
    return ast.Compare(twin.left, operators, twin.comparators)


def _left_out(twin: ast.stmt) -> ast.If:
    return ast.If(ast.Constant(value=False), [twin], [])


def _replace(tree: ast.AST, old: ast.AST, new: ast.AST) -> None:
    for parent in ast.walk(tree):
        for name, value in ast.iter_fields(parent):
            if value is old:
                setattr(parent, name, new)
            elif isinstance(value, list) and any(each is old for each in value):
                setattr(parent, name, [new if each is old else each for each in value])


def _place(
    path: Path, tree: ast.AST, mutated: ast.Module, node: ast.AST
) -> tuple[str, Callable[[object], None]] | None:
    """The name of what a node belongs to, and what puts the changed one there."""
    if (function := _around(tree, node)) is not None:
        codes = _codes(compile(mutated, str(path), "exec"))
        code = next((code for code in codes if code.co_qualname == function), None)
        return code and (function, functools.partial(_set_code, function, code))
    for prefix, owner in _owners(mutated):
        twin_owner = next(twin for name, twin in _owners(tree) if name == prefix)
        for part, twin in zip(owner, twin_owner, strict=True):
            if not any(each is node for each in ast.walk(twin)):
                continue
            match part:
                case ast.Assign(targets=[ast.Name(name)]) | ast.AnnAssign(target=ast.Name(name)) if (
                    not prefix and _is_value(twin, node)
                ):
                    return name, functools.partial(_set_constants, name, path, mutated)
                case ast.FunctionDef(name, args) if not part.decorator_list and _is_default(twin, node):
                    return prefix + name, functools.partial(_set_defaults, prefix + name, args, path)
    return None


def _is_value(assigned: ast.stmt, node: ast.AST) -> bool:
    """An annotation is none: it is not evaluated."""
    return any(each is node for each in ast.walk(getattr(assigned, "value") or ast.Pass()))  # noqa: B009


def _is_default(function: ast.stmt, node: ast.AST) -> bool:
    arguments = getattr(function, "args")  # noqa: B009 - of the twin, whose type is not narrowed
    defaults = [*arguments.defaults, *filter(None, arguments.kw_defaults)]
    return any(each is node for default in defaults for each in ast.walk(default))


def _owners(tree: ast.AST) -> Iterator[tuple[str, list[ast.stmt]]]:
    for owner in ast.walk(tree):
        if isinstance(owner, ast.Module | ast.ClassDef):
            yield (f"{owner.name}." if isinstance(owner, ast.ClassDef) else ""), owner.body


def _expression(path: Path, value: ast.expr) -> CodeType:
    return compile(ast.Expression(value), str(path), "eval")


def _set_code(name: str, code: CodeType, module: object) -> None:
    function_of(module, name).__code__ = code


def _set_constants(changed: str, path: Path, mutated: ast.Module, module: object) -> None:
    """With those that are computed from it, also in the modules that have imported them."""
    names, scope = {changed}, dict(vars(module))
    for part in mutated.body:
        match part:
            case (
                ast.Assign(targets=[ast.Name(name)], value=ast.expr() as value)
                | ast.AnnAssign(target=ast.Name(name), value=ast.expr() as value)
            ) if name == changed or any(
                isinstance(each, ast.Name) and each.id in names for each in ast.walk(value)
            ):
                names.add(name)
                scope[name] = eval(_expression(path, value), scope)  # noqa: S307 - our own source
    for name in names:
        old = getattr(module, name)
        for other in [*sys.modules.values()]:
            if vars(other).get(name) is old:
                setattr(other, name, scope[name])


def _set_defaults(name: str, new: ast.arguments, path: Path, module: object) -> None:
    function = function_of(module, name)
    values = [eval(_expression(path, each), vars(module)) for each in new.defaults]  # noqa: S307 - as above
    function.__defaults__ = tuple(values)
    arguments = function.__code__.co_varnames[function.__code__.co_argcount :]
    by_name = zip(arguments, new.kw_defaults, strict=False)
    function.__kwdefaults__ = {
        argument: eval(_expression(path, each), vars(module))  # noqa: S307 - as above
        for argument, each in by_name
        if each is not None
    }


def _around(tree: ast.AST, node: ast.AST) -> str | None:
    """The qualified name of the outermost function whose body has the node."""
    for owner in ast.walk(tree):
        if isinstance(owner, ast.Module | ast.ClassDef):
            prefix = f"{owner.name}." if isinstance(owner, ast.ClassDef) else ""
            for function in owner.body:
                if isinstance(function, ast.FunctionDef) and any(
                    each is node for part in function.body for each in ast.walk(part)
                ):
                    return prefix + function.name
    return None


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

"""Rules of our own by which a module is changed, a place at a time."""

from __future__ import annotations

import ast
import copy
import functools
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

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


def changed(source: str) -> Iterator[ast.Module]:
    """The module once for each change."""
    tree = ast.parse(source)
    for number, node in enumerate(ast.walk(tree)):
        for change in _changes(node):
            mutated = copy.deepcopy(tree)
            twin = next(other for index, other in enumerate(ast.walk(mutated)) if index == number)
            _replace(mutated, twin, change(copy.deepcopy(twin)))
            yield ast.fix_missing_locations(mutated)


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

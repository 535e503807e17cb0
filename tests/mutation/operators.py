"""What may be written differently at one place of a syntax tree.

Each operator yields replacements of one node; `mutants.py` puts them into the tree.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from tracking.bed import BedStatus
from tracking.doubt import DoubtCause
from tracking.reasons import Reason, Severity
from tracking.registration import PoseStart, RegistrationStatus
from tracking.second_estimate import Status
from tracking.survey_alignment import SurveyStatus

REMOVED = ast.Pass()
"""Stands for a node that is taken out of the list it is in."""


class Change(NamedTuple):
    """What is written instead; `lost`: the part of the node that is missing then."""

    operator: str
    replacement: ast.AST
    lost: ast.AST | None = None


_COMPARISONS: Mapping[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
_ARITHMETIC: Mapping[type[ast.operator], tuple[type[ast.operator], ...]] = {
    ast.Add: (ast.Sub,),
    ast.Sub: (ast.Add,),
    ast.Mult: (ast.Div,),
    ast.Div: (ast.Mult,),
    ast.BitOr: (ast.BitAnd, ast.Sub),  # of sets here
    ast.BitAnd: (ast.BitOr,),
}
_FUNCTIONS = {"min": "max", "max": "min", "all": "any", "any": "all"}
_UNWRAPPED = {"abs", "frozenset"}
_OF_KERNEL = {
    "Evidence": ("PROVEN", "ASSUMED", "MISSING", "FAILED"),
    "Verdict": ("READY", "HOLD", "UNSURE", "FAULT"),
}  # kernel enumerations, by hand: an operator must not import what is mutated
_ENUMS: Mapping[str, tuple[str, ...]] = _OF_KERNEL | {
    kind.__name__: tuple(member.name for member in kind)
    for kind in (
        *(BedStatus, DoubtCause, PoseStart, Reason, RegistrationStatus),
        *(Severity, Status, SurveyStatus),
    )
}


def changes(node: ast.AST) -> Iterator[Change]:
    """Every replacement of this node itself."""
    operator = _OPERATORS.get(type(node))
    if operator is not None:
        yield from operator(node)


def _compare(node: ast.Compare) -> Iterator[Change]:
    for at, op in enumerate(node.ops):
        for other in _COMPARISONS[type(op)]:
            ops = [*node.ops[:at], other(), *node.ops[at + 1 :]]
            yield Change("comparison", ast.Compare(node.left, ops, node.comparators))
    for value in (True, False):
        yield Change("condition", ast.Constant(value))


def _bool_op(node: ast.BoolOp) -> Iterator[Change]:
    yield Change(
        "and/or", ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
    )
    for at in range(len(node.values)):
        rest = node.values[:at] + node.values[at + 1 :]
        kept = rest[0] if len(rest) == 1 else ast.BoolOp(node.op, rest)
        yield Change("operand", kept, node.values[at])


def _unary_op(node: ast.UnaryOp) -> Iterator[Change]:
    yield Change("sign", node.operand)


def _bin_op(node: ast.BinOp) -> Iterator[Change]:
    for other in _ARITHMETIC[type(node.op)]:
        yield Change("arithmetic", ast.BinOp(node.left, other(), node.right))


def _aug_assign(node: ast.AugAssign) -> Iterator[Change]:
    for other in _ARITHMETIC[type(node.op)]:
        yield Change("arithmetic", ast.AugAssign(node.target, other(), node.value))
    yield Change("statement", REMOVED)


def _constant(node: ast.Constant) -> Iterator[Change]:
    value = node.value
    others: list[bool | int | float | str] = []
    if isinstance(value, bool):
        others = [not value]
    elif isinstance(value, int | float):
        zero = type(value)(0)
        others = [o for o in (value + 1, value - 1, value * 2, zero) if o != value]
    elif isinstance(value, str):
        others = [f"XX{value}"]
    elif value is None:
        others = [0]
    for other in dict.fromkeys(others):
        yield Change("constant", ast.Constant(other))


def _call(node: ast.Call) -> Iterator[Change]:
    if not isinstance(node.func, ast.Name):
        return
    if node.func.id in _FUNCTIONS:
        name = ast.Name(_FUNCTIONS[node.func.id], ast.Load())
        yield Change("function", ast.Call(name, node.args, node.keywords))
    if node.func.id in _UNWRAPPED and node.args:
        yield Change("function", node.args[0])


def _attribute(node: ast.Attribute) -> Iterator[Change]:
    if not isinstance(node.value, ast.Name) or node.attr not in _ENUMS.get(node.value.id, ()):
        return
    members = _ENUMS[node.value.id]
    following = members[(members.index(node.attr) + 1) % len(members)]
    yield Change("member", ast.Attribute(node.value, following, ast.Load()))


def _dict(node: ast.Dict) -> Iterator[Change]:
    for at in range(len(node.keys)):
        keys = node.keys[:at] + node.keys[at + 1 :]
        values = node.values[:at] + node.values[at + 1 :]
        yield Change("entry", ast.Dict(keys, values), node.keys[at])


def _elements(node: ast.Tuple | ast.List | ast.Set) -> Iterator[Change]:
    if isinstance(node, ast.Tuple | ast.List) and not isinstance(node.ctx, ast.Load):
        return
    for at in range(len(node.elts)):
        rest = node.elts[:at] + node.elts[at + 1 :]
        if isinstance(node, ast.Set):
            yield Change("element", ast.Set(rest) if rest else _empty_set(), node.elts[at])
        else:
            yield Change("element", type(node)(rest, ast.Load()), node.elts[at])


def _empty_set() -> ast.expr:
    return ast.Call(ast.Name("set", ast.Load()), [], [])


def _if(node: ast.If) -> Iterator[Change]:
    yield Change("branch", ast.If(ast.UnaryOp(ast.Not(), node.test), node.body, node.orelse))
    yield Change("statement", REMOVED)


def _if_exp(node: ast.IfExp) -> Iterator[Change]:
    yield Change("branch", node.body)
    yield Change("branch", node.orelse)


def _comprehension(node: ast.comprehension) -> Iterator[Change]:
    for at in range(len(node.ifs)):
        rest = node.ifs[:at] + node.ifs[at + 1 :]
        yield Change("filter", ast.comprehension(node.target, node.iter, rest, node.is_async))


def _return(node: ast.Return) -> Iterator[Change]:
    if node.value is not None and ast.unparse(node.value) not in ("None", "False"):  # as false
        yield Change("return", ast.Return(ast.Constant(None)))


def _statement(_: ast.AST) -> Iterator[Change]:
    yield Change("statement", REMOVED)


def _decorated(node: ast.FunctionDef | ast.ClassDef) -> Iterator[Change]:
    for at in range(len(node.decorator_list)):
        rest = node.decorator_list[:at] + node.decorator_list[at + 1 :]
        bare = ast.FunctionDef if isinstance(node, ast.FunctionDef) else ast.ClassDef
        kept = {name: getattr(node, name) for name in node._fields}
        yield Change("decorator", bare(**kept | {"decorator_list": rest}))


_OPERATORS: Mapping[type[ast.AST], Callable[..., Iterator[Change]]] = {
    ast.Compare: _compare,
    ast.BoolOp: _bool_op,
    ast.UnaryOp: _unary_op,
    ast.BinOp: _bin_op,
    ast.AugAssign: _aug_assign,
    ast.Constant: _constant,
    ast.Call: _call,
    ast.Attribute: _attribute,
    ast.Dict: _dict,
    ast.Tuple: _elements,
    ast.List: _elements,
    ast.Set: _elements,
    ast.If: _if,
    ast.IfExp: _if_exp,
    ast.comprehension: _comprehension,
    ast.Return: _return,
    ast.Assign: _statement,
    ast.AnnAssign: _statement,
    ast.Raise: _statement,
    ast.FunctionDef: _decorated,
    ast.ClassDef: _decorated,
}

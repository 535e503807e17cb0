"""Every mutant of the kernel, each a place in a module and what is written there instead."""

from __future__ import annotations

import ast
import warnings
from collections import Counter
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from types import CodeType

from tests.mutation.operators import REMOVED, changes

ROOT = Path(__file__).resolve().parents[2]
KERNEL = ("decision", "snapshot", "limit_checks", "guards", "gate")

MAX_TEXT = 100  # of a name's halves

Step = tuple[str, int | None]
"""Field of a node, and the index where the field is a list."""

_TYPES_ONLY = ("annotation", "returns", "type_params")
_ALIASES = ("Callable",)  # a subscript of these says a type


@dataclass(frozen=True)
class Mutant:
    """One change.

    Attributes
    ----------
    function : str
        `name` or `Class.name` of the function whose body changes; "" elsewhere in the module.
    number : int
        Among mutants that read alike.
    """

    module: str
    function: str
    operator: str
    before: str
    after: str
    path: tuple[Step, ...]
    replacement: ast.AST
    number: int = 1

    @property
    def name(self) -> str:
        """Stays the same while the code around it moves."""
        place = f"{self.module}.{self.function}" if self.function else self.module
        text = f"{place}: {self.operator}: {self.before} -> {self.after}"
        return text if self.number == 1 else f"{text} #{self.number}"

    def code(self) -> CodeType:
        """The whole module with this change, compiled."""
        tree = deepcopy(_tree(self.module))
        node: ast.AST = tree
        for step in self.path[:-1]:
            node = _child(node, step)
        field, at = self.path[-1]
        if at is None:
            setattr(node, field, self.replacement)
        elif self.replacement is REMOVED and len(getattr(node, field)) > 1:
            del getattr(node, field)[at]
        else:
            getattr(node, field)[at] = self.replacement
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # `is 0` is a fair mutant
            return compile(ast.fix_missing_locations(tree), str(path_of(self.module)), "exec")


def path_of(module: str) -> Path:
    """Source of a kernel module."""
    return ROOT / "tracking" / f"{module}.py"


@cache
def _tree(module: str) -> ast.Module:
    return ast.parse(path_of(module).read_text(encoding="utf-8"))


def mutants(module: str) -> list[Mutant]:
    """All mutants of a module, in the order of its text."""
    seen: Counter[str] = Counter()
    found = []
    for mutant in _below(_tree(module), Mutant(module, "", "", "", "", (), REMOVED)):
        seen[mutant.name] += 1
        found.append(replace(mutant, number=seen[mutant.name]))
    return found


def _below(node: ast.AST, place: Mutant, owner: str = "") -> Iterator[Mutant]:
    """Mutants of everything under a node; `place` carries the way there."""
    for step in _steps(node):
        child = _child(node, step)
        if _says_nothing(child):
            continue
        here = replace(place, path=(*place.path, step))
        if isinstance(node, ast.FunctionDef) and step[0] in ("body", "args"):
            here = replace(here, function=owner + node.name)
        for operator, replacement, lost in changes(child):
            is_less = replacement is REMOVED or lost is not None
            yield replace(
                here,
                operator=operator,
                before=_text(lost or child),
                after="nothing" if is_less else _text(replacement),
                replacement=replacement,
            )
        inner = f"{child.name}." if isinstance(child, ast.ClassDef) else owner
        yield from _below(child, here, inner)


def _steps(node: ast.AST) -> Iterator[Step]:
    for field, value in ast.iter_fields(node):
        if field in _TYPES_ONLY:
            continue
        if isinstance(value, ast.AST):
            yield field, None
        elif isinstance(value, list):
            yield from ((field, at) for at, item in enumerate(value) if isinstance(item, ast.AST))


def _child(node: ast.AST, step: Step) -> ast.AST:
    field, at = step
    child = getattr(node, field) if at is None else getattr(node, field)[at]
    if not isinstance(child, ast.AST):
        raise TypeError(f"no node at {step}")
    return child


def _says_nothing(node: ast.AST) -> bool:
    """Imports, docstrings and types are no behaviour."""
    if isinstance(node, ast.Import | ast.ImportFrom):
        return True
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return True
    if isinstance(node, ast.Assign) and isinstance(node.value, ast.Subscript):
        alias = node.value.value
        return isinstance(alias, ast.Name) and alias.id in _ALIASES
    return False


def _text(node: ast.AST) -> str:
    """On one line; a definition or a branch by its head."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        marks = "".join(f"@{ast.unparse(mark)} " for mark in node.decorator_list)
        return f"{marks}{node.name}"
    if isinstance(node, ast.If):
        return f"if {_text(node.test)}"
    text = " ".join(ast.unparse(ast.fix_missing_locations(deepcopy(node))).split())
    return text if len(text) <= MAX_TEXT else f"{text[:MAX_TEXT]}..."

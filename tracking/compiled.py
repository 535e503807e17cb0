"""Loops over rows and pixels as machine code.

NumPy pays a fixed price for every array that it makes: measurements of a thousand rows, made of a
dozen such arrays each, cost more for that than for their arithmetic. A function marked `compiled`
is written as a plain loop instead, with the types of `tracking.loop_types`. What was compiled is
kept beside the file, as Python's own bytecode is, and made anew when that file changes. That is
why a `part` that a compiled function calls stands in the same file. A loop is loaded when it is
first called; whoever cannot wait then calls `load_loops` before.

The arithmetic is IEEE's, in the order that is written: no reordering, no fused products. A
division by zero gives inf or NaN, as NumPy's does. An index outside an array is not noticed: the
caller answers for the lengths.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property, wraps
from inspect import signature
from typing import Any, ParamSpec, TypeVar

import numpy as np

from tracking.loop_types import Array, Type

P = ParamSpec("P")
R = TypeVar("R")


class _Loop:
    """A marked function and, once it is asked for, its machine code."""

    def __init__(
        self, function: Callable[..., Any], returns: Type, arguments: tuple[Type, ...]
    ) -> None:
        self.function, self.returns, self.arguments = function, returns, arguments

    @cached_property
    def machine_code(self) -> Callable[..., Any]:
        """What runs in place of the function."""
        # Half a second that a program without a frame to measure need not wait for.
        from tracking.machine_code import machine_code, make_known

        while _parts:
            make_known(_parts.pop())
        return machine_code(self.function, self.returns, self.arguments)


_loops: list[_Loop] = []
_parts: list[Callable[..., Any]] = []


def compiled(returns: Type, *arguments: Type) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Compile a function with these types of its result and its positional arguments.

    What is compiled is called; the function as it is written is its `__wrapped__`.
    """
    read = tuple(
        (index, kind.kind.dtype)
        for index, kind in enumerate(arguments)
        if isinstance(kind, Array) and not kind.is_made
    )

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        loop, in_order = _Loop(function, returns, arguments), signature(function)
        _loops.append(loop)

        @wraps(function)
        def call(*given: P.args, **named: P.kwargs) -> R:
            fitted: list[Any] = list(in_order.bind(*given, **named).args if named else given)
            for index, dtype in read:
                fitted[index] = np.ascontiguousarray(fitted[index], dtype)
            result: R = loop.machine_code(*fitted)
            return result

        return call

    return decorate


def part(function: Callable[P, R]) -> Callable[P, R]:
    """Mark a function that compiled ones of the same file call."""
    _parts.append(function)
    return function


def load_loops() -> None:
    """Load the loops of all files that are imported by now."""
    for loop in _loops:
        _ = loop.machine_code

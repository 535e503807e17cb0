"""Loops over rows and pixels as machine code: the only importer of Numba.

NumPy pays a fixed price for every array that it makes: measurements of a thousand rows, made of a
dozen such arrays each, cost more for that than for their arithmetic. A function marked `compiled`
is written as a plain loop instead. Its types are declared, so it is compiled when its file is
imported and never in the middle of a session; what was compiled is kept beside the file, as
Python's own bytecode is, and made anew when that file changes. That is why a `part` that a
compiled function calls stands in the same file, above it.

The arithmetic is IEEE's, in the order that is written: no reordering, no fused products. A
division by zero gives inf or NaN, as NumPy's does. An index outside an array is not noticed: the
caller answers for the lengths.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from inspect import signature
from pickle import UnpicklingError
from typing import Any, Final, ParamSpec, TypeVar

import numpy as np
from numba import njit, types
from numba.np.numpy_support import as_dtype

P = ParamSpec("P")
R = TypeVar("R")

REAL: Final = types.float64
COUNT: Final = types.int64
FLAG: Final = types.boolean
BYTE: Final = types.uint8
WORD: Final = types.uint32
RAW: Final = types.uint16
SINGLE: Final = types.float32


def array_in(kind: Any, n_axes: int) -> Any:  # noqa: ANN401 - Numba has no types of its own
    """An array that is only read, row by row in memory; given otherwise, it is copied."""
    return types.Array(kind, n_axes, "C", readonly=True)


def array_out(kind: Any, n_axes: int) -> Any:  # noqa: ANN401
    """An array that is made, or filled in place."""
    return types.Array(kind, n_axes, "C")


def several(*kinds: Any) -> Any:  # noqa: ANN401
    """More than one result."""
    return types.Tuple(kinds)  # type: ignore[no-untyped-call]


VECTOR: Final = array_in(REAL, 1)
ROWS: Final = array_in(REAL, 2)
STACK: Final = array_in(REAL, 3)
FLAGS: Final = array_in(FLAG, 1)
INDICES: Final = array_in(COUNT, 1)
MASK: Final = array_in(FLAG, 2)
LABELS: Final = array_in(BYTE, 2)
DEPTHS: Final = array_in(SINGLE, 2)
RAW_DEPTHS: Final = array_in(RAW, 2)
NEW_VECTOR: Final = array_out(REAL, 1)
NEW_ROWS: Final = array_out(REAL, 2)
NEW_FLAGS: Final = array_out(FLAG, 1)
NEW_INDICES: Final = array_out(COUNT, 1)
NEW_MASK: Final = array_out(FLAG, 2)
NEW_LABELS: Final = array_out(BYTE, 2)
NEW_DEPTHS: Final = array_out(SINGLE, 2)


def compiled(
    returns: Any,  # noqa: ANN401
    *arguments: Any,  # noqa: ANN401
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Compile a function with these types of its result and its positional arguments.

    What is compiled is called; the function as it is written is its `__wrapped__`.
    """
    read = tuple(
        (index, as_dtype(kind.dtype))
        for index, kind in enumerate(arguments)
        if isinstance(kind, types.Array) and not kind.mutable
    )

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        machine_code = _machine_code(function, returns(*arguments))
        in_order = signature(function)

        @wraps(function)
        def call(*given: P.args, **named: P.kwargs) -> R:
            fitted: list[Any] = list(in_order.bind(*given, **named).args if named else given)
            for index, dtype in read:
                fitted[index] = np.ascontiguousarray(fitted[index], dtype)
            result: R = machine_code(*fitted)
            return result

        return call

    return decorate


def _machine_code(function: Callable[..., R], types_of: Any) -> Callable[..., R]:  # noqa: ANN401
    """Kept beside the file; where none can be kept or read, compiled for this run alone."""
    machine_code: Callable[..., R]
    try:
        machine_code = njit(types_of, cache=True, nogil=True, error_model="numpy")(function)
    except (OSError, RuntimeError, EOFError, UnpicklingError):
        machine_code = njit(types_of, nogil=True, error_model="numpy")(function)
    return machine_code


def part(function: Callable[P, R]) -> Callable[P, R]:
    """Mark a function that compiled ones of the same file call."""
    marked: Callable[P, R] = njit(nogil=True, error_model="numpy")(function)
    return marked

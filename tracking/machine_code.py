"""Machine code of declared loops, by Numba, whose only importer this is.

Importing it takes half a second, and each loop a few milliseconds: `tracking.compiled` does both
when a loop is first asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pickle import UnpicklingError
from types import FunctionType
from typing import Any

from numba import njit, types

from tracking.loop_types import Array, Kind, Type


def machine_code(
    function: Callable[..., Any], returns: Type, arguments: Iterable[Type]
) -> Callable[..., Any]:
    """Kept beside the function's file; where none can be kept or read, compiled for this run."""
    signature = _numba(returns)(*(_numba(kind) for kind in arguments))
    try:
        made: Callable[..., Any] = njit(signature, cache=True, nogil=True, error_model="numpy")(
            function
        )
    except (OSError, RuntimeError, EOFError, UnpicklingError):
        made = njit(signature, nogil=True, error_model="numpy")(function)
    return made


def make_known(function: Callable[..., Any]) -> None:
    """Let loops of the function's file call it: they look it up by its name there."""
    if isinstance(function, FunctionType):
        function.__globals__[function.__name__] = njit(nogil=True, error_model="numpy")(function)


def _numba(kind: Type) -> Any:  # noqa: ANN401 - Numba has no types of its own
    if isinstance(kind, Kind):
        return getattr(types, kind.value)
    if isinstance(kind, Array):
        element = _numba(kind.kind)
        return types.Array(element, kind.n_axes, "C", readonly=not kind.is_made)
    return types.Tuple([_numba(part) for part in kind])  # type: ignore[no-untyped-call]

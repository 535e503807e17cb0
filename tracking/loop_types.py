"""Types of what compiled loops take and give, declared without the compiler."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

import numpy as np
from numpy.typing import DTypeLike


class Kind(Enum):
    """A number, by the name that NumPy and Numba have for it."""

    REAL = "float64"
    COUNT = "int64"
    FLAG = "boolean"
    BYTE = "uint8"
    WORD = "uint32"
    RAW = "uint16"
    SINGLE = "float32"

    @property
    def dtype(self) -> DTypeLike:
        """As elements of an array."""
        return np.bool_ if self is Kind.FLAG else np.dtype(self.value)


@dataclass(frozen=True)
class Array:
    """An array, row by row in memory: `is_made` there or filled in place, or only read."""

    kind: Kind
    n_axes: int
    is_made: bool


Type = Kind | Array | tuple["Type", ...]


def array_in(kind: Kind, n_axes: int) -> Array:
    """An array that is only read; given otherwise than row by row, it is copied."""
    return Array(kind, n_axes, is_made=False)


def array_out(kind: Kind, n_axes: int) -> Array:
    """An array that is made, or filled in place."""
    return Array(kind, n_axes, is_made=True)


def several(*kinds: Type) -> Type:
    """More than one result."""
    return kinds


REAL: Final = Kind.REAL
COUNT: Final = Kind.COUNT
FLAG: Final = Kind.FLAG
BYTE: Final = Kind.BYTE
WORD: Final = Kind.WORD
RAW: Final = Kind.RAW
SINGLE: Final = Kind.SINGLE
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

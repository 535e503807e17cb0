"""Validation of arrays at construction: shape, finiteness, read-only."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]
UInt8 = NDArray[np.uint8]
UInt16 = NDArray[np.uint16]


def read_only(array: NDArray[Any]) -> NDArray[Any]:
    """Return a read-only view of `array`, copied when someone else could still write it."""
    owner = array.base
    if array.flags.writeable or (isinstance(owner, np.ndarray) and owner.flags.writeable):
        array = array.copy()
        array.setflags(write=False)
    return array


def frozen(array: NDArray[Any]) -> NDArray[Any]:
    """Mark `array`, which the caller gives away, read-only without a copy."""
    array.setflags(write=False)
    return array


def finite_array(name: str, value: object, shape: tuple[int, ...]) -> Float:
    """Return `value` as a read-only float64 array of exactly `shape`.

    Raises
    ------
    ValueError
        Wrong shape, or any element not finite.
    """
    array = np.array(value, dtype=np.float64)
    if array.shape != shape:
        raise ValueError(f"{name}: expected shape {shape}, got {array.shape}")
    if not np.isfinite(array).all():
        raise ValueError(f"{name}: every element must be finite, got {array.tolist()}")
    return frozen(array)


def image_array(
    name: str, value: NDArray[Any], dtype: type, shape: tuple[int, ...]
) -> NDArray[Any]:
    """Return `value` read-only after checking its dtype and shape (no conversion)."""
    if value.dtype != dtype:
        raise ValueError(f"{name}: expected dtype {np.dtype(dtype)}, got {value.dtype}")
    if value.shape != shape:
        raise ValueError(f"{name}: expected shape {shape}, got {value.shape}")
    return read_only(value)

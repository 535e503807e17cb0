"""Points of an NPZ archive, under the names and in the shapes that programs give them.

The array is known by its name, without regard to case; colours and normals beside it are left. An
archive of one cloud needs no name.
"""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.cloud_arrays import RawCloud, as_points, is_cloud, no_cloud
from pipeline.cloud_errors import Unit, unit_of

UNIT_BY_NAME: dict[str, Unit] = {"points_mm": "mm", "points_m": "m"}
NAMES = (
    *UNIT_BY_NAME,
    *("points", "xyz", "pts", "vertices", "positions", "cloud", "pointcloud"),
)
AXES = ("x", "y", "z")
UNIT_KEYS = ("unit", "units")
WITH_MORE = 6  # columns: x, y, z, and three of a colour or normal

Arrays = dict[str, NDArray[np.generic]]


def read_npz(path: Path) -> RawCloud:
    """Read the cloud and the text `unit` beside it.

    Raises
    ------
    SourceError
        No archive, none or several clouds in it, or a unit that is none of ours.
    """
    arrays = _arrays(path)
    known = [name for name in NAMES if name in arrays]
    if known:
        name = known[0]
        columns, note = _columns(name, arrays[name])
        if known[1:]:
            note = f"{note}; " * bool(note) + f"`{name}` taken, not {', '.join(known[1:])}"
        return RawCloud(as_points(path, name, columns), _unit(path, name, arrays), note)
    if all(axis in arrays for axis in AXES):
        points = _of_axes(path, arrays)
        return RawCloud(points, _unit(path, "x, y, z", arrays), "points of the arrays x, y, z")
    clouds = [name for name, array in arrays.items() if is_cloud(array)]
    if len(clouds) != 1:
        seen = ", ".join(f"{n} {a.shape}" for n, a in sorted(arrays.items())) or "none"
        raise no_cloud(path, f"arrays {seen}: name the cloud `points`")
    name = clouds[0]
    return RawCloud(as_points(path, name, arrays[name]), _unit(path, name, arrays))


def _arrays(path: Path) -> Arrays:
    """Every array by its name in small letters."""
    if not zipfile.is_zipfile(path):
        raise no_cloud(path, "no NPZ archive")
    found: Arrays = {}
    try:
        with np.load(path, allow_pickle=False) as file:
            for name in file.files:
                if name.casefold() in found:
                    raise no_cloud(path, f"two arrays called {name.casefold()}")
                found[name.casefold()] = file[name]
    except (OSError, ValueError, zipfile.BadZipFile, EOFError) as error:
        raise no_cloud(path, str(error)) from error
    return found


def _columns(name: str, array: NDArray[np.generic]) -> tuple[NDArray[np.generic], str]:
    """The array with x, y, z along its last axis, and what was done for it."""
    if array.ndim == 2 and array.shape[1] == WITH_MORE:
        return array[:, :3], f"first three of the {WITH_MORE} columns of `{name}`"
    if array.ndim == 2 and array.shape[0] == 3 and array.shape[1] > 3:
        return array.T, f"`{name}` is 3 x {array.shape[1]}: transposed"
    return array, ""


def _of_axes(path: Path, arrays: Arrays) -> NDArray[np.float64]:
    axes = [arrays[axis] for axis in AXES]
    if len({axis.shape for axis in axes}) > 1 or any(axis.dtype.kind not in "fiu" for axis in axes):
        seen = ", ".join(f"{name} {arrays[name].shape}" for name in AXES)
        raise no_cloud(path, f"{seen}: not three equal vectors")
    return np.column_stack([np.asarray(axis, np.float64).ravel() for axis in axes])


def _unit(path: Path, name: str, arrays: Arrays) -> Unit | None:
    """What the archive tells, by a text or by the array's own name."""
    by_name = UNIT_BY_NAME.get(name)
    words = [arrays[key] for key in UNIT_KEYS if key in arrays]
    told = {_word(path, word) for word in words} | ({by_name} if by_name else set())
    if len(told) > 1:
        raise no_cloud(path, f"`{name}` with units {' and '.join(sorted(told))}")
    return next(iter(told), None)


def _word(path: Path, word: NDArray[np.generic]) -> Unit:
    text = "" if word.size != 1 else word.reshape(-1)[0]
    text = text.decode("ascii", "replace") if isinstance(text, bytes) else str(text)
    try:
        unit = unit_of(text)
    except ValueError:
        unit = None
    if unit is None:
        raise no_cloud(path, f'unit "{text}", where mm or m may stand')
    return unit

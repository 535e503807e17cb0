"""Points of cloud files, as they stand there: PLY, PCD, NPZ, NPY and lines of numbers."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.cloud_errors import MAX_HEADER_BYTES, Unit, cut_short, unreadable
from pipeline.ply_points import read_ply
from tracking.errors import SourceError

Raw = tuple[NDArray[np.float64], Unit | None]

TEXT_SUFFIXES = (".xyz", ".txt", ".asc", ".csv")
CLOUD_SUFFIXES = (".ply", ".pcd", ".npz", ".npy", *TEXT_SUFFIXES)
NAMES = ("points_mm", "points", "xyz")
EXPECTED = (
    "a PLY or PCD file with x, y, z, an NPZ or NPY array (n, 3), or lines of x y z (.xyz, .txt)"
)


def read_raw(path: Path) -> Raw:
    """Return points (n, 3) in the file's own unit, and that unit where the file tells it.

    Raises
    ------
    SourceError
        Missing, damaged, cut short, or no cloud.
    """
    if not path.is_file():
        raise SourceError(
            f"The cloud {path} does not exist.", remedy="Check the path for a typing mistake."
        )
    suffix = path.suffix.lower()
    if suffix == ".ply":
        return read_ply(path)
    if suffix == ".pcd":
        return _pcd(path), None
    if suffix == ".npz":
        return _npz(path)
    return (_npy(path) if suffix == ".npy" else _text(path)), None


def _pcd(path: Path) -> NDArray[np.float64]:
    import open3d as o3d

    _refuse_short_pcd(path)
    with o3d.utility.VerbosityContextManager(o3d.utility.VerbosityLevel.Error):
        try:
            cloud = o3d.t.io.read_point_cloud(path)
            points = np.asarray(cloud.point.positions.numpy(), np.float64)
        except (RuntimeError, KeyError) as error:
            raise _unreadable(path, "damaged, cut short, or without x, y, z") from error
    return _as_points(path, "its points", points)


def _refuse_short_pcd(path: Path) -> None:
    """A text PCD with fewer lines than it counts would be read with made-up points."""
    with path.open("rb") as file:
        lines = [file.readline(MAX_HEADER_BYTES) for _ in range(16)]
        head = [line.decode("ascii", "replace").split() for line in lines]
        keys = {words[0]: words[1:] for words in head if len(words) > 1}
        if keys.get("DATA") != ["ascii"]:
            return
        start = next(i for i, words in enumerate(head) if words[:1] == ["DATA"]) + 1
        n_lines = sum(bool(line.strip()) for line in (*lines[start:], *file))
    counted = keys.get("POINTS", ["0"])[0]
    if not counted.isdigit() or n_lines < int(counted):
        counts = f"{counted} points, as its header counts"
        raise cut_short(path, counts, f"{n_lines} lines of points")


def _npz(path: Path) -> Raw:
    """`points`, `points_mm` or the only array that is a cloud; text `unit` beside it."""
    if not zipfile.is_zipfile(path):
        raise _unreadable(path, "no NPZ archive")
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
    except (OSError, ValueError, zipfile.BadZipFile, EOFError) as error:
        raise _unreadable(path, str(error)) from error
    name = next((n for n in NAMES if n in arrays), None)
    if name is None:
        clouds = [n for n, array in arrays.items() if _is_cloud(array)]
        if len(clouds) != 1:
            seen = ", ".join(f"{n} {a.shape}" for n, a in sorted(arrays.items())) or "none"
            raise _unreadable(path, f"arrays {seen}: name the cloud `points`")
        name = clouds[0]
    told = str(arrays["unit"]) if "unit" in arrays else None
    if told not in {None, "mm", "m"}:
        raise _unreadable(path, f'unit "{told}", where mm or m may stand')
    unit: Unit | None = "mm" if name == "points_mm" or told == "mm" else None
    return _as_points(path, name, arrays[name]), "m" if told == "m" else unit


def _npy(path: Path) -> NDArray[np.float64]:
    try:
        array = np.load(path, allow_pickle=False)
        if not isinstance(array, np.ndarray):
            raise _unreadable(path, "an archive: name it .npz")
        return _as_points(path, "its array", array)
    except (OSError, ValueError, EOFError) as error:
        raise _unreadable(path, str(error)) from error


def _text(path: Path) -> NDArray[np.float64]:
    """Lines that begin with x y z, by blanks or commas; a first line of words is a title."""
    rows: list[list[float]] = []
    with path.open(encoding="utf-8", errors="replace") as file:
        for number, line in enumerate(file, start=1):
            words = line.replace(",", " ").replace(";", " ").split()
            if not words or words[0].startswith(("#", "//")):
                continue
            try:
                x, y, z = (float(word) for word in words[:3])
            except ValueError as error:
                if number == 1:
                    continue
                raise _unreadable(path, f'line {number}: "{line.strip()[:60]}"') from error
            rows.append([x, y, z])
    if not rows:
        raise _unreadable(path, "no line of three numbers")
    return np.array(rows, np.float64)


def _is_cloud(array: NDArray[np.generic]) -> bool:
    return array.ndim in {2, 3} and array.shape[-1] == 3 and array.dtype.kind in "fiu"


def _as_points(path: Path, name: str, array: NDArray[np.generic]) -> NDArray[np.float64]:
    if not _is_cloud(array):
        raise _unreadable(path, f"{name} of shape {array.shape}, {array.dtype}")
    return np.asarray(array, np.float64).reshape(-1, 3)


def _unreadable(path: Path, actual: str) -> SourceError:
    return unreadable(path, EXPECTED, actual)

"""Points of cloud files, as they stand there: PLY, PCD, NPZ, NPY and lines of numbers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.cloud_arrays import RawCloud, as_points, no_cloud
from pipeline.cloud_errors import MAX_HEADER_BYTES, cut_short
from pipeline.npz_points import read_npz
from pipeline.ply_points import read_ply
from tracking.errors import SourceError

TEXT_SUFFIXES = (".xyz", ".txt", ".asc", ".csv")
CLOUD_SUFFIXES = (".ply", ".pcd", ".npz", ".npy", *TEXT_SUFFIXES)


def read_raw(path: Path) -> RawCloud:
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
        return RawCloud(*read_ply(path))
    if suffix == ".pcd":
        return RawCloud(_pcd(path), None)
    if suffix == ".npz":
        return read_npz(path)
    return RawCloud(_npy(path) if suffix == ".npy" else _text(path), None)


def _pcd(path: Path) -> NDArray[np.float64]:
    import open3d as o3d

    _refuse_short_pcd(path)
    with o3d.utility.VerbosityContextManager(o3d.utility.VerbosityLevel.Error):
        try:
            cloud = o3d.t.io.read_point_cloud(path)
            points = np.asarray(cloud.point.positions.numpy(), np.float64)
        except (RuntimeError, KeyError) as error:
            raise no_cloud(path, "damaged, cut short, or without x, y, z") from error
    return as_points(path, "its points", points)


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


def _npy(path: Path) -> NDArray[np.float64]:
    try:
        array = np.load(path, allow_pickle=False)
        if not isinstance(array, np.ndarray):
            raise no_cloud(path, "an archive: name it .npz")
        return as_points(path, "its array", array)
    except (OSError, ValueError, EOFError) as error:
        raise no_cloud(path, str(error)) from error


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
                raise no_cloud(path, f'line {number}: "{line.strip()[:60]}"') from error
            rows.append([x, y, z])
    if not rows:
        raise no_cloud(path, "no line of three numbers")
    return np.array(rows, np.float64)

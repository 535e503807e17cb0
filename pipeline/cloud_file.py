"""Points of a target from any input: clouds (PLY, PCD, NPZ), and depth of a session or BOP folder.

A cloud file says no unit, unless it does: a PLY comment or an NPZ entry `unit`. Nothing is guessed.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from calibration.poses_file import MM_PER_UNIT
from recordings.opening import open_source
from recordings.source import Source
from tracking.arrays import Float, frozen
from tracking.errors import SourceError, UsageError

Unit = Literal["mm", "m"]
CLOUD_SUFFIXES = (".ply", ".pcd", ".npz")
MAX_AVERAGED_FRAMES = 60  # of a recording: two seconds, in which nothing moves
MIN_SEEN_FRACTION = 0.5  # of the frames: seldom seen pixels are edges
MAX_HEADER_BYTES = 16_384


@dataclass(frozen=True, eq=False)
class Cloud:
    """Finite points in mm, (n, 3), and how their unit is known."""

    points_mm: Float
    unit: str
    unit_source: str
    n_not_finite: int
    n_frames: int = 1


def read_cloud(uri: str, unit: Unit | None) -> Cloud:
    """Read a cloud; of a recording the median depth of its first frames is taken.

    Raises
    ------
    UsageError
        The file tells no unit and none is given, or another one than it tells.
    SourceError
        The input is missing, damaged, empty or of an unknown kind.
    """
    path = Path(uri)
    if path.suffix.lower() not in CLOUD_SUFFIXES:
        return _of_recording(uri, unit)
    if not path.is_file():
        raise SourceError(
            f"The cloud {uri} does not exist.", remedy="Check the path for a typing mistake."
        )
    raw, told = _npz(path) if path.suffix.lower() == ".npz" else _open3d(path)
    finite = np.isfinite(raw).all(axis=1)
    points = raw[finite]
    if not len(points):
        raise SourceError(
            f"The cloud {uri} is empty.",
            expected="points with finite coordinates",
            actual=f"{len(raw)} points, none finite",
        )
    chosen, source = _unit(uri, points, told, unit)
    return Cloud(frozen(points * MM_PER_UNIT[chosen]), chosen, source, int((~finite).sum()))


def _unit(uri: str, points: Float, told: Unit | None, given: Unit | None) -> tuple[Unit, str]:
    if told is not None and given is not None and told != given:
        raise UsageError(
            f"--unit contradicts the file {uri}.",
            expected=f"--unit {told}, as the file says",
            actual=f"--unit {given}",
        )
    if told is not None:
        return told, "the file says so"
    if given is not None:
        return given, "--unit"
    extent = float(np.ptp(points, axis=0).max())
    raise UsageError(
        f"The file {uri} does not say its unit.",
        expected="--unit mm or --unit m",
        actual=f"numbers that span {extent:.4g}",
        remedy=f"Add --unit m if the target is {1000 * extent:.4g} mm wide, --unit mm if it is "
        f"{extent:.4g} mm wide.",
    )


def _open3d(path: Path) -> tuple[Float, Unit | None]:
    import open3d as o3d

    with o3d.utility.VerbosityContextManager(o3d.utility.VerbosityLevel.Error):
        try:
            cloud = o3d.t.io.read_point_cloud(path)
            points = np.asarray(cloud.point.positions.numpy(), np.float64)
        except (RuntimeError, KeyError) as error:
            raise _unreadable(path, " ".join(str(error).split())[:120]) from error
    if points.ndim != 2 or points.shape[1] != 3:
        raise _unreadable(path, f"an array of shape {points.shape}")
    return points, _ply_unit(path) if path.suffix.lower() == ".ply" else None


def _ply_unit(path: Path) -> Unit | None:
    """What a header line `comment unit mm` says; this project's meshes say `..., mm: ...`."""
    with path.open("rb") as file:
        header = file.read(MAX_HEADER_BYTES).split(b"end_header")[0]
    for line in header.decode("ascii", "replace").splitlines():
        words = line.replace(":", " ").replace(",", " ").replace("=", " ").lower().split()
        if words[:1] == ["comment"] and "unit" in words:
            after = words[words.index("unit") + 1 :][:1]
            if after == ["mm"]:
                return "mm"
            if after == ["m"]:
                return "m"
    return None


def _npz(path: Path) -> tuple[Float, Unit | None]:
    """Array `points` or `points_mm` (n, 3) or (h, w, 3), text `unit` beside it."""
    import zipfile

    try:
        with np.load(path, allow_pickle=False) as file:
            names = set(file.files)
            name = next((n for n in ("points_mm", "points", "xyz") if n in names), None)
            if name is None:
                raise _unreadable(path, f"arrays {', '.join(sorted(names)) or 'none'}")
            array: NDArray[np.float64] = np.asarray(file[name], np.float64)
            told = str(file["unit"]) if "unit" in names else None
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        raise _unreadable(path, str(error)) from error
    if array.ndim not in {2, 3} or array.shape[-1] != 3:
        raise _unreadable(path, f"{name} of shape {array.shape}")
    if told not in {None, "mm", "m"}:
        raise _unreadable(path, f'unit "{told}", where mm or m may stand')
    unit: Unit | None = "mm" if name == "points_mm" or told == "mm" else None
    return array.reshape(-1, 3), "m" if told == "m" else unit


def _of_recording(uri: str, unit: Unit | None) -> Cloud:
    if unit is not None:
        raise UsageError(
            "--unit has no meaning for a recording: its depth unit is in it.",
            remedy="Leave --unit out.",
        )
    source = open_source(uri, applicators={})
    try:
        return _median_cloud(source)
    finally:
        source.close()


def _median_cloud(source: Source) -> Cloud:
    depths: list[NDArray[np.float32]] = []
    intrinsics = source.header.intrinsics
    while len(depths) < MAX_AVERAGED_FRAMES and (read := source.read()) is not None:
        depths.append(read.frame.depth_mm)
    if not depths:
        raise SourceError(f"The source {source.header.uri} has no frame.")
    stack = np.where(np.stack(depths) > 0, np.stack(depths), np.nan)
    seen = np.isfinite(stack).mean(axis=0) >= MIN_SEEN_FRACTION
    if not seen.any():
        raise SourceError(
            f"The source {source.header.uri} has no depth.",
            actual=f"{len(depths)} frames without depth",
        )
    depth = np.nanmedian(stack[:, seen], axis=0).astype(np.float64)
    points = intrinsics.ray_grid[seen] * depth[:, None]
    return Cloud(frozen(points), "mm", "the recording says so", int((~seen).sum()), len(depths))


def _unreadable(path: Path, actual: str) -> SourceError:
    return SourceError(
        f"The cloud {path} cannot be read.",
        expected="a PLY or PCD file with x, y, z, or an NPZ file with points (n, 3)",
        actual=actual,
        remedy="Export it again.",
    )

"""Points of a target from any input: cloud files, and depth of a session or BOP folder.

A cloud file says no unit, unless it does: a PLY comment or an NPZ entry `unit`. Where neither says
one, nor the caller, the target does: the only unit in which it is found is taken.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from math import inf
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from calibration.poses_file import MM_PER_UNIT
from pipeline.cloud_errors import Unit
from pipeline.cloud_formats import CLOUD_SUFFIXES, read_raw
from recordings.opening import open_source
from recordings.source import Origin, Source, SourceHeader
from tracking.arrays import Float, frozen
from tracking.errors import CalibrationError, SourceError, UsageError

Found = TypeVar("Found")
UNITS: tuple[Unit, Unit] = ("mm", "m")
MAX_AVERAGED_FRAMES = 60  # of a recording: two seconds, in which nothing moves
MIN_SEEN_FRACTION = 0.5  # of the frames: seldom seen pixels are edges


@dataclass(frozen=True, eq=False)
class Cloud:
    """Finite points in mm, (n, 3), and how their unit is known.

    Attributes
    ----------
    header : SourceHeader or None
        Of a recording.
    changed_at : datetime or None
        When a cloud file was last written, UTC; None of a recording.
    note : str
        How the points were read, where a file holds them in another shape than usual.
    """

    points_mm: Float
    unit: str
    unit_source: str
    n_not_finite: int
    n_frames: int = 1
    header: SourceHeader | None = None
    changed_at: datetime | None = None
    note: str = ""

    @property
    def origin(self) -> Origin | None:
        """Of the frames; None: a cloud file does not say."""
        return None if self.header is None else self.header.origin


def read_cloud(uri: str, unit: Unit | None) -> Cloud:
    """Read a cloud; of a recording the median depth of its first frames is taken.

    Raises
    ------
    UsageError
        The file tells no unit and none is given, or another one than it tells.
    SourceError
        The input is missing, damaged, cut short, empty or of an unknown kind.
    """
    read, told = _read(uri, unit)
    if told is None:
        raise _no_unit(uri, read.points_mm)
    return read


def measure_cloud(
    uri: str,
    unit: Unit | None,
    measure: Callable[[Float], Found],
    widest_guess_mm: float = inf,
) -> tuple[Cloud, Found]:
    """Read a cloud and measure its points (mm); a unit that nobody tells is found by measuring.

    Parameters
    ----------
    measure : callable
        Raises CalibrationError where the points cannot be the target.
    widest_guess_mm : float
        A target of no nominal size says little of the unit: wider clouds are not guessed.

    Raises
    ------
    UsageError
        As `read_cloud`, or the target is found in either unit.
    SourceError
        As `read_cloud`.
    CalibrationError
        As `measure`; where the unit is not known: it fits in neither.
    """
    read, told = _read(uri, unit)
    if told is not None:
        return read, measure(read.points_mm)
    fits: list[tuple[Cloud, Found]] = []
    troubles: list[str] = []
    for one in UNITS:
        scaled = replace(
            read,
            points_mm=frozen(read.points_mm * MM_PER_UNIT[one]),
            unit=one,
            unit_source="the only unit in which the target is found (no --unit, none in the file)",
        )
        if np.ptp(scaled.points_mm, axis=0).max() > widest_guess_mm:
            troubles.append(f"as {one}: wider than {widest_guess_mm / 1000:g} m")
            continue
        try:
            fits.append((scaled, measure(scaled.points_mm)))
        except CalibrationError as error:
            troubles.append(f"as {one}: {str(error).splitlines()[0]}")
    if not fits:
        raise CalibrationError(
            f"The target is not in the cloud {uri}, neither in mm nor in m.",
            actual="; ".join(troubles),
            remedy="Check the nominal sizes, and name the unit: --unit mm or --unit m.",
        )
    if len(fits) > 1:
        raise _no_unit(uri, read.points_mm)
    return fits[0]


def _read(uri: str, unit: Unit | None) -> tuple[Cloud, Unit | None]:
    """The cloud in mm, and its unit; None: not known, the numbers are the file's own."""
    path = Path(uri)
    if path.suffix.lower() not in CLOUD_SUFFIXES:
        return _of_recording(uri, unit), "mm"
    file = read_raw(path)
    raw, told = file.points, file.unit
    if told is not None and unit is not None and told != unit:
        raise UsageError(
            f"--unit contradicts the file {uri}.",
            expected=f"--unit {told}, as the file says",
            actual=f"--unit {unit}",
        )
    finite = np.isfinite(raw).all(axis=1)
    points = raw[finite]
    if not len(points):
        raise SourceError(
            f"The cloud {uri} is empty.",
            expected="points with finite coordinates",
            actual=f"{len(raw)} points, none finite",
        )
    chosen = told or unit
    scale = 1.0 if chosen is None else MM_PER_UNIT[chosen]
    return Cloud(
        frozen(points * scale),
        chosen or "",
        "--unit" if told is None else "the file says so",
        int((~finite).sum()),
        changed_at=datetime.fromtimestamp(path.stat().st_mtime, UTC),
        note=file.note,
    ), chosen


def _no_unit(uri: str, points: Float) -> UsageError:
    extent = float(np.ptp(points, axis=0).max())
    return UsageError(
        f"The file {uri} does not say its unit.",
        expected="--unit mm or --unit m",
        actual=f"numbers that span {extent:.4g}",
        remedy=f"Add --unit m if the target is {1000 * extent:.4g} mm wide, --unit mm if it is "
        f"{extent:.4g} mm wide.",
    )


def _of_recording(uri: str, unit: Unit | None) -> Cloud:
    source = open_source(uri, applicators={})
    try:
        if unit is not None:
            raise UsageError(
                "--unit has no meaning for a recording: its depth unit is in it.",
                remedy="Leave --unit out.",
            )
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
    return Cloud(
        frozen(points),
        "mm",
        "the recording says so",
        int((~seen).sum()),
        len(depths),
        source.header,
    )

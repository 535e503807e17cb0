"""`qa drift`: a plate in front of a camera that warms up, watched over its frames' stamps."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from calibration.qa.drift import Drift, drift
from calibration.qa.plane import BasePlane, compare, find_base
from calibration.rig_check import check_rig_fits_camera
from recordings.progress import Report
from recordings.source import Source
from tracking.camera import CameraIntrinsics
from tracking.errors import CalibrationError
from tracking.frame import RgbdFrame
from tracking.rig import Rig

N_FIRST = 30  # frames whose mean the plate is found in
MIN_SEEN = 0.8  # of them
CENTRE_PX = 20  # half side of the patch that the middle's depth is read from
S_TO_NS = 10**9


def measure_drift(
    source: Source, rig: Rig, minutes: float, every_s: float, report: Report
) -> Drift:
    """Watch the plate in the middle of the picture until `minutes` have passed by the stamps.

    The frames are corrected by the rig's own bias, as in a session. One frame in `every_s` is used.

    Raises
    ------
    TrackerError
        No plate, too short, covered for too long, another camera, or the source broke.
    """
    check_rig_fits_camera(rig, source.header.device_serial, source.header.origin)
    coming = _frames(source)
    first = list(islice(coming, N_FIRST))
    if len(first) < N_FIRST:
        raise CalibrationError(
            "The source ends before the plate could be found.",
            expected=f"at least {N_FIRST} frames",
            actual=f"{len(first)}",
        )
    base = _plate([rig.depth.correct(f.depth_mm) for f in first], first[0].intrinsics)
    expected = base.depth_mm(first[0].intrinsics)
    free = np.ones(expected.shape, bool)
    stamps: list[int] = []
    biases: list[float] = []
    for frame in chain(first, coming):
        if stamps and frame.stamp_ns < stamps[-1]:
            raise CalibrationError(
                "The stamps go back: this is more than one run.",
                expected="frames in the order of their exposure",
                actual=f"{frame.stamp_ns} ns after {stamps[-1]} ns",
            )
        passed_s = 0.0 if not stamps else (frame.stamp_ns - stamps[0]) / S_TO_NS
        if not stamps or frame.stamp_ns >= stamps[-1] + every_s * S_TO_NS:
            stamps.append(frame.stamp_ns)
            biases.append(compare(rig.depth.correct(frame.depth_mm), expected, free).bias_mm)
            report(int(passed_s / 60), round(minutes))
        if passed_s >= minutes * 60:
            break
    return drift(stamps, biases, minutes)


def draw_drift(found: Drift, path: Path) -> None:
    """Write the curve as a picture."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 4), layout="constrained")
    axes = figure.subplots()
    minutes = [p.minute for p in found.points]
    axes.errorbar(
        minutes,
        [p.bias_mm for p in found.points],
        yerr=[2 * p.sigma_mm for p in found.points],
        marker="o",
        markersize=3,
        capsize=2,
        color="#1f5fa8",
    )
    metric = found.metric
    axes.set_title(f"Depth of the plate: drift {metric.value:+.2f} mm, 1-sigma {metric.sigma:.2f}")
    axes.set_xlabel("minutes")
    axes.set_ylabel("mm from the first seconds' plane, away +")
    axes.grid(alpha=0.3)
    figure.savefig(path, dpi=110, metadata={"Software": None})


def _frames(source: Source) -> Iterator[RgbdFrame]:
    while (read := source.read()) is not None:
        yield read.frame


def _plate(stack_mm: list[NDArray[np.float32]], intrinsics: CameraIntrinsics) -> BasePlane:
    """The flat thing in the middle of the picture."""
    depth = np.stack(stack_mm)
    n_seen = (depth > 0).sum(axis=0)
    is_seen = n_seen >= MIN_SEEN * len(stack_mm)
    mean = np.where(is_seen, depth.sum(axis=0, dtype=np.float64) / np.maximum(n_seen, 1), np.nan)
    row, column = intrinsics.height // 2, intrinsics.width // 2
    middle = mean[row - CENTRE_PX : row + CENTRE_PX, column - CENTRE_PX : column + CENTRE_PX]
    found = None
    if np.isfinite(middle).any():
        anchor = intrinsics.ray_grid[row, column] * float(np.nanmedian(middle))
        found = find_base(mean, np.ones(mean.shape, bool), intrinsics, anchor)
    if found is None:
        raise CalibrationError(
            "No flat plate is seen in the middle of the picture.",
            remedy="Put a dull flat plate across the view, square to it, and leave it alone.",
        )
    return found

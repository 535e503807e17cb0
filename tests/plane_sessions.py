"""Depth pictures as a recorded session of the simulated camera."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from calibration.plane_frames import Region
from recordings.session.writer import SessionWriter
from recordings.simulation.device import WIDE
from recordings.simulation.stereo_noise import correlated_noise
from recordings.source import Origin, SourceHeader
from tests.plane_recordings import FOCAL_BASELINE, GRID, true_depth_mm
from tracking.frame import RgbdFrame, SourceFrame

UNIT_MM = 0.1
FULL = Region(0, 0, GRID.width, GRID.height)


def write_depth_session(
    path: Path,
    depth_mm: list[NDArray[np.float64]],
    *,
    serial: str = WIDE.serial,
    origin: Origin = "simulated",
) -> Path:
    """Write depth pictures of the whole grid, 30 a second."""
    header = SourceHeader(
        str(path), "simulation", origin, GRID, UNIT_MM, "Simulated plane", serial, len(depth_mm)
    )
    with SessionWriter(path, header) as writer:
        for k, depth in enumerate(depth_mm):
            stamp = round(k * 1e9 / 30)
            raw = np.clip(np.round(depth / UNIT_MM), 0, 65535).astype(np.uint16)
            frame = RgbdFrame(k, serial, stamp, stamp, GRID, raw, UNIT_MM)
            writer.write(SourceFrame(frame))
    return path


def noisy_plane(
    distance_mm: float, offset_mm: float, n_frames: int, seed: int
) -> list[NDArray[np.float64]]:
    """A tilted plane over the whole picture with 0.08 px of noise, alike over 1.5 px."""
    rng = np.random.default_rng([seed, round(distance_mm)])
    disparity = FOCAL_BASELINE / (true_depth_mm(distance_mm, FULL) + offset_mm)
    return [
        FOCAL_BASELINE / (disparity + 0.08 * correlated_noise(disparity.shape, 1.5, rng))
        for _ in range(n_frames)
    ]

"""Recordings of a plane with known distance and noise, from two generators that share no code."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft2, rfft2

from calibration.plane_frames import PlaneFrames, Region, central_region
from recordings.simulation.device import WIDE
from recordings.simulation.stereo_noise import DISPARITY_STEPS_PER_PX, correlated_noise
from tracking.depth_noise import StereoNoise

STEREO = StereoNoise(50.0, 1.0, 0.0)  # of its noise nothing is used
GRID = WIDE.intrinsics
FOCAL_BASELINE = STEREO.focal_baseline(GRID.fx)
TILT = (0.1, -0.05, 1.0)


def true_depth_mm(
    distance_mm: float, region: Region, tilt: tuple[float, float, float] = TILT
) -> NDArray[np.float64]:
    """z of a plane that the optical axis meets at `distance_mm`."""
    rays = GRID.ray_grid[region.slices]
    z: NDArray[np.float64] = distance_mm * tilt[2] / (rays @ np.array(tilt))
    return z


def simulated_plane(
    subpixel_px: float,
    correlation_px: float,
    distance_mm: float = 500.0,
    *,
    unit_mm: float = 0.1,
    n_frames: int = 40,
    seed: int = 0,
    region: Region | None = None,
    offset_mm: float = 0.0,
) -> PlaneFrames:
    """With the noise of the project's own simulator, quantised as its matcher does."""
    region = region or central_region(GRID)
    rng = np.random.default_rng(seed)
    disparity = FOCAL_BASELINE / (true_depth_mm(distance_mm, region) + offset_mm)
    frames = []
    for _ in range(n_frames):
        noise = subpixel_px * correlated_noise(disparity.shape, correlation_px, rng)
        steps = np.round((disparity + noise) * DISPARITY_STEPS_PER_PX) / DISPARITY_STEPS_PER_PX
        frames.append(np.round(FOCAL_BASELINE / steps / unit_mm) * unit_mm)
    return _recording(frames, region, unit_mm)


def independent_plane(
    subpixel_px: float,
    correlation_px: float,
    distance_mm: float = 500.0,
    *,
    unit_mm: float = 0.1,
    n_frames: int = 40,
    seed: int = 0,
) -> PlaneFrames:
    """Another generator: spectral synthesis of the autocorrelation itself, no disparity steps."""
    region = central_region(GRID)
    z = true_depth_mm(distance_mm, region)
    rng = np.random.default_rng([seed, 99])
    shape = tuple(2 * size for size in z.shape)
    v, u = (np.minimum(np.arange(size), size - np.arange(size)) for size in shape)
    correlation = np.exp(-(v[:, None] ** 2 + u**2) / (4 * correlation_px**2))
    amplitude = np.sqrt(np.maximum(rfft2(correlation).real, 0))
    frames = []
    for _ in range(n_frames):
        field = irfft2(amplitude * rfft2(rng.standard_normal(shape)), s=shape)
        noise = subpixel_px * field[: z.shape[0], : z.shape[1]]
        frames.append(np.round(FOCAL_BASELINE / (FOCAL_BASELINE / z + noise) / unit_mm) * unit_mm)
    return _recording(frames, region, unit_mm)


def _recording(frames: list[NDArray[np.float64]], region: Region, unit_mm: float) -> PlaneFrames:
    stamps = tuple(round(i * 1e9 / 30) for i in range(len(frames)))
    return PlaneFrames(np.array(frames, np.float32), GRID, region, STEREO, unit_mm, stamps)

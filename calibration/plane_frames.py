"""Frames of one plane that stands still: the raw material of a depth calibration.

Decides which pixels show the plane. A plane is linear in 1/z over the pixels (n . ray = d / z), and
stereo noise is constant in disparity = focal_px * baseline_mm / z: everything here is in disparity.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from tracking.arrays import Bool, Float, frozen
from tracking.camera import CameraIntrinsics
from tracking.depth_noise import StereoNoise
from tracking.errors import CalibrationError
from tracking.robust import NORMAL_MAD

MIN_FRAMES = 2
MIN_PIXELS = 2000  # a patch of 45 x 45 px: fewer hold no hundred independent errors
MIN_SEEN_FRACTION = 0.5  # of the frames: a pixel that is seldom seen is no plane's
OUTLIER_SIGMA = 6.0  # Gaussian noise passes; a flying pixel does not
MAX_FOREIGN_FRACTION = 0.02  # of the pixels with depth: more is another object, not an outlier
N_ROUNDS = 4  # of fitting and leaving out
CENTRAL_FRACTION = 0.4  # of width and height: the default region of Intel's depth quality tool


@dataclass(frozen=True)
class Region:
    """Rows and columns [v0, v1) x [u0, u1) of the depth grid."""

    u0: int
    v0: int
    u1: int
    v1: int

    @property
    def slices(self) -> tuple[slice, slice]:
        """(rows, columns)."""
        return slice(self.v0, self.v1), slice(self.u0, self.u1)


def central_region(intrinsics: CameraIntrinsics) -> Region:
    """The middle of the picture, 40 % of its width and height."""
    width, height = intrinsics.width, intrinsics.height
    half_u, half_v = (int(CENTRAL_FRACTION * size / 2) for size in (width, height))
    u, v = width // 2, height // 2
    return Region(u - half_u, v - half_v, u + half_u, v + half_v)


@dataclass(frozen=True, eq=False)
class PlaneFrames:
    """N frames of a plane, cut to a region.

    Attributes
    ----------
    depth_mm : float32 (n_frames, height, width)
        Native depth of the region, uncorrected, 0 where there is none.
    intrinsics, region
        Of the whole grid, and which part of it `depth_mm` is.
    stereo
        Baseline and focal length (of its noise nothing is used).
    depth_unit_mm
        Step of the stored depth.
    stamps_ns : (n_frames,)
    """

    depth_mm: NDArray[np.float32]
    intrinsics: CameraIntrinsics
    region: Region
    stereo: StereoNoise
    depth_unit_mm: float
    stamps_ns: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        rows, columns = self.region.slices
        inside = 0 <= rows.start < rows.stop <= self.intrinsics.height
        inside &= 0 <= columns.start < columns.stop <= self.intrinsics.width
        if not inside:
            raise CalibrationError(
                "The region of the plane does not lie in the picture.",
                expected=f"u below {self.intrinsics.width}, v below {self.intrinsics.height}",
                actual=f"u {columns.start} to {columns.stop}, v {rows.start} to {rows.stop}",
            )
        if len(self.depth_mm) < MIN_FRAMES:
            raise CalibrationError(
                "Too few frames of the plane.",
                expected=f"at least {MIN_FRAMES}, better 40",
                actual=str(len(self.depth_mm)),
                remedy="Record the plane for two seconds without moving anything.",
            )

    @property
    def focal_baseline(self) -> float:
        """disparity_px = focal_baseline / z_mm."""
        return self.stereo.focal_baseline(self.intrinsics.fx)

    @cached_property
    def fit(self) -> PlaneFit:
        """The plane through all frames, and which pixels show it. See `fit_plane_frames`."""
        return fit_plane_frames(self)


@dataclass(frozen=True, eq=False)
class PlaneFit:
    """The plane in disparity and what each frame is off it.

    Attributes
    ----------
    coefficients : (3,)
        disparity_px = a + b (u - cx) + c (v - cy).
    residual_px : float32 (n_frames, height, width)
        Disparity less the plane's; 0 where `is_used` is False.
    is_used : bool (n_frames, height, width)
    fill_fraction
        Share of the region's pixels with depth, mean over the frames.
    """

    coefficients: Float
    residual_px: NDArray[np.float32]
    is_used: Bool
    fill_fraction: float
    design: Float

    def axis_depth_mm(self, focal_baseline: float) -> float:
        """Depth z at which the optical axis meets the plane."""
        return float(focal_baseline / self.coefficients[0])

    def normal(self, frames: PlaneFrames) -> Float:
        """Unit normal towards the camera: a + b (u - cx) + c (v - cy) is n . ray up to scale."""
        a, b, c = self.coefficients
        normal = -np.array([b * frames.intrinsics.fx, c * frames.intrinsics.fy, a])
        unit: Float = normal / np.linalg.norm(normal)
        return unit


def fit_plane_frames(frames: PlaneFrames) -> PlaneFit:
    """Fit one plane to all frames together, leaving out what is no part of it.

    Raises
    ------
    CalibrationError
        Too few pixels with depth, or the region shows something else than one plane.
    """
    depth = frames.depth_mm
    has_depth = np.isfinite(depth) & (depth > 0)
    fill = float(has_depth.mean())
    seen = has_depth.mean(axis=0) >= MIN_SEEN_FRACTION
    if seen.sum() < MIN_PIXELS:
        raise CalibrationError(
            "The region of the plane has too little depth.",
            expected=f"at least {MIN_PIXELS} pixels that most frames see",
            actual=f"{int(seen.sum())} of {seen.size}, fill rate {100 * fill:.1f} %",
            remedy="Give the plane texture, or choose another distance or --region.",
        )
    with np.errstate(divide="ignore", invalid="ignore"):
        disparity = np.where(has_depth & seen, frames.focal_baseline / depth, 0.0)
    used = has_depth & seen
    design = _design(frames)
    coefficients, spread = _starting_plane(disparity, used, design)
    residual = np.zeros_like(disparity)
    kept = used
    for _ in range(N_ROUNDS):
        residual = disparity - design @ coefficients
        kept = used & (np.abs(residual) <= OUTLIER_SIGMA * spread)
        counts = kept.sum(axis=0)
        sums = np.where(kept, disparity, 0.0).sum(axis=0)
        normal = np.einsum("hw,hwi,hwj->ij", counts, design, design)
        coefficients = np.linalg.solve(normal, np.einsum("hw,hwi->i", sums, design))
        spread = _spread(residual[used])
    foreign = 1.0 - kept.sum() / used.sum()
    if not foreign <= MAX_FOREIGN_FRACTION or not coefficients[0] > 0:
        raise CalibrationError(
            "The region shows something else than one plane that stands still.",
            expected=f"at most {100 * MAX_FOREIGN_FRACTION:g} % of its pixels off the plane",
            actual=f"{100 * foreign:.1f} %",
            remedy="Let the plane fill the region (--region), and move nothing meanwhile.",
        )
    residual = np.where(kept, disparity - design @ coefficients, 0.0).astype(np.float32)
    return PlaneFit(coefficients, frozen(residual), frozen(kept), fill, frozen(design))


def _design(frames: PlaneFrames) -> Float:
    rows, columns = frames.region.slices
    v, u = np.mgrid[rows, columns].astype(np.float64)
    k = frames.intrinsics
    return np.stack([np.ones_like(u), u - k.cx, v - k.cy], axis=-1)


def _starting_plane(disparity: Float, used: Bool, design: Float) -> tuple[Float, float]:
    """Least squares reweighted to least absolute deviations, on the median picture."""
    counts = used.sum(axis=0)
    mean = disparity.sum(axis=0) / np.maximum(counts, 1)
    known = counts > 0
    d, x = mean[known], design[known]
    weight = np.ones(len(d))
    found = np.zeros(3)
    for _ in range(10):
        found = np.linalg.lstsq(x * weight[:, None], d * weight, rcond=None)[0]
        off = np.abs(d - x @ found)
        weight = 1 / np.sqrt(np.maximum(off, 1e-3 + 0.1 * float(np.median(off))))
    return found, _spread((disparity - design @ found)[used])


def _spread(values: Float) -> float:
    return float(NORMAL_MAD * np.median(np.abs(values)) + 1e-6)

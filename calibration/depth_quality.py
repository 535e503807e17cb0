"""Depth quality of a plane, as Intel RealSense publishes its figures.

Sources: `rs-depth-quality.cpp` of librealsense 2 (fill rate, plane-fit RMS, sub-pixel RMS,
Z accuracy; the farthest and nearest 0.5 % of points are left out of all but the fill rate), and
"Intel RealSense Camera Depth Testing Methodology", January 2018 (temporal noise: standard deviation
of a pixel over the frames in percent of its median; of that the median over the pixels). One
deviation: the tool takes disparities from a point's distance to the camera, here they come from z,
as a stereo camera measures it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from calibration.plane_frames import PlaneFrames
from calibration.qa_metric import Metric
from calibration.temporal_noise import temporal_noise_percent
from tracking.arrays import Bool, Float

TRIMMED_FRACTION = 0.005  # at each end, of the depths of a frame
MIN_TEMPORAL_FRAMES = 2


@dataclass(frozen=True)
class DepthQuality:
    """Medians over the frames; `z_accuracy_percent` is None where the true distance is not known.

    Attributes
    ----------
    distance_mm
        z at which the optical axis meets the fitted plane.
    tilt_deg
        Angle between the plane's normal and the optical axis.
    z_accuracy_percent
        Positive where the plane is measured farther away than it is.
    drift_mm
        Distance of the last tenth of the frames less that of the first tenth.
    """

    distance_mm: float
    tilt_deg: float
    fill_rate_percent: float
    plane_rms_mm: float
    subpixel_rms_px: float
    temporal_noise_percent: float
    drift_mm: float
    z_accuracy_percent: float | None = None

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """The figures by name."""
        found = [
            Metric("plane_distance", self.distance_mm, "mm"),
            Metric("plane_tilt", self.tilt_deg, "deg"),
            Metric("fill_rate", self.fill_rate_percent, "%"),
            Metric("plane_fit_rms", self.plane_rms_mm, "mm"),
            Metric("subpixel_rms", self.subpixel_rms_px, "px"),
            Metric("temporal_noise", self.temporal_noise_percent, "%"),
            Metric("drift", self.drift_mm, "mm"),
        ]
        if self.z_accuracy_percent is not None:
            found.append(Metric("z_accuracy", self.z_accuracy_percent, "%"))
        return tuple(found)


def depth_quality(frames: PlaneFrames, distance_mm: float | None = None) -> DepthQuality:
    """Return the figures of a plane; `distance_mm` is its true z on the optical axis.

    Raises
    ------
    CalibrationError
        The frames show no plane.
    """
    fit = frames.fit
    rays = frames.intrinsics.ray_grid[frames.region.slices]
    each = [_frame_figures(frames, depth, rays, distance_mm) for depth in frames.depth_mm]
    rms, subpixel, accuracy, axis = (np.array(column) for column in zip(*each, strict=True))
    tenth = max(1, len(axis) // 10)
    normal = fit.normal(frames)
    return DepthQuality(
        distance_mm=fit.axis_depth_mm(frames.focal_baseline),
        tilt_deg=float(np.degrees(np.arccos(min(1.0, abs(normal[2]))))),
        fill_rate_percent=100 * fit.fill_fraction,
        plane_rms_mm=float(np.median(rms)),
        subpixel_rms_px=float(np.median(subpixel)),
        temporal_noise_percent=_temporal_noise(frames),
        drift_mm=float(axis[-tenth:].mean() - axis[:tenth].mean()),
        z_accuracy_percent=None if distance_mm is None else float(np.median(accuracy)),
    )


def _frame_figures(
    frames: PlaneFrames, depth: Float, rays: Float, distance_mm: float | None
) -> tuple[float, float, float, float]:
    """Plane RMS in mm, sub-pixel RMS in px, Z accuracy in %, z on the axis in mm, of one frame."""
    kept = _trimmed(np.asarray(depth, np.float64))
    points = rays[kept] * depth[kept].astype(np.float64)[:, None]
    centre = points.mean(axis=0)
    normal = np.linalg.eigh(np.cov((points - centre).T))[1][:, 0]
    normal = normal if normal[2] > 0 else -normal
    off = (points - centre) @ normal  # positive: farther away than the plane
    axis_mm = float(centre @ normal / normal[2])
    on_plane = points[:, 2] - off * normal[2]
    disparity_off = frames.focal_baseline * (1 / points[:, 2] - 1 / on_plane)
    accuracy = np.nan
    if distance_mm is not None:
        accuracy = 100 * float(np.median(axis_mm - distance_mm + off)) / distance_mm
    return _root_mean_square(off), _root_mean_square(disparity_off), accuracy, axis_mm


def _trimmed(depth: Float) -> Bool:
    known = np.isfinite(depth) & (depth > 0)
    low, high = np.quantile(depth[known], [TRIMMED_FRACTION, 1 - TRIMMED_FRACTION])
    kept: Bool = known & (depth >= low) & (depth <= high)
    return kept


def _temporal_noise(frames: PlaneFrames) -> float:
    depth = frames.depth_mm.astype(np.float64)
    always = (np.isfinite(depth) & (depth > 0)).all(axis=0)
    seen = depth[:, always] if always.any() else np.ones((2, 1))
    return temporal_noise_percent(seen)


def _root_mean_square(values: Float) -> float:
    return float(np.sqrt(np.mean(np.square(values))))

"""The bed's pattern in a live frame against the map's: what tells the motion along a smooth bed.

Each sample of the map is projected into the frame, between its pixels; what the frame shows
there differs from what the map knows by how far the pattern has moved (Lucas and Kanade 1981).
"""

from __future__ import annotations

import numpy as np

from tracking.arrays import Float
from tracking.bed_texture import FINE_PX
from tracking.likelihood import normal_equations
from tracking.robust import NORMAL_MAD, median, tukey
from tracking.stereo_noise import correlation_inflation
from tracking.survey_around import Around
from tracking.survey_map import STRIDE_PX
from tracking.survey_motion import Equations
from tracking.survey_samples import BED_CELLS, SurveySamples
from tracking.survey_terms import LiveView, by_motion
from tracking.transforms import invert, transform_points

TUKEY = 4.5
MIN_SAMPLES = 40
MIN_DEPTH_MM = 1.0  # what lies behind the camera is not seen
MIN_SPREAD = 0.002  # of an 8-bit level's rounding, at half of full brightness
MIN_CORRELATION = 0.5  # of frame and map: less is another pattern, or none
# Variance of a slope over that of a value, of pixels' noise after the fine blur.
SLOPE_NOISE = (1 - float(np.exp(-1.0 / FINE_PX**2))) / 2
INFLATION = correlation_inflation(BED_CELLS * STRIDE_PX, FINE_PX)


def texture_equations(
    samples: SurveySamples, survey_from_camera: Float, around: Around, view: LiveView
) -> Equations | None:
    """Normal equations of the pattern at the near samples; None where it tells nothing."""
    if view.texture is None:
        return None
    pivot = around.centre_camera_mm
    points = transform_points(invert(survey_from_camera), samples.points_mm)
    chosen = around.holds(points) & np.isfinite(samples.texture) & (points[:, 2] > MIN_DEPTH_MM)
    points = points[chosen]
    grid = view.intrinsics
    seen, across, down = view.texture.with_slopes_at(*grid.project(points).T)
    known = samples.texture[chosen]
    usable = np.isfinite(seen + across + down)
    if int(usable.sum()) < MIN_SAMPLES:
        return None
    points, known, seen = points[usable], known[usable], seen[usable]
    residuals = seen - known
    residuals = residuals - median(residuals)  # what light adds everywhere alike
    if not _correlation(seen, known) >= MIN_CORRELATION:
        return None
    spread = max(MIN_SPREAD, NORMAL_MAD * median(np.abs(residuals)))
    weights = tukey(residuals, TUKEY * spread) / (INFLATION * spread**2)
    by_across, by_down = _unit_rows(points, pivot, grid.fx, grid.fy)
    jacobian = across[usable, None] * by_across + down[usable, None] * by_down
    information, gradient = normal_equations(jacobian, weights, residuals)
    noise = (weights * SLOPE_NOISE * spread**2)[:, None]
    pretended = by_across.T @ (noise * by_across) + by_down.T @ (noise * by_down)
    return Equations(information, gradient, pretended)


def _unit_rows(points: Float, pivot_camera_mm: Float, fx: float, fy: float) -> tuple[Float, Float]:
    """Motion in the picture, px to the right and downwards, (n, 6) each by the map's motion."""
    x, y, z = points.T
    nothing = np.zeros_like(z)
    right, below = fx / z, fy / z
    levers = points - pivot_camera_mm
    return (
        by_motion(levers, np.stack([right, nothing, -right * x / z], axis=1)),
        by_motion(levers, np.stack([nothing, below, -below * y / z], axis=1)),
    )


def _correlation(first: Float, second: Float) -> float:
    """Pearson's; 0 where either does not vary."""
    first, second = first - first.mean(), second - second.mean()
    size = float(np.sqrt((first @ first) * (second @ second)))
    return float(first @ second) / size if size > 0 else 0.0

"""The bed's pattern in a live frame against the map's: what tells the motion along a smooth bed.

Each sample of the map is projected into the frame, between its pixels; what the frame shows
there differs from what the map knows by how far the pattern has moved (Lucas and Kanade 1981).
"""

from __future__ import annotations

import numpy as np

from tracking.arrays import Float
from tracking.bed_texture import FINE_PX
from tracking.stereo_noise import correlation_inflation
from tracking.survey_around import Around
from tracking.survey_map import STRIDE_PX
from tracking.survey_motion import Equations
from tracking.survey_samples import BED_CELLS, SurveySamples
from tracking.survey_terms import LiveView
from tracking.survey_texture_loops import MIN_SAMPLES, near_samples, pattern_sums
from tracking.transforms import invert

# Variance of a slope over that of a value, of pixels' noise after the fine blur.
SLOPE_NOISE = (1 - float(np.exp(-1.0 / FINE_PX**2))) / 2
INFLATION = correlation_inflation(BED_CELLS * STRIDE_PX, FINE_PX)


def texture_equations(
    samples: SurveySamples, survey_from_camera: Float, around: Around, view: LiveView
) -> Equations | None:
    """Normal equations of the pattern at the near samples; None where it tells nothing."""
    if view.texture is None:
        return None
    pivot, grid = around.centre_camera_mm, view.intrinsics
    points, known = near_samples(
        samples.points_mm,
        samples.texture,
        invert(survey_from_camera),
        pivot,
        around.axis_camera,
        around.reach_mm,
    )
    if len(points) < MIN_SAMPLES:
        return None
    seen, across, down = view.texture.with_slopes_at(*grid.project(points).T)
    is_told, *equations = pattern_sums(
        points, known, seen, across, down, pivot, grid.fx, grid.fy, INFLATION, SLOPE_NOISE
    )
    return Equations(*equations) if is_told else None

"""The map's cells that are sought in a live frame: a thinned, fixed choice per map."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tracking.arrays import Bool, Float
from tracking.depth_noise import DepthNoise
from tracking.stereo_noise import correlation_inflation
from tracking.survey_map import STRIDE_PX, SurveyMap, slope_noise

BED_CELLS = 2  # a bed cell of every 2 x 2: the noise of nearer ones is the same
OTHER_CELLS = 5  # surroundings are many, and their motion against the bed is not known anyway
OTHER_REACH = (
    3.0  # times the bed's own extent, around its middle: farther things move for themselves
)


@dataclass(frozen=True, eq=False)
class SurveySamples:
    """Cells to seek, survey space.

    Attributes
    ----------
    points_mm : (n, 3)
    planes_per_mm : (n, 3)
        Local plane n . p = 1 through each point.
    noise_share : (n,)
        Variance of the cell over that of a live pixel.
    tilt_variance : (n,)
        Of the plane's normal about either direction across it, rad^2, from the map's noise.
    inflation : (n,)
        By how much correlated noise makes each sample count less.
    is_bed : (n,)
    """

    points_mm: Float
    planes_per_mm: Float
    noise_share: Float
    tilt_variance: Float
    inflation: Float
    is_bed: Bool


def survey_samples(survey: SurveyMap, noise: DepthNoise) -> SurveySamples:
    """Choose bed and surroundings, whatever has a local plane and is no occluder."""
    planes, has_plane = survey.planes
    bed = _thinned(survey.is_bed & has_plane, BED_CELLS)
    other = _thinned(
        survey.is_known & has_plane & ~survey.is_bed & ~survey.is_occluder, OTHER_CELLS
    )
    bed_points = survey.points_survey_mm(bed)
    if len(bed_points):
        middle = np.median(bed_points, axis=0)
        extent = np.median(np.linalg.norm(bed_points - middle, axis=1))
        away = np.linalg.norm(survey.points_survey_mm(other) - middle, axis=1)
        near = away <= OTHER_REACH * extent
        other[other] = near
    n_bed, n_other = int(bed.sum()), int(other.sum())

    def both(of_bed: Float, of_other: Float) -> Float:
        return np.concatenate([of_bed, of_other])

    points = both(bed_points, survey.points_survey_mm(other))
    normals = both(planes[bed], planes[other])
    share = both(survey.noise_share(bed), survey.noise_share(other))
    z, fx = points[:, 2], survey.grid.fx
    slope_variance = slope_noise(noise.correlation_px) * share
    slope_variance *= (noise.sigma_mm(z, fx * STRIDE_PX) / z**2) ** 2
    stride = (BED_CELLS * STRIDE_PX, OTHER_CELLS * STRIDE_PX)
    inflation = [correlation_inflation(s, noise.correlation_px) for s in stride]
    return SurveySamples(
        points_mm=points,
        planes_per_mm=normals,
        noise_share=share,
        tilt_variance=slope_variance * fx**2 / np.einsum("ni,ni->n", normals, normals),
        inflation=np.repeat(inflation, [n_bed, n_other]),
        is_bed=np.repeat([True, False], [n_bed, n_other]),
    )


def _thinned(cells: Bool, step: int) -> Bool:
    """Every `step`-th row and column of the cells."""
    chosen = np.zeros_like(cells)
    chosen[::step, ::step] = cells[::step, ::step]
    return chosen

"""The map's cells that are sought in a live frame: a thinned, fixed choice per map."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property

import numpy as np

from tracking.arrays import Bool, Float
from tracking.depth_noise import DepthNoise
from tracking.stereo_noise import correlation_inflation
from tracking.survey_map import STRIDE_PX, LocalPlanes, SurveyMap, slope_noise

BED_CELLS = 2  # a bed cell of every 2 x 2: the noise of nearer ones is the same
OTHER_CELLS = 5  # surroundings are many, and their motion against the bed is not known anyway
BED_PLANE_CELLS = 9  # window of a bed cell's plane: 22 mm at 0.5 m, little noise in its normal
OTHER_PLANE_CELLS = 5  # 12 mm: half a fold of a drape
MAX_ROUGHNESS = 2.5  # variance in a window over noise: 99 % of planes have less
MAX_BEND_MM = 0.4  # rms that a bed of 100 mm radius leaves of a plane over its window
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
    texture : (n,)
        The map's, NaN where it knows none.
    """

    points_mm: Float
    planes_per_mm: Float
    noise_share: Float
    tilt_variance: Float
    inflation: Float
    is_bed: Bool
    texture: Float

    @cached_property
    def bed(self) -> SurveySamples:
        """Those of the bed."""
        return self._part(self.is_bed)

    @cached_property
    def surroundings(self) -> SurveySamples:
        """All others."""
        return self._part(~self.is_bed)

    def _part(self, chosen: Bool) -> SurveySamples:
        return SurveySamples(*(getattr(self, one.name)[chosen] for one in fields(self)))


def survey_samples(survey: SurveyMap, noise: DepthNoise) -> SurveySamples:
    """Choose bed and surroundings, whatever has a local plane and is no occluder."""
    smooth, fine = survey.planes(BED_PLANE_CELLS), survey.planes(OTHER_PLANE_CELLS)
    bed = _thinned(survey.is_bed & _is_plane(survey, smooth, noise), BED_CELLS)
    surroundings = survey.is_known & ~survey.is_bed & ~survey.is_occluder
    other = _thinned(surroundings & _is_plane(survey, fine, noise), OTHER_CELLS)
    bed_points = survey.points_survey_mm(bed)
    if len(bed_points):
        middle = np.median(bed_points, axis=0)
        extent = np.median(np.linalg.norm(bed_points - middle, axis=1))
        away = np.linalg.norm(survey.points_survey_mm(other) - middle, axis=1)
        other[other] = away <= OTHER_REACH * extent
    of_bed = _samples(survey, bed, smooth, BED_PLANE_CELLS, BED_CELLS, noise)
    of_other = _samples(survey, other, fine, OTHER_PLANE_CELLS, OTHER_CELLS, noise)
    parts = [np.concatenate(pair) for pair in zip(of_bed, of_other, strict=True)]
    points, normals, share, tilt_variance, inflation = parts
    is_bed = np.arange(len(points)) < len(bed_points)
    texture = np.concatenate([survey.texture[bed], np.full(len(points) - len(bed_points), np.nan)])
    return SurveySamples(points, normals, share, tilt_variance, inflation, is_bed, texture)


def _samples(
    survey: SurveyMap,
    cells: Bool,
    planes: LocalPlanes,
    plane_cells: int,
    step: int,
    noise: DepthNoise,
) -> tuple[Float, Float, Float, Float, Float]:
    """Points, planes, noise shares, tilt variances and inflations of chosen cells."""
    points, normals = survey.points_survey_mm(cells), planes.per_mm[cells]
    slope_variance = slope_noise(plane_cells, noise.correlation_px) * _cell_variance(survey, noise)
    length_squared = np.einsum("ni,ni->n", normals, normals)
    inflation = correlation_inflation(step * STRIDE_PX, noise.correlation_px)
    return (
        points,
        normals,
        survey.noise_share(cells),
        slope_variance[cells] * survey.grid.fx**2 / length_squared,
        np.full(len(points), inflation),
    )


def _cell_variance(survey: SurveyMap, noise: DepthNoise) -> Float:
    """Variance of each cell's 1 / z, (height, width); 0 where nothing is known."""
    known = survey.is_known
    inverse = survey.inverse_depth_per_mm[known].astype(np.float64)
    sigma = noise.sigma_mm(1 / inverse, survey.grid.fx * STRIDE_PX) * inverse**2
    variance = np.zeros(known.shape)
    variance[known] = sigma**2 * survey.noise_share(known)
    return variance


def _is_plane(survey: SurveyMap, planes: LocalPlanes, noise: DepthNoise) -> Bool:
    """Cells whose window is a plane but for noise: an edge in it would pass for a slope."""
    inverse = survey.inverse_depth_per_mm.astype(np.float64)
    bend = (MAX_BEND_MM * inverse**2) ** 2
    flat: Bool = planes.is_whole & (
        planes.roughness <= MAX_ROUGHNESS * _cell_variance(survey, noise) + bend
    )
    return flat


def _thinned(cells: Bool, step: int) -> Bool:
    """Every `step`-th row and column of the cells."""
    chosen = np.zeros_like(cells)
    chosen[::step, ::step] = cells[::step, ::step]
    return chosen

"""Put an outline that was drawn on a picture onto the bed's surface, where the survey carries it.

Fails to: no marked area, and what depends on it is not observable.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from scipy.spatial import cKDTree

from tracking.arrays import Float, finite_array
from tracking.camera import CameraIntrinsics
from tracking.outline import Outline
from tracking.smooth_surface import SmoothSurface
from tracking.survey_alignment import AlignedSurvey
from tracking.transforms import transform_points

N_SAMPLES = 6000  # half a millimetre apart on an area of 40 mm
N_PARTS = 8  # a sample at the outline counts by the part of its cell inside, to 1 / 8 of its width
FIXED_POINT_BITS = 4  # of corners where the outline is filled in
MIN_KNOWN_FRACTION = 0.95  # of the outline's samples that must meet surface


@dataclass(frozen=True, eq=False)
class MarkedArea:
    """A piece of surface as weighted points in survey space.

    Attributes
    ----------
    points_survey_mm : (n, 3)
    weights : (n,)
        Share of the surface's area that each point stands for; their sum is 1.
    spacing_mm : float
        Between neighbouring points.
    covariance_mm2 : (3, 3)
        Of the whole area's place, survey axes: depth noise, and how well the frame that it was
        drawn on was aligned.
    """

    points_survey_mm: Float
    weights: Float
    spacing_mm: float
    covariance_mm2: Float

    def __post_init__(self) -> None:
        n = len(self.points_survey_mm)
        for name, shape in (
            ("points_survey_mm", (n, 3)),
            ("weights", (n,)),
            ("covariance_mm2", (3, 3)),
        ):
            object.__setattr__(self, name, finite_array(name, getattr(self, name), shape))
        if n == 0 or not (self.weights.min() > 0 and self.spacing_mm > 0):
            raise ValueError("a marked area has points, positive weights and a spacing")

    @property
    def centre_survey_mm(self) -> Float:
        """Weighted mean of the points."""
        centre: Float = self.weights @ self.points_survey_mm
        return centre


def mark_area(
    outline: Outline,
    surface_camera_mm: Float,
    depth_sigma_mm: Float,
    correlation_px: float,
    intrinsics: CameraIntrinsics,
    survey: AlignedSurvey,
) -> MarkedArea | None:
    """Project an outline onto the surface of the frame that it was drawn on.

    Parameters
    ----------
    surface_camera_mm : (n, 3)
        Points of the bed in that frame's camera space, of the survey or of the frame itself.
    depth_sigma_mm : (n,)
        Of the points, along their rays, correlated over `correlation_px` (see `DepthNoise`).
    survey : AlignedSurvey
        As it lies in that frame.

    Returns
    -------
    MarkedArea or None
        None where the survey's place is not known, or less than `MIN_KNOWN_FRACTION` of the
        outline meets surface.
    """
    if not survey.is_ok or survey.survey_from_camera is None or not survey.in_plane_observable:
        return None
    surface = SmoothSurface.of(
        outline, surface_camera_mm, depth_sigma_mm, correlation_px, intrinsics
    )
    if surface is None:
        return None
    uv, step_px, share = _samples(outline, surface)
    if outline.margin_mm > 0:
        share = np.maximum(share, _margin_share(outline, surface, uv, step_px))
    chosen = share > 0
    known = chosen & surface.is_known(uv)
    if share[known].sum() < MIN_KNOWN_FRACTION * share[chosen].sum():
        return None
    uv, share = uv[known], share[known]
    points = surface.points(uv)
    cell_mm2 = surface.area_mm2_per_px2(uv) * step_px**2
    weights = cell_mm2 * share / (cell_mm2 @ share)
    rotation = survey.survey_from_camera[:3, :3]
    centre = weights @ points
    ray = centre / centre[2]
    covariance = place_covariance(survey, centre) + surface.depth_variance_mm2 * np.outer(ray, ray)
    return MarkedArea(
        points_survey_mm=transform_points(survey.survey_from_camera, points),
        weights=weights,
        spacing_mm=float(np.sqrt(cell_mm2.mean())),
        covariance_mm2=rotation @ covariance @ rotation.T,
    )


def place_covariance(survey: AlignedSurvey, point_camera_mm: Float) -> Float:
    """Covariance (3, 3), mm^2, camera axes, of the map's place at a point of the live frame."""
    if survey.covariance is None:
        raise ValueError(f"no survey to place: {survey.status}")
    motion = survey.motion_of(point_camera_mm[None])[0]
    covariance: Float = motion @ survey.covariance @ motion.T
    return covariance


def _samples(outline: Outline, surface: SmoothSurface) -> tuple[Float, float, Float]:
    """Cell centres (n, 2) over the surface's window, their step in px, and the part inside."""
    step = float(np.sqrt(outline.area_px2 / N_SAMPLES))
    low = surface.corner_px
    columns, rows = (int(n) for n in np.ceil((surface.high_px - low) / step))
    parts = np.zeros((rows * N_PARTS, columns * N_PARTS), np.uint8)
    corners = (outline.corners_px - low) / step * N_PARTS - 0.5  # whole numbers are part centres
    scaled = np.rint(corners * 2**FIXED_POINT_BITS).astype(np.int32)
    cv2.fillPoly(parts, [scaled], 1, shift=FIXED_POINT_BITS)
    share = parts.reshape(rows, N_PARTS, columns, N_PARTS).mean(axis=(1, 3))
    u, v = np.meshgrid(np.arange(columns) + 0.5, np.arange(rows) + 0.5)
    centres = low + step * np.stack([u.ravel(), v.ravel()], axis=1)
    return np.minimum(centres, surface.high_px), step, share.ravel()


def _margin_share(outline: Outline, surface: SmoothSurface, uv_px: Float, step_px: float) -> Float:
    """How much of each cell lies within the margin of the outline, in space."""
    start = outline.corners_px
    side = np.roll(start, -1, axis=0) - start
    n_steps = np.ceil(np.linalg.norm(side, axis=1) / step_px).astype(int)
    edge = np.concatenate(
        [
            a + np.linspace(0, 1, n, endpoint=False)[:, None] * s
            for a, s, n in zip(start, side, n_steps, strict=True)
        ]
    )
    distance, _ = cKDTree(surface.points(edge)).query(surface.points(uv_px))
    spacing_mm = np.sqrt(surface.area_mm2_per_px2(uv_px)) * step_px
    share: Float = np.clip((outline.margin_mm - distance) / spacing_mm + 0.5, 0.0, 1.0)
    return share

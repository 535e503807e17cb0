"""An outline that a person drew on a frame that has passed, put onto the survey's bed.

The picture stands still while people draw; the frames that they see meanwhile are gone. The survey
stays, and where it lay in that frame is remembered: the outline is put onto the map's own surface,
from where the camera was then.

Fails to: None.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from tracking.area import MarkedArea, mark_area
from tracking.arrays import Float, frozen
from tracking.camera import DRAWN_FROM_MM, CameraIntrinsics
from tracking.depth_noise import DepthNoise
from tracking.outline import Outline
from tracking.smooth_surface import SmoothSurface
from tracking.survey_alignment import AlignedSurvey, SurveyStatus
from tracking.transforms import transform_points

BOUNDARY_STEP_PX = 3.0  # of the drawn line: shorter than the bed's folds are wide


@dataclass(frozen=True, eq=False)
class SurveySight:
    """Where the survey lay in one frame: all that a later outline needs of it.

    `survey_from_camera` (4, 4); the covariance (6, 6) and its pivot as in `AlignedSurvey`;
    `origin_frame_index` of the survey: in another one's space the pose means nothing.
    """

    frame_index: int
    origin_frame_index: int
    survey_from_camera: Float
    covariance: Float
    pivot_camera_mm: Float
    in_plane_observable: bool

    @staticmethod
    def of(frame_index: int, survey: AlignedSurvey) -> SurveySight | None:
        """What a frame showed; None where the survey's place is not known."""
        held, pose = survey.survey, survey.survey_from_camera
        covariance, pivot = survey.covariance, survey.pivot_camera_mm
        if held is None or pose is None or covariance is None or pivot is None:
            return None
        if not survey.is_ok:
            return None
        origin, is_told = held.origin_frame_index, survey.in_plane_observable
        return SurveySight(frame_index, origin, pose, covariance, pivot, is_told)

    def is_of(self, survey: AlignedSurvey) -> bool:
        """Whether it tells where that survey lay, not another one."""
        held = survey.survey
        return held is not None and held.origin_frame_index == self.origin_frame_index


@dataclass(frozen=True, eq=False)
class DrawnArea:
    """A placed outline.

    Attributes
    ----------
    area : MarkedArea
        What coverage and intrusion are measured with.
    boundary_survey_mm : (n, 3)
        The drawn line on the surface, closed, survey space: for drawing.
    origin_frame_index : int
        Of the survey that carries it: another survey has lost it.
    """

    area: MarkedArea
    boundary_survey_mm: Float
    origin_frame_index: int

    def line_px(self, survey: AlignedSurvey, intrinsics: CameraIntrinsics) -> Float | None:
        """The line in a live picture, (n, 2) px.

        None where it cannot be told where its tissue lies: no line, rather than one that has slid
        along the bed. Nothing is measured with the area then either.
        """
        held = survey.survey
        if held is None or held.origin_frame_index != self.origin_frame_index:
            return None
        points = tissue_camera_mm(self.boundary_survey_mm, survey)
        return None if points is None else intrinsics.project(points)


def tissue_camera_mm(points_survey_mm: Float, survey: AlignedSurvey) -> Float | None:
    """Points (n, 3) of the map in the live camera; None where their tissue's place is not known."""
    pose = survey.survey_from_camera
    if pose is None or not (survey.is_ok and survey.in_plane_observable):
        return None
    points: Float = (points_survey_mm - pose[:3, 3]) @ pose[:3, :3]
    return points if np.all(points[:, 2] > DRAWN_FROM_MM) else None


def place_drawing(
    outline: Outline,
    seen: SurveySight,
    survey: AlignedSurvey,
    intrinsics: CameraIntrinsics,
    noise: DepthNoise,
) -> DrawnArea | None:
    """Put an outline onto the map as it is now, from where the camera was in `seen`.

    Parameters
    ----------
    survey : AlignedSurvey
        Of a newer frame, with the map as it has grown since.

    Returns
    -------
    DrawnArea or None
        None where there is no map or another one than in `seen`, or the outline meets too little
        of its bed.
    """
    if survey.survey is None or not seen.is_of(survey):
        return None
    if outline.frame_index != seen.frame_index:
        return None
    then = replace(
        survey,
        status=SurveyStatus.OK,
        survey_from_camera=seen.survey_from_camera,
        covariance=seen.covariance,
        pivot_camera_mm=seen.pivot_camera_mm,
        in_plane_observable=seen.in_plane_observable,
    )
    cells = survey.survey.is_bed
    points = then.points_camera_mm(cells)
    sigma = noise.sigma_mm(points[:, 2], intrinsics.fx)
    sigma = sigma * np.sqrt(survey.survey.noise_share(cells))
    area = mark_area(outline, points, sigma, noise.correlation_px, intrinsics, then)
    surface = SmoothSurface.of(outline, points, sigma, noise.correlation_px, intrinsics)
    if area is None or surface is None:
        return None
    boundary = surface.points(_boundary(outline, surface))
    return DrawnArea(
        area,
        frozen(transform_points(seen.survey_from_camera, boundary)),
        survey.survey.origin_frame_index,
    )


def _boundary(outline: Outline, surface: SmoothSurface) -> Float:
    """Points along the drawn line, (n, 2) px, inside the surface's window."""
    start = outline.corners_px
    side = np.roll(start, -1, axis=0) - start
    n_steps = np.maximum(1, np.ceil(np.linalg.norm(side, axis=1) / BOUNDARY_STEP_PX)).astype(int)
    line = np.concatenate(
        [
            a + np.linspace(0, 1, n, endpoint=False)[:, None] * s
            for a, s, n in zip(start, side, n_steps, strict=True)
        ]
    )
    kept: Float = np.clip(line, surface.corner_px, surface.high_px)
    return kept

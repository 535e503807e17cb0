"""Survey maps with exact geometry: a smooth bed, and blocks that stand on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tests.builders import INTRINSICS
from tracking.arrays import Float, frozen
from tracking.bed import quadratic_basis
from tracking.camera import CameraIntrinsics
from tracking.segmentation import Label, Segmentation
from tracking.survey_alignment import AlignedSurvey, SurveyStatus
from tracking.survey_map import SurveyMap, grid_of
from tracking.transforms import invert, transform_points

N_SURVEY_FRAMES = 20
N_RAY_STEPS = 6  # Newton's, onto a bed of gentle curvature


@dataclass(frozen=True)
class Block:
    """A box on the bed, axis by axis in applicator space: x and y in mm, and its height."""

    x_mm: tuple[float, float]
    y_mm: tuple[float, float]
    height_mm: float


def bed_depth(
    bed: Float,
    camera_from_applicator: Float,
    intrinsics: CameraIntrinsics,
    blocks: Sequence[Block] = (),
) -> tuple[Float, np.ndarray[tuple[int, ...], np.dtype[np.uint8]]]:
    """Exact depth (height, width) without a cone, and its labels: bed, or other on the blocks."""
    applicator_from_camera = invert(camera_from_applicator)
    directions = intrinsics.ray_grid @ applicator_from_camera[:3, :3].T
    start = applicator_from_camera[:3, 3]
    depth = _onto_bed(bed, start, directions, 0.0)
    labels = np.full(intrinsics.shape, Label.TUMOR_BED, np.uint8)
    for block in blocks:
        on_top = _onto_bed(bed, start, directions, block.height_mm)
        point = start + directions * on_top[..., None]
        inside = (point[..., 0] >= block.x_mm[0]) & (point[..., 0] <= block.x_mm[1])
        inside &= (point[..., 1] >= block.y_mm[0]) & (point[..., 1] <= block.y_mm[1])
        depth, labels[inside] = np.where(inside, on_top, depth), Label.OTHER
    return depth, labels


def make_survey(
    bed: Float,
    camera_from_applicator: Float,
    survey_from_camera: Float | None = None,
    blocks: Sequence[Block] = (),
    *,
    known: Sequence[float] = (-np.inf, np.inf),
    covariance: Float | None = None,
    status: SurveyStatus = SurveyStatus.OK,
    in_plane_observable: bool = True,
) -> AlignedSurvey:
    """A map of the bed as it lies in a frame with that pose of the cone; exact by default.

    `known`: range of applicator x in which the map knows anything.
    """
    place = np.eye(4) if survey_from_camera is None else survey_from_camera
    survey_from_applicator = place @ camera_from_applicator
    grid = grid_of(INTRINSICS)
    depth, labels = bed_depth(bed, survey_from_applicator, grid, blocks)
    points = transform_points(invert(survey_from_applicator), grid.ray_grid * depth[..., None])
    seen = (points[..., 0] >= known[0]) & (points[..., 0] <= known[1]) & (depth > 0)
    survey = SurveyMap(
        grid=grid,
        inverse_depth_per_mm=frozen(np.where(seen, 1 / depth, 0.0).astype(np.float32)),
        n_agreeing=frozen(seen.astype(np.float32) * N_SURVEY_FRAMES),
        bed_share=frozen((labels == Label.TUMOR_BED).astype(np.float32)),
        occluder_share=frozen(np.zeros(grid.shape, np.float32)),
        texture=frozen(np.full(grid.shape, np.nan, np.float32)),
        n_frames=N_SURVEY_FRAMES,
        origin_frame_index=0,
    )
    return AlignedSurvey(
        status=status,
        survey=survey,
        survey_from_camera=place,
        covariance=np.zeros((6, 6)) if covariance is None else covariance,
        pivot_camera_mm=camera_from_applicator[:3, 3],
        agreement_mm=0.1,
        in_plane_observable=in_plane_observable,
    )


def bed_segmentation(labels: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> Segmentation:
    """Those labels as an estimator takes them."""
    return Segmentation(labels, "truth")


def _onto_bed(bed: Float, start: Float, directions: Float, height_mm: float) -> Float:
    """Distance along each ray at which it is `height_mm` above the bed (along applicator z)."""
    distance = np.full(directions.shape[:-1], -start[2] / directions[..., 2].mean())
    for _ in range(N_RAY_STEPS):
        point = start + directions * distance[..., None]
        above = point[..., 2] - quadratic_basis(point[..., 0], point[..., 1]) @ bed - height_mm
        slope_x = bed[1] + 2 * bed[3] * point[..., 0] + bed[4] * point[..., 1]
        slope_y = bed[2] + bed[4] * point[..., 0] + 2 * bed[5] * point[..., 1]
        rate = directions[..., 2] - slope_x * directions[..., 0] - slope_y * directions[..., 1]
        distance = distance - above / rate
    return distance

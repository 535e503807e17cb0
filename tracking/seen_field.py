"""What was seen of the field's volume: points of one live frame, or of the survey map."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from tracking.air_gap import rim_points
from tracking.applicator import Applicator
from tracking.area import place_covariance
from tracking.arrays import Bool, Float
from tracking.camera import CameraIntrinsics
from tracking.depth_noise import DepthNoise
from tracking.kernels import square
from tracking.live_points import points_around_axis
from tracking.registration import Registration
from tracking.segmentation import Label, Segmentation
from tracking.survey_alignment import AlignedSurvey
from tracking.survey_map import STRIDE_PX, cells_within
from tracking.transforms import invert, transform_points

WALL_BORDER_PX = 2  # beside the cone stereo mixes wall and background
SEARCH_OUTSIDE_MM = 10.0  # of the field's edge: what stands farther off cannot seem to reach in
REACH_BELOW_MM = 30.0  # of the exit's lowest point: a bed farther away is no field
REACH_ABOVE_MM = 60.0  # before the cone came, a structure may have stood where it is now


@dataclass(frozen=True, eq=False)
class SeenField:
    """Points in applicator space around the inner wall's cylinder, and how well they are known.

    Attributes
    ----------
    points_mm : (n, 3)
    is_bed : (n,)
    ray : (n, 3)
        Direction of each point's ray, z = 1 in camera space: depth noise moves it along this.
    depth_sigma_mm : (n,)
        Of the depth noise.
    pixel_mm, pitch_mm : (n,)
        Width of one pixel, and distance between neighbouring points, across the ray.
    place_covariance_mm2 : (3, 3)
        Of all points together, applicator axes; 0 for a live frame.
    top_mm : float
        How far above the exit plane a structure is still looked for.
    """

    points_mm: Float
    is_bed: Bool
    ray: Float
    depth_sigma_mm: Float
    pixel_mm: Float
    pitch_mm: Float
    place_covariance_mm2: Float
    top_mm: float

    def chosen(self, rows: Bool) -> SeenField:
        """Some of the points."""
        return SeenField(
            self.points_mm[rows],
            self.is_bed[rows],
            self.ray[rows],
            self.depth_sigma_mm[rows],
            self.pixel_mm[rows],
            self.pitch_mm[rows],
            self.place_covariance_mm2,
            self.top_mm,
        )


def live_field(
    applicator: Applicator,
    registration: Registration,
    segmentation: Segmentation,
    depth_mm: NDArray[np.float32],
    intrinsics: CameraIntrinsics,
    noise: DepthNoise,
) -> SeenField | None:
    """Points that this frame sees around the cylinder below the exit; None without a pose.

    `depth_mm` is corrected for the rig's bias. Pixels beside the cone are left out.
    """
    pose = registration.camera_from_applicator
    if not registration.is_ok or pose is None:
        return None
    rows, columns = _window(applicator, pose, intrinsics, above_mm=0.0)
    cone = segmentation.applicator_mask[rows, columns].view(np.uint8)
    if cone.size == 0:
        return None
    beside = cv2.dilate(cone, square(WALL_BORDER_PX), borderValue=0)
    points, rays, depth, places = points_around_axis(
        depth_mm[rows, columns],
        np.asarray(beside, np.uint8),
        rows.start,
        columns.start,
        intrinsics.pinhole,
        invert(pose),
        applicator.inner_radius_mm + SEARCH_OUTSIDE_MM,
    )
    return SeenField(
        points_mm=points,
        is_bed=segmentation.labels[rows, columns].reshape(-1)[places] == Label.TUMOR_BED.value,
        ray=rays,
        depth_sigma_mm=noise.sigma_mm(depth, intrinsics.fx),
        pixel_mm=depth / intrinsics.fx,
        pitch_mm=depth / intrinsics.fx,
        place_covariance_mm2=np.zeros((3, 3)),
        top_mm=0.0,
    )


def mapped_field(
    applicator: Applicator, registration: Registration, survey: AlignedSurvey, noise: DepthNoise
) -> SeenField | None:
    """Points of the survey map around the cylinder; None where the map's place is not known."""
    pose, survey_from_camera = registration.camera_from_applicator, survey.survey_from_camera
    if not registration.is_ok or pose is None:
        return None
    if not survey.is_ok or survey.survey is None or survey_from_camera is None:
        return None
    if not survey.in_plane_observable:
        return None
    grid = survey.survey.grid
    survey_from_applicator = survey_from_camera @ pose
    window = _window(applicator, survey_from_applicator, grid, above_mm=REACH_ABOVE_MM)
    cells = cells_within(survey.survey.is_known, window)
    points_survey = survey.survey.points_survey_mm(cells)
    points = transform_points(invert(survey_from_applicator), points_survey)
    near = _is_near(applicator, points)
    points, points_survey = points[near], points_survey[near]
    cells = (cells[0][near], cells[1][near])
    depth = points_survey[:, 2]
    sigma = noise.sigma_mm(depth, grid.fx * STRIDE_PX)
    place = place_covariance(survey, registration.exit_centre_camera_mm)
    return SeenField(
        points_mm=points,
        is_bed=survey.survey.is_bed[cells],
        ray=points_survey / depth[:, None] @ survey_from_applicator[:3, :3],
        depth_sigma_mm=sigma * np.sqrt(survey.survey.noise_share(cells)),
        pixel_mm=depth / (grid.fx * STRIDE_PX),
        pitch_mm=depth / grid.fx,
        place_covariance_mm2=pose[:3, :3].T @ place @ pose[:3, :3],
        top_mm=REACH_ABOVE_MM,
    )


def _is_near(applicator: Applicator, points_mm: Float) -> Bool:
    radius_mm = applicator.inner_radius_mm + SEARCH_OUTSIDE_MM
    x, y = points_mm[:, 0], points_mm[:, 1]
    near: Bool = x * x + y * y < radius_mm**2
    return near


def _window(
    applicator: Applicator,
    space_from_applicator: Float,
    intrinsics: CameraIntrinsics,
    *,
    above_mm: float,
) -> tuple[slice, slice]:
    """Rows and columns that can show the cylinder around and below the exit."""
    radius_mm = applicator.inner_radius_mm + SEARCH_OUTSIDE_MM
    rise = radius_mm * applicator.bevel_slope
    rotation, centre = space_from_applicator[:3, :3], space_from_applicator[:3, 3]
    rim = rim_points(radius_mm) @ rotation[:, :2].T + centre
    ends = (rise + above_mm, -rise - REACH_BELOW_MM)
    points = np.concatenate([rim + z * rotation[:, 2] for z in ends])
    points[:, 2] = np.maximum(points[:, 2], 1.0)
    return intrinsics.window(intrinsics.project(points))

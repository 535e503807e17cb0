"""Live pixels against the survey map placed at a pose: residuals and their Jacobian.

Projective association: each sample is projected into the frame, and the pixel there is held
against the sample's local plane along the pixel's own ray.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from tracking.arrays import Float, UInt8
from tracking.bed_texture import BedTexture, bed_texture
from tracking.camera import CameraIntrinsics
from tracking.depth_noise import DepthNoise
from tracking.kernels import square
from tracking.segmentation import Label
from tracking.survey_samples import SurveySamples
from tracking.transforms import invert

HIDING_BORDER_PX = 3  # next to what stands in front stereo mixes the two
MIN_COSINE = 0.15  # of ray and normal: more grazing surfaces cannot be measured


@dataclass(frozen=True, eq=False)
class LiveView:
    """One frame as the survey sees it; `hidden` also holds the border of what hides.

    `texture`: None without colour.
    """

    depth_mm: NDArray[np.float32]
    labels: UInt8
    hidden: UInt8
    intrinsics: CameraIntrinsics
    noise: DepthNoise
    texture: BedTexture | None = None


@dataclass(frozen=True, eq=False)
class SurveyTerms:
    """One row per sample that is seen.

    Attributes
    ----------
    residuals : (n,)
        In sigma of live pixel and map together, positive where the frame is nearer.
    jacobian : (n, 6)
        By the small motion (rotation, translation) about the pivot, camera axes.
    tilt_information : (n,)
        What the map's noise alone pretends to tell by tilting the normals, 1/mm^2.
    weights : (n,)
        1 over the inflation by correlated noise; not yet robust.
    heights_mm, height_sigmas_mm : (n,)
        What is seen above the map along its normal, and its 1-sigma.
    points_mm : (n, 3)
        The map's point, camera space.
    """

    residuals: Float
    jacobian: Float
    tilt_information: Float
    weights: Float
    heights_mm: Float
    height_sigmas_mm: Float
    points_mm: Float


def live_view(
    labels: UInt8,
    depth_mm: NDArray[np.float32],
    intrinsics: CameraIntrinsics,
    noise: DepthNoise,
    color_rgb: UInt8 | None = None,
) -> LiveView:
    """Prepare a frame once for all poses."""
    front = cv2.inRange(labels, int(Label.APPLICATOR), int(Label.OCCLUDER))
    kernel = square(HIDING_BORDER_PX)
    hidden = cv2.dilate(front, kernel).astype(np.uint8)
    texture = bed_texture(color_rgb, labels, hidden)
    return LiveView(depth_mm, labels, hidden, intrinsics, noise, texture)


def survey_terms(
    samples: SurveySamples, survey_from_camera: Float, pivot_camera_mm: Float, view: LiveView
) -> SurveyTerms:
    """Hold the frame against the map placed at a pose."""
    camera_from_survey = invert(survey_from_camera)
    rotation, shift = camera_from_survey[:3, :3], camera_from_survey[:3, 3]
    points = samples.points_mm @ rotation.T + shift
    grid = view.intrinsics
    z = np.maximum(points[:, 2], 1.0)
    u = np.rint(points[:, 0] / z * grid.fx + grid.cx)
    v = np.rint(points[:, 1] / z * grid.fy + grid.cy)
    inside = (points[:, 2] > 1.0) & (u >= 0) & (u < grid.width) & (v >= 0) & (v < grid.height)
    column, row = np.where(inside, u, 0).astype(np.intp), np.where(inside, v, 0).astype(np.intp)
    depth = view.depth_mm[row, column].astype(np.float64)
    wanted = np.where(samples.is_bed, np.uint8(Label.TUMOR_BED), np.uint8(Label.OTHER))
    seen = inside & (depth > 0) & np.isfinite(depth) & (view.hidden[row, column] == 0)
    seen &= view.labels[row, column] == wanted
    normals = samples.planes_per_mm[seen] @ rotation.T
    normals /= (1.0 + normals @ shift)[:, None]  # n . p = 1 in camera space
    rays = grid.rays(u[seen], v[seen])
    inverse = np.einsum("ni,ni->n", normals, rays)
    length = np.sqrt(np.einsum("ni,ni->n", normals, normals))
    usable = inverse > MIN_COSINE * length * np.sqrt(np.einsum("ni,ni->n", rays, rays))
    chosen = np.flatnonzero(seen)[usable]
    return _terms(
        samples,
        chosen,
        depth[chosen],
        normals[usable] / length[usable, None],
        rays[usable],
        1.0 / inverse[usable],
        pivot_camera_mm,
        view,
    )


def _terms(
    samples: SurveySamples,
    chosen: NDArray[np.intp],
    depth: Float,
    unit_normals: Float,
    rays: Float,
    predicted: Float,
    pivot_camera_mm: Float,
    view: LiveView,
) -> SurveyTerms:
    fx, noise = view.intrinsics.fx, view.noise
    points = rays * predicted[:, None]
    together = np.sqrt(1.0 + samples.noise_share[chosen])
    sigma = noise.sigma_mm(predicted, fx) * together
    along = np.einsum("ni,ni->n", unit_normals, rays)
    # the normal points away from the camera: moving the map along it moves it deeper
    gain = 1.0 / (along * sigma)
    jacobian = gain[:, None] * by_motion(points - pivot_camera_mm, unit_normals)
    return SurveyTerms(
        residuals=noise.residuals(depth, predicted, fx) / together,
        jacobian=jacobian,
        tilt_information=gain**2 * samples.tilt_variance[chosen],
        weights=1.0 / samples.inflation[chosen],
        heights_mm=(predicted - depth) * along,
        height_sigmas_mm=sigma * along,
        points_mm=points,
    )


def by_motion(levers_mm: Float, by_point: Float) -> Float:
    """Rows (n, 6) by the small motion about the pivot of what changes by (n, 3) with the points."""
    x, y, z = levers_mm.T
    by_x, by_y, by_z = by_point.T
    turned = (y * by_z - z * by_y, z * by_x - x * by_z, x * by_y - y * by_x)
    return np.stack([*turned, by_x, by_y, by_z], axis=1)

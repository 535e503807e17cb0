"""Fuse a survey frame into the map.

Each cell of the map looks its own point up in the frame. Where the frame agrees with what the
cell knows, the two are averaged; a frame that disagrees takes one from the cell's count, and
replaces it when nothing is left (majority vote): what passes through the view leaves no trace.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from tracking.arrays import Float, UInt8
from tracking.camera import CameraIntrinsics
from tracking.depth_noise import DepthNoise
from tracking.kernels import square
from tracking.segmentation import Label
from tracking.survey_map import STRIDE_PX, Float32, SurveyMap, grid_of
from tracking.survey_terms import HIDING_BORDER_PX
from tracking.transforms import invert

MAX_COUNT = 60  # two seconds: a bed that settles slowly is followed
AGREE_SIGMA = 4.0
AGREE_MM = 2.0  # DESIGN section 2
WHOLE = 0.999  # of a pixel's neighbours in an interpolation must be valid
N_LOOKUPS = 2  # the second corrects for the parallax of what the first found


def started(
    frame_index: int,
    labels: UInt8,
    depth_mm: NDArray[np.float32],
    intrinsics: CameraIntrinsics,
    noise: DepthNoise,
) -> SurveyMap:
    """Return a map of one frame, whose camera space becomes survey space."""
    inverse = _inverse_depth(labels, depth_mm, intrinsics, noise)[::STRIDE_PX, ::STRIDE_PX]
    codes = labels[::STRIDE_PX, ::STRIDE_PX]
    return SurveyMap(
        grid=grid_of(intrinsics),
        inverse_depth_per_mm=inverse.copy(),
        n_agreeing=(inverse > 0).astype(np.float32),
        bed_share=(codes == Label.TUMOR_BED.value).astype(np.float32),
        occluder_share=(codes == Label.OCCLUDER.value).astype(np.float32),
        n_frames=1,
        origin_frame_index=frame_index,
    )


def fused(
    survey: SurveyMap,
    survey_from_camera: Float,
    labels: UInt8,
    depth_mm: NDArray[np.float32],
    intrinsics: CameraIntrinsics,
    noise: DepthNoise,
) -> SurveyMap:
    """Return the map with one more frame, whose pose in survey space is known."""
    inverse = _inverse_depth(labels, depth_mm, intrinsics, noise)
    seen, columns, rows = _looked_up(survey, survey_from_camera, inverse, intrinsics)
    codes = labels[rows, columns]
    known, count = survey.inverse_depth_per_mm, survey.n_agreeing
    is_seen = seen > 0
    agrees = is_seen & (known > 0) & (np.abs(seen - known) <= _tolerance(survey, noise))
    weight = np.where(agrees, 1.0 / (np.minimum(count, MAX_COUNT - 1) + 1.0), 0.0)
    left = count - (is_seen & ~agrees)
    is_replaced = is_seen & ~agrees & (left <= 0)
    weight = np.where(is_replaced, 1.0, weight).astype(np.float32)

    def averaged(old: Float32, new: Float32) -> Float32:
        mean: Float32 = old + weight * (new - old)
        return mean

    count = np.where(agrees, np.minimum(count + 1.0, MAX_COUNT), np.maximum(left, 0.0))
    return SurveyMap(
        grid=survey.grid,
        inverse_depth_per_mm=averaged(known, seen),
        n_agreeing=np.where(is_replaced, 1.0, count).astype(np.float32),
        bed_share=averaged(survey.bed_share, (codes == Label.TUMOR_BED.value).astype(np.float32)),
        occluder_share=averaged(
            survey.occluder_share, (codes == Label.OCCLUDER.value).astype(np.float32)
        ),
        n_frames=survey.n_frames + 1,
        origin_frame_index=survey.origin_frame_index,
    )


def _inverse_depth(
    labels: UInt8,
    depth_mm: NDArray[np.float32],
    intrinsics: CameraIntrinsics,
    noise: DepthNoise,
) -> Float32:
    """1 / z of pixels whose depth can be believed, 0 elsewhere and on a first speck of a cone."""
    cone = (labels == Label.APPLICATOR.value).astype(np.uint8)
    border = cv2.dilate(cone, square(HIDING_BORDER_PX))
    kernel = np.ones((3, 3), np.uint8)
    nearest = cv2.erode(depth_mm, kernel)  # 0 next to a hole: stereo mixes there too
    farthest = cv2.dilate(depth_mm, kernel)
    good = (nearest > 0) & (border == 0)
    steps = noise.is_step(np.where(good, nearest, farthest), farthest, intrinsics.fx)
    good &= ~steps
    return np.divide(np.float32(1), depth_mm, out=np.zeros_like(depth_mm), where=good)


def _looked_up(
    survey: SurveyMap, survey_from_camera: Float, inverse: Float32, intrinsics: CameraIntrinsics
) -> tuple[Float32, NDArray[np.intp], NDArray[np.intp]]:
    """1 / z in survey space of what the frame shows where each cell looks (0: nothing).

    With it the columns and rows of the nearest pixels.
    """
    known = survey.inverse_depth_per_mm
    typical = np.median(known[known > 0]) if np.any(known > 0) else np.float32(0)
    guess = np.where(known > 0, known, typical)
    seen, u, v = _look(survey, survey_from_camera, guess, inverse, intrinsics)
    for _ in range(1, N_LOOKUPS):
        guess = np.where(seen > 0, seen, guess)
        seen, u, v = _look(survey, survey_from_camera, guess, inverse, intrinsics)
    columns = np.clip(np.rint(u), 0, intrinsics.width - 1).astype(np.intp)
    rows = np.clip(np.rint(v), 0, intrinsics.height - 1).astype(np.intp)
    return seen, columns, rows


def _look(
    survey: SurveyMap,
    survey_from_camera: Float,
    guess: Float32,
    inverse: Float32,
    intrinsics: CameraIntrinsics,
) -> tuple[Float32, Float32, Float32]:
    """What the frame shows where cells at a guessed 1 / z are seen: its 1 / z there, and u, v."""
    turn = survey_from_camera[:3, :3].astype(np.float32)
    shift = invert(survey_from_camera)[:3, 3].astype(np.float32)
    rays = survey.grid.ray_grid.astype(np.float32)
    x, y, z = np.moveaxis(rays @ turn + shift * guess[..., None], 2, 0)  # point over its depth
    z = np.maximum(z, np.float32(1e-6))
    u = np.float32(intrinsics.fx) * x / z + np.float32(intrinsics.cx)
    v = np.float32(intrinsics.fy) * y / z + np.float32(intrinsics.cy)
    found = cv2.remap(inverse, u, v, cv2.INTER_LINEAR, borderValue=0)
    valid = cv2.remap((inverse > 0).astype(np.float32), u, v, cv2.INTER_LINEAR, borderValue=0)
    # z in survey space of the point seen, from its own ray in the camera
    away = turn[2, 0] * (u - np.float32(intrinsics.cx)) / np.float32(intrinsics.fx)
    away += turn[2, 1] * (v - np.float32(intrinsics.cy)) / np.float32(intrinsics.fy)
    away += turn[2, 2] + np.float32(survey_from_camera[2, 3]) * found
    good = (valid > WHOLE) & (away > 0)
    seen = np.divide(found, away, out=np.zeros_like(found, dtype=np.float32), where=good)
    return seen, u, v


def _tolerance(survey: SurveyMap, noise: DepthNoise) -> Float32:
    """Difference of 1 / z at which a frame still agrees with a cell."""
    known = survey.inverse_depth_per_mm
    z = np.divide(np.float32(1), known, out=np.ones_like(known), where=known > 0)
    fx = survey.grid.fx * STRIDE_PX
    sigma_mm = noise.sigma_mm(z.astype(np.float64), fx) * np.sqrt(1 + 1 / (survey.n_agreeing + 1))
    tolerance: Float32 = ((AGREE_SIGMA * sigma_mm + AGREE_MM) * known**2).astype(np.float32)
    return tolerance

"""Fuse a survey frame into the map.

Each cell of the map looks its own point up in the frame. Where the frame agrees with what the
cell knows, the two are averaged; a frame that disagrees takes one from the cell's count, and
replaces it when nothing is left (majority vote): what passes through the view leaves no trace.
"""

from __future__ import annotations

import cv2
import numpy as np

from tracking.arrays import Float, UInt8
from tracking.camera import CameraIntrinsics
from tracking.depth_noise import DepthNoise
from tracking.kernels import square
from tracking.segmentation import Label
from tracking.survey_map import STRIDE_PX, Float32, SurveyMap, grid_of
from tracking.survey_terms import HIDING_BORDER_PX, LiveView
from tracking.transforms import invert

MAX_COUNT = 60  # two seconds: a bed that settles slowly is followed
AGREE_SIGMA = 4.0
AGREE_MM = 2.0  # DESIGN section 2
WHOLE = 0.999  # of a pixel's neighbours in an interpolation must be valid
BED = Label.TUMOR_BED.value
N_LOOKUPS = 2  # the second corrects for the parallax of what the first found


def started(frame_index: int, view: LiveView) -> SurveyMap:
    """Return a map of one frame, whose camera space becomes survey space."""
    inverse = _inverse_depth(view)[::STRIDE_PX, ::STRIDE_PX]
    codes = view.labels[::STRIDE_PX, ::STRIDE_PX]
    grid = grid_of(view.intrinsics)
    v, u = np.indices(grid.shape, np.float32) * np.float32(STRIDE_PX)
    return SurveyMap(
        grid=grid,
        inverse_depth_per_mm=inverse.copy(),
        n_agreeing=(inverse > 0).astype(np.float32),
        bed_share=(codes == Label.TUMOR_BED.value).astype(np.float32),
        occluder_share=(codes == Label.OCCLUDER.value).astype(np.float32),
        texture=_texture(view, u, v),
        n_frames=1,
        origin_frame_index=frame_index,
    )


def fused(
    survey: SurveyMap,
    survey_from_camera: Float,
    view: LiveView,
    surroundings_from_camera: Float | None = None,
) -> SurveyMap:
    """Return the map with one more frame, whose pose in survey space is known.

    `surroundings_from_camera`: the pose as all that is not bed tells it; None: the same.
    """
    seen, u, v = _seen(survey, survey_from_camera, view, surroundings_from_camera)
    codes, known = _codes(view, u, v), survey.inverse_depth_per_mm
    count = survey.n_agreeing
    is_seen = seen > 0
    agrees = is_seen & (known > 0) & (np.abs(seen - known) <= _tolerance(survey, view.noise))
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
        bed_share=averaged(survey.bed_share, (codes == BED).astype(np.float32)),
        occluder_share=averaged(
            survey.occluder_share, (codes == Label.OCCLUDER.value).astype(np.float32)
        ),
        texture=_averaged_texture(survey.texture, _texture(view, u, v), weight),
        n_frames=survey.n_frames + 1,
        origin_frame_index=survey.origin_frame_index,
    )


def _seen(
    survey: SurveyMap, survey_from_camera: Float, view: LiveView, surroundings: Float | None
) -> tuple[Float32, Float32, Float32]:
    """1 / z in survey space of what the frame shows where each cell looks (0: nothing), and where.

    The latter in columns and rows of the frame, with fractions.
    """
    inverse = _inverse_depth(view)
    rays, known = survey.grid.ray_grid.astype(np.float32), survey.inverse_depth_per_mm
    pose = survey_from_camera if surroundings is None else surroundings
    seen, u, v = _looked_up(rays, known, pose, inverse, view.intrinsics)
    if surroundings is None:
        return seen, u, v
    is_new_bed = (survey.n_agreeing == 0) & (_codes(view, u, v) == BED)
    is_bed = (survey.n_agreeing > 0) & (survey.bed_share > 0.5) | is_new_bed
    x, y, width, height = cv2.boundingRect(is_bed.astype(np.uint8))
    window = slice(y, y + height), slice(x, x + width)
    if width:
        found = _looked_up(
            rays[window], known[window], survey_from_camera, inverse, view.intrinsics
        )
        for whole, part in zip((seen, u, v), found, strict=True):
            np.copyto(whole[window], part, where=is_bed[window])
    return seen, u, v


def _averaged_texture(old: Float32, new: Float32, weight: Float32) -> Float32:
    """The mean of what is known of either; a replaced cell forgets."""
    is_new, is_old = np.isfinite(new), np.isfinite(old)
    mean = np.where(is_new & is_old, old + weight * (new - old), np.where(is_new, new, old))
    kept: Float32 = np.where(weight >= 1, new, np.where(weight > 0, mean, old))
    return kept


def _texture(view: LiveView, u: Float32, v: Float32) -> Float32:
    """What the frame shows of the bed's pattern where cells are seen."""
    if view.texture is None:
        return np.full(u.shape, np.nan, np.float32)
    return view.texture.at(u, v)


def _codes(view: LiveView, u: Float32, v: Float32) -> UInt8:
    """The nearest pixels' labels."""
    rows, columns = (
        np.clip(np.rint(part), 0, size - 1).astype(np.intp)
        for part, size in zip((v, u), view.labels.shape, strict=True)
    )
    return view.labels[rows, columns]


def _inverse_depth(view: LiveView) -> Float32:
    """1 / z of pixels whose depth can be believed, 0 elsewhere and on a first speck of a cone."""
    labels, depth_mm = view.labels, view.depth_mm
    cone = (labels == Label.APPLICATOR.value).astype(np.uint8)
    border = cv2.dilate(cone, square(HIDING_BORDER_PX))
    kernel = np.ones((3, 3), np.uint8)
    nearest = cv2.erode(depth_mm, kernel)  # 0 next to a hole: stereo mixes there too
    farthest = cv2.dilate(depth_mm, kernel)
    good = (nearest > 0) & (border == 0)
    steps = view.noise.is_step(np.where(good, nearest, farthest), farthest, view.intrinsics.fx)
    good &= ~steps
    return np.divide(np.float32(1), depth_mm, out=np.zeros_like(depth_mm), where=good)


def _looked_up(
    rays: Float32,
    known: Float32,
    survey_from_camera: Float,
    inverse: Float32,
    intrinsics: CameraIntrinsics,
) -> tuple[Float32, Float32, Float32]:
    """`_seen` of cells with one pose."""
    typical = np.median(known[known > 0]) if np.any(known > 0) else np.float32(0)
    guess = np.where(known > 0, known, typical)
    seen, u, v = _look(rays, survey_from_camera, guess, inverse, intrinsics)
    for _ in range(1, N_LOOKUPS):
        guess = np.where(seen > 0, seen, guess)
        seen, u, v = _look(rays, survey_from_camera, guess, inverse, intrinsics)
    return seen, u, v


def _look(
    rays: Float32,
    survey_from_camera: Float,
    guess: Float32,
    inverse: Float32,
    intrinsics: CameraIntrinsics,
) -> tuple[Float32, Float32, Float32]:
    """What the frame shows where cells at a guessed 1 / z are seen: its 1 / z there, and u, v."""
    turn = survey_from_camera[:3, :3].astype(np.float32)
    shift = invert(survey_from_camera)[:3, 3].astype(np.float32)
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

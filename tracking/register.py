"""Register the cone in one frame: from its pixels to a pose that can be believed, or a status.

Fails to: a status without OK. Never an exception for what a camera can show.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tracking.applicator_pixels import ApplicatorPixels, select_pixels
from tracking.arrays import Float, UInt8
from tracking.camera import CameraIntrinsics
from tracking.cone_model import ConeModel
from tracking.contour import Outline, outline_of
from tracking.depth_noise import DepthNoise
from tracking.dimensions import measure_dimensions
from tracking.first_pose import first_poses
from tracking.icp import align
from tracking.likelihood import TUKEY, depth_terms
from tracking.matting import MATTED, matted_outline, needs_matting
from tracking.pose_covariance import assess, slide_sigma_mm, without_slide
from tracking.pose_score import ScorePixels, contradictions, disagreement, score_pixels
from tracking.refine import Refined, refine
from tracking.registration import PoseStart, Registration, RegistrationStatus
from tracking.segmentation import EdgeQuality, Segmentation
from tracking.slide import SURE_SIGMA_MM, rival_slides, slid
from tracking.transforms import rigid, rotation_from_vector

MIN_MASK_PX = 150  # smaller is a speck: a 30 mm cone at 1 m shows over 3000
MIN_DEPTH_FRACTION = 0.5  # of the applicator's pixels; less: transparent, mirroring or smeared
MIN_SAMPLES = 60
MAX_DISAGREEMENT = 0.3  # share of contradicting pixels of a pose that may be believed
MIN_IDENTIFYING_INLIERS = 0.96  # a neighbouring diameter, fitted as planned, keeps up to 0.94
COARSE_MM, FINE_SIGMA = 15.0, 4.0
N_SCORE_PIXELS = 500
N_SLIDE_PIXELS = 4000
UPSIDE_DOWN_COST = 0.2  # decides between ends that explain the pixels about equally well
N_ALIGNED, MAX_ALIGNED = 3, 15  # hypotheses that ICP refines at a time, best first
GOOD_DISAGREEMENT = 0.15  # of a pose after which no other hypothesis is tried
N_ROLLS, N_COARSE_ROLLS = 24, 12
N_REFINED_ROLLS = 2
SLIDES_MM = tuple(np.arange(-42.0, 43.0, 7.0))  # the outline's reach apart
DISTINCT_ROLL_RAD, DISTINCT_SLIDE_MM = np.radians(40.0), 10.0
FACE_COSINE = 0.85
MIN_FACE_SAMPLES = 20


@dataclass(frozen=True, eq=False)
class _View:
    """One frame as the registration sees it."""

    model: ConeModel
    intrinsics: CameraIntrinsics
    noise: DepthNoise
    segmentation: Segmentation
    depth_mm: NDArray[np.float32]
    pixels: ApplicatorPixels
    outline: Outline
    quality: EdgeQuality
    score: ScorePixels

    def disagreement(self, pose: Float, spread: float = 1.0) -> float:
        """Share of contradicting pixels, at the depth noise's scale times `spread`."""
        return disagreement(self.model, pose, self.score, self.tolerance_mm(pose, spread))

    def tolerance_mm(self, pose: Float, spread: float = 1.0) -> float:
        """Depth difference at which a pixel contradicts a pose."""
        return max(3.0, FINE_SIGMA * spread * self.depth_sigma_mm(pose[2, 3]))

    def depth_sigma_mm(self, z_mm: float) -> float:
        """Depth noise at a distance."""
        return float(self.noise.sigma_mm(z_mm, self.intrinsics.fx))


def register(
    model: ConeModel,
    segmentation: Segmentation,
    depth_mm: NDArray[np.float32],
    intrinsics: CameraIntrinsics,
    noise: DepthNoise,
    prior: Float | None = None,
    color_rgb: UInt8 | None = None,
) -> Registration:
    """Register the cone; `depth_mm` is corrected for the rig's bias.

    Parameters
    ----------
    prior : (4, 4) camera_from_applicator of the previous frame, optional
        Only where the search starts. A prior that does not hold is dropped.
    color_rgb : (height, width, 3), optional
        Sharpens the outline of labels that are not exact.
    """
    pixels = select_pixels(segmentation.applicator_mask, depth_mm, intrinsics, noise)
    status = _unmeasurable(pixels)
    outline, quality = _outline(segmentation, color_rgb)
    if status is not None or outline is None:
        return Registration(status or RegistrationStatus.NO_APPLICATOR, excluded=pixels.excluded)
    score = score_pixels(segmentation.labels, depth_mm, intrinsics, None, N_SCORE_PIXELS)
    view = _View(model, intrinsics, noise, segmentation, depth_mm, pixels, outline, quality, score)
    if prior is not None and _upside_down_cost(prior) == 0.0:
        tracked = replace(_judge(view, _refine(view, prior)), start=PoseStart.TRACKED)
        if tracked.is_ok:
            return _with_known_slide(view, tracked)
    starts = _starts(view)
    if not starts:
        return Registration(RegistrationStatus.NOT_CONVERGED, excluded=pixels.excluded)
    results = [_judge(view, _refine(view, start)) for start in starts]
    return _with_known_slide(view, min(results, key=lambda result: _rank(view, result)))


def _with_known_slide(view: _View, result: Registration) -> Registration:
    """Hold the slide against slid poses, where it may sit in a wrong dip; else it is unknown."""
    if result.camera_from_applicator is None or slide_sigma_mm(result) <= SURE_SIGMA_MM:
        return result
    pixels = score_pixels(
        view.segmentation.labels, view.depth_mm, view.intrinsics, None, N_SLIDE_PIXELS
    )
    spread = result.residual_spread or 1.0

    def count(pose: Float) -> float:
        return contradictions(view.model, pose, pixels, view.tolerance_mm(pose, spread))

    step, has_rival = rival_slides(result.camera_from_applicator, count)
    if step != 0.0:
        start = slid(result.camera_from_applicator, step)
        moved = _judge(view, _refine(view, start))
        if moved.camera_from_applicator is None:
            return without_slide(result)
        result = replace(moved, start=result.start)
        _, has_rival = rival_slides(moved.camera_from_applicator, count)
    return without_slide(result) if has_rival else result


def _outline(
    segmentation: Segmentation, color_rgb: UInt8 | None
) -> tuple[Outline | None, EdgeQuality]:
    quality = segmentation.edge_quality
    if color_rgb is not None and needs_matting(quality):
        matted = matted_outline(segmentation.labels, color_rgb)
        if matted is not None:
            return matted, MATTED
    return outline_of(segmentation.labels), quality


def _unmeasurable(pixels: ApplicatorPixels) -> RegistrationStatus | None:
    if pixels.n_mask < MIN_MASK_PX:
        return RegistrationStatus.NO_APPLICATOR
    if pixels.n_valid < MIN_DEPTH_FRACTION * pixels.n_mask:
        return RegistrationStatus.DEPTH_MISSING
    if len(pixels.depth_mm) < MIN_SAMPLES:
        return RegistrationStatus.TOO_FEW_POINTS
    return None


def _starts(view: _View) -> list[Float]:
    """Best first poses after ICP, each with its best rolls."""
    points = view.pixels.points_camera_mm
    hypotheses = first_poses(view.model.applicator, points)
    if not hypotheses:
        return []
    ranked = sorted(hypotheses, key=lambda pose: _coarse_cost(view, pose))
    best, best_cost = ranked[0], float("inf")
    for first in range(0, min(len(ranked), MAX_ALIGNED), N_ALIGNED):
        for pose in ranked[first : first + N_ALIGNED]:
            aligned = align(view.model, pose, points)
            cost = view.disagreement(aligned) + _upside_down_cost(aligned)
            if cost < best_cost:
                best, best_cost = aligned, cost
        if best_cost < GOOD_DISAGREEMENT:
            break
    return _rolled(view, best)


def _coarse_cost(view: _View, pose: Float) -> float:
    return disagreement(view.model, pose, view.score, COARSE_MM) + _upside_down_cost(pose)


def _upside_down_cost(pose: Float) -> float:
    """The camera looks from the source's side; a tube without ring looks alike both ways up."""
    points_away = float(pose[:3, 2] @ pose[:3, 3]) > 0
    return UPSIDE_DOWN_COST if points_away else 0.0


def _rolled(view: _View, pose: Float) -> list[Float]:
    """The rolls of a bevelled cone that the pixels around its exit contradict least.

    Where no face across the axis is in view, the slide is as open as the roll: both together.
    """
    has_roll = view.model.applicator.bevel_deg > 0
    slides = (0.0,) if _shows_face(view, pose) else SLIDES_MM
    n_rolls = (N_ROLLS if len(slides) == 1 else N_COARSE_ROLLS) if has_roll else 1
    if n_rolls == len(slides) == 1:
        return [pose]
    exit_pixels = _exit_pixels(view, pose)
    tolerance = view.tolerance_mm(pose)
    ranked = []
    for slide in slides:
        for angle in np.arange(n_rolls) * (2 * np.pi / n_rolls):
            candidate = slid(pose @ _roll(angle), slide)
            cost = disagreement(view.model, candidate, exit_pixels, tolerance)
            if len(slides) > 1:  # all of the cone judges a slide, its exit may be hidden
                cost = view.disagreement(candidate) + min(cost, 1.0)
            ranked.append((cost, slide, float(angle), candidate))
    ranked.sort(key=lambda entry: entry[:3])
    chosen = ranked[:1]
    for entry in ranked[1:]:
        if len(chosen) == N_REFINED_ROLLS:
            break
        if all(_are_distinct(entry[1:3], other[1:3]) for other in chosen):
            chosen.append(entry)
    return [entry[3] for entry in chosen]


def _roll(angle_rad: float) -> Float:
    return rigid(rotation_from_vector([0.0, 0.0, angle_rad]), np.zeros(3))


def _are_distinct(first: tuple[float, float], second: tuple[float, float]) -> bool:
    """Whether two (slide, roll) lie further apart than one refinement reaches."""
    turn = abs((first[1] - second[1] + np.pi) % (2 * np.pi) - np.pi)
    return turn > DISTINCT_ROLL_RAD or abs(first[0] - second[0]) > DISTINCT_SLIDE_MM


def _shows_face(view: _View, pose: Float) -> bool:
    """Whether enough pixels agree with a face across the axis, which fixes the slide."""
    depth = depth_terms(view.model, pose, view.pixels, view.noise)
    is_face = (np.abs(depth.normals[:, 2]) > FACE_COSINE) & (depth.gains != 0)
    agrees = np.abs(depth.residuals[is_face]) < TUKEY * depth.spread
    return int(agrees.sum()) >= MIN_FACE_SAMPLES


def _exit_pixels(view: _View, pose: Float) -> ScorePixels:
    applicator = view.model.applicator
    centre = view.intrinsics.project(pose[:3, 3][None])[0]
    reach = 1.3 * applicator.outer_radius_mm * view.intrinsics.fx / max(pose[2, 3], 1.0) + 10.0
    region = tuple(
        slice(int(np.clip(c - reach, 0, size)), int(np.clip(c + reach, 0, size)))
        for c, size in ((centre[1], view.intrinsics.height), (centre[0], view.intrinsics.width))
    )
    return score_pixels(
        view.segmentation.labels,
        view.depth_mm,
        view.intrinsics,
        (region[0], region[1]),
        N_SCORE_PIXELS,
    )


def _refine(view: _View, start: Float) -> Refined:
    return refine(
        view.model,
        start,
        view.pixels,
        view.outline,
        view.quality,
        view.intrinsics,
        view.noise,
    )


def _judge(view: _View, refined: Refined) -> Registration:
    registration = assess(view.model.applicator, view.pixels, refined, view.noise)
    if not registration.is_ok:
        return registration
    if view.disagreement(refined.pose, refined.depth.spread) > MAX_DISAGREEMENT:
        return replace(registration, status=RegistrationStatus.POOR_FIT)
    if registration.inlier_fraction < MIN_IDENTIFYING_INLIERS:
        return registration
    dimensions = measure_dimensions(view.model.applicator, refined, view.quality, view.intrinsics)
    return replace(registration, dimensions=dimensions)


def _rank(view: _View, result: Registration) -> tuple[bool, float]:
    pose = result.camera_from_applicator
    if pose is None:
        return not result.is_ok, float("inf")
    return not result.is_ok, view.disagreement(pose) + _upside_down_cost(pose)

"""Where to start without a prior: hypotheses of the pose, ranked by what the pixels contradict.

Closed-form first poses, the best of them carried into reach by ICP a few at a time until one
explains the view; then the rolls of a bevelled end, and the slide where no face fixes it.
"""

from __future__ import annotations

import numpy as np

from tracking.arrays import Float
from tracking.first_pose import first_poses
from tracking.frame_view import FrameView, upside_down_cost
from tracking.icp import align
from tracking.likelihood import TUKEY, depth_terms
from tracking.pose_score import ScorePixels, disagreement, score_pixels
from tracking.slide import slid
from tracking.transforms import rigid, rotation_from_vector

COARSE_MM = 15.0
N_EXIT_PIXELS = 500
N_ALIGNED, MAX_ALIGNED = 3, 15  # hypotheses that ICP refines at a time, best first
GOOD_DISAGREEMENT = 0.15  # of a pose after which no other hypothesis is tried
N_ROLLS, N_COARSE_ROLLS = 24, 12
N_REFINED_ROLLS = 2
SLIDES_MM = tuple(np.arange(-42.0, 43.0, 7.0))  # the outline's reach apart
DISTINCT_ROLL_RAD, DISTINCT_SLIDE_MM = np.radians(40.0), 10.0
MIN_FACE_SAMPLES = 20


def find_starts(view: FrameView) -> list[Float]:
    """Best first poses (camera_from_applicator) after ICP, each with its best rolls and slides."""
    points = view.pixels.points_camera_mm
    hypotheses = first_poses(view.model.applicator, points)
    if not hypotheses:
        return []
    ranked = sorted(hypotheses, key=lambda pose: _coarse_cost(view, pose))
    best, best_cost = ranked[0], float("inf")
    for first in range(0, min(len(ranked), MAX_ALIGNED), N_ALIGNED):
        for pose in ranked[first : first + N_ALIGNED]:
            aligned = align(view.model, pose, points)
            cost = view.disagreement(aligned) + upside_down_cost(aligned)
            if cost < best_cost:
                best, best_cost = aligned, cost
        if best_cost < GOOD_DISAGREEMENT:
            break
    return rolled(view, best)


def _coarse_cost(view: FrameView, pose: Float) -> float:
    return disagreement(view.model, pose, view.score, COARSE_MM) + upside_down_cost(pose)


def rolled(view: FrameView, pose: Float) -> list[Float]:
    """The rolls of a bevelled cone that the pixels around its exit contradict least.

    Where no face across the axis is in view, the slide is as open as the roll: both together.
    """
    has_roll = view.model.applicator.bevel_deg > 0
    slides = (0.0,) if shows_face(view, pose) else SLIDES_MM
    n_rolls = (N_ROLLS if len(slides) == 1 else N_COARSE_ROLLS) if has_roll else 1
    if n_rolls == len(slides) == 1:
        return [pose]
    around_exit = exit_pixels(view, pose, N_EXIT_PIXELS)
    tolerance = view.tolerance_mm(pose)
    ranked = []
    for slide in slides:
        for angle in np.arange(n_rolls) * (2 * np.pi / n_rolls):
            candidate = slid(turned(pose, angle), slide)
            cost = disagreement(view.model, candidate, around_exit, tolerance)
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


def turned(pose: Float, angle_rad: float) -> Float:
    """The pose turned about its own axis."""
    return pose @ rigid(rotation_from_vector([0.0, 0.0, angle_rad]), np.zeros(3))


def _are_distinct(first: tuple[float, float], second: tuple[float, float]) -> bool:
    """Whether two (slide, roll) lie further apart than one refinement reaches."""
    turn = abs((first[1] - second[1] + np.pi) % (2 * np.pi) - np.pi)
    return turn > DISTINCT_ROLL_RAD or abs(first[0] - second[0]) > DISTINCT_SLIDE_MM


def shows_face(view: FrameView, pose: Float) -> bool:
    """Whether enough pixels agree with a face across the axis, which fixes the slide."""
    depth = depth_terms(view.model, pose, view.pixels, view.noise)
    n_faces, n_off = depth.faces_off(TUKEY)
    return n_faces - n_off >= MIN_FACE_SAMPLES


def exit_pixels(view: FrameView, pose: Float, n_pixels: int) -> ScorePixels:
    """About `n_pixels` on a grid over the exit as it lies at `pose`, and a margin around it."""
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
        n_pixels,
    )

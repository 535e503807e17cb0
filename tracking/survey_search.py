"""Find the survey map in a live frame: damped Gauss-Newton on the bed that is seen of it.

The bed near the cone decides. What surrounds it was seen in the survey too, but breathes and is
pushed for itself: its motion against the bed is an unknown with a prior, so that it helps only
where the bed is silent (a flat bed does not say how the map lies in its own plane).

Fails to: a status without OK.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial.transform import Rotation

from tracking.applicator import Applicator
from tracking.arrays import Bool, Float
from tracking.survey_agreement import Agreement, Stretches, agreement
from tracking.survey_alignment import AlignedSurvey, SurveyStatus
from tracking.survey_map import SurveyMap
from tracking.survey_motion import Motion, equations_of, reverses, solve_motion
from tracking.survey_samples import SurveySamples
from tracking.survey_terms import LiveView, SurveyTerms, survey_terms
from tracking.transforms import (
    invert,
    orthonormalise,
    rigid,
    rotate_about,
    transform_points,
)

MAX_STEPS = 30  # from the previous frame's pose 2 or 3; from 40 mm off about 20
SMALL_SIGMA = 0.5  # a step this small against the pose's sigma is the last: pixels are discrete
LARGE_SIGMA = 1.0  # a last step above it is no convergence
MIN_NEAR_SAMPLES = 40
MIN_SEEN_SHARE = 0.05  # of the bed's samples
NEAR_RADII = 3.0  # from the axis, in cone radii: this bed is taken as rigid
MAX_IN_PLANE_MM, MAX_IN_PLANE_RAD = 3.0, 0.05  # sigmas beyond which the plane's motion is unknown


@dataclass(frozen=True, eq=False)
class Around:
    """What the bed lies around: a registered cone, or the bed's own middle before it came."""

    centre_camera_mm: Float
    axis_camera: Float
    reach_mm: float

    @staticmethod
    def cone(applicator: Applicator, camera_from_applicator: Float) -> Around:
        """Around a registered cone."""
        reach_mm = NEAR_RADII * applicator.outer_radius_mm
        return Around(camera_from_applicator[:3, 3], camera_from_applicator[:3, 2], reach_mm)

    @staticmethod
    def middle(samples: SurveySamples, survey_from_camera: Float) -> Around:
        """Around the middle of the map's bed."""
        camera_from_survey = invert(survey_from_camera)
        if not samples.is_bed.any():
            return Around(camera_from_survey[:3, 3], camera_from_survey[:3, 2], np.inf)
        points = transform_points(camera_from_survey, samples.points_mm[samples.is_bed])
        normals = samples.planes_per_mm[samples.is_bed] @ camera_from_survey[:3, :3].T
        normal = normals.mean(axis=0)
        return Around(points.mean(axis=0), -normal / np.linalg.norm(normal), np.inf)

    def holds(self, points_camera_mm: Float) -> Bool:
        """Which points (n, 3) lie within reach of the axis."""
        levers = points_camera_mm - self.centre_camera_mm
        along = levers @ self.axis_camera
        squares = np.einsum("ni,ni->n", levers, levers) - along**2
        within: Bool = squares < self.reach_mm**2
        return within


@dataclass(frozen=True, eq=False)
class _Seen:
    """One comparison of map and frame."""

    solved: Motion
    terms: SurveyTerms
    is_near: Bool


def find_survey(
    survey: SurveyMap,
    samples: SurveySamples,
    start: Float,
    view: LiveView,
    around: Around,
    before: Stretches | None = None,
    rest: Float | None = None,
) -> AlignedSurvey:
    """Align the map with a frame from a start pose `survey_from_camera` (the previous frame's).

    Along what the frame does not tell, the map lies as at `rest` (default: the start).
    `before`: the previous frame's stretches, where it was aligned around the same cone.
    """
    pose, pivot = start, around.centre_camera_mm
    rest = start if rest is None else rest
    seen = _seen(samples, pose, view, around, rest)
    moved_sigma, share, previous = np.inf, 1.0, np.zeros(6)
    for _ in range(MAX_STEPS):
        if seen is None:
            return AlignedSurvey(SurveyStatus.LOST, survey)
        if reverses(seen.solved.step, previous):
            share /= 2
        step, previous = share * seen.solved.step, seen.solved.step
        moved_sigma = seen.solved.moved_sigma
        motion = rotate_about(pivot, step[:3])
        motion = rigid(motion[:3, :3], motion[:3, 3] + step[3:])
        pose = orthonormalise(pose @ invert(motion))
        if moved_sigma < SMALL_SIGMA:
            break
        seen = _seen(samples, pose, view, around, rest)
    if seen is None or not moved_sigma < LARGE_SIGMA:
        return AlignedSurvey(SurveyStatus.LOST, survey)
    found = agreement(seen.terms, seen.is_near, around.axis_camera, pivot, before)
    if found.largest_mm is None:
        return AlignedSurvey(SurveyStatus.LOST, survey)
    return _aligned(survey, pose, around, seen, found)


def _seen(
    samples: SurveySamples, pose: Float, view: LiveView, around: Around, rest: Float
) -> _Seen | None:
    """Compare at one pose; None where too little bed is seen."""
    terms = survey_terms(samples, pose, around.centre_camera_mm, view)
    is_near = terms.is_bed & around.holds(terms.points_mm)
    n_near = int(is_near.sum())
    if n_near < max(MIN_NEAR_SAMPLES, MIN_SEEN_SHARE * int(samples.is_bed.sum())):
        return None
    pivot = around.centre_camera_mm
    near, far = (equations_of(terms, chosen, pivot) for chosen in (is_near, ~is_near))
    return _Seen(solve_motion(near, far, _away(pose, rest, pivot)), terms, is_near)


def _away(pose: Float, rest: Float, pivot_camera_mm: Float) -> Float:
    """The motion (6,) about the pivot that carries the map from where it rests to a pose."""
    moved = invert(pose) @ rest
    turn = Rotation.from_matrix(moved[:3, :3]).as_rotvec()
    shift = moved[:3, :3] @ pivot_camera_mm + moved[:3, 3] - pivot_camera_mm
    return np.concatenate([turn, shift])


def _aligned(
    survey: SurveyMap, pose: Float, around: Around, seen: _Seen, found: Agreement
) -> AlignedSurvey:
    covariance, near = seen.solved.covariance.copy(), seen.is_near
    normal = seen.terms.jacobian[near, 3:].sum(axis=0)
    normal /= np.linalg.norm(normal)
    # a bed that has bent around the cone has bent as much, and tilted with it, under the cone
    levers = seen.terms.points_mm[near] - around.centre_camera_mm
    radius = float(np.median(np.linalg.norm(levers, axis=1)))
    covariance[3:, 3:] += found.bending_mm**2 * np.outer(normal, normal)
    across = np.eye(3) - np.outer(normal, normal)
    covariance[:3, :3] += (found.bending_mm / radius) ** 2 * across
    turn, shift = covariance[:3, :3], across @ covariance[3:, 3:] @ across
    in_plane_mm = float(np.sqrt(np.linalg.eigvalsh(shift)[-1]))
    in_plane_rad = float(np.sqrt(normal @ turn @ normal))
    return AlignedSurvey(
        status=SurveyStatus.STALE if found.is_stale else SurveyStatus.OK,
        survey=survey,
        survey_from_camera=pose,
        covariance=(covariance + covariance.T) / 2,
        pivot_camera_mm=around.centre_camera_mm,
        agreement_mm=found.largest_mm,
        bending_mm=found.bending_mm,
        in_plane_observable=in_plane_mm <= MAX_IN_PLANE_MM and in_plane_rad <= MAX_IN_PLANE_RAD,
        n_untold=seen.solved.n_untold,
        n_points=int(near.sum()),
        stretches=found.stretches,
    )

"""Find the survey map in a live frame: damped Gauss-Newton on the bed that is seen of it.

The bed near the cone decides: its shape, and where there is colour its pattern, which lies on
the shape as well as the colour is laid over depth. The rest of the bed and what surrounds it were
seen in the survey too, but breathe and are pushed for themselves: their motions against the bed are
unknowns with a prior, found beside it, so that they help only where the bed is silent (a flat bed
without a pattern does not say how the map lies in its own plane).

Fails to: a status without OK.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from tracking.arrays import Bool, Float
from tracking.sigmas import largest_sigma
from tracking.survey_agreement import Agreement, Stretches, agreement
from tracking.survey_alignment import AlignedSurvey, SurveyStatus
from tracking.survey_around import Around
from tracking.survey_map import SurveyMap
from tracking.survey_motion import (
    SCALE_MM,
    Companion,
    Equations,
    Motion,
    equations_of,
    reverses,
    solve_motion,
    torn,
)
from tracking.survey_samples import SurveySamples
from tracking.survey_terms import LiveView, SurveyTerms, survey_terms
from tracking.survey_texture import texture_equations
from tracking.transforms import (
    invert,
    orthonormalise,
    rigid,
    rotate_about,
)

MAX_STEPS = 30  # from the previous frame's pose 2 or 3; from 40 mm off about 20
SMALL_SIGMA = 0.5  # a step this small against the pose's sigma is the last: pixels are discrete
LARGE_SIGMA = 1.0  # a last step above it is no convergence
TORN_SHARE = 1 / 16  # of a step, after four that turned back: the score jumps across 0 here
TORN_SIGMA = 3.0  # a step on either side of the jump that noise does not explain
MIN_NEAR_SAMPLES = 40
MIN_SEEN_SHARE = 0.05  # of the bed's samples
RELATIVE_RAD, RELATIVE_MM = 0.005, 1.0  # of surroundings against the bed: breath, pull of a cloth
SAME_ROOM_MM = 0.5  # half a pixel at half a metre
# of colour against depth: a third of a pixel at half a metre, over the bed near the cone
PATTERN_RAD, PATTERN_MM = 0.006, 0.3
MAX_IN_PLANE_MM, MAX_IN_PLANE_RAD = 3.0, 0.05  # sigmas beyond which the plane's motion is unknown


@dataclass(frozen=True, eq=False)
class Start:
    """Where the search begins: `survey_from_camera` of the previous frame, and what belongs to it.

    Attributes
    ----------
    survey_from_camera : (4, 4)
    surroundings_from_camera : (4, 4) or None
        The same by the surroundings; None: as the bed.
    rest : (4, 4) or None
        Where the map lies along what no frame tells; None: the start.
    stretches : Stretches or None
        The previous frame's, where it was aligned around the same cone.
    """

    survey_from_camera: Float
    surroundings_from_camera: Float | None = None
    rest: Float | None = None
    stretches: Stretches | None = None


@dataclass(frozen=True, eq=False)
class _Room:
    """The surroundings' equations, and the pose at which the map was held against them."""

    survey_from_camera: Float
    equations: Equations


@dataclass(frozen=True, eq=False)
class _Seen:
    """One comparison of map and frame; `apart` (6,): how far the surroundings were put."""

    solved: Motion
    apart: Float
    terms: SurveyTerms
    is_near: Bool


@dataclass(frozen=True, eq=False)
class _Search:
    """What stays the same from step to step."""

    bed: SurveySamples
    surroundings: SurveySamples
    view: LiveView
    around: Around
    rest: Float

    @property
    def pivot(self) -> Float:
        """What motions turn about, camera space."""
        return self.around.centre_camera_mm

    def room(self, pose: Float, before: _Room | None = None) -> _Room:
        """Compare the surroundings at a pose; within `SAME_ROOM_MM` of it the last one holds."""
        if before is not None:
            away = motion_between(before.survey_from_camera, pose, self.pivot)
            if np.abs(away * SCALE_MM).max() < SAME_ROOM_MM:
                return before
        terms = survey_terms(self.surroundings, pose, self.pivot, self.view)
        every = np.ones(len(terms.residuals), dtype=bool)
        return _Room(pose, equations_of(terms, every, self.pivot))

    def seen(self, pose: Float, room: _Room) -> _Seen | None:
        """Compare the bed at a pose; None where too little is seen."""
        terms = survey_terms(self.bed, pose, self.pivot, self.view)
        is_near = self.around.holds(terms.points_mm)
        n_near = int(is_near.sum())
        if n_near < max(MIN_NEAR_SAMPLES, MIN_SEEN_SHARE * len(self.bed.points_mm)):
            return None
        apart = motion_between(pose, room.survey_from_camera, self.pivot)
        companions = [Companion(room.equations, RELATIVE_RAD, RELATIVE_MM, apart)]
        if n_near < len(is_near):
            rest_of_bed = equations_of(terms, ~is_near, self.pivot)
            companions.append(Companion(rest_of_bed, RELATIVE_RAD, RELATIVE_MM))
        pattern = texture_equations(self.bed, pose, self.around, self.view)
        if pattern is not None:
            companions.append(Companion(pattern, PATTERN_RAD, PATTERN_MM))
        near = equations_of(terms, is_near, self.pivot)
        away = motion_between(self.rest, pose, self.pivot)
        return _Seen(solve_motion(near, companions, away), apart, terms, is_near)


def find_survey(
    survey: SurveyMap, samples: SurveySamples, start: Start, view: LiveView, around: Around
) -> AlignedSurvey:
    """Align the map with a frame."""
    pose, surroundings = start.survey_from_camera, start.surroundings_from_camera
    surroundings = pose if surroundings is None else surroundings
    rest = pose if start.rest is None else start.rest
    search = _Search(samples.bed, samples.surroundings, view, around, rest)
    room = search.room(surroundings)
    seen = search.seen(pose, room)
    share, previous, limit = 1.0, None, LARGE_SIGMA
    for _ in range(MAX_STEPS):
        if seen is None:
            return AlignedSurvey(SurveyStatus.LOST, survey)
        if previous is not None and reverses(seen.solved.step, previous.step):
            share /= 2
            if share <= TORN_SHARE:
                previous, limit = torn(previous, seen.solved), TORN_SIGMA
                seen = replace(seen, solved=previous)
                break
        previous = seen.solved
        pose = moved(pose, search.pivot, share * previous.step)
        apart = seen.apart + share * (previous.apart[0] - seen.apart)
        surroundings = moved(pose, search.pivot, apart)
        if previous.moved_sigma < SMALL_SIGMA:
            break
        room = search.room(surroundings, room)
        seen = search.seen(pose, room)
    if seen is None or previous is None or not previous.moved_sigma < limit:
        return AlignedSurvey(SurveyStatus.LOST, survey)
    axis = around.axis_camera
    found = agreement(seen.terms, seen.is_near, axis, search.pivot, start.stretches)
    if found.largest_mm is None:
        return AlignedSurvey(SurveyStatus.LOST, survey)
    return _aligned(survey, pose, surroundings, around, seen, found)


def moved(survey_from_camera: Float, pivot_camera_mm: Float, motion: Float) -> Float:
    """The pose after a small motion (6,) of the map about the pivot, in rad and mm."""
    turn = rotate_about(pivot_camera_mm, motion[:3])
    whole = rigid(turn[:3, :3], turn[:3, 3] + motion[3:])
    return orthonormalise(survey_from_camera @ invert(whole))


def motion_between(before: Float, after: Float, pivot_camera_mm: Float) -> Float:
    """The motion (6,) about the pivot that carries the map from one pose to another."""
    carried = invert(after) @ before
    turn = np.ravel(cv2.Rodrigues(carried[:3, :3])[0])
    shift = carried[:3, :3] @ pivot_camera_mm + carried[:3, 3] - pivot_camera_mm
    return np.concatenate([turn, shift])


def _aligned(
    survey: SurveyMap,
    pose: Float,
    surroundings: Float,
    around: Around,
    seen: _Seen,
    found: Agreement,
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
    in_plane_mm = largest_sigma(shift)
    in_plane_rad = float(np.sqrt(normal @ turn @ normal))
    return AlignedSurvey(
        status=SurveyStatus.STALE if found.is_stale else SurveyStatus.OK,
        survey=survey,
        survey_from_camera=pose,
        surroundings_from_camera=surroundings,
        covariance=(covariance + covariance.T) / 2,
        pivot_camera_mm=around.centre_camera_mm,
        agreement_mm=found.largest_mm,
        bending_mm=found.bending_mm,
        in_plane_observable=in_plane_mm <= MAX_IN_PLANE_MM and in_plane_rad <= MAX_IN_PLANE_RAD,
        n_untold=seen.solved.n_untold,
        n_points=int(near.sum()),
        stretches=found.stretches,
    )

"""Which cone is it, where it is not the planned one: fit its nearest rivals too.

Dimensions are measured by one step of the likelihood, which holds near the model that was fitted.
Where they decide nothing yet, the tube's sides in the outline are asked as well.
Where they do not agree with that model, or it leaves too much unexplained to measure them, the
catalogue's entry nearest to them is fitted to the same view. Where it explains more of it, it
measures from nearer by, and so leads on to the next, until one fits.

Fails to: the registration as it was, whose dimensions decide nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from tracking.applicator import Applicator
from tracking.arrays import Float
from tracking.cone_models import ConeModels
from tracking.dimensions import measure_dimensions
from tracking.first_search import find_starts
from tracking.frame_view import FrameView
from tracking.identity import fits, identify, nearest
from tracking.judge import alone, judge
from tracking.known_roll import with_known_roll
from tracking.registration import Dimensions, Registration, RegistrationStatus
from tracking.rival_bevels import held_against_bevels
from tracking.sides import measure_sides
from tracking.slide import slid
from tracking.transforms import rigid, rotation_from_vector

N_RIVALS = 4
MAX_DISAGREEMENT = 0.5  # of a model that did not converge: a neighbour of the cone in view has 0.3


@dataclass(frozen=True, eq=False)
class _Guess:
    """What a fitted model makes of the view: its pose, and the dimensions measured there.

    `inlier_fraction`: of the view's pixels, that the model explains.
    """

    applicator: Applicator
    pose: Float
    dimensions: Dimensions
    inlier_fraction: float


def recognised(
    view: FrameView,
    registration: Registration,
    models: ConeModels,
    prior: Float | None = None,
) -> Registration:
    """The registration with the dimensions of the catalogue entry that the view shows.

    Where the planned cone did not even converge, another one is sought from `prior`.
    """
    pose = registration.camera_from_applicator
    if pose is None and registration.status is RegistrationStatus.NOT_CONVERGED:
        pose = _unconverged(view, prior)
    if pose is None:
        return registration
    fitted_view, fitted = _fitted(view, registration, pose, models)
    return registration.with_dimensions(held_against_bevels(fitted_view, fitted, models))


def _fitted(
    view: FrameView, registration: Registration, pose: Float, models: ConeModels
) -> tuple[FrameView, Registration]:
    """The cone that fits the view, of the planned one and its nearest rivals, as it was fitted."""
    planned = view.model.applicator
    registration, seen = _looked_closer(view, registration, models)
    known = registration.dimensions
    rivals = models.rivals(planned)
    if (
        registration.is_ok
        and known is not None
        and fits(known, planned)
        and nearest(known, [planned, *rivals]) is planned
    ):
        return view, registration
    guess = _Guess(planned, pose, seen or _seen(view, pose), registration.inlier_fraction)
    for _ in range(min(N_RIVALS, len(rivals))):
        rival = nearest(guess.dimensions, rivals)
        rivals.remove(rival)
        rival_view = replace(view, model=models.model(rival), hidden_rim=None)
        refined = rival_view.refine(_start(guess, rival))
        found = alone(rival_view, with_known_roll(rival_view, judge(rival_view, refined)))
        found, seen = _looked_closer(rival_view, found, models)
        if found.is_ok and found.dimensions is not None and fits(found.dimensions, rival):
            return rival_view, found
        nearer, explained = found.camera_from_applicator, found.inlier_fraction
        leads_on = found.dimensions is not None or explained > guess.inlier_fraction
        if nearer is not None and leads_on:
            guess = _Guess(rival, nearer, seen or _seen(rival_view, nearer), explained)
    return view, registration


def _unconverged(view: FrameView, prior: Float | None) -> Float | None:
    """Where the planned cone's iteration was left; None: at nothing like a cone."""
    start = next(iter(find_starts(view)), None) if prior is None else prior
    if start is None:
        return None
    left = replace(view, hidden_rim=None).refine(start).pose
    return left if view.disagreement(left) <= MAX_DISAGREEMENT else None


def _seen(view: FrameView, pose: Float) -> Dimensions:
    """The dimensions as measured at a registered pose, whose roll may have been made up."""
    return measure_dimensions(
        view.model.applicator, view.refine(pose), view.quality, view.intrinsics
    )


def _looked_closer(
    view: FrameView, registration: Registration, models: ConeModels
) -> tuple[Registration, Dimensions | None]:
    """The registration, its dimensions also by the tube's sides where they decide nothing yet.

    Then also the dimensions as measured at the registration's pose, roll and all.
    """
    pose, known = registration.camera_from_applicator, registration.dimensions
    applicator = view.model.applicator
    if pose is None or known is None:
        return registration, None
    if identify(known, applicator, models.peers(applicator)).decided:
        return registration, None
    refined = view.refine(pose)
    sides = measure_sides(view.model, refined.pose, view.outline, view.intrinsics)
    seen = measure_dimensions(applicator, refined, view.quality, view.intrinsics, sides)
    is_rolled = registration.roll_observable or applicator.bevel_deg == 0
    # a roll that was not found is none to measure a bevel at
    closer = seen if is_rolled else _with_bevel(seen, known)
    return registration.with_dimensions(closer), seen


def _with_bevel(dimensions: Dimensions, other: Dimensions) -> Dimensions:
    """The dimensions with the other ones' bevel."""
    covariance = other.covariance
    if covariance is not None:
        covariance = covariance.copy()
        covariance[0] = covariance[:, 0] = 0.0  # another measurement's: it errs by itself
        covariance[0, 0] = dimensions.diameter_sigma_mm**2
    return replace(
        other,
        diameter_mm=dimensions.diameter_mm,
        diameter_sigma_mm=dimensions.diameter_sigma_mm,
        covariance=covariance,
    )


def _start(guess: _Guess, rival: Applicator) -> Float:
    """The rival with its top where the guess's is, its bevel as the rim shows it."""
    direction = np.radians(guess.dimensions.bevel_direction_deg)
    roll = rotation_from_vector([0.0, 0.0, direction])
    lower = slid(guess.pose, guess.applicator.length_mm - rival.length_mm)
    return lower @ rigid(roll, np.zeros(3))

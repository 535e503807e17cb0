"""Which cone is it, where it is not the planned one: fit its nearest rivals too.

Dimensions are measured by one step of the likelihood, which holds near the model that was fitted.
Where they decide nothing yet, the tube's sides in the outline are asked as well.
Where they do not agree with that model, or it leaves too much unexplained to measure them, the
catalogue's entries nearest to them are fitted to the same view.

Fails to: the registration as it was, whose dimensions decide nothing.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tracking.applicator import Applicator
from tracking.arrays import Float
from tracking.cone_models import ConeModels
from tracking.dimensions import fits, identify, measure_dimensions, nearest
from tracking.frame_view import FrameView
from tracking.judge import alone, judge
from tracking.known_roll import with_known_roll
from tracking.registration import Dimensions, Registration
from tracking.rival_bevels import held_against_bevels
from tracking.sides import measure_sides
from tracking.slide import slid
from tracking.transforms import rigid, rotation_from_vector

N_RIVALS = 3


def recognised(view: FrameView, registration: Registration, models: ConeModels) -> Registration:
    """The registration with the dimensions of the catalogue entry that the view shows."""
    pose = registration.camera_from_applicator
    if pose is None:
        return registration
    fitted_view, fitted = _fitted(view, registration, pose, models)
    return replace(registration, dimensions=held_against_bevels(fitted_view, fitted, models))


def _fitted(
    view: FrameView, registration: Registration, pose: Float, models: ConeModels
) -> tuple[FrameView, Registration]:
    """The cone that fits the view, of the planned one and its nearest rivals, as it was fitted."""
    planned = view.model.applicator
    registration = _looked_closer(view, registration, models)
    known = registration.dimensions
    rivals = models.rivals(planned)
    if (
        registration.is_ok
        and known is not None
        and fits(known, planned)
        and nearest(known, [planned, *rivals])[0] is planned
    ):
        return view, registration
    guess = measure_dimensions(planned, view.refine(pose), view.quality, view.intrinsics)
    for rival in nearest(guess, rivals)[:N_RIVALS]:
        rival_view = replace(view, model=models.model(rival), hidden_rim=None)
        refined = rival_view.refine(_start(pose, planned, rival, guess))
        found = alone(rival_view, with_known_roll(rival_view, judge(rival_view, refined)))
        found = _looked_closer(rival_view, found, models)
        if found.is_ok and found.dimensions is not None and fits(found.dimensions, rival):
            return rival_view, found
    return view, registration


def _looked_closer(view: FrameView, registration: Registration, models: ConeModels) -> Registration:
    """The registration, its dimensions also by the tube's sides where they decide nothing yet."""
    pose, known = registration.camera_from_applicator, registration.dimensions
    applicator = view.model.applicator
    if pose is None or known is None or identify(known, applicator, models.catalogue).decided:
        return registration
    refined = view.refine(pose)
    sides = measure_sides(view.model, refined.pose, view.outline, view.intrinsics)
    closer = measure_dimensions(applicator, refined, view.quality, view.intrinsics, sides)
    if applicator.bevel_deg > 0 and not registration.roll_observable:
        closer = _with_bevel(closer, known)  # the pose's roll is none that was found
    return replace(registration, dimensions=closer)


def _with_bevel(dimensions: Dimensions, other: Dimensions) -> Dimensions:
    """The dimensions with the other ones' bevel."""
    return replace(
        other,
        diameter_mm=dimensions.diameter_mm,
        diameter_sigma_mm=dimensions.diameter_sigma_mm,
    )


def _start(pose: Float, planned: Applicator, rival: Applicator, guess: Dimensions) -> Float:
    """The rival with its top where the planned one's is, its bevel as the rim shows it."""
    roll = rotation_from_vector([0.0, 0.0, np.radians(guess.bevel_direction_deg)])
    return slid(pose, planned.length_mm - rival.length_mm) @ rigid(roll, np.zeros(3))

"""Which cone is it, where it is not the planned one: fit its nearest rivals too.

Dimensions are measured by one step of the likelihood, which holds near the model that was fitted.
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
from tracking.dimensions import fits, measure_dimensions, nearest
from tracking.frame_view import FrameView
from tracking.judge import alone, judge
from tracking.known_roll import with_known_roll
from tracking.registration import Dimensions, Registration
from tracking.slide import slid
from tracking.transforms import rigid, rotation_from_vector

N_RIVALS = 3


def recognised(view: FrameView, registration: Registration, models: ConeModels) -> Registration:
    """The registration with the dimensions of the catalogue entry that the view shows."""
    pose, planned = registration.camera_from_applicator, view.model.applicator
    if pose is None:
        return registration
    known = registration.dimensions
    rivals = models.rivals(planned)
    if (
        registration.is_ok
        and known is not None
        and fits(known, planned)
        and nearest(known, [planned, *rivals])[0] is planned
    ):
        return registration
    guess = measure_dimensions(planned, view.refine(pose), view.quality, view.intrinsics)
    for rival in nearest(guess, rivals)[:N_RIVALS]:
        rival_view = replace(view, model=models.model(rival), hidden_rim=None)
        refined = rival_view.refine(_start(pose, planned, rival, guess))
        found = alone(rival_view, with_known_roll(rival_view, judge(rival_view, refined)))
        if found.is_ok and found.dimensions is not None and fits(found.dimensions, rival):
            return replace(registration, dimensions=found.dimensions)
    return registration


def _start(pose: Float, planned: Applicator, rival: Applicator, guess: Dimensions) -> Float:
    """The rival with its top where the planned one's is, its bevel as the rim shows it."""
    roll = rotation_from_vector([0.0, 0.0, np.radians(guess.bevel_direction_deg)])
    return slid(pose, planned.length_mm - rival.length_mm) @ rigid(roll, np.zeros(3))

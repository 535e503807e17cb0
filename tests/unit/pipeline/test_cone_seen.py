"""What a frame says about the planned cone: a time-out is confirmed only where it is docked."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pipeline.session.control import Cone
from pipeline.session.refusals import Refusal
from pipeline.surroundings import cone_of
from pipeline.workflow.step import PASSABLE, STEPS, Step, StepFacts, missing
from tests.builders_results import PLAN, Geometry, hidden, make_alignment, make_registration
from tracking.alignment import Alignment, ApplicatorIdentity

SEEN = make_registration(np.eye(4))
DOCKED = make_alignment(Geometry())


def test_docked_is_where_nothing_is_left_to_move() -> None:
    assert cone_of(SEEN, DOCKED, PLAN) is Cone.DOCKED


@pytest.mark.parametrize(
    "moved",
    [
        make_alignment(Geometry(tilt_x_deg=1.5)),
        make_alignment(Geometry(lateral_x_mm=2.5)),
        make_alignment(Geometry(docking_gap_mm=90.0)),
        make_alignment(Geometry(air_gap_mm=-4.0)),
        make_alignment(Geometry(incidence_x_deg=8.0)),
        make_alignment(Geometry(), sigma=2.0),
        hidden(DOCKED, "docking_gap_mm"),
    ],
)
def test_what_is_not_proven_inside_the_plan_is_placed_and_not_docked(moved: Alignment) -> None:
    assert cone_of(SEEN, moved, PLAN) is Cone.PLACED


def test_another_cone_and_none_are_said_before_anything_else() -> None:
    other = ApplicatorIdentity("MOB-D50-B15", 50.0, 15.0, decided=True)
    assert cone_of(SEEN, replace(DOCKED, applicator_id=other), PLAN) is Cone.OTHER
    open_ = replace(other, decided=False)
    assert cone_of(SEEN, replace(DOCKED, applicator_id=open_), PLAN) is Cone.UNSEEN
    assert cone_of(make_registration(None), DOCKED, PLAN) is Cone.UNSEEN


def test_whatever_blocks_the_time_outs_step_is_a_refusal() -> None:
    before = [step for step in STEPS[: STEPS.index(Step.TIME_OUT)] if step not in PASSABLE]
    worst = StepFacts(is_other_cone=True)
    codes = {str(why) for step in before for why in missing(step, worst)}
    assert codes == {"NOT_APPROVED", "OTHER_CONE", "CONE_NOT_PLACED", "NOT_DOCKED"}
    assert codes <= set(Refusal)

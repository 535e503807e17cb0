"""Which part of the rim the bed hides: never one that touches all around, nor the far side."""

from __future__ import annotations

import numpy as np
import pytest

from tests.builders import (
    bed_coefficients,
    make_applicator,
    make_bed,
    make_registration,
    pose_looking_at,
)
from tests.builders_views import model_of
from tests.tolerances import ROUNDING
from tracking.arrays import Bool, Float
from tracking.bed import BedStatus, BedSurface
from tracking.cone_model import N_CURVE_POINTS
from tracking.registration import Registration, RegistrationStatus
from tracking.rim_sight import hidden_rim

CONE = make_applicator()
MODEL = model_of(CONE)
POSE = pose_looking_at(500.0, 40.0, azimuth_deg=90.0)  # from applicator +y
RIM_MM = next(edge.points_mm for edge in MODEL.edges if edge.name == "exit")
CLEARLY_MM = 6.0  # from where a bed that leans meets the rim's clear side


def _hidden(bed: BedSurface, registration: Registration | None = None) -> Bool | None:
    return hidden_rim(MODEL, registration or make_registration(POSE), bed)


def _flat(gap_mm: float, slope_x: float = 0.0, slope_y: float = 0.0) -> BedSurface:
    return make_bed(bed_coefficients(CONE, gap_mm, slope_x, slope_y))


@pytest.mark.parametrize("gap_mm", [-0.4, 0.0, 0.3, 0.8, 5.0, 20.0])
def test_a_rim_that_touches_all_around_or_stands_off_hides_nothing(gap_mm: float) -> None:
    assert _hidden(_flat(gap_mm)) is None


@pytest.mark.parametrize("gap_mm", [-0.6, -3.0, -15.0])
def test_a_sunk_rim_is_hidden_on_the_camera_s_side_only(gap_mm: float) -> None:
    hidden = _hidden(_flat(gap_mm))
    assert hidden is not None
    assert hidden.shape == (N_CURVE_POINTS,)
    assert hidden[RIM_MM[:, 1] > CLEARLY_MM].all()
    assert not hidden[RIM_MM[:, 1] < -CLEARLY_MM].any()


def test_a_leaning_cone_hides_where_it_touches_and_not_where_it_stands_off() -> None:
    """The same contact counts as seen where the rim is not sunk, or does not lean."""
    slope, contact_mm = 0.1, 0.4
    gap_mm = slope * CONE.outer_radius_mm - contact_mm
    clearance_mm = gap_mm - slope * RIM_MM[:, 1]
    hidden = _hidden(_flat(gap_mm, slope_y=slope))
    assert hidden is not None
    assert hidden[clearance_mm < contact_mm - ROUNDING].all()
    assert not hidden[clearance_mm > contact_mm + ROUNDING].any()
    assert _hidden(_flat(gap_mm + 2 * contact_mm, slope_y=slope)) is None
    assert _hidden(_flat(contact_mm)) is None


def test_a_wall_of_the_bed_before_the_rim_hides_it() -> None:
    """A hollow that rises towards the camera; the rim itself stands 2 mm clear of it."""
    below = np.array([-2.0, -CONE.bevel_slope, 0.0, 0.0, 0.0, 0.0])
    rising = below + np.array([0.0, 0.0, 0.0, 0.0, 0.0, 0.04])
    rising[0] -= 0.04 * CONE.outer_radius_mm**2
    hidden = _hidden(make_bed(rising))
    assert hidden is not None
    assert hidden[RIM_MM[:, 1] > 0.8 * CONE.outer_radius_mm].all()
    assert not hidden[RIM_MM[:, 1] < CLEARLY_MM].any()
    from_above = make_registration(pose_looking_at(500.0, 12.0, azimuth_deg=90.0))
    assert _hidden(make_bed(rising), from_above) is None


def test_the_bed_s_own_axes_count() -> None:
    """The same plane told in axes that are turned by 90 deg about z."""
    turned = np.array([[0.0, 1.0, 0.0], [-1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    plane = bed_coefficients(CONE, 2.8, slope_x=0.1)
    as_turned = plane.copy()
    as_turned[1], as_turned[2] = 0.0, -plane[1]
    bed = make_bed(plane)
    again = BedSurface(
        BedStatus.OK, as_turned, np.zeros((6, 6)), 360.0, 0.2, 4000, fit_from_applicator=turned
    )
    first, second = _hidden(bed), _hidden(again)
    assert first is not None
    assert second is not None
    assert first.tolist() == second.tolist()


@pytest.mark.parametrize("coefficient", [0, 1, 5])
def test_what_is_not_a_number_counts_as_hidden(coefficient: int) -> None:
    bed = _flat(1.0)
    assert bed.coefficients is not None
    broken: Float = bed.coefficients.copy()
    broken[coefficient] = np.nan
    object.__setattr__(bed, "coefficients", broken)  # no bed lets itself be built so
    hidden = _hidden(bed)
    assert hidden is not None
    assert hidden[RIM_MM[:, 1] > CLEARLY_MM].all()


def test_without_pose_roll_or_bed_nothing_is_known() -> None:
    sunk = _flat(-5.0)
    assert _hidden(sunk, Registration(RegistrationStatus.NOT_CONVERGED)) is None
    assert _hidden(sunk, make_registration(POSE, roll_observable=False)) is None
    assert _hidden(BedSurface(BedStatus.NO_BED)) is None

from __future__ import annotations

import numpy as np
import pytest

from tests.builders import make_applicator, make_registration, pose_looking_at
from tracking.arrays import Float
from tracking.registration import Registration, RegistrationStatus
from tracking.second_estimate import CHI_99, SecondEstimate, SecondOpinion, Status, compare
from tracking.transforms import rigid, rotate_about, rotation_from_vector

POSE = pose_looking_at()
CONE = make_applicator()


def second(pose: Float = POSE) -> SecondEstimate:
    return SecondEstimate("collar", pose, 0.8, 0.4, 2.0, ("A",))


def opinion(pose: Float, *, axial_observable: bool = True) -> SecondOpinion:
    first = make_registration(POSE, axial_observable=axial_observable)
    return compare(second(pose), first, CONE)


def test_equal_poses_differ_by_nothing_and_carry_both_bounds() -> None:
    found = opinion(POSE)
    assert found.status is Status.MADE
    assert found.distance_mm == pytest.approx(0.0, abs=1e-9)
    assert found.angle_deg == pytest.approx(0.0, abs=1e-6)
    assert (found.ring_bound_mm, found.axis_bound_deg) == (0.8, 0.4)
    assert found.first_axis_bound_deg == pytest.approx(CHI_99[2] * np.degrees(1e-3), rel=0.01)
    assert found.applicator_ids == ("A",)


def test_a_turn_about_the_exit_moves_the_ring_by_the_cones_length() -> None:
    turned = POSE @ rigid(rotation_from_vector(np.radians([1.0, 0.0, 0.0])), np.zeros(3))
    found = opinion(turned)
    assert found.angle_deg == pytest.approx(1.0, abs=1e-6)
    assert found.distance_mm == pytest.approx(2 * 300 * np.sin(np.radians(0.5)), rel=1e-6)


def test_a_turn_about_the_ring_moves_the_axis_alone() -> None:
    turned = POSE @ rotate_about(np.array([0.0, 0.0, 300.0]), np.radians([0.0, 2.0, 0.0]))
    found = opinion(turned)
    assert found.distance_mm == pytest.approx(0.0, abs=1e-6)
    assert found.angle_deg == pytest.approx(2.0, abs=1e-6)


def test_the_rings_bound_grows_with_the_angles_lever() -> None:
    sigma_rad = 2e-3
    covariance = np.diag([sigma_rad**2] * 3 + [0.0] * 3)
    found = compare(second(), make_registration(POSE, covariance), CONE)
    assert found.first_ring_bound_mm == pytest.approx(CHI_99[3] * 300 * sigma_rad, rel=0.02)


def test_a_slide_that_the_registration_cannot_tell_is_not_held_against_it() -> None:
    slid = POSE @ rigid(np.eye(3), [0.0, 0.0, 25.0])
    assert opinion(slid).distance_mm == pytest.approx(25.0)
    assert opinion(slid, axial_observable=False).distance_mm == pytest.approx(0.0, abs=1e-9)
    aside = POSE @ rigid(np.eye(3), [3.0, 0.0, 25.0])
    assert opinion(aside, axial_observable=False).distance_mm == pytest.approx(3.0)


def test_nothing_seen_is_told_apart_from_nothing_to_compare_with() -> None:
    assert compare(None, make_registration(POSE), CONE).status is Status.NOT_SEEN
    no_pose = compare(second(), Registration(RegistrationStatus.DEPTH_MISSING), CONE)
    assert no_pose.status is Status.NONE
    assert no_pose.applicator_ids == ("A",)
    assert no_pose.distance_mm is None


def test_a_mirrored_pose_is_no_estimate() -> None:
    with pytest.raises(ValueError, match="mirrored"):
        second(POSE @ np.diag([-1.0, 1.0, 1.0, 1.0]))

"""Truth: every sign by cases that a hand can check."""

from __future__ import annotations

import numpy as np
import pytest

from recordings.simulation.bed_shape import (
    BED_RADIUS_MM,
    BedShape,
    RoundBed,
    flat_bed,
    random_bed,
)
from recordings.simulation.story import seat_bed
from recordings.simulation.truth import (
    Planned,
    bed_normal_at_field_centre,
    docking_quantities,
    field_quantities,
    true_quantities,
)
from tracking.applicator import Applicator
from tracking.arrays import Float
from tracking.transforms import invert, rigid, rotate_about, rotation_from_vector

EXACT = 1e-6  # numerical integration and Newton's iteration
FIELD_RADIUS_MM = 30.0


def _cone(bevel_deg: float = 15.0) -> Applicator:
    return Applicator("CONE", "mobetron", 2 * FIELD_RADIUS_MM, 2.0, 300.0, bevel_deg, 110.0, 20.0)


def _turned(x_deg: float = 0.0, y_deg: float = 0.0, at: tuple[float, ...] = (0, 0, 0)) -> Float:
    return rigid(rotation_from_vector(np.radians([x_deg, y_deg, 0])), at)


def _flush(bevel_deg: float) -> Float:
    """Pose `applicator_from_bed` of a flat bed that lies in the exit plane."""
    return _turned(y_deg=bevel_deg)


def test_planned_pose_has_no_error() -> None:
    head_from_applicator = rigid(np.eye(3), [0, 0, -340.0])
    truth = true_quantities(_cone(), head_from_applicator, _flush(15.0), flat_bed(), Planned())
    assert truth.pop("docking_gap_mm") == pytest.approx(40.0)
    assert truth.pop("beam_incidence_deg") == pytest.approx(15.0)
    assert max(abs(value) for value in truth.values()) < EXACT


@pytest.mark.parametrize(
    ("turn_deg", "tilt_x", "tilt_y"),
    [((2.0, 0.0), 2.0, 0.0), ((0.0, 3.0), 0.0, 3.0), ((-1.0, 0.0), -1.0, 0.0)],
)
def test_tilt_has_the_sign_of_the_cones_turn_about_head_axes(
    turn_deg: tuple[float, float], tilt_x: float, tilt_y: float
) -> None:
    truth = docking_quantities(_cone(), _turned(*turn_deg))
    assert truth["tilt_x_deg"] == pytest.approx(tilt_x, abs=EXACT)
    assert truth["tilt_y_deg"] == pytest.approx(tilt_y, abs=EXACT)
    assert truth["docking_tilt_deg"] == pytest.approx(np.hypot(*turn_deg), abs=EXACT)


def test_lateral_and_gap_are_of_the_rings_top_centre() -> None:
    length = _cone().length_mm
    about_ring = rotate_about(np.array([0, 0, length]), np.radians([4.0, -3.0, 20.0]))
    truth = docking_quantities(_cone(), rigid(np.eye(3), [3.0, -4.0, -length - 25]) @ about_ring)
    assert truth["lateral_x_mm"] == pytest.approx(3.0)
    assert truth["lateral_y_mm"] == pytest.approx(-4.0)
    assert truth["docking_lateral_mm"] == pytest.approx(5.0)
    assert truth["docking_gap_mm"] == pytest.approx(25.0)  # the ring is below the head


@pytest.mark.parametrize("bevel_deg", [0.0, 15.0, 30.0])
def test_bed_beyond_the_exit_is_a_positive_air_gap(bevel_deg: float) -> None:
    lowered = rigid(np.eye(3), [0, 0, -4.0]) @ _flush(bevel_deg)
    truth = field_quantities(_cone(bevel_deg), lowered, flat_bed())
    for name in ("air_gap_mm", "air_gap_max_mm", "air_gap_min_mm"):
        assert truth[name] == pytest.approx(4.0, abs=EXACT)
    raised = rigid(np.eye(3), [0, 0, 2.5]) @ _flush(bevel_deg)
    assert field_quantities(_cone(bevel_deg), raised, flat_bed())["air_gap_mm"] == pytest.approx(
        -2.5, abs=EXACT
    )


def test_bulging_bed_is_nearer_in_the_middle_than_at_the_rim() -> None:
    radius = 300.0
    bulge = BedShape(np.full(2, -1 / (2 * radius)), np.zeros((0, 2)), np.zeros(0), np.zeros(0))
    truth = field_quantities(_cone(0.0), np.eye(4), bulge)
    sag = FIELD_RADIUS_MM**2 / (2 * radius)
    assert truth["air_gap_mm"] == pytest.approx(sag / 2, abs=EXACT)  # mean of r^2 over a disc
    assert truth["air_gap_max_mm"] == pytest.approx(sag, abs=EXACT)
    assert truth["incidence_deg"] == pytest.approx(0.0, abs=EXACT)


@pytest.mark.parametrize("bevel_deg", [0.0, 30.0])
@pytest.mark.parametrize("radius_mm", [-150.0, 150.0])
def test_incidence_on_a_round_bed_is_to_its_normal_where_the_axis_meets_it(
    bevel_deg: float, radius_mm: float
) -> None:
    """A plane fitted over the field along a slanted axis would lean by 0.4 deg and more."""
    aside = rigid(np.eye(3), [7.0, -4.0, 0.0])  # the axis does not pass the bed's origin
    pose = _turned(1.0, bevel_deg - 2.0) @ aside
    centre_mm = pose[:3, :3] @ [0.0, 0.0, radius_mm] + pose[:3, 3]
    aside2 = centre_mm[0] ** 2 + centre_mm[1] ** 2
    foot_mm = np.array(
        [0.0, 0.0, centre_mm[2] - np.sign(radius_mm) * np.sqrt(radius_mm**2 - aside2)]
    )
    normal = (centre_mm - foot_mm) / radius_mm
    cone = _cone(bevel_deg)
    assert bed_normal_at_field_centre(cone, pose, RoundBed(radius_mm)) == pytest.approx(
        normal, abs=EXACT
    )
    truth = field_quantities(cone, pose, RoundBed(radius_mm))
    exit_normal = np.array([np.sin(np.radians(bevel_deg)), 0.0, np.cos(np.radians(bevel_deg))])
    assert truth["incidence_deg"] == pytest.approx(
        np.degrees(np.arccos(normal @ exit_normal)), abs=1e-4
    )


@pytest.mark.parametrize(("x_deg", "y_deg"), [(3.0, 0.0), (0.0, 2.0), (-1.0, -2.0)])
def test_incidence_is_the_rotation_from_exit_normal_to_bed_normal(
    x_deg: float, y_deg: float
) -> None:
    truth = field_quantities(_cone(0.0), _turned(x_deg, y_deg), flat_bed())
    assert truth["incidence_x_deg"] == pytest.approx(x_deg, abs=EXACT)
    assert truth["incidence_y_deg"] == pytest.approx(y_deg, abs=EXACT)
    assert truth["incidence_deg"] == pytest.approx(np.hypot(x_deg, y_deg), abs=EXACT)
    assert truth["beam_incidence_deg"] == pytest.approx(truth["incidence_deg"], abs=EXACT)


def test_unbevelled_bed_under_a_bevelled_cone_turns_back_about_y() -> None:
    """The exit normal leans to +x; a bed square to the axis needs -15 deg about y."""
    truth = field_quantities(_cone(15.0), np.eye(4), flat_bed())
    assert truth["incidence_y_deg"] == pytest.approx(-15.0, abs=EXACT)
    assert truth["incidence_x_deg"] == pytest.approx(0.0, abs=EXACT)
    assert truth["beam_incidence_deg"] == pytest.approx(0.0, abs=EXACT)
    # The wall reaches farthest towards the patient at +x: there the flat bed is nearest.
    assert truth["air_gap_max_mm"] == pytest.approx(
        FIELD_RADIUS_MM * np.tan(np.radians(15)), abs=EXACT
    )
    assert truth["air_gap_min_mm"] == pytest.approx(-truth["air_gap_max_mm"], abs=EXACT)


def test_bed_tipped_about_x_is_nearer_at_plus_y() -> None:
    """Turned by +3 deg about x the bed rises towards +y: a positive incidence_x."""
    truth = field_quantities(_cone(0.0), _turned(x_deg=3.0), flat_bed())
    assert truth["incidence_x_deg"] > 0
    rise = FIELD_RADIUS_MM * np.tan(np.radians(3.0))
    assert truth["air_gap_min_mm"] == pytest.approx(-rise, abs=EXACT)


def test_ssd_error_adds_both_distances() -> None:
    head_from_applicator = rigid(np.eye(3), [0, 0, -342.0])
    lowered = rigid(np.eye(3), [0, 0, -3.0]) @ _flush(15.0)
    planned = Planned(docking_gap_mm=40.0, air_gap_mm=1.0)
    truth = true_quantities(_cone(), head_from_applicator, lowered, flat_bed(), planned)
    assert truth["ssd_error_mm"] == pytest.approx(2.0 + 2.0, abs=EXACT)


def test_axis_that_misses_the_bed_is_refused() -> None:
    with np.errstate(all="ignore"), pytest.raises(ValueError, match="does not meet the bed"):
        field_quantities(_cone(0.0), _turned(x_deg=90.0), flat_bed())


@pytest.mark.parametrize("seed", range(4))
def test_seated_bed_has_the_gap_and_incidence_asked_for(seed: int) -> None:
    bed = random_bed(np.random.default_rng(seed))
    pose = seat_bed(_cone(), bed, np.array([0.4, -0.3]), 0.2)
    truth = field_quantities(_cone(), pose, bed)
    assert truth["air_gap_mm"] == pytest.approx(0.2, abs=0.01)  # two integration rules
    bumps_deg = 0.5  # 0.3 mm of bumps under a 60 mm field
    assert truth["incidence_x_deg"] == pytest.approx(0.4, abs=bumps_deg)
    assert truth["incidence_y_deg"] == pytest.approx(-0.3, abs=bumps_deg)


def test_random_beds_are_gentle() -> None:
    x, y = np.meshgrid(np.linspace(-70, 70, 141), np.linspace(-70, 70, 141))
    for seed in range(6):
        bed = random_bed(np.random.default_rng(seed))
        smooth = bed.curvature_per_mm[0] * x**2 + bed.curvature_per_mm[1] * y**2
        assert np.abs(bed.height_mm(x, y) - smooth).max() <= 0.6 + EXACT  # both ways, 0.3 mm each
        assert np.abs(1 / (2 * bed.curvature_per_mm)).min() >= 300
    assert BED_RADIUS_MM > 2 * FIELD_RADIUS_MM + 4  # one field radius around the rim


def test_truth_does_not_depend_on_where_the_world_is() -> None:
    bed = random_bed(np.random.default_rng(9))
    pose = seat_bed(_cone(), bed, np.zeros(2), 0.0)
    moved = rigid(rotation_from_vector([0.4, 1.0, -0.3]), [100.0, -50, 20])
    again = invert(moved @ np.eye(4)) @ (moved @ pose)
    first, second = (field_quantities(_cone(), p, bed) for p in (pose, again))
    assert all(first[name] == pytest.approx(second[name], abs=EXACT) for name in first)

"""Truth of coverage and intrusion: cases that a hand can check."""

from __future__ import annotations

import numpy as np
import pytest

from recordings.simulation.bed_shape import RoundBed, flat_bed
from recordings.simulation.scene import Material, Part
from recordings.simulation.shapes import box
from recordings.simulation.truth_field import AreaOnBed, true_coverage, true_intrusion_mm
from tests.builders import INTRINSICS, make_applicator, pose_looking_at
from tracking.applicator import Applicator
from tracking.arrays import Float
from tracking.segmentation import Label
from tracking.transforms import invert, rigid, rotation_from_vector, transform_points

FIELD_MM = 30.0
SHARE_TOLERANCE = 0.0005  # of 40,000 samples, those on the field's edge are in or out
REACH_TOLERANCE_MM = 0.25  # the samples' spacing
CONE = make_applicator(bevel_deg=0.0)
GAP_MM = 8.0
BELOW = rigid(np.eye(3), [0.0, 0.0, -GAP_MM])


def tilted(deg: float) -> Float:
    return rigid(rotation_from_vector([np.radians(deg), 0.0, 0.0]), [0.0, 0.0, -3.0])


@pytest.mark.parametrize(
    ("centre_mm", "radius_mm", "expected"),
    [
        ((0.0, 0.0), 20.0, 1.0),
        ((60.0, 0.0), 20.0, 0.0),
        ((0.0, 0.0), 60.0, 0.25),
        ((0.0, FIELD_MM), 1.0, 0.5),
    ],
)
def test_coverage_of_a_circle_on_a_plane(
    centre_mm: tuple[float, float], radius_mm: float, expected: float
) -> None:
    area = AreaOnBed(centre_mm, radius_mm)
    share = true_coverage(CONE, rigid(np.eye(3), [0.0, 0.0, -3.0]), flat_bed(), area)
    assert share == pytest.approx(expected, abs=0.01 if radius_mm == 1.0 else SHARE_TOLERANCE)


@pytest.mark.parametrize("deg", [0.0, 20.0, 40.0])
def test_a_tilted_bed_shows_more_of_itself_along_the_axis(deg: float) -> None:
    """The field meets a tilted plane in an ellipse, 1 / cos longer."""
    share = true_coverage(CONE, tilted(deg), flat_bed(), AreaOnBed((0.0, 0.0), 45.0))
    ellipse = np.pi * FIELD_MM**2 / np.cos(np.radians(deg))
    assert share == pytest.approx(ellipse / (np.pi * 45.0**2), abs=SHARE_TOLERANCE)


def test_a_bowl_counts_by_its_surface() -> None:
    radius = 60.0
    share = true_coverage(CONE, BELOW, RoundBed(radius), AreaOnBed((0.0, 0.0), 45.0))

    def cap(r: float) -> float:
        return radius - float(np.sqrt(radius**2 - r**2))

    assert share == pytest.approx(cap(FIELD_MM) / cap(45.0), abs=SHARE_TOLERANCE)


def test_the_margin_is_no_field() -> None:
    cone = Applicator("M", "mobetron", 60.0, 2.0, 300.0, 0.0, 110.0, 20.0, field_margin_mm=5.0)
    area = AreaOnBed((0.0, 0.0), 50.0)
    assert true_coverage(cone, BELOW, flat_bed(), area) == pytest.approx(0.25, abs=SHARE_TOLERANCE)


def test_the_outline_is_the_circle_on_the_picture() -> None:
    pose = pose_looking_at(540.0)
    area = AreaOnBed((5.0, -3.0), 20.0)
    corners = area.outline_px(flat_bed(), pose, INTRINSICS)
    rays = INTRINSICS.rays(corners[:, 0], corners[:, 1]) @ invert(pose)[:3, :3].T
    eye = invert(pose)[:3, 3]
    on_bed = eye - rays * (eye[2] / rays[:, 2])[:, None]
    assert np.allclose(np.hypot(on_bed[:, 0] - 5.0, on_bed[:, 1] + 3.0), 20.0)
    assert np.allclose(transform_points(pose, on_bed)[:, 2] > 0, True)


def bar(reach_mm: float, bottom_mm: float, label: Label = Label.OTHER) -> Part:
    """A box 40 mm long, 10 mm wide and 4 mm high that comes from +x; `bottom_mm` in z."""
    centre = [FIELD_MM - reach_mm + 20.0, 0.0, bottom_mm + 2.0]
    grey = Material((0.5, 0.5, 0.5))
    return Part("bar", box((40.0, 10.0, 4.0)), rigid(np.eye(3), centre), label, grey)


def intrusion(*parts: Part, cone: Applicator = CONE) -> float:
    return true_intrusion_mm(cone, np.eye(4), BELOW, flat_bed(), parts)


@pytest.mark.parametrize("reach_mm", [3.0, 12.5, 29.0])
def test_a_bar_reaches_in_as_far_as_its_end(reach_mm: float) -> None:
    found = intrusion(bar(reach_mm, -GAP_MM))
    assert found == pytest.approx(reach_mm, abs=REACH_TOLERANCE_MM)


def test_the_deepest_counts() -> None:
    found = intrusion(bar(3.0, -GAP_MM), bar(9.0, -GAP_MM + 1), bar(5.0, -GAP_MM))
    assert found == pytest.approx(9.0, abs=REACH_TOLERANCE_MM)


def test_what_is_outside_above_or_below_does_not_reach_in() -> None:
    assert intrusion() == 0.0
    assert intrusion(bar(-1.0, -GAP_MM)) == 0.0
    assert intrusion(bar(10.0, 1.0)) == 0.0
    assert intrusion(bar(10.0, -GAP_MM - 5.0)) == 0.0


def test_bed_and_applicator_do_not_intrude() -> None:
    assert intrusion(bar(10.0, -GAP_MM, Label.TUMOR_BED)) == 0.0
    assert intrusion(bar(10.0, -GAP_MM, Label.APPLICATOR)) == 0.0


def test_the_exit_plane_is_slanted_with_the_bevel() -> None:
    """At +x a bevelled wall reaches down, and what lies there is above its plane."""
    cone = make_applicator(bevel_deg=30.0)
    assert intrusion(bar(6.0, -GAP_MM), cone=cone) == 0.0
    assert intrusion(bar(6.0, -GAP_MM)) > 0.0


@pytest.mark.parametrize("radius_mm", [0.0, -1.0, float("nan")])
def test_a_circle_needs_a_radius(radius_mm: float) -> None:
    with pytest.raises(ValueError, match="radius_mm"):
        AreaOnBed((0.0, 0.0), radius_mm)

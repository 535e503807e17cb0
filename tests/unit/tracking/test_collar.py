from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from recordings.simulation.scenarios import COLLAR
from tests.builders import make_applicator
from tests.collar_views import collared
from tracking.collar import Collar, marker_corners_mm
from tracking.collar_codes import black_modules

CONE = collared()
SEAT = CONE.collar_seat
CORNERS = marker_corners_mm(COLLAR, SEAT)


def test_the_strip_lies_on_the_rings_outer_face_and_the_disc_on_its_top() -> None:
    for marker_id in range(16):
        points = CORNERS[marker_id]
        np.testing.assert_allclose(np.hypot(points[:, 0], points[:, 1]), 55.0)
        assert points[:, 2].min() >= 280.0 + 0.7 * 2.5
        assert points[:, 2].max() <= 300.0 - 0.7 * 2.5
    for marker_id in range(16, 24):
        points = CORNERS[marker_id]
        radii = np.hypot(points[:, 0], points[:, 1])
        np.testing.assert_allclose(points[:, 2], 300.0)
        assert 30.0 < radii.min() < radii.max() < 55.0


def test_a_marker_has_its_side_measured_along_the_paper() -> None:
    corners = CORNERS[0]
    angles = np.arctan2(corners[:, 1], corners[:, 0])
    assert 55.0 * (angles[1] - angles[0]) == pytest.approx(15.0)
    assert corners[0, 2] - corners[3, 2] == pytest.approx(15.0)
    assert np.linalg.norm(CORNERS[16][0] - CORNERS[16][1]) == pytest.approx(18.0)


def test_a_reader_outside_sees_the_corners_clockwise_from_the_upper_left() -> None:
    for corners in CORNERS.values():
        right, down = corners[1] - corners[0], corners[3] - corners[0]
        is_top = np.ptp(corners[:, 2]) < 1e-9
        outwards = np.array([0.0, 0.0, 1.0]) if is_top else corners.mean(axis=0) * [1, 1, 0]
        assert np.cross(right, down) @ outwards < 0  # x right, y down: z runs into the paper


def test_the_disc_reads_outwards_and_the_strip_towards_the_source() -> None:
    assert CORNERS[0][0, 2] > CORNERS[0][3, 2]
    up = CORNERS[16][0] - CORNERS[16][3]
    assert up @ CORNERS[16].mean(axis=0) > 0


def test_marker_zero_sits_at_plus_x_and_the_next_towards_plus_y() -> None:
    first, second = CORNERS[0].mean(axis=0), CORNERS[1].mean(axis=0)
    assert first[1] == pytest.approx(0.0, abs=1e-9)
    assert first[0] > 0
    assert np.degrees(np.arctan2(second[1], second[0])) == pytest.approx(22.5)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"module_mm": 2.9}, "strip"),
        ({"n_outer": 20}, "around the ring"),
        ({"top_module_mm": 3.6}, "between the radii"),
        ({"n_top": 11}, "on the disc"),
        ({"n_outer": 5}, "at least"),
        ({"first_id": 990}, "ids"),
        ({"first_id": -1}, "ids"),
        ({"n_top": 0}, "both"),
        ({"module_mm": float("nan")}, "module_mm"),
        ({"placement_sigma_mm": 0.0}, "placement"),
        ({"below_top_mm": 5.0}, "without a ring"),
    ],
)
def test_a_collar_that_cannot_be_printed_or_worn_is_refused(
    changes: dict[str, Any], reason: str
) -> None:
    with pytest.raises(ValueError, match=reason):
        collared(collar=replace(COLLAR, **changes))


def test_a_wide_cones_ring_has_no_room_for_the_disc_but_wears_the_strip() -> None:
    with pytest.raises(ValueError, match="between the radii"):
        collared(80.0)
    strip = replace(COLLAR, n_top=0, top_module_mm=0.0)
    assert len(marker_corners_mm(strip, collared(80.0, strip).collar_seat)) == 16


def test_a_tube_without_a_ring_wears_a_band_below_its_top() -> None:
    band = Collar("4x4_1000", 40, n_outer=8, module_mm=2.5, below_top_mm=12.0)
    tube = replace(make_applicator(has_ring=False), collar=band)
    seat = tube.collar_seat
    assert (seat.radius_mm, seat.top_mm, seat.bottom_mm) == (32.0, 288.0, 268.0)


def test_a_code_is_framed_in_black_and_no_two_are_alike() -> None:
    codes = [black_modules("4x4_1000", i) for i in COLLAR.ids]
    for code in codes:
        assert code.shape == (6, 6)
        assert code[[0, -1]].all()
        assert code[:, [0, -1]].all()
    assert len({code.tobytes() for code in codes}) == len(codes)

from __future__ import annotations

from math import inf, nan

import numpy as np
import pytest

from tests.builders import INTRINSICS
from tracking.errors import ConfigurationError
from tracking.outline import MAX_CORNERS, MAX_MARGIN_MM, Outline

SQUARE = ((400.0, 300.0), (440.0, 300.0), (440.0, 340.0), (400.0, 340.0))
HORSESHOE = (
    *((400.0, 300.0), (440.0, 300.0), (440.0, 340.0), (430.0, 340.0)),
    *((430.0, 310.0), (410.0, 310.0), (410.0, 340.0), (400.0, 340.0)),
)


@pytest.mark.parametrize("corners", [SQUARE, SQUARE[::-1], HORSESHOE, SQUARE[:3]])
def test_a_simple_polygon_is_taken_in_either_direction(
    corners: tuple[tuple[float, float], ...],
) -> None:
    assert Outline(0, corners).outline_px == corners


def test_inside_is_inside_also_between_the_arms() -> None:
    points = np.array([[405.0, 330.0], [420.0, 330.0], [435.0, 330.0], [420.0, 305.0], [0.0, 0.0]])
    assert Outline(0, HORSESHOE).contains(points).tolist() == [True, False, True, True, False]
    assert Outline(0, HORSESHOE).area_px2 == pytest.approx(40 * 40 - 20 * 30)


@pytest.mark.parametrize(
    ("corners", "part"),
    [
        (SQUARE[:2], "3 to 500 corners, got 2"),
        ((), "got 0"),
        (tuple((float(i), float(i * i)) for i in range(MAX_CORNERS + 1)), "got 501"),
        ((*SQUARE[:3], (nan, 340.0)), "finite"),
        ((*SQUARE[:3], (inf, 340.0)), "finite"),
        ((*SQUARE[:3], (-3.0, 340.0)), "outside the picture"),
        ((SQUARE[0], SQUARE[2], SQUARE[1], SQUARE[3]), "crosses"),
        ((*SQUARE, SQUARE[0]), "crosses or touches"),
        ((*SQUARE, (420.0, 300.0)), "crosses or touches"),
        (((400.0, 300.0), (440.0, 300.0), (420.0, 300.0)), "crosses or touches"),
        (tuple((u / 848, v / 480) for u, v in SQUARE), "not shares of it"),
    ],
    ids=[
        *("two", "none", "too many", "nan", "infinite", "negative", "crossed", "closed twice"),
        *("touches its side", "folded", "shares of the picture"),
    ],
)
def test_what_is_no_polygon_in_pixels_is_refused(
    corners: tuple[tuple[float, float], ...], part: str
) -> None:
    with pytest.raises(ValueError, match=part):
        Outline(0, corners)


@pytest.mark.parametrize("margin_mm", [-1.0, nan, inf, MAX_MARGIN_MM + 1])
def test_a_margin_without_sense_is_refused(margin_mm: float) -> None:
    with pytest.raises(ValueError, match="margin_mm"):
        Outline(0, SQUARE, margin_mm)


def test_a_negative_frame_is_refused() -> None:
    with pytest.raises(ValueError, match="frame_index"):
        Outline(-1, SQUARE)


def test_an_outline_of_a_larger_picture_is_refused_by_name() -> None:
    Outline(0, SQUARE).require_inside(INTRINSICS, "area_at_risk")
    larger = tuple((u + 420.0, v) for u, v in SQUARE)
    with pytest.raises(ConfigurationError, match="area_at_risk") as caught:
        Outline(0, larger).require_inside(INTRINSICS, "area_at_risk")
    assert "848x480" in caught.value.expected

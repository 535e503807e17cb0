"""Moves are tested by carrying them out: the deviation they answer must vanish."""

from __future__ import annotations

from dataclasses import replace
from math import hypot, radians

import numpy as np
import pytest

from calibration.directions import direction_words
from pipeline.overlay.banner import sentences
from pipeline.overlay.guidance import MINOR_COMPONENT, Move, moves
from tests.builders_coverage import COVERED, uncovered
from tests.builders_results import (
    APPLICATOR,
    LIMITS,
    Geometry,
    axis_tilts_deg,
    hidden,
    make_alignment,
    make_context,
    make_result,
)
from tracking.arrays import Float
from tracking.decision import Verdict
from tracking.plan import VectorTolerance
from tracking.reasons import Reason
from tracking.transforms import (
    invert,
    rigid,
    rotation_between,
    rotation_from_vector,
)

HOLD = (Verdict.HOLD, (Reason.LATERAL_HIGH,))
AXES = {
    "right": np.array([1.0, 0, 0]),
    "left": np.array([-1.0, 0, 0]),
    "back": np.array([0.0, 1, 0]),
    "front": np.array([0.0, -1, 0]),
}
SMALL_ANGLE_DEG = 0.05  # two tilts of a few degrees do not add exactly
SECOND_ORDER = 0.1  # of the deviation: rotations of 7 deg do not commute
LATERAL_MM = 1e-9  # pure translation: exact


def _found(geometry: Geometry, quantity: str) -> list[Move]:
    found = moves(make_result(*HOLD, geometry), make_context())
    return [move for move in found if move.quantity == quantity]


def _vector(found: list[Move]) -> Float:
    return sum((move.amount * AXES[move.direction] for move in found), np.zeros(3))


@pytest.mark.parametrize(("x", "y"), [(5, 0), (-5, 0), (0, 4), (0, -4), (3, -3), (-2.5, 2.5)])
def test_moving_the_head_as_told_centres_it(x: float, y: float) -> None:
    geometry = Geometry(lateral_x_mm=x, lateral_y_mm=y)
    told = _found(geometry, "docking_lateral_mm")
    assert {move.mover for move in told} == {"head"}
    old_from_new = rigid(np.eye(3), _vector(told))
    moved = invert(old_from_new) @ geometry.head_from_applicator()
    ring = moved @ np.array([0, 0, APPLICATOR.length_mm, 1.0])
    assert hypot(ring[0], ring[1]) < LATERAL_MM


@pytest.mark.parametrize(("x", "y"), [(3, 0), (-3, 0), (0, 3), (0, -3), (2, -2), (-2, -2)])
def test_tilting_the_head_as_told_makes_it_parallel(x: float, y: float) -> None:
    geometry = Geometry(tilt_x_deg=x, tilt_y_deg=y)
    told = _found(geometry, "docking_tilt_deg")
    assert {move.mover for move in told} == {"head"}
    lean_deg = _vector(told)
    top = np.array([0, 0, 1.0])
    old_from_new = rigid(rotation_from_vector(np.cross(top, np.radians(lean_deg))), np.zeros(3))
    moved = invert(old_from_new) @ geometry.head_from_applicator()
    assert np.hypot(*axis_tilts_deg(moved[:3, 2])) < SMALL_ANGLE_DEG


@pytest.mark.parametrize(("x", "y"), [(7, 0), (-7, 0), (0, 7), (0, -7), (6, 6)])
@pytest.mark.parametrize("planned", [(0.0, 0.0), (2.0, -1.0)])
def test_tilting_the_cone_as_told_levels_it(
    x: float, y: float, planned: tuple[float, float]
) -> None:
    geometry = Geometry(tilt_x_deg=0, tilt_y_deg=0, incidence_x_deg=x, incidence_y_deg=y)
    context = make_context(limits=replace(LIMITS, incidence_deg=VectorTolerance(planned, 5.0)))
    told = moves(make_result(*HOLD, geometry), context)
    tilts = [move for move in told if move.quantity == "incidence_deg"]
    assert {move.mover for move in tilts} == {"cone"}
    head_from_cone = geometry.head_from_applicator()[:3, :3]
    bevel = radians(APPLICATOR.bevel_deg)
    exit_normal = np.array([np.sin(bevel), 0, np.cos(bevel)])  # of z = -x tan(bevel)
    incidence = rotation_from_vector(np.radians([x, y, 0.0]))
    bed_normal_head = head_from_cone @ incidence @ exit_normal
    turn = rotation_from_vector(np.cross([0, 0, 1.0], np.radians(_vector(tilts))))
    moved_normal = turn @ head_from_cone @ exit_normal
    before = hypot(x - planned[0], y - planned[1])
    target = rotation_from_vector(np.radians([*planned, 0.0])) @ moved_normal
    after = np.degrees(np.arccos(min(1.0, float(target @ bed_normal_head))))
    assert after < (MINOR_COMPONENT + SECOND_ORDER) * before


@pytest.mark.parametrize(
    ("change", "quantity", "text"),
    [
        ({"docking_gap_mm": 46.0}, "docking_gap_mm", "Head 6.0 mm down"),
        ({"docking_gap_mm": 34.0}, "docking_gap_mm", "Head 6.0 mm up"),
        ({"air_gap_mm": 5.0}, "air_gap_mm", "Cone 5.0 mm down"),
        ({"air_gap_mm": -5.0}, "air_gap_mm", "Cone 5.0 mm up"),
        ({"lateral_x_mm": 3.0, "lateral_y_mm": 0.0}, "docking_lateral_mm", "Head 3.0 mm right"),
        ({"lateral_x_mm": -3.0, "lateral_y_mm": 0.0}, "docking_lateral_mm", "Head 3.0 mm left"),
        ({"lateral_x_mm": 0.0, "lateral_y_mm": 3.0}, "docking_lateral_mm", "Head 3.0 mm back"),
        ({"tilt_x_deg": 0.0, "tilt_y_deg": 2.0}, "docking_tilt_deg", "Tilt head top 2.0° right"),
        ({"tilt_x_deg": 2.0, "tilt_y_deg": 0.0}, "docking_tilt_deg", "Tilt head top 2.0° front"),
    ],
)
def test_words(change: dict[str, float], quantity: str, text: str) -> None:
    assert [move.text for move in _found(Geometry(**change), quantity)] == [text]


def test_the_cone_is_told_before_the_head() -> None:
    geometry = Geometry(air_gap_mm=6.0, docking_gap_mm=50.0, lateral_x_mm=5.0)
    movers = [move.mover for move in moves(make_result(*HOLD, geometry), make_context())]
    assert movers == sorted(movers)  # "cone" before "head"
    assert set(movers) == {"cone", "head"}


def test_source_distance_alone_moves_the_head() -> None:
    geometry = Geometry(docking_gap_mm=41.9, air_gap_mm=1.9)  # each inside, the sum outside
    found = [move.text for move in moves(make_result(*HOLD, geometry), make_context())]
    assert found == ["Head 3.8 mm down"]


@pytest.mark.parametrize("verdict", [Verdict.READY, Verdict.FAULT])
def test_no_move_where_none_is_needed_or_none_can_be_trusted(verdict: Verdict) -> None:
    reasons = () if verdict is Verdict.READY else (Reason.FRAME_REPEATED,)
    assert moves(make_result(verdict, reasons, Geometry(lateral_x_mm=9)), make_context()) == ()


def test_a_deviation_of_unsure_sign_is_not_told() -> None:
    alignment = make_alignment(Geometry(docking_gap_mm=46.0), sigma=3.5)
    result = make_result(*HOLD, alignment=alignment)
    assert [m for m in moves(result, make_context()) if m.quantity == "docking_gap_mm"] == []


class TestCoverage:
    """The cone moves over the area at risk: the sign is tested by carrying the move out."""

    @pytest.mark.parametrize("centre_mm", [(20, 0), (-20, 0), (0, 18), (0, -18), (-12, 15)])
    def test_moving_the_cone_as_told_brings_it_over_the_area(
        self, centre_mm: tuple[float, float]
    ) -> None:
        geometry = Geometry(tilt_x_deg=0.0, tilt_y_deg=0.0)
        result = uncovered(centre_mm, geometry)
        told = [
            move
            for move in moves(result, make_context(limits=COVERED))
            if move.quantity == "coverage_fraction"
        ]
        assert {move.mover for move in told} == {"cone"}
        assert {move.way for move in told} == {"label"}
        moved = rigid(np.eye(3), _vector(told)) @ geometry.head_from_applicator()
        old = geometry.head_from_applicator()
        area = old @ np.array([*centre_mm, 0.0, 1.0])
        beside = (invert(moved) @ area)[:2]
        assert hypot(*beside) < MINOR_COMPONENT * hypot(*centre_mm) + 0.1

    def test_banner_and_panel_say_the_same(self) -> None:
        result = uncovered((20.0, 0.0), Geometry(tilt_x_deg=0.0, tilt_y_deg=0.0))
        context = make_context(limits=COVERED)
        _, action = sentences(result, context)
        found = [m for m in moves(result, context) if m.quantity == "coverage_fraction"]
        assert action == f"{found[0].text}."
        assert found[0].text.startswith("Cone 20.0 mm ")

    @pytest.mark.parametrize(
        ("centre_mm", "fraction", "sigma"),
        [
            ((20.0, 0.0), 1.0, 0.001),  # covered
            ((20.0, 0.0), 0.97, 0.02),  # perhaps covered
            ((0.1, 0.0), 0.6, 0.01),  # the cone stands over it: the field is too small
        ],
    )
    def test_a_move_that_would_not_help_is_not_told(
        self, centre_mm: tuple[float, float], fraction: float, sigma: float
    ) -> None:
        result = uncovered(centre_mm, Geometry(), fraction, sigma)
        found = moves(result, make_context(limits=COVERED))
        assert not any(move.quantity == "coverage_fraction" for move in found)
        without = moves(uncovered((20.0, 0.0), Geometry()), make_context())
        assert not any(move.quantity == "coverage_fraction" for move in without)


def test_hidden_quantities_are_not_told() -> None:
    gone = ("air_gap_mm", "docking_gap_mm", "lateral_x_mm", "tilt_y_deg", "incidence_deg")
    alignment = hidden(make_alignment(Geometry(9, 9, 9, 9, 99, 9, 9, 9)), *gone, "ssd_error_mm")
    assert moves(make_result(*HOLD, alignment=alignment), make_context()) == ()


@pytest.mark.parametrize("gone", ["incidence_x_deg", "incidence_y_deg"])
def test_an_incidence_of_unseen_direction_is_told_by_its_size_alone(gone: str) -> None:
    alignment = hidden(make_alignment(Geometry(incidence_x_deg=3.6, incidence_y_deg=4.8)), gone)
    told = moves(make_result(*HOLD, alignment=alignment), make_context())
    assert [move.text for move in told] == ["Tilt cone top 6.0° to stand flush"]


def test_a_planned_direction_that_is_not_seen_is_not_told() -> None:
    alignment = hidden(make_alignment(Geometry(incidence_x_deg=9.0)), "incidence_x_deg")
    context = make_context(limits=replace(LIMITS, incidence_deg=VectorTolerance((2.0, 0.0), 1.0)))
    assert moves(make_result(*HOLD, alignment=alignment), context) == ()


@pytest.mark.parametrize(("gap", "is_told"), [(42.05, False), (42.15, True), (42.8, True)])
def test_what_keeps_from_arming_is_told(gap: float, is_told: bool) -> None:
    """Inside 3 mm, but told where 3 sigma of 0.1 mm reach beyond 0.8 of it."""
    geometry = Geometry(docking_gap_mm=gap, air_gap_mm=-2.0)  # keeps the source distance
    result = make_result(Verdict.UNSURE, (Reason.ARMING,), geometry, arming_passed=0)
    quantities = [move.quantity for move in moves(result, make_context())]
    assert ("docking_gap_mm" in quantities) is is_told


def test_opposites_come_from_the_label_and_unlabelled_axes_are_named() -> None:
    words = direction_words({"plus_x": "left", "plus_y": "towards the door"})
    assert (words.along_x(1), words.along_x(-1)) == ("left", "right")
    assert words.along_y(-1) == "away from towards the door"
    assert direction_words({}).along_x(-1) == "-x"


def test_the_smallest_rotation_helper_agrees_with_the_tilt_convention() -> None:
    axis = Geometry(tilt_x_deg=2.0, tilt_y_deg=-1.0).head_from_applicator()[:3, 2]
    assert axis_tilts_deg(axis) == pytest.approx((2.0, -1.0))
    leaning = rotation_between(np.array([0, 0, 1.0]), axis) @ np.array([0, 0, 1.0])
    assert leaning[1] < 0  # tilt_x > 0 leans towards -y

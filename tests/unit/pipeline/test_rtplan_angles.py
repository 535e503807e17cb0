"""Golden numbers come from closed formulas and from where a person would stand."""

from __future__ import annotations

from itertools import product
from math import cos, radians, sin

import numpy as np
import pytest

from pipeline.config.rtplan.angles import (
    ORIENTATION_SIGNS,
    BeamAngles,
    beam_direction_lps,
    fixed_from_head,
    lps_of_fixed,
    without_noise,
)
from pipeline.config.site import AngleConvention
from tests.tolerances import ROUNDING

POSITIONS = ("HFS", "HFP", "FFS", "FFP")
LEFT, BACK, HEAD = (1, 0, 0), (0, 1, 0), (0, 0, 1)
RIGHT, FRONT, FEET = (-1, 0, 0), (0, -1, 0), (0, 0, -1)

# Where up, the room's right (seen from the couch's foot) and the gantry's side lie in the patient.
ROOM = {
    "HFS": {"up": FRONT, "right": LEFT, "gantry": HEAD},
    "HFP": {"up": BACK, "right": RIGHT, "gantry": HEAD},
    "FFS": {"up": FRONT, "right": RIGHT, "gantry": FEET},
    "FFP": {"up": BACK, "right": LEFT, "gantry": FEET},
}


def source_fixed(angles: BeamAngles, convention: AngleConvention) -> tuple[float, float, float]:
    """Direction to the source, written out: x to the right, y to the gantry, z up."""
    g, p = radians(angles.gantry_deg), radians(angles.pitch_deg)
    if convention == "iec61217":
        return sin(g) * cos(p), -sin(p), cos(g) * cos(p)
    return sin(g), -sin(p) * cos(g), cos(p) * cos(g)


@pytest.mark.parametrize("position", POSITIONS)
def test_the_room_lies_in_the_patient_as_a_person_would_say(position: str) -> None:
    room = ROOM[position]
    assert lps_of_fixed(np.array([0.0, 0.0, 1.0]), 0.0, position) == pytest.approx(room["up"])
    assert lps_of_fixed(np.array([1.0, 0.0, 0.0]), 0.0, position) == pytest.approx(room["right"])
    assert lps_of_fixed(np.array([0.0, 1.0, 0.0]), 0.0, position) == pytest.approx(room["gantry"])


@pytest.mark.parametrize(
    ("position", "gantry_deg", "couch_deg", "travels"),
    [
        ("HFS", 0.0, 0.0, BACK),
        ("HFS", 90.0, 0.0, RIGHT),
        ("HFS", 270.0, 0.0, LEFT),
        ("HFS", 180.0, 0.0, FRONT),
        ("HFP", 0.0, 0.0, FRONT),
        ("HFP", 90.0, 0.0, LEFT),
        ("FFS", 0.0, 0.0, BACK),
        ("FFS", 90.0, 0.0, LEFT),
        ("FFP", 0.0, 0.0, FRONT),
        ("FFP", 90.0, 0.0, RIGHT),
        ("HFS", 90.0, 90.0, HEAD),
        ("HFS", 90.0, 270.0, FEET),
        ("FFS", 90.0, 90.0, FEET),
        ("HFS", 0.0, 77.0, BACK),
    ],
)
def test_beams_travel_where_a_person_would_see_them(
    position: str, gantry_deg: float, couch_deg: float, travels: tuple[int, int, int]
) -> None:
    angles = BeamAngles(gantry_deg, 0.0, couch_deg)
    for convention in ("iec61217", "roll_pitch"):
        direction = beam_direction_lps(angles, convention, position)
        assert direction == pytest.approx(travels, abs=ROUNDING)


@pytest.mark.parametrize("convention", ["iec61217", "roll_pitch"])
@pytest.mark.parametrize("position", POSITIONS)
@pytest.mark.parametrize("couch_deg", [20.0, -35.0, 100.0])
@pytest.mark.parametrize("pitch_deg", [-7.5, 9.0])
@pytest.mark.parametrize("gantry_deg", [12.0, -33.0, 140.0])
def test_with_no_angle_zero_the_direction_is_that_of_the_formula(
    gantry_deg: float,
    pitch_deg: float,
    couch_deg: float,
    position: str,
    convention: AngleConvention,
) -> None:
    angles = BeamAngles(gantry_deg, pitch_deg, couch_deg)
    x, y, z = source_fixed(angles, convention)
    c, s = cos(radians(couch_deg)), sin(radians(couch_deg))
    along_right, along_gantry = c * x + s * y, -s * x + c * y
    room = {name: np.array(axis) for name, axis in ROOM[position].items()}
    to_source = along_right * room["right"] + along_gantry * room["gantry"] + z * room["up"]
    found = beam_direction_lps(angles, convention, position)
    assert found == pytest.approx(-to_source, abs=ROUNDING)


@pytest.mark.parametrize(
    ("convention", "position", "golden"),
    [
        ("iec61217", "HFS", (-0.2383442, 0.9697794, -0.0521529)),
        ("iec61217", "HFP", (0.2383442, -0.9697794, -0.0521529)),
        ("iec61217", "FFS", (0.2383442, 0.9697794, 0.0521529)),
        ("iec61217", "FFP", (-0.2383442, -0.9697794, 0.0521529)),
        ("roll_pitch", "HFS", (-0.2390401, 0.9697794, -0.0488642)),
        ("roll_pitch", "FFP", (-0.2390401, -0.9697794, 0.0488642)),
    ],
)
def test_golden_directions(
    convention: AngleConvention, position: str, golden: tuple[float, float, float]
) -> None:
    found = beam_direction_lps(BeamAngles(12.0, -7.5, 20.0), convention, position)
    assert found == pytest.approx(golden, abs=1e-7)


def mirrored(angles: BeamAngles, signs: tuple[int, int, int]) -> BeamAngles:
    return BeamAngles(
        angles.gantry_deg * signs[0], angles.pitch_deg * signs[1], angles.couch_deg * signs[2]
    )


def least_apart(directions: list[tuple[float, float, float]]) -> float:
    found = [np.array(direction) for direction in directions]
    return float(min(np.linalg.norm(a - b) for i, a in enumerate(found) for b in found[:i]))


@pytest.mark.parametrize("convention", ["iec61217", "roll_pitch"])
@pytest.mark.parametrize("position", POSITIONS)
def test_every_mirror_gives_another_direction(position: str, convention: AngleConvention) -> None:
    angles = BeamAngles(12.0, -7.5, 20.0)
    mirrors = [mirrored(angles, (g, p, c)) for g, p, c in product((1, -1), repeat=3)]
    found = [beam_direction_lps(mirror, convention, position) for mirror in mirrors]
    assert least_apart(found) > 0.02  # more than 1 deg


@pytest.mark.parametrize("convention", ["iec61217", "roll_pitch"])
def test_every_orientation_gives_another_direction(convention: AngleConvention) -> None:
    angles = BeamAngles(12.0, -7.5, 20.0)
    assert least_apart([beam_direction_lps(angles, convention, p) for p in POSITIONS]) > 0.02


def test_the_two_conventions_differ_where_both_angles_do_not_vanish() -> None:
    tilted = BeamAngles(30.0, -20.0, 0.0)
    assert (
        np.abs(fixed_from_head(tilted, "iec61217") - fixed_from_head(tilted, "roll_pitch")).max()
        > 0.05
    )
    for angles in (BeamAngles(30.0, 0.0, 0.0), BeamAngles(0.0, -20.0, 0.0)):
        same = fixed_from_head(angles, "iec61217") - fixed_from_head(angles, "roll_pitch")
        assert np.abs(same).max() < ROUNDING


@pytest.mark.parametrize("position", list(ORIENTATION_SIGNS))
def test_no_orientation_is_a_mirror(position: str) -> None:
    axes = [lps_of_fixed(axis, 35.0, position) for axis in np.eye(3)]
    assert np.linalg.det(np.array(axes).T) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("angle_deg", "clean_deg"),
    [
        (8.4737249e-10, 0.0),
        (-8.4737249e-10, 0.0),
        (359.9999999, 0.0),
        (360.0, 0.0),
        (0.0, 0.0),
        (355.0, -5.0),
        (-5.0000000001, -5.0),
        (180.0, 180.0),
        (-180.0, 180.0),
        (540.0, 180.0),
        (181.0, -179.0),
        (12.300001, 12.300001),
    ],
)
def test_rounding_noise_is_no_angle(angle_deg: float, clean_deg: float) -> None:
    found = without_noise(angle_deg)
    assert found == clean_deg
    assert str(found) != "-0.0"

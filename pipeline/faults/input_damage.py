"""Damage to a set-up: one thing wrong, as it happens to people and to planning systems."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import radians

import numpy as np

from pipeline.config.rtplan.angles import ORIENTATION_SIGNS
from pipeline.faults.set_up import (
    BEVELS_DEG,
    SetUp,
    cone_id,
)

Damage = Callable[[SetUp, np.random.Generator], SetUp]

UNIT_FACTORS = (0.1, 0.001, 1 / 25.4)  # a length in mm, written in cm, m or inches
LENGTHS = ("inner_diameter_mm", "wall_mm", "length_mm", "ring_diameter_mm", "ring_height_mm")


def unit(rng: np.random.Generator) -> float:
    """Factor of a wrong unit of length."""
    return float(rng.choice(UNIT_FACTORS))


def set_plan(key: str, value: Callable[[np.random.Generator], object]) -> Damage:
    """Give the plan another value."""

    def damage(made: SetUp, rng: np.random.Generator) -> SetUp:
        made.plan[key] = value(rng)
        return made

    return damage


def another_patient(made: SetUp, rng: np.random.Generator) -> SetUp:
    """Take the plan of another patient, by file or by DICOM."""
    patient = f"other-{rng.integers(10**6)}"
    made.plan["patient_id"] = patient
    for dataset in (made.dicom, made.structures):
        if dataset is not None:
            dataset.PatientID = patient
    return made


def another_plan(made: SetUp, rng: np.random.Generator) -> SetUp:
    """Take another patient's plan with its own name."""
    made.plan["plan_id"] = f"other-{rng.integers(10**6)}"
    return another_patient(made, rng)


def another_revision(made: SetUp, rng: np.random.Generator) -> SetUp:
    """Take a former revision of the plan: one tolerance differs a little."""
    names = [name for name, limit in made.plan["limits"].items() if "tolerance" in limit]
    made.plan["limits"][str(rng.choice(names))]["tolerance"] *= float(rng.uniform(0.96, 0.99))
    return made


def another_area(made: SetUp, rng: np.random.Generator) -> SetUp:
    """Draw the area at risk anew."""
    u, v = (float(x) for x in rng.uniform(100.0, 300.0, 2))
    corners = [[u, v], [u + 60.0, v], [u + 60.0, v + 50.0], [u, v + 50.0]]
    made.plan["area_at_risk"] = {"frame_index": int(rng.integers(100)), "outline_px": corners}
    return made


def unapproved(made: SetUp, rng: np.random.Generator) -> SetUp:
    """Export a plan that nobody approved."""
    if made.dicom is None:
        raise ValueError("only a DICOM plan has an approval status")
    made.dicom.ApprovalStatus = str(rng.choice(["UNAPPROVED", "REJECTED"]))
    return made


def other_structures(made: SetUp, rng: np.random.Generator) -> SetUp:
    """Take the structure set of another patient."""
    if made.structures is None:
        raise ValueError("this set-up has no structure set")
    made.structures.PatientID = f"other-{rng.integers(10**6)}"
    return made


def looser(made: SetUp, rng: np.random.Generator) -> SetUp:
    """Loosen a limit beyond the site's cap."""
    names = [name for name, limit in made.plan["limits"].items() if "tolerance" in limit]
    made.plan["limits"][str(rng.choice(names))]["tolerance"] *= float(rng.uniform(1.02, 4.0))
    return made


def denied(item: str) -> Damage:
    """Let the second person read one item back otherwise."""
    return lambda made, _rng: replace(made, denied=item)


def mirrored_rig(made: SetUp, rng: np.random.Generator) -> SetUp:
    """Swap left and right (or another pair) in the rig's pose."""
    axis, by_row = int(rng.integers(3)), bool(rng.integers(2))
    for i in range(3):
        row, column = (axis, i) if by_row else (i, axis)
        made.rig["head_from_camera"][row][column] *= -1.0
    return made


def turned_rig(made: SetUp, rng: np.random.Generator) -> SetUp:
    """Take a camera's axes for those of another convention: two of them point the other way."""
    kept = int(rng.integers(3))
    for row in made.rig["head_from_camera"][:3]:
        for column in {0, 1, 2} - {kept}:
            row[column] *= -1.0
    return made


def other_position(made: SetUp, rng: np.random.Generator) -> SetUp:
    """Export the plan for another position of the patient."""
    if made.dicom is None:
        raise ValueError("only a DICOM plan has a position")
    others = [name for name in ORIENTATION_SIGNS if name != made.position]
    made.dicom.PatientSetupSequence[0].PatientPosition = str(rng.choice(others))
    return made


def mirrored_pitch(made: SetUp, _rng: np.random.Generator) -> SetUp:
    """Count the pitch the other way."""
    point = made.beam.ControlPointSequence[0]
    point.GantryPitchAngle = -float(point.GantryPitchAngle)
    return made


def mirrored_region(made: SetUp, _rng: np.random.Generator) -> SetUp:
    """Take back for front in the structure set (y of LPS)."""
    return _contours(made, np.array([1.0, -1.0, 1.0]))


def region_in_unit(made: SetUp, rng: np.random.Generator) -> SetUp:
    """Write the contours in cm, m or inches."""
    return _contours(made, np.full(3, unit(rng)))


def _contours(made: SetUp, factors: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> SetUp:
    if made.structures is None:
        raise ValueError("this set-up has no structure set")
    for contour in made.structures.ROIContourSequence[1].ContourSequence:
        points = np.array(contour.ContourData, dtype=np.float64).reshape(-1, 3) * factors
        contour.ContourData = [float(number) for number in np.round(points, 4).ravel()]
    return made


def plan_ssd_in_unit(made: SetUp, rng: np.random.Generator) -> SetUp:
    """Write the plan's source distance in cm, m or inches."""
    made.plan["beam"]["ssd_mm"] *= unit(rng)
    return made


def gap_in_unit(made: SetUp, rng: np.random.Generator) -> SetUp:
    """Write the planned docking gap in cm, m or inches."""
    made.plan["limits"]["docking_gap_mm"]["planned"] *= unit(rng)
    return made


def energy_in_kev(made: SetUp, _rng: np.random.Generator) -> SetUp:
    """Write the energy in keV, by file or by DICOM."""
    made.plan["beam"]["energy_mev"] *= 1000.0
    if made.dicom is not None:
        point = made.beam.ControlPointSequence[0]
        point.NominalBeamEnergy = float(point.NominalBeamEnergy) * 1000.0
    return made


def angle_in_radians(made: SetUp, rng: np.random.Generator) -> SetUp:
    """Write a head angle in radians, by file or by DICOM."""
    name, keyword = (
        ("head_roll_deg", "GantryAngle")
        if rng.integers(2)
        else ("head_pitch_deg", "GantryPitchAngle")
    )
    made.plan["beam"][name] = radians(made.plan["beam"][name])
    if made.dicom is not None:
        point = made.beam.ControlPointSequence[0]
        setattr(point, keyword, round(radians(float(getattr(point, keyword))), 8))
    return made


def dicom_ssd_in_unit(made: SetUp, rng: np.random.Generator) -> SetUp:
    """Export the source distance in cm, m or inches."""
    point = made.beam.ControlPointSequence[0]
    point.SourceToSurfaceDistance = round(float(point.SourceToSurfaceDistance) * unit(rng), 6)
    return made


def opening_in_unit(made: SetUp, rng: np.random.Generator) -> SetUp:
    """Export the applicator's opening in cm, m or inches."""
    geometry = made.beam.ApplicatorSequence[0].ApplicatorGeometrySequence[0]
    geometry.ApplicatorOpening = float(geometry.ApplicatorOpening) * unit(rng)
    return made


def rig_in_unit(made: SetUp, rng: np.random.Generator) -> SetUp:
    """Write the camera's place in cm, m or inches."""
    factor = unit(rng)
    for row in made.rig["head_from_camera"][:3]:
        row[3] *= factor
    return made


def catalogue_in_unit(made: SetUp, rng: np.random.Generator) -> SetUp:
    """Write the cone's entry in cm, m or inches."""
    factor = unit(rng)
    for name in LENGTHS:
        made.applicator[name] *= factor
    return made


def other_cone_in_the_room(made: SetUp, rng: np.random.Generator) -> SetUp:
    """Take a cone of another diameter off the tray."""
    return replace(made, cone=(_other_diameter(made, rng), made.cone[1]))


def other_bevel_in_the_room(made: SetUp, rng: np.random.Generator) -> SetUp:
    """Take a cone of another bevel off the tray."""
    return replace(made, cone=(made.cone[0], _other_bevel(made, rng)))


def other_cone_planned(made: SetUp, rng: np.random.Generator) -> SetUp:
    """Plan a cone of another diameter."""
    return _planned(made, _other_diameter(made, rng), made.cone[1])


def other_bevel_planned(made: SetUp, rng: np.random.Generator) -> SetUp:
    """Plan a cone of another bevel."""
    return _planned(made, made.cone[0], _other_bevel(made, rng))


def opening_of_another_cone(made: SetUp, rng: np.random.Generator) -> SetUp:
    """Export an opening that is not that of the applicator's id."""
    geometry = made.beam.ApplicatorSequence[0].ApplicatorGeometrySequence[0]
    geometry.ApplicatorOpening = _other_diameter(made, rng)
    return made


def applicator_id(text: Callable[[SetUp, np.random.Generator], str]) -> Damage:
    """Export another applicator id."""

    def damage(made: SetUp, rng: np.random.Generator) -> SetUp:
        made.beam.ApplicatorSequence[0].ApplicatorID = text(made, rng)
        return made

    return damage


def other_diameter_catalogued(made: SetUp, rng: np.random.Generator) -> SetUp:
    """Mistype the diameter in the catalogue."""
    made.applicator["inner_diameter_mm"] = _other_diameter(made, rng)
    return made


def other_bevel_catalogued(made: SetUp, rng: np.random.Generator) -> SetUp:
    """Mistype the bevel in the catalogue."""
    made.applicator["bevel_deg"] = _other_bevel(made, rng)
    return made


def other_length_catalogued(made: SetUp, rng: np.random.Generator) -> SetUp:
    """Correct the cone's length in the catalogue."""
    made.applicator["length_mm"] += float(rng.choice([-2.0, -1.0, 1.0, 2.0]))
    return made


def _planned(made: SetUp, diameter_mm: float, bevel_deg: float) -> SetUp:
    made.plan["applicator"] = cone_id(diameter_mm, bevel_deg)
    if made.dicom is not None:
        applicator = made.beam.ApplicatorSequence[0]
        applicator.ApplicatorID = f"C{diameter_mm / 10:g}B{bevel_deg:g}"
        applicator.ApplicatorGeometrySequence[0].ApplicatorOpening = diameter_mm
    return made


def _other_diameter(made: SetUp, rng: np.random.Generator) -> float:
    return float(rng.choice(made.other_diameters_mm))


def _other_bevel(made: SetUp, rng: np.random.Generator) -> float:
    return float(rng.choice([b for b in BEVELS_DEG if b != made.cone[1]]))

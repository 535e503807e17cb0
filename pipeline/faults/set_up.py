"""A set-up as people bring it: files, perhaps a DICOM plan, and the cone in the room. Simulation.

Drawn by seed. What is right here loads, is confirmed by two persons, and becomes READY.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np

from pipeline.config.rtplan.angles import ORIENTATION_SIGNS, BeamAngles, beam_direction_lps
from pipeline.faults.made_dicom import (
    ISOCENTRE,
    DicomData,
    copied,
    electron_beam,
    rt_plan,
    rt_structure_set,
)
from pipeline.faults.nominal import PLAN, NominalSession
from tracking import gate
from tracking.arrays import Float
from tracking.decision import FRAMES_TO_ARM, Verdict
from tracking.errors import FaultError
from tracking.snapshot import KernelState
from tracking.transforms import invert, rigid, rotation_from_vector

Table = dict[str, Any]  # of a file, which damage changes at any depth

DIAMETERS_MM = tuple(range(40, 81, 5))
BEVELS_DEG = (0, 15, 30)
SSD_MM = 500.0
ENERGIES_MEV = (6.0, 9.0, 12.0)
CONE_LENGTH_MM = 300.0
MAX_DRAWS = 64  # nine of ten sessions arm at once


@dataclass(frozen=True, eq=False)
class SetUp:
    """Everything that one attempt to treat starts from.

    Attributes
    ----------
    rig, plan, site, catalogue : dict
        The tables of the files; `plan` is not used where `dicom` is the plan.
    camera_from_head : (4, 4)
        Where the camera truly sits, whatever the rig file says.
    position : str or None
        How the patient lies, as whoever imports the DICOM plan sees it.
    cone : tuple
        (diameter in mm, bevel in deg) of the cone in the room, as the image shows it.
    denied : str
        An item that the second person reads back otherwise; empty: none.
    """

    seed: int
    rig: Table
    plan: Table
    site: Table
    catalogue: Table
    camera_from_head: Float
    cone: tuple[float, float]
    dicom: DicomData | None = None
    structures: DicomData | None = None
    position: str | None = None
    denied: str = ""

    def copied(self) -> SetUp:
        """One whose tables and data sets can be damaged without harm to this one."""
        return replace(
            self,
            rig=copy.deepcopy(self.rig),
            plan=copy.deepcopy(self.plan),
            site=copy.deepcopy(self.site),
            catalogue=copy.deepcopy(self.catalogue),
            dicom=None if self.dicom is None else copied(self.dicom),
            structures=None if self.structures is None else copied(self.structures),
        )

    @property
    def applicator(self) -> Table:
        """The catalogue's entry of the planned cone."""
        entry: Table = self.catalogue["applicator"][self.plan["applicator"]]
        return entry

    @property
    def other_diameters_mm(self) -> list[float]:
        """Those of the catalogue that are not the planned cone's."""
        entries = self.catalogue["applicator"].values()
        return sorted({entry["inner_diameter_mm"] for entry in entries} - {self.cone[0]})

    @property
    def beam(self) -> DicomData:
        """The DICOM plan's beam."""
        if self.dicom is None:
            raise ValueError("this set-up's plan is no DICOM file")
        beam: DicomData = self.dicom.BeamSequence[0]
        return beam


def cone_id(diameter_mm: float, bevel_deg: float) -> str:
    """As the catalogue names it."""
    return f"MOB-D{diameter_mm:g}-B{bevel_deg:g}"


def arming_session(seed: int) -> int:
    """Seed of the first session from `seed` on that is READY where nothing is wrong.

    A session near the limits may take longer to arm than a case lasts; it would tell nothing.
    """
    for drawn in range(seed * MAX_DRAWS, (seed + 1) * MAX_DRAWS):
        if _arms(NominalSession(drawn)):
            return drawn
    raise FaultError(f"None of {MAX_DRAWS} sessions without a fault is READY.")


def _arms(session: NominalSession) -> bool:
    """Whether the session is READY as soon as it can be."""
    state = KernelState()
    verdict = None
    for index in range(FRAMES_TO_ARM):
        decision, state = gate.decide(session.moment(index).frame, state)
        verdict = decision.verdict
    return verdict is Verdict.READY


def right_set_up(seed: int, *, from_dicom: bool) -> SetUp:
    """Draw a set-up without a fault."""
    rng = np.random.default_rng([seed, 211])
    diameter_mm, bevel_deg = float(rng.choice(DIAMETERS_MM)), float(rng.choice(BEVELS_DEG))
    head_from_camera = _camera_pose(rng)
    made = SetUp(
        seed=seed,
        rig=_rig(head_from_camera),
        plan=_plan(rng, cone_id(diameter_mm, bevel_deg)),
        site=_site(),
        catalogue=_catalogue(rng, diameter_mm),
        camera_from_head=invert(head_from_camera),
        cone=(diameter_mm, bevel_deg),
    )
    return _with_dicom(made, rng) if from_dicom else made


def _camera_pose(rng: np.random.Generator) -> Float:
    """Beside the head, looking down past it at the cone: `head_from_camera`."""
    azimuth = rng.uniform(0.0, 2.0 * np.pi)
    looks_down = rotation_from_vector(np.array([np.pi, 0.0, 0.0]))
    tilt = rotation_from_vector(np.radians(rng.uniform(15.0, 40.0)) * np.array([1.0, 0.0, 0.0]))
    turn = rotation_from_vector(azimuth * np.array([0.0, 0.0, 1.0]))
    place = turn @ np.array([0.0, rng.uniform(150.0, 300.0), rng.uniform(20.0, 150.0)])
    return np.round(rigid(turn @ tilt @ looks_down, place), 9)


def _rig(head_from_camera: Float) -> Table:
    return {
        "schema": 1,
        "camera_serial": "834412070001",
        "mount": "head",
        "head_from_camera": [[float(x) for x in row] for row in head_from_camera],
        "angle_sigma_deg": 0.05,
        "position_sigma_mm": 0.2,
        "calibrated_at": datetime(2026, 1, 1, 8, tzinfo=UTC),
        "valid_days": 30,
        "depth": {
            "baseline_mm": 50.0,
            "subpixel_px": 0.08,
            "correlation_px": 1.5,
            "bias_mm": [0.0],
        },
    }


def _limits() -> Table:
    limits = PLAN.limits
    table: Table = {
        name: {
            "planned": getattr(limits, name).planned,
            "tolerance": getattr(limits, name).tolerance,
        }
        for name in (
            *("docking_tilt_deg", "docking_lateral_mm", "docking_gap_mm"),
            *("air_gap_mm", "ssd_error_mm"),
        )
    }
    table["incidence_deg"] = {"planned": [0.0, 0.0], "tolerance": limits.incidence_deg.tolerance}
    return {
        **table,
        "coverage_fraction": {"minimum": 0.95},
        "intrusion_mm": {"maximum": 2.0},
        "air_gap_rim_mm": {"maximum": 5.0},
    }


def _plan(rng: np.random.Generator, applicator: str) -> Table:
    return {
        "schema": 1,
        "plan_id": f"plan-{rng.integers(10**6)}",
        "patient_id": f"phantom-{rng.integers(10**6)}",
        "approved": True,
        "machine": "mobetron",
        "applicator": applicator,
        "limits": _limits(),
        "beam": {
            "energy_mev": float(rng.choice(ENERGIES_MEV)),
            "ssd_mm": SSD_MM,
            "head_roll_deg": round(float(rng.uniform(5.0, 40.0)), 1),
            "head_pitch_deg": round(float(rng.uniform(-28.0, -12.0)), 1),
        },
        "patient": {"orientation": "HFS"},
    }


def _site() -> Table:
    limits = _limits()
    return {
        "schema": 1,
        "site_id": "campaign",
        "applicator_pattern": r"MOB-D(?P<diameter>\d+)-B(?P<bevel>\d+)",
        "area_at_risk_pattern": "Tumor Bed",
        "caps": {
            **{name: limit["tolerance"] for name, limit in limits.items() if "tolerance" in limit},
            "coverage_fraction": 0.95,
            "intrusion_mm": 2.0,
            "air_gap_rim_mm": 5.0,
        },
        "machine": {
            "mobetron": {
                "angle_convention": "iec61217",
                "dicom_names": ["MOBETRON_1"],
                "applicator_pattern": r"C(?P<diameter>\d+(?:\.5)?)B(?P<bevel>\d+)",
                "applicator_diameter_unit": "cm",
                "energies_mev": list(ENERGIES_MEV),
                "angle_step_deg": 0.1,
                "roll_range_deg": [-45.0, 45.0],
                "pitch_range_deg": [-30.0, 10.0],
                "plan_limits": limits,
            },
        },
    }


def _catalogue(rng: np.random.Generator, diameter_mm: float) -> Table:
    """The planned diameter and two others, each with every bevel."""
    others = rng.choice([d for d in DIAMETERS_MM if d != diameter_mm], 2, replace=False)
    return {
        "schema": 1,
        "applicator": {
            cone_id(diameter, bevel): {
                "machine": "mobetron",
                "inner_diameter_mm": float(diameter),
                "wall_mm": 2.0,
                "length_mm": CONE_LENGTH_MM,
                "bevel_deg": float(bevel),
                "ring_diameter_mm": 130.0,
                "ring_height_mm": 20.0,
                "material": "metal",
                "ssd_mm": SSD_MM,
            }
            for diameter in (diameter_mm, *others)
            for bevel in BEVELS_DEG
        },
    }


def _with_dicom(made: SetUp, rng: np.random.Generator) -> SetUp:
    """The same plan as a planning system would export it, with the region that the beam meets."""
    beam, (diameter_mm, bevel_deg) = made.plan["beam"], made.cone
    position = str(rng.choice(list(ORIENTATION_SIGNS)))
    couch_deg = round(float(rng.uniform(-60.0, 60.0)), 1)
    angles = BeamAngles(beam["head_roll_deg"], beam["head_pitch_deg"], couch_deg)
    direction = np.array(beam_direction_lps(angles, "iec61217", position))
    aside = np.cross(direction, rng.normal(size=3))
    aside *= rng.uniform(0.0, 0.3) * diameter_mm / np.linalg.norm(aside)
    middle = np.array(ISOCENTRE) + rng.uniform(0.0, 15.0) * direction + aside
    plan = rt_plan(
        electron_beam(
            gantry_deg=angles.gantry_deg % 360.0,
            pitch_deg=angles.pitch_deg,
            couch_deg=couch_deg,
            applicator_id=f"C{diameter_mm / 10:g}B{bevel_deg:g}",
            opening_mm=diameter_mm,
            ssd_mm=SSD_MM,
            energy_mev=beam["energy_mev"],
        ),
        position=position,
    )
    table = plan.ToleranceTableSequence[0]
    table.GantryPitchAngleTolerance = table.GantryAngleTolerance = 1.0
    table.TableTopVerticalPositionTolerance = 3.0
    plan.PatientID = made.plan["patient_id"]
    plan.RTPlanLabel = made.plan["plan_id"]
    x, y, z = (float(number) for number in middle)
    structures = rt_structure_set((x, y, z), radius_mm=float(rng.uniform(8.0, 16.0)))
    structures.PatientID = plan.PatientID
    return replace(made, dicom=copied(plan), structures=copied(structures), position=position)

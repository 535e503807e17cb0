"""What a site fixes for every plan: caps, the pattern of applicator ids, machines, persons."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from pipeline.config.display_settings import DisplaySettings
from pipeline.config.pin import PinVerifier
from pipeline.config.planned import PlannedRanges
from pipeline.config.qa_settings import QaSettings
from pipeline.config.supervisor_settings import SupervisorSettings
from tracking.plan import Limits

AngleConvention = Literal["iec61217", "roll_pitch"]
Role = Literal["surgeon", "radiation_oncologist", "physicist", "therapist", "engineer"]


@dataclass(frozen=True)
class Person:
    """A registered person; without a PIN they cannot sign a time-out or an acknowledgement."""

    id: str
    name: str
    role: Role
    pin: PinVerifier | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Caps:
    """The loosest limits a plan of this site may set; None means that the site sets no cap."""

    docking_tilt_deg: float
    docking_lateral_mm: float
    docking_gap_mm: float
    incidence_deg: float
    air_gap_mm: float
    ssd_error_mm: float
    coverage_minimum_fraction: float | None = None
    intrusion_maximum_mm: float | None = None
    air_gap_rim_maximum_mm: float | None = None


@dataclass(frozen=True)
class Machine:
    """What a site declares about one machine, and how its planning system writes plans for it.

    Attributes
    ----------
    angle_convention : str
        "iec61217" (gantry about Y, then pitch about the X that turned with it) or "roll_pitch"
        (the machine writes roll as gantry angle and pitch as gantry pitch angle; pitch tilts the
        arm about the room's X, roll turns the head on it).
    dicom_names : tuple of str
        Treatment Machine Names (300A,00B2) that mean this machine.
    applicator_pattern : compiled pattern or None
        Reads an Applicator ID (300A,0108); None: the site's own pattern.
    applicator_unit : str
        What the pattern's `diameter` counts in: "mm" or "cm".
    angle_step_deg : float or None
        Planned angles are multiples of this; others were written in another unit or by mistake.
    roll_range_deg, pitch_range_deg : tuple of float or None
        What the head can do.
    plan_limits : Limits or None
        The limits of an imported plan, which DICOM cannot carry.
    """

    name: str
    angle_convention: AngleConvention
    dicom_names: tuple[str, ...] = ()
    applicator_pattern: re.Pattern[str] | None = None
    applicator_unit: Literal["mm", "cm"] = "mm"
    energies_mev: tuple[float, ...] = ()
    angle_step_deg: float | None = None
    roll_range_deg: tuple[float, float] | None = None
    pitch_range_deg: tuple[float, float] | None = None
    plan_limits: Limits | None = None


@dataclass(frozen=True)
class Site:
    """One site's rules.

    Attributes
    ----------
    applicator_pattern : compiled pattern or None
        Matches a whole applicator id; groups `diameter` (mm) and `bevel` (deg).
    area_at_risk_pattern : compiled pattern or None
        Matches the whole name of the one region of a structure set that is the area at risk.
    planned : PlannedRanges
        Within which plans may set their goals.
    """

    id: str
    site_id: str
    caps: Caps
    applicator_pattern: re.Pattern[str] | None
    machines: Mapping[str, Machine]
    persons: tuple[Person, ...]
    supervisor: SupervisorSettings = field(default_factory=SupervisorSettings)
    area_at_risk_pattern: re.Pattern[str] | None = None
    qa: QaSettings = field(default_factory=QaSettings)
    display: DisplaySettings = field(default_factory=DisplaySettings)
    planned: PlannedRanges = field(default_factory=PlannedRanges)

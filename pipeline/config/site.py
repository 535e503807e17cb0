"""What a site fixes for every plan: caps, the pattern of applicator ids, machines, persons."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from pipeline.config.pin import PinVerifier
from pipeline.config.supervisor_settings import SupervisorSettings

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
class Site:
    """One site's rules.

    Attributes
    ----------
    applicator_pattern : compiled pattern or None
        Matches a whole applicator id; groups `diameter` (mm) and `bevel` (deg).
    angle_conventions : mapping
        By machine: "iec61217" (gantry about Y, pitch about X) or "roll_pitch" (the machine
        writes roll as gantry angle and pitch as gantry pitch angle).
    """

    id: str
    site_id: str
    caps: Caps
    applicator_pattern: re.Pattern[str] | None
    angle_conventions: Mapping[str, AngleConvention]
    persons: tuple[Person, ...]
    supervisor: SupervisorSettings = field(default_factory=SupervisorSettings)

"""Where a plan came from that was read out of a DICOM file; it never names people."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite, sqrt

UNIT_LENGTH_TOLERANCE = 1e-6  # of a direction that was written with repr


@dataclass(frozen=True)
class PlanOrigin:
    """What was read, and how.

    Attributes
    ----------
    file_sha256, sop_instance_sha256 : str
        Of the file's bytes, and of its SOP Instance UID.
    gantry_angle_deg, gantry_pitch_deg, collimator_deg, couch_deg : float
        As the file has them, without its rounding noise.
    beam_direction_lps : tuple of float
        Unit vector along which the beam travels, in the patient's space.
    tightened_by_table : tuple of str
        Limits that the plan's own tolerance table made tighter than the site's.
    """

    file_sha256: str
    sop_instance_sha256: str
    site: str
    beam_number: int
    angle_convention: str
    gantry_angle_deg: float
    gantry_pitch_deg: float
    collimator_deg: float
    couch_deg: float
    beam_direction_lps: tuple[float, float, float]
    tightened_by_table: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        angles = (
            self.gantry_angle_deg,
            self.gantry_pitch_deg,
            self.collimator_deg,
            self.couch_deg,
        )
        if not all(isfinite(angle) for angle in angles):
            raise ValueError(f"angles must be finite, got {angles}")
        length = sqrt(sum(component**2 for component in self.beam_direction_lps))
        if not abs(length - 1.0) <= UNIT_LENGTH_TOLERANCE:
            raise ValueError(f"beam_direction_lps must have length 1, has {length}")

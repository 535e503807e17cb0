"""Angles of a beam into the machine's head angles and the beam's direction in the patient.

Spaces (IEC 61217): `fixed`: x to the right of who faces the gantry, y towards the gantry, z up;
`patient`: x to the patient's left, y to the head, z to the front. DICOM's LPS is (x, -z, y) of it.
Angles are counted as DICOM writes them, right-handed about their axes; the beam travels along the
head's -z.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, radians, remainder, sin

import numpy as np

from pipeline.config.site import AngleConvention
from tracking.arrays import Float

ANGLE_DECIMALS = 6  # planning systems write 0 as 8e-10 deg and 0 as 359.9999999: noise, not a plan

# Signs of patient x, y, z along fixed x, y, z, for a couch at 0 (DICOM, (0018,5100)).
ORIENTATION_SIGNS: dict[str, tuple[int, int, int]] = {
    "HFS": (1, 1, 1),
    "HFP": (-1, 1, -1),
    "FFS": (-1, -1, 1),
    "FFP": (1, -1, -1),
}


@dataclass(frozen=True)
class BeamAngles:
    """Angles of one beam in degrees, as read, without rounding noise; in (-180, 180]."""

    gantry_deg: float
    pitch_deg: float
    couch_deg: float


def without_noise(angle_deg: float) -> float:
    """The angle in (-180, 180], rounded to `ANGLE_DECIMALS`; never -0."""
    wrapped = round(remainder(angle_deg, 360.0), ANGLE_DECIMALS)
    return 180.0 if wrapped == -180.0 else wrapped + 0.0


def fixed_from_head(angles: BeamAngles, convention: AngleConvention) -> Float:
    """Rotation (3, 3) of the head in the fixed space.

    `iec61217`: the gantry turns about y, and the pitch about the gantry's own x, which turned
    with it (DICOM, (300A,014A)). `roll_pitch`: the arm tilts about x, and the head rolls about
    the y that tilted with it. The two differ where both angles are not zero.
    """
    gantry, pitch = about_y(angles.gantry_deg), about_x(angles.pitch_deg)
    return gantry @ pitch if convention == "iec61217" else pitch @ gantry


def beam_direction_lps(
    angles: BeamAngles, convention: AngleConvention, orientation: str
) -> tuple[float, float, float]:
    """Unit vector along which the beam travels, in the patient's LPS space."""
    beam_fixed = fixed_from_head(angles, convention) @ np.array([0.0, 0.0, -1.0])
    return lps_of_fixed(beam_fixed, angles.couch_deg, orientation)


def lps_of_fixed(
    direction_fixed: Float, couch_deg: float, orientation: str
) -> tuple[float, float, float]:
    """A direction of the fixed space in the patient's LPS space.

    The couch turns about z with the patient on it, so the direction turns back in the patient.
    """
    on_couch = about_z(couch_deg).T @ direction_fixed
    x, y, z = on_couch * np.array(ORIENTATION_SIGNS[orientation])
    return float(x) + 0.0, float(-z) + 0.0, float(y) + 0.0


def about_x(angle_deg: float) -> Float:
    """Right-handed rotation about x."""
    c, s = cos(radians(angle_deg)), sin(radians(angle_deg))
    return np.array([[1.0, 0.0, 0.0], [0.0, c, -s], [0.0, s, c]])


def about_y(angle_deg: float) -> Float:
    """Right-handed rotation about y."""
    c, s = cos(radians(angle_deg)), sin(radians(angle_deg))
    return np.array([[c, 0.0, s], [0.0, 1.0, 0.0], [-s, 0.0, c]])


def about_z(angle_deg: float) -> Float:
    """Right-handed rotation about z."""
    c, s = cos(radians(angle_deg)), sin(radians(angle_deg))
    return np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])

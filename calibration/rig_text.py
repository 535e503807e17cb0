"""Writes `rig.toml` as `rig_file` reads it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from calibration.rig_check import check_rig_sigmas
from calibration.rig_file import parse_rig
from calibration.text_file import read_text_file
from tracking.arrays import Float
from tracking.errors import CalibrationError
from tracking.rig import ANY_SERIAL, Rig
from tracking.toml_reading import load_toml
from tracking.toml_text import TomlValue, table_lines

NOMINAL_DEPTH: Final[dict[str, TomlValue]] = {
    "baseline_mm": 50.0,
    "subpixel_px": 0.08,
    "correlation_px": 1.5,
    "bias_mm": [0.0],
}
NOMINAL_NOTE = "nominal values of a D4xx, not calibrated: run calibrate depth"
DIGITS = 9
DEFAULT_VALID_DAYS = 30.0


@dataclass(frozen=True, eq=False)
class RigParts:
    """What a rig's file says of the camera's place on the head. Sigmas are 1-sigma per axis."""

    camera_serial: str
    head_from_camera: Float
    angle_sigma_deg: float
    position_sigma_mm: float
    calibrated_at: datetime
    valid_days: float = DEFAULT_VALID_DAYS


def rig_text(parts: RigParts, base: Path | None) -> str:
    """Return the file's text; depth and labels are those of `base`, or nominal.

    A fiducial is never taken over: a moved camera sees it elsewhere.

    Raises
    ------
    CalibrationError
        `base` is of another camera, the sigmas are too large to be of use, or what is written
        could not be read back.
    """
    check_rig_sigmas(parts.position_sigma_mm, parts.angle_sigma_deg, "The rig")
    head: dict[str, TomlValue] = {
        "schema": 1,
        "camera_serial": parts.camera_serial,
        "mount": "head",
        "head_from_camera": [
            [round(x, DIGITS) for x in row] for row in parts.head_from_camera.tolist()
        ],
        "angle_sigma_deg": float(f"{parts.angle_sigma_deg:.4g}"),
        "position_sigma_mm": float(f"{parts.position_sigma_mm:.4g}"),
        "calibrated_at": parts.calibrated_at,
        "valid_days": float(parts.valid_days),
    }
    lines = table_lines(head)
    if base is None:
        lines += [f"[depth]  # {NOMINAL_NOTE}", *table_lines(NOMINAL_DEPTH)]
    else:
        lines += _taken_over(base, parts.camera_serial)
    text = "\n".join(lines) + "\n"
    parse_rig(text, "the new rig")
    return text


def _taken_over(base: Path, serial: str) -> list[str]:
    text = read_text_file(base, "rig")
    rig: Rig = parse_rig(text, str(base))
    if rig.camera_serial not in (serial, ANY_SERIAL):
        raise CalibrationError(
            "The depth calibration is of another camera.",
            expected=f"camera {serial}",
            actual=f"camera {rig.camera_serial}, as in {base}",
            remedy="Name the rig of this camera, or leave it out.",
        )
    tables: dict[str, Any] = load_toml(text)
    lines = [f"[depth]  # as in {base.name}", *table_lines(tables["depth"])]
    if "labels" in tables:
        lines += ["[labels]", *table_lines(tables["labels"])]
    return lines

"""`camera.toml`: a calibrated camera, written by `calibrate intrinsics`, read wherever needed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import isfinite
from pathlib import Path
from typing import Annotated

import numpy as np
from pydantic import ConfigDict, Field

from calibration.intrinsics import Intrinsics
from calibration.intrinsics_fit import IntrinsicsFit
from calibration.lens import (
    COEFFICIENT_NAMES,
    COEFFICIENTS,
    N_COEFFICIENTS,
    N_LENS,
    N_PINHOLE,
    Lens,
)
from calibration.lens_sigma import independent_covariance
from calibration.text_file import content_id, read_text_file
from tracking.arrays import Float
from tracking.errors import CalibrationError
from tracking.strict_toml import StrictFile, StrictTable, Text, parse_toml
from tracking.toml_text import TomlValue, table_lines

PINHOLE_NAMES = ("fx", "fy", "cx", "cy")
RECALIBRATE = "Calibrate the camera again; do not edit the numbers by hand."
SAME_SIGMA = 1e-3  # of a sigma: what rounding in a file leaves
DIGITS = 6  # of a pixel: a thousandth of the best sigma


class _Numbers(StrictTable):
    model_config = ConfigDict(allow_inf_nan=True)


class SigmaTable(_Numbers):
    """`[sigma]`: 1-sigma of fx, fy, cx, cy in pixels.

    `covariance`: of fx fy cx cy and then of `distortion`'s numbers; without it the four are taken
    as independent, and the distortion as exact.
    """

    fx: float
    fy: float
    cx: float
    cy: float
    covariance: list[list[float]] | None = None


class EvidenceTable(_Numbers):
    """`[evidence]`: how good the calibration is."""

    model: str
    board: str
    n_views: int
    rms_px: float
    held_out_px: float
    noise_px: float
    coverage_fraction: float
    warnings: list[str]


class CameraFile(StrictFile):
    """`camera.toml` as written. `distortion`: k1 k2 p1 p2 [k3 [k4 k5 k6]], OpenCV's order."""

    model_config = ConfigDict(allow_inf_nan=True)

    camera_serial: Text = "any"
    width: int
    height: int
    fx: float
    fy: float
    cx: float
    cy: float
    distortion: Annotated[list[float], Field(max_length=N_COEFFICIENTS)] = Field(
        default_factory=list
    )
    calibrated_at: datetime | None = None
    sigma: SigmaTable | None = None
    evidence: EvidenceTable | None = None


@dataclass(frozen=True, eq=False)
class Camera:
    """A camera's file as read. `sigma_px` of fx, fy, cx, cy; None where the file has none.

    `covariance` (12, 12) of fx fy cx cy k1 k2 p1 p2 k3 k4 k5 k6; None with `sigma_px`.
    """

    id: str
    serial: str
    lens: Lens
    sigma_px: Float | None
    covariance: Float | None
    calibrated_at: datetime | None


def read_camera(path: Path) -> Camera:
    """Read `camera.toml`.

    Raises
    ------
    ConfigurationError
        Missing, unreadable or malformed.
    CalibrationError
        Its numbers are no camera.
    """
    what, text = str(path), read_text_file(path, "camera")
    file = parse_toml(text, CameraFile, what)
    try:
        pinhole = np.array([file.fx, file.fy, file.cx, file.cy])
        lens = Lens(file.width, file.height, pinhole, np.array(file.distortion))
        sigma = _sigma(file)
        covariance = None if sigma is None else _covariance(file, sigma)
    except ValueError as error:
        raise CalibrationError(
            f"{what} holds a value that no camera has.", actual=str(error), remedy=RECALIBRATE
        ) from error
    return Camera(
        content_id(file.camera_serial, text),
        file.camera_serial,
        lens,
        sigma,
        covariance,
        file.calibrated_at,
    )


def camera_text(
    found: Intrinsics, serial: str, board: str, at: datetime, warnings: Sequence[str] = ()
) -> str:
    """Return `camera.toml` of a calibration; `warnings`: those beside the view set's own."""
    fit, lens = found.fit, found.fit.lens
    values = dict(zip(PINHOLE_NAMES, _rounded(lens.pinhole), strict=True))
    last = max(COEFFICIENTS[fit.model], default=-1)
    distortion = [float(f"{k:.12g}") for k in lens.distortion[: max(4, last + 1)].tolist()]
    head: dict[str, TomlValue] = {
        "schema": 1,
        "camera_serial": serial,
        "width": lens.width,
        "height": lens.height,
        **values,
        "distortion": distortion if last >= 0 else [],
        "calibrated_at": at,
    }
    evidence: dict[str, TomlValue] = {
        "model": fit.model,
        "board": board,
        "n_views": len(found.views),
        "rms_px": round(fit.rms_px, DIGITS),
        "held_out_px": round(found.held_out_px, DIGITS),
        "noise_px": round(fit.noise_px, DIGITS),
        "coverage_fraction": round(found.view_set.coverage_fraction, 4),
        "warnings": [*found.view_set.warnings, *warnings],
    }
    sigma: dict[str, TomlValue] = dict(
        zip(PINHOLE_NAMES, _rounded(found.stated_sigma[:4]), strict=True)
    )
    sigma["covariance"] = _written_covariance(
        fit, N_PINHOLE + (len(distortion) if last >= 0 else 0)
    )
    lines = table_lines(head)
    lines.insert(8, f"# {' '.join(COEFFICIENT_NAMES)}, as far as given")
    why = "corner noise" if fit.is_noise_only else "corner noise, widened: the views disagree"
    lines += [f"[sigma]  # 1-sigma: {why}"]
    return "\n".join([*lines, *table_lines(sigma), "[evidence]", *table_lines(evidence)]) + "\n"


def _sigma(file: CameraFile) -> Float | None:
    """Return the sigmas; raises ValueError where they, or the time, are none."""
    if file.calibrated_at is not None and file.calibrated_at.tzinfo is None:
        raise ValueError("calibrated_at needs a time zone (write 2026-01-01T08:00:00Z)")
    if file.sigma is None:
        return None
    sigma = np.array([getattr(file.sigma, name) for name in PINHOLE_NAMES])
    if not all(isfinite(s) and s >= 0 for s in sigma.tolist()):
        raise ValueError(f"sigma must be finite and not negative, got {sigma.tolist()}")
    return sigma


def _covariance(file: CameraFile, sigma_px: Float) -> Float:
    """Return the covariance (12, 12); raises ValueError where it is none or not of these sigmas."""
    rows = file.sigma.covariance if file.sigma else None
    if rows is None:
        return independent_covariance(sigma_px)
    n = N_PINHOLE + len(file.distortion)
    if len(rows) != n or any(len(row) != n for row in rows):
        raise ValueError(f"sigma.covariance must have {n} rows of {n} numbers")
    given = np.array(rows)
    if not np.isfinite(given).all() or not np.allclose(given, given.T, rtol=1e-6, atol=0):
        raise ValueError("sigma.covariance must be finite and symmetric")
    unit = np.sqrt(np.maximum(np.diag(given), 0.0))
    scale = np.where(unit > 0, unit, 1.0)
    if np.linalg.eigvalsh(given / np.outer(scale, scale))[0] < -SAME_SIGMA:
        raise ValueError("sigma.covariance has a negative eigenvalue")
    if not np.allclose(unit[:N_PINHOLE], sigma_px, rtol=SAME_SIGMA, atol=10.0**-DIGITS):
        raise ValueError(f"sigma.covariance says {unit[:N_PINHOLE].tolist()}, not the sigmas given")
    whole = np.zeros((N_LENS, N_LENS))
    whole[:n, :n] = given
    return whole


def _written_covariance(fit: IntrinsicsFit, n: int) -> list[list[float]]:
    """Rows for the first `n` of a lens's numbers; those that were not fitted are exact."""
    whole = fit.lens_covariance
    return [[float(f"{value:.9g}") for value in row] for row in whole[:n, :n].tolist()]


def _rounded(values: Float) -> list[float]:
    return [round(value, DIGITS) for value in values.tolist()]

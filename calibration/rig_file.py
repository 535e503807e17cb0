"""`rig.toml`: reading and refusing.

A malformed file is a configuration error (exit 3); numbers that cannot be a calibration are a
calibration error (exit 4).
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal, NoReturn

import numpy as np
from pydantic import ConfigDict, Field

from calibration.depth_calibration_table import depth_calibration
from calibration.depth_table import DepthTable, depth_noise
from calibration.directions import direction_words
from calibration.rig_check import expires_at
from calibration.text_file import content_id, read_text_file
from tracking.arrays import Float
from tracking.collar_codes import Dictionary
from tracking.errors import CalibrationError, ConfigurationError
from tracking.rig import Fiducial, FiducialMarker, FiducialPlane, Rig
from tracking.strict_toml import StrictFile, StrictTable, Text, parse_toml
from tracking.transforms import ORTHONORMAL_TOLERANCE, orthonormal_error, orthonormalise

RECALIBRATE = "Calibrate the rig again; do not edit the numbers by hand."
TYPED_TOLERANCE = 1e-4  # of R^T R - I: 5 typed decimals err by 2e-5, a scale of 1.001 by 2e-3
MAX_POSITION_MM = 10_000.0  # no camera is bolted to a head farther away
MAX_VALID_DAYS = 3650.0  # ten years: no mount stays as it was calibrated for longer

Region = Annotated[list[int], Field(min_length=4, max_length=4)]


class _NumbersJudgedLater(StrictTable):
    """NaN passes the schema here: as a calibration's value it is exit 4, with its own message."""

    model_config = ConfigDict(allow_inf_nan=True)


class LabelsTable(StrictTable):
    """`[labels]`."""

    plus_x: Text
    plus_y: Text


class FiducialMarkerTable(_NumbersJudgedLater):
    """`[fiducial.marker]`: a printed code on the fiducial."""

    dictionary: Dictionary
    id: int
    side_mm: float
    corners_px: list[list[float]]
    picture_px: Annotated[list[int], Field(min_length=2, max_length=2)]


class FiducialTable(_NumbersJudgedLater):
    """`[fiducial]`: `normal` and `distance_mm` come together; a marker needs them."""

    region_px: Region
    depth_mm: float
    normal: Annotated[list[float], Field(min_length=3, max_length=3)] | None = None
    distance_mm: float | None = None
    marker: FiducialMarkerTable | None = None


class RigFile(StrictFile):
    """`rig.toml` as written."""

    model_config = ConfigDict(allow_inf_nan=True)

    camera_serial: Text
    mount: Literal["head", "room"]
    head_from_camera: list[list[float]]
    angle_sigma_deg: float
    position_sigma_mm: float
    calibrated_at: datetime
    valid_days: float
    depth: DepthTable
    labels: LabelsTable | None = None
    fiducial: FiducialTable | None = None


def read_rig(path: Path) -> Rig:
    """Read `rig.toml`.

    Raises
    ------
    ConfigurationError
        The file is missing, unreadable or malformed.
    CalibrationError
        Its numbers cannot be a calibration, or its mount is not supported.
    """
    return parse_rig(read_text_file(path, "rig"), str(path))


def parse_rig(text: str, what: str) -> Rig:
    """Parse the text of a rig file; `what` names it in messages. Raises as `read_rig`.

    A rotation typed with 5 decimals is replaced by the nearest exact one.
    """
    file = parse_toml(text, RigFile, what)
    if file.mount == "room":
        raise CalibrationError(
            f'{what}: mount = "room" is not supported yet.',
            expected='mount = "head": the camera is bolted to the head',
            actual='mount = "room", which needs the head target to be found in every frame',
            remedy="Bolt the camera to the head and calibrate that rig.",
        )
    labels = _labels(file.labels, what)
    pose = _pose(file.head_from_camera, what)
    if file.valid_days > MAX_VALID_DAYS:
        raise CalibrationError(
            f"{what}: valid_days is longer than any calibration holds.",
            expected=f"at most {MAX_VALID_DAYS:g} days",
            actual=f"{file.valid_days:g} days",
            remedy=RECALIBRATE,
        )
    try:
        rig = Rig(
            id=content_id(file.camera_serial, text),
            camera_serial=file.camera_serial,
            mount=file.mount,
            head_from_camera=pose,
            angle_sigma_deg=file.angle_sigma_deg,
            position_sigma_mm=file.position_sigma_mm,
            calibrated_at=file.calibrated_at,
            valid_days=file.valid_days,
            depth=depth_noise(file.depth, what),
            depth_calibration=depth_calibration(file.depth.calibration),
            labels=labels,
            fiducial=_fiducial(file.fiducial, what),
        )
        expires_at(rig)
    except (ValueError, OverflowError) as error:
        raise CalibrationError(
            f"{what} holds a value that no calibration gives.",
            actual=str(error),
            remedy=RECALIBRATE,
        ) from error
    return rig


def _labels(table: LabelsTable | None, what: str) -> dict[str, str]:
    """What people call +x and +y; refused where a word stands for two directions of the four."""
    if table is None:
        return {}
    labels: dict[str, str] = table.model_dump()
    words = direction_words(labels)
    if not words.are_distinct:
        raise ConfigurationError(
            f"{what}: [labels] gives one word to two directions of the head.",
            expected="four words for +x, -x, +y and -y that differ",
            actual=", ".join(words.all),
            remedy="Name two directions that stand square to each other, such as right and back.",
        )
    return labels


def _fiducial(table: FiducialTable | None, what: str) -> Fiducial | None:
    if table is None:
        return None
    u0, v0, u1, v1 = table.region_px
    if not (0 <= u0 < u1 and 0 <= v0 < v1 and np.isfinite(table.depth_mm) and table.depth_mm > 0):
        raise CalibrationError(
            f"{what}: the fiducial's place in the picture makes no sense.",
            expected="region_px = [u0, v0, u1, v1] with u0 < u1 and v0 < v1, depth_mm positive",
            actual=f"region_px = {table.region_px}, depth_mm = {table.depth_mm}",
            remedy=RECALIBRATE,
        )
    if (table.normal is None) != (table.distance_mm is None):
        raise ValueError("fiducial: normal and distance_mm come together")
    return Fiducial(
        (u0, v0, u1, v1),
        table.depth_mm,
        plane=None
        if table.normal is None or table.distance_mm is None
        else FiducialPlane((table.normal[0], table.normal[1], table.normal[2]), table.distance_mm),
        marker=None if table.marker is None else _marker(table.marker),
    )


def _marker(table: FiducialMarkerTable) -> FiducialMarker:
    if any(len(corner) != 2 for corner in table.corners_px):
        raise ValueError("fiducial: corners_px needs four finite pairs")
    return FiducialMarker(
        dictionary=table.dictionary,
        id=table.id,
        side_mm=table.side_mm,
        corners_px=tuple((u, v) for u, v in table.corners_px),
        picture_px=(table.picture_px[0], table.picture_px[1]),
    )


def _pose(rows: list[list[float]], what: str) -> Float:
    """Return a rigid pose, or refuse it with its own message for each way to be wrong."""

    def refuse(fault: str, expected: str, actual: str) -> NoReturn:
        raise CalibrationError(
            f"{what}: head_from_camera {fault}.",
            expected=expected,
            actual=actual,
            remedy=RECALIBRATE,
        )

    if len(rows) != 4 or any(len(row) != 4 for row in rows):
        lengths = ", ".join(str(len(row)) for row in rows)
        refuse("is not a 4x4 matrix", "4 rows of 4 numbers", f"rows of {lengths or 'nothing'}")
    matrix = np.array(rows)
    if not np.isfinite(matrix).all():
        row, column = np.argwhere(~np.isfinite(matrix))[0]
        place = f"{matrix[row, column]} in row {row + 1}, column {column + 1}"
        refuse("holds a number that is not finite", "16 finite numbers", place)
    if matrix[3].tolist() != [0.0, 0.0, 0.0, 1.0]:
        refuse("is not a rigid transform", "last row [0, 0, 0, 1]", str(matrix[3].tolist()))
    rotation = matrix[:3, :3]
    error = orthonormal_error(rotation)
    if error > TYPED_TOLERANCE:
        refuse(
            "is not orthonormal: it would stretch the picture",
            f"a rotation to {TYPED_TOLERANCE:.0e}",
            f"largest error {error:.2e}",
        )
    if np.linalg.det(rotation) < 0:
        refuse(
            "is mirrored: it would swap left and right",
            "a right-handed rotation (determinant +1)",
            "determinant -1",
        )
    farthest_mm = float(np.abs(matrix[:3, 3]).max())
    if farthest_mm > MAX_POSITION_MM:
        refuse(
            "puts the camera farther from the head than any room is long",
            f"at most {MAX_POSITION_MM:g} mm along each axis",
            f"{farthest_mm:g} mm",
        )
    return matrix if error <= ORTHONORMAL_TOLERANCE else orthonormalise(matrix)

"""The TOML that says where a target sits on the head, and how well it is made.

    schema = 1
    unit = "mm"                     # of head_from_board's translation: "mm" (default) or "m"
    head_from_board = [[4x4]]       # row by row
    sigma_mm = 0.05                 # always mm and deg
    sigma_deg = 0.01

The board's origin is its first point (ChArUco: the first inner corner, marked on the printed
sheet), x along a row to the right, y down the rows, z into the board.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from calibration.poses_file import MM_PER_UNIT
from calibration.text_file import read_text_file
from tracking.arrays import Float
from tracking.errors import CalibrationError
from tracking.strict_toml import StrictFile, parse_toml
from tracking.transforms import check_transform, rigid

MAX_PLACE_MM = 2000.0  # no target on a head sits farther from the docking reference
MIN_PLACE_MM = 5.0  # nearer, and without a unit, metres are as likely


class HeadTargetFile(StrictFile):
    """As written. `sigma_mm`, `sigma_deg`: 1-sigma per axis of the target's make and seat.

    `unit` of `head_from_board`'s translation; None is mm.
    """

    unit: Literal["mm", "m"] | None = None

    head_from_board: list[list[float]]
    sigma_mm: Annotated[float, Field(ge=0)]
    sigma_deg: Annotated[float, Field(ge=0)]


@dataclass(frozen=True, eq=False)
class PlacedTarget:
    """`head_from_board` in mm."""

    head_from_board: Float
    sigma_mm: float
    sigma_deg: float


def read_head_target(path: Path) -> PlacedTarget:
    """Read the file.

    Raises
    ------
    ConfigurationError
        Missing, unreadable or malformed.
    CalibrationError
        `head_from_board` is no pose, or lies where no target does.
    """
    file = parse_toml(read_text_file(path, "head target"), HeadTargetFile, str(path))
    try:
        pose = check_transform("head_from_board", file.head_from_board)
    except ValueError as error:
        raise CalibrationError(
            f"{path} holds a matrix that is no pose.",
            actual=str(error),
            remedy="Copy it from the target's drawing, 7 decimals or more.",
        ) from error
    placed = rigid(pose[:3, :3], pose[:3, 3] * MM_PER_UNIT[file.unit or "mm"])
    away_mm = float(np.linalg.norm(placed[:3, 3]))
    if away_mm > MAX_PLACE_MM or (file.unit is None and away_mm < MIN_PLACE_MM):
        raise CalibrationError(
            f"{path}: the target lies where none does on a head.",
            expected=f"{MIN_PLACE_MM:g} to {MAX_PLACE_MM:g} mm from the head's origin, "
            f"nearer only where the file says its unit",
            actual=f"{away_mm:.3g} mm, taken as {file.unit or 'mm'}",
            remedy='Say unit = "mm" or unit = "m", whichever head_from_board is written in.',
        )
    return PlacedTarget(placed, file.sigma_mm, file.sigma_deg)

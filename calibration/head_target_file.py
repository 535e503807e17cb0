"""The TOML that says where a target sits on the head, and how well it is made."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import Field

from calibration.text_file import read_text_file
from tracking.arrays import Float
from tracking.errors import CalibrationError
from tracking.strict_toml import StrictFile, parse_toml
from tracking.transforms import check_transform


class HeadTargetFile(StrictFile):
    """As written. `sigma_mm`, `sigma_deg`: 1-sigma per axis of the target's make and seat."""

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
        `head_from_board` is no pose.
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
    return PlacedTarget(pose, file.sigma_mm, file.sigma_deg)

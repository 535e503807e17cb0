"""`poses.json`: where the robot was for each picture, or a tool for each reading; with its unit."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, TypeVar

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from calibration.text_file import read_text_file
from tracking.arrays import Float
from tracking.errors import ConfigurationError
from tracking.transforms import orthonormal_error, orthonormalise

MM_PER_UNIT = {"m": 1000.0, "mm": 1.0}
ROUNDED = 3e-3  # of R^T R - I: three decimals err by up to 5e-4 in each of nine numbers
COARSE = 1e-4  # a turn of 0.003 deg
Row = Annotated[list[float], Field(min_length=4, max_length=4)]


class PoseEntry(BaseModel):
    """One pose."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    image: Annotated[str, Field(min_length=1)]
    base_from_gripper: Annotated[list[Row], Field(min_length=4, max_length=4)]


class PosesFile(BaseModel):
    """`poses.json` as written."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    unit: Literal["m", "mm"]
    poses: Annotated[list[PoseEntry], Field(min_length=1)]


@dataclass(frozen=True, eq=False)
class RobotPoses:
    """`base_from_gripper` in mm by the picture's name, in the file's order.

    `rounding`: largest R^T R - I as written; the rotations are made exact. A rounding differs from
    pose to pose, so the calibrations count it as the robot's noise.
    """

    unit: str
    base_from_gripper: dict[str, Float]
    rounding: float

    @property
    def note(self) -> str | None:
        """What the rounding costs, where it does."""
        if self.rounding <= COARSE:
            return None
        return (
            f"the poses' rotations are rounded (R^T R off by {self.rounding:.1e}): about "
            f"{np.degrees(self.rounding / 2):.2f} deg each; write six decimals or more"
        )


class ToolPoseEntry(BaseModel):
    """One reading of a tracked tool."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    name: Annotated[str, Field(min_length=1)]
    tracker_from_tool: Annotated[list[Row], Field(min_length=4, max_length=4)]


class ToolPosesFile(BaseModel):
    """The file of a pivot calibration as written."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    unit: Literal["m", "mm"]
    poses: Annotated[list[ToolPoseEntry], Field(min_length=1)]


ROBOT_FORM = '{"unit": "m" or "mm", "poses": [{"image": NAME, "base_from_gripper": 4x4}]}'
TOOL_FORM = '{"unit": "m" or "mm", "poses": [{"name": NAME, "tracker_from_tool": 4x4}]}'
FileT = TypeVar("FileT", PosesFile, ToolPosesFile)


def read_poses(path: Path) -> RobotPoses:
    """Read `poses.json`.

    Raises
    ------
    ConfigurationError
        Malformed, without a unit, a picture named twice, or a matrix that is no pose.
    """
    file = _read(path, PosesFile, ROBOT_FORM)
    rows = [(entry.image, entry.base_from_gripper) for entry in file.poses]
    rounding = max(orthonormal_error(np.array(row)[:3, :3]) for _, row in rows)
    return RobotPoses(file.unit, _poses(path, rows, file.unit, ROBOT_FORM), rounding)


def read_tool_poses(path: Path) -> dict[str, Float]:
    """Read poses `tracker_from_tool` of a tracked tool by their names, in mm; raises as above."""
    file = _read(path, ToolPosesFile, TOOL_FORM)
    rows = [(entry.name, entry.tracker_from_tool) for entry in file.poses]
    return _poses(path, rows, file.unit, TOOL_FORM)


def _read(path: Path, form: type[FileT], expected: str) -> FileT:
    text = read_text_file(path, "poses")
    try:
        return form.model_validate(json.loads(text))
    except (json.JSONDecodeError, RecursionError) as error:
        raise _refuse(path, "is not valid JSON", str(error), expected) from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        what, actual = "does not follow its format", f"{place}: {first['msg']}"
        if place == "unit":
            what = 'does not say its unit: "m" or "mm"'
        raise _refuse(path, what, actual, expected) from error


def _poses(
    path: Path, rows: Sequence[tuple[str, list[Row]]], unit: str, expected: str
) -> dict[str, Float]:
    found: dict[str, Float] = {}
    for name, row in rows:
        if name in found:
            raise _refuse(path, "names a pose twice", name, expected)
        matrix = np.array(row)
        error = orthonormal_error(matrix[:3, :3])
        is_last_row = np.allclose(matrix[3], [0, 0, 0, 1], rtol=0, atol=1e-9)
        if not is_last_row or error > ROUNDED or np.linalg.det(matrix[:3, :3]) < 0:
            what = "holds a matrix that is no pose (row-major, rotation, mm or m)"
            actual = f"{name}: last row {matrix[3].tolist()}, rotation off by {error:.1e}"
            raise _refuse(path, what, actual, expected)
        matrix[:3, 3] *= MM_PER_UNIT[unit]
        found[name] = orthonormalise(matrix)
    return found


def _refuse(path: Path, what: str, actual: str, expected: str) -> ConfigurationError:
    return ConfigurationError(
        f"{path} {what}.",
        expected=expected,
        actual=actual,
        remedy="Write the poses again from the device's log.",
    )

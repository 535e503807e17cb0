"""`poses.json`: where the robot was for each picture. The unit is mandatory."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from calibration.text_file import read_text_file
from tracking.arrays import Float
from tracking.errors import ConfigurationError
from tracking.transforms import orthonormal_error, orthonormalise

MM_PER_UNIT = {"m": 1000.0, "mm": 1.0}
ROUNDED = 1e-3  # of R^T R - I: robots print three to six decimals
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
    """`base_from_gripper` in mm by the picture's name, in the file's order."""

    unit: str
    base_from_gripper: dict[str, Float]


def read_poses(path: Path) -> RobotPoses:
    """Read `poses.json`.

    Raises
    ------
    ConfigurationError
        Malformed, without a unit, a picture named twice, or a matrix that is no pose.
    """
    text = read_text_file(path, "poses")
    try:
        file = PosesFile.model_validate(json.loads(text))
    except (json.JSONDecodeError, RecursionError) as error:
        raise _refuse(path, "is not valid JSON", str(error)) from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        if place == "unit":
            raise _refuse(
                path, 'does not say its unit: "m" or "mm"', f"unit: {first['msg']}"
            ) from error
        raise _refuse(path, "does not follow its format", f"{place}: {first['msg']}") from error
    found: dict[str, Float] = {}
    for entry in file.poses:
        if entry.image in found:
            raise _refuse(path, "names a picture twice", entry.image)
        found[entry.image] = _pose(path, entry, MM_PER_UNIT[file.unit])
    return RobotPoses(file.unit, found)


def _pose(path: Path, entry: PoseEntry, mm_per_unit: float) -> Float:
    matrix = np.array(entry.base_from_gripper)
    error = orthonormal_error(matrix[:3, :3])
    is_last_row = np.allclose(matrix[3], [0, 0, 0, 1], rtol=0, atol=1e-9)
    if not is_last_row or error > ROUNDED or np.linalg.det(matrix[:3, :3]) < 0:
        actual = f"{entry.image}: last row {matrix[3].tolist()}, rotation off by {error:.1e}"
        raise _refuse(path, "holds a matrix that is no pose (row-major, rotation, mm or m)", actual)
    matrix[:3, 3] *= mm_per_unit
    return orthonormalise(matrix)


def _refuse(path: Path, what: str, actual: str) -> ConfigurationError:
    return ConfigurationError(
        f"{path} {what}.",
        expected='{"unit": "m" or "mm", "poses": [{"image": NAME, "base_from_gripper": 4x4}]}',
        actual=actual,
        remedy="Write the poses again from the robot's log.",
    )

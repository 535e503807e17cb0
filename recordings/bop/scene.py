"""The JSON files of a BOP scene folder, validated as a whole before any image is read."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import ValidationError

from recordings.bop.layout import CAMERA_FILE, POSES_FILE, TRUTH_FILE
from recordings.truth_record import TruthRecord
from tracking.arrays import Float, finite_array
from tracking.errors import SourceError
from tracking.frame import GroundTruth
from tracking.transforms import (
    ORTHONORMAL_TOLERANCE,
    check_transform,
    orthonormal_error,
    orthonormalise,
    rigid,
)

LONGEST_KEY = 9  # digits of a frame's index
ROUNDED_TOLERANCE = 1e-3  # of R^T R - I: 4 decimals err by 2e-4; a real error of a pose is larger


@dataclass(frozen=True, eq=False)
class SceneEntry:
    """What the JSON files say about one frame; `camera_matrix` is K, (3, 3)."""

    index: int
    camera_matrix: Float
    depth_unit_mm: float
    truth: GroundTruth | None


def read_scene(folder: Path) -> tuple[SceneEntry, ...]:
    """Return the entries of every frame in the order of their indices.

    Raises
    ------
    SourceError
        Intrinsics or depth unit missing or invalid, an invalid pose, or no frame at all.
    """
    path = folder / CAMERA_FILE
    if not path.is_file():
        raise SourceError(
            f"{folder} has no intrinsics",
            expected=f"a file {CAMERA_FILE} with cam_K and depth_scale for every frame",
            actual="no such file",
            remedy="take the camera's intrinsics from the recording, they cannot be guessed",
        )
    cameras = _by_index(path)
    if not cameras:
        raise SourceError(f"{path} lists no frames")
    poses = _by_index(folder / POSES_FILE)
    truths = _by_index(folder / TRUTH_FILE)
    return tuple(
        SceneEntry(
            index=index,
            camera_matrix=_camera_matrix(path, index, cameras[index]),
            depth_unit_mm=_depth_unit(path, index, cameras[index]),
            truth=_truth(folder, index, poses.get(index), truths.get(index)),
        )
        for index in sorted(cameras)
    )


def _by_index(path: Path) -> dict[int, Any]:
    """Return a JSON object keyed by frame index; empty where the file does not exist."""
    if not path.is_file():
        return {}
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise SourceError(f"{path} cannot be read", actual=str(error)) from error
    if not isinstance(content, dict):
        raise SourceError(f"{path} must hold one JSON object", actual=type(content).__name__)
    result: dict[int, Any] = {}
    for key, value in content.items():
        is_index = key.isascii() and key.isdigit() and len(key) <= LONGEST_KEY
        if not is_index or int(key) in result:
            told = f"key {key[: 3 * LONGEST_KEY]!r}"
            raise SourceError(f"{path}: keys are frame indices, each once", actual=told)
        result[int(key)] = value
    return result


def _camera_matrix(path: Path, index: int, entry: object) -> Float:
    values = entry.get("cam_K") if isinstance(entry, dict) else None
    if values is None:
        raise SourceError(
            f"{path}: frame {index} has no intrinsics",
            expected="cam_K with 9 numbers, row by row",
            remedy="take them from the recording, they cannot be guessed",
        )
    try:
        matrix = finite_array("cam_K", values, (9,)).reshape(3, 3)
    except (TypeError, ValueError) as error:
        raise SourceError(f"{path}: frame {index} has invalid intrinsics: {error}") from error
    pattern = np.array(
        [[matrix[0, 0], 0, matrix[0, 2]], [0, matrix[1, 1], matrix[1, 2]], [0, 0, 1]]
    )
    if not np.array_equal(matrix, pattern):
        raise SourceError(
            f"{path}: frame {index} has intrinsics that are not a pinhole's",
            expected="[fx, 0, cx, 0, fy, cy, 0, 0, 1]",
            actual=str(matrix.ravel().tolist()),
        )
    return matrix


def _depth_unit(path: Path, index: int, entry: dict[str, Any]) -> float:
    value = entry.get("depth_scale")
    if value is None:
        raise SourceError(
            f"{path}: frame {index} has no depth unit",
            expected="depth_scale: mm of one raw step",
            remedy="read the unit from the device that recorded it; it differs between cameras",
        )
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not (is_number and np.isfinite(value) and value > 0):
        raise SourceError(
            f"{path}: frame {index} has an invalid depth unit",
            expected="depth_scale positive and finite",
            actual=str(value),
        )
    return float(value)


def _truth(folder: Path, index: int, poses: object, extra: object) -> GroundTruth | None:
    if poses is None and extra is None:
        return None
    pose = _pose(folder / POSES_FILE, index, poses) if poses else None
    if extra is None:
        return GroundTruth(camera_from_applicator=pose)
    try:
        record = TruthRecord.model_validate({"camera_from_applicator": None, **_object(extra)})
    except (ValidationError, ValueError) as error:
        raise SourceError(f"{folder / TRUTH_FILE}: frame {index} is invalid: {error}") from error
    return GroundTruth(
        camera_from_applicator=pose,
        quantities=dict(record.quantities),
        axis_bound_deg=record.axis_bound_deg,
        exit_bound_mm=record.exit_bound_mm,
        phase=record.phase,
    )


def _pose(path: Path, index: int, poses: object) -> Float:
    """Return `camera_from_applicator` of the first object, which `mask_visib` 000000 shows.

    A rotation rounded to a few decimals is replaced by the nearest exact one.
    """
    try:
        first = _object(poses[0] if isinstance(poses, list) else None)
        rotation = finite_array("cam_R_m2c", first["cam_R_m2c"], (9,)).reshape(3, 3)
        translation_mm = finite_array("cam_t_m2c", first["cam_t_m2c"], (3,))
        pose = rigid(rotation, translation_mm)
        is_rounded = ORTHONORMAL_TOLERANCE < orthonormal_error(rotation) <= ROUNDED_TOLERANCE
        if is_rounded and np.linalg.det(rotation) > 0:
            pose = orthonormalise(pose)
        return check_transform("camera_from_applicator", pose)
    except (KeyError, TypeError, ValueError) as error:
        raise SourceError(
            f"{path}: frame {index} has an invalid pose",
            expected="a list of {cam_R_m2c: 9 numbers, cam_t_m2c: 3 numbers in mm}",
            actual=str(error),
        ) from error


def _object(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(f"expected a JSON object, got {type(value).__name__}")  # noqa: TRY004
    return value

"""Poses as robots write them: rounded to three decimals, they are made exact and said to be."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from calibration.poses_file import read_poses
from tracking.arrays import Float
from tracking.errors import ConfigurationError
from tracking.transforms import orthonormal_error, rigid, rotation_from_vector


def written(tmp_path: Path, poses: list[Float]) -> Path:
    rows = [{"image": f"{i}.png", "base_from_gripper": p.tolist()} for i, p in enumerate(poses)]
    path = tmp_path / "poses.json"
    path.write_text(json.dumps({"unit": "mm", "poses": rows}), encoding="utf-8")
    return path


def random_poses(n: int) -> list[Float]:
    rng = np.random.default_rng(1)
    return [
        rigid(rotation_from_vector(rng.normal(size=3)), rng.normal(0, 300, 3)) for _ in range(n)
    ]


def test_three_decimals_are_read_made_exact_and_told(tmp_path: Path) -> None:
    exact = random_poses(200)
    read = read_poses(written(tmp_path, [pose.round(3) for pose in exact]))
    assert read.rounding > 1e-3  # what was refused
    assert read.note is not None
    assert "rounded" in read.note
    for pose, found in zip(exact, read.base_from_gripper.values(), strict=True):
        assert orthonormal_error(found[:3, :3]) < 1e-12
        np.testing.assert_allclose(found[:3, :3], pose[:3, :3], atol=1e-3)


def test_six_decimals_need_no_note(tmp_path: Path) -> None:
    assert read_poses(written(tmp_path, [p.round(6) for p in random_poses(20)])).note is None


def test_keys_beside_image_and_pose_are_refused(tmp_path: Path) -> None:
    path = written(tmp_path, random_poses(1))
    path.write_text(path.read_text().replace('"image"', '"camera": 1, "image"'))
    with pytest.raises(ConfigurationError, match="format"):
        read_poses(path)


def test_a_matrix_that_is_no_rotation_is_refused(tmp_path: Path) -> None:
    stretched = rigid(1.002 * np.eye(3), [0, 0, 0])
    with pytest.raises(ConfigurationError, match="no pose"):
        read_poses(written(tmp_path, [stretched]))

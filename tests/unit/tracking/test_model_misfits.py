"""A grid against the model by loops, as plain NumPy would say it."""

from __future__ import annotations

import numpy as np
import pytest

from tests.builders import INTRINSICS, pose_looking_at
from tracking.model_misfits import APPLICATOR, BURIED_MM, OCCLUDER, grid_rays, misfits
from tracking.pixel_groups import grown
from tracking.segmentation import Label

POSE = pose_looking_at(500.0, 35.0)
DOCKING_MM, TOLERANCE_MM = 110.0, 8.1


def test_labels_have_the_same_codes_here() -> None:
    assert (Label.APPLICATOR, Label.OCCLUDER) == (APPLICATOR, OCCLUDER)


@pytest.mark.parametrize("stride", [1, 3])
def test_rays_of_a_grid(stride: int) -> None:
    v, u = np.mgrid[50 : 50 + 9 * stride : stride, 70 : 70 + 7 * stride : stride]
    expected = INTRINSICS.rays(u.ravel(), v.ravel())
    np.testing.assert_array_equal(grid_rays(50, 70, 9, 7, stride, INTRINSICS.pinhole), expected)


@pytest.mark.parametrize("shape", [(40, 30), (1, 30), (30, 1), (1, 1)])
def test_misfits(shape: tuple[int, int]) -> None:
    rng = np.random.default_rng(7)
    labels = rng.choice([0, 0, 0, 0, 0, 0, 1, 2, 3], shape).astype(np.uint8)
    labels[:, 20:] = rng.choice([0, 2], labels[:, 20:].shape)
    predicted = rng.uniform(470.0, 530.0, labels.size)
    predicted.reshape(shape)[:, :8] = np.inf
    depth = (predicted.reshape(shape) + 25.0 * rng.standard_normal(shape)).astype(np.float32)
    depth[~np.isfinite(depth)] = 500.0
    depth[rng.random(shape) < 0.2] = 0.0
    depth[rng.random(shape) < 0.1] = np.nan
    rays = grid_rays(100, 200, *shape, 4, INTRINSICS.pinhole)
    found = misfits(labels, depth, predicted, rays, POSE, DOCKING_MM, TOLERANCE_MM)

    is_hit, is_applicator = np.isfinite(predicted).reshape(shape), labels == APPLICATOR
    model = np.where(is_hit, predicted.reshape(shape), 0.0)
    known = is_hit & (depth > 0)
    behind = np.where(known, depth - model.astype(np.float32), np.float32(0))
    off = ~grown(is_hit) | (np.abs(behind) > np.float32(TOLERANCE_MM))
    open_view = is_hit & ~grown(is_applicator) & (labels != OCCLUDER)
    height = model * (rays @ POSE[:3, 2]).reshape(shape) - float(POSE[:3, 2] @ POSE[:3, 3])
    expected = (
        is_applicator & ~off,
        is_applicator & off,
        open_view & (behind > np.float32(TOLERANCE_MM)),
        open_view & (behind < -BURIED_MM) & (height > DOCKING_MM),
    )
    if labels.size > 100:
        assert all(mask.any() for mask in expected)
    for mask, one in zip(found, expected, strict=True):
        np.testing.assert_array_equal(mask, one)

"""Random training scenes: repeatable, labelled, seen by the camera that is claimed."""

from __future__ import annotations

import numpy as np
import pytest

from models.training.objects import applicator_parts, random_applicator, turned
from models.training.random_scenes import random_frames
from models.training.render_cache import (
    N_TRAINING_SHARDS,
    SCENES_PER_SHARD,
    WITHHELD_FROM,
    first_seeds,
)
from models.training.viewpoint import look_at, random_camera
from tracking.segmentation import Label
from tracking.transforms import check_transform, transform_points

EPSILON_MM = 1e-9  # rounding of a few products


def test_same_seed_same_bytes() -> None:
    first, again = random_frames(3, 1)[0], random_frames(3, 1)[0]
    other = random_frames(4, 1)[0]
    assert first.depth_mm.tobytes() == again.depth_mm.tobytes()
    assert first.color_rgb.tobytes() == again.color_rgb.tobytes()
    assert first.labels.tobytes() == again.labels.tobytes()
    assert first.depth_mm.tobytes() != other.depth_mm.tobytes()


def test_frames_are_labelled_and_have_depth() -> None:
    frames = [frame for seed in range(8) for frame in random_frames(seed, 1)]
    seen = set(np.concatenate([np.unique(frame.labels) for frame in frames]).tolist())
    assert seen == {int(label) for label in Label}
    for frame in frames:
        assert frame.depth_mm.shape == frame.labels.shape == frame.intrinsics.shape
        assert (frame.depth_mm > 0).any()


@pytest.mark.parametrize("roll_rad", [0.0, 1.0])
@pytest.mark.parametrize("eye", [(300.0, -200.0, 500.0), (0.0, 1.0, 700.0), (0.0, 0.0, 600.0)])
def test_look_at_puts_the_target_on_the_optical_axis(
    eye: tuple[float, float, float], roll_rad: float
) -> None:
    target = np.array([10.0, 20.0, 30.0])
    camera_from_world = check_transform("camera", look_at(np.array(eye), target, roll_rad))
    seen = transform_points(camera_from_world, target)
    assert np.abs(seen[:2]).max() < EPSILON_MM
    assert seen[2] == pytest.approx(np.linalg.norm(target - eye))


def test_withheld_seeds_are_never_trained_on() -> None:
    assert max(first_seeds(N_TRAINING_SHARDS)) + SCENES_PER_SHARD <= WITHHELD_FROM


def test_every_random_applicator_is_valid() -> None:
    rng = np.random.default_rng(0)
    for _ in range(300):
        applicator = random_applicator(rng)  # its own validation raises
        cone, *collar = applicator_parts(rng, applicator)
        assert cone.mesh.vertices_mm[:, 2].max() <= applicator.length_mm + EPSILON_MM
        assert all(part.label is Label.APPLICATOR for part in (cone, *collar))


def test_random_cameras_are_valid() -> None:
    rng = np.random.default_rng(0)
    for _ in range(200):
        intrinsics, camera = random_camera(rng)
        assert 0.3 < intrinsics.fx / intrinsics.width < 1.3  # D415, cropped to 4:3
        assert camera.subpixel_px > 0


def test_turned_profile_faces_outwards() -> None:
    mesh = turned([(10.0, 0.0), (10.0, 5.0)])
    corners = mesh.vertices_mm[mesh.triangles]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    assert (np.einsum("ij,ij->i", normals, corners.mean(axis=1) * [1, 1, 0]) > 0).all()

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tolerances import ROTATION_RAD, ROUNDING
from tracking.arrays import Float
from tracking.transforms import (
    angle_between_deg,
    blockwise,
    check_transform,
    cross,
    invert,
    orthonormal_error,
    orthonormalise,
    rigid,
    rotate_about,
    rotation_between,
    rotation_from_vector,
    rotation_vector_between,
    transform_points,
)

POSE = rigid(rotation_from_vector([0.3, -0.2, 0.9]), [10.0, -20.0, 30.0])


def test_a_quarter_turn_about_z_takes_x_to_y() -> None:
    turned = rotation_from_vector([0.0, 0.0, np.pi / 2]) @ [1.0, 0.0, 0.0]
    np.testing.assert_allclose(turned, [0.0, 1.0, 0.0], atol=ROUNDING)


def test_points_are_rotated_then_shifted() -> None:
    pose = rigid(rotation_from_vector([0.0, 0.0, np.pi / 2]), [1.0, 2.0, 3.0])
    points = np.array([[[1.0, 0.0, 0.0], [0.0, 1.0, 5.0]]])
    expected = [[[1.0, 3.0, 3.0], [0.0, 2.0, 8.0]]]
    np.testing.assert_allclose(transform_points(pose, points), expected, atol=ROUNDING)


def test_products_cancel_adjacent_names() -> None:
    head_from_camera = rigid(rotation_from_vector([1.0, 0.5, -0.2]), [5.0, 6.0, 7.0])
    point = np.array([1.0, 2.0, 3.0])
    chained = transform_points(head_from_camera, transform_points(POSE, point))
    np.testing.assert_allclose(
        transform_points(head_from_camera @ POSE, point), chained, atol=ROUNDING
    )


def test_rotate_about_keeps_its_pivot() -> None:
    pivot = np.array([4.0, -7.0, 2.0])
    moved = transform_points(rotate_about(pivot, [0.1, 0.2, 0.3]), pivot)
    np.testing.assert_allclose(moved, pivot, atol=ROUNDING)


class TestCheckTransform:
    def test_what_is_good_comes_back_read_only_and_equal(self) -> None:
        checked = check_transform("pose", POSE.tolist())
        np.testing.assert_array_equal(checked, POSE)
        with pytest.raises(ValueError, match="read-only"):
            checked[0, 0] = 2.0

    def test_the_argument_is_copied(self) -> None:
        mine = POSE.copy()
        checked = check_transform("pose", mine)
        mine[0, 3] = 999.0
        assert checked[0, 3] == POSE[0, 3]

    @pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
    def test_not_finite_is_refused(self, bad: float) -> None:
        matrix = POSE.copy()
        matrix[1, 3] = bad
        with pytest.raises(ValueError, match=r"pose.*finite"):
            check_transform("pose", matrix)

    @pytest.mark.parametrize("shape", [(3, 4), (4, 3), (3, 3), (16,), (1, 4, 4)])
    def test_wrong_shape_is_refused(self, shape: tuple[int, ...]) -> None:
        with pytest.raises(ValueError, match="shape"):
            check_transform("pose", np.zeros(shape))

    def test_mirrored_is_refused(self) -> None:
        with pytest.raises(ValueError, match="mirrored"):
            check_transform("pose", np.diag([1.0, 1.0, -1.0, 1.0]))

    @pytest.mark.parametrize("scale", [1.001, 0.001, 1000.0])
    def test_scaled_is_refused(self, scale: float) -> None:
        with pytest.raises(ValueError, match="orthonormal"):
            check_transform("pose", rigid(scale * POSE[:3, :3], POSE[:3, 3]))

    def test_sheared_is_refused(self) -> None:
        matrix = np.eye(4)
        matrix[0, 1] = 1e-3
        with pytest.raises(ValueError, match="orthonormal"):
            check_transform("pose", matrix)

    def test_a_last_row_of_its_own_is_refused(self) -> None:
        matrix = POSE.copy()
        matrix[3, 3] = 2.0
        with pytest.raises(ValueError, match="last row"):
            check_transform("pose", matrix)

    def test_a_column_major_matrix_is_refused(self) -> None:
        with pytest.raises(ValueError, match="last row"):
            check_transform("pose", POSE.T)


vectors = st.tuples(*[st.floats(-3.0, 3.0)] * 3)
offsets = st.tuples(*[st.floats(-1000.0, 1000.0)] * 3)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(vectors, offsets)
def test_inverse_undoes(rotation_vector: tuple[float, ...], offset: tuple[float, ...]) -> None:
    pose = rigid(rotation_from_vector(rotation_vector), offset)
    np.testing.assert_allclose(invert(pose) @ pose, np.eye(4), atol=1000 * ROUNDING)
    check_transform("inverse", invert(pose))


@settings(max_examples=60, deadline=None, derandomize=True)
@given(vectors, vectors)
def test_rotation_between_takes_one_direction_to_the_other(
    first: tuple[float, ...], second: tuple[float, ...]
) -> None:
    start = rotation_from_vector(first) @ [0.0, 0.0, 1.0]
    end = rotation_from_vector(second) @ [0.0, 0.0, 1.0]
    rotation = rotation_between(start, end)
    np.testing.assert_allclose(rotation @ start, end, atol=ROTATION_RAD)
    check_transform("between", rigid(rotation, np.zeros(3)))


@pytest.mark.parametrize("axis", np.eye(3).tolist())
def test_rotation_between_opposite_directions(axis: list[float]) -> None:
    direction = np.array(axis)
    rotation = rotation_between(direction, -direction)
    np.testing.assert_allclose(rotation @ direction, -direction, atol=ROUNDING)
    assert np.linalg.det(rotation) == pytest.approx(1.0)


def test_orthonormalise_gives_the_nearest_rotation() -> None:
    drifted = POSE.copy()
    drifted[:3, :3] *= 1.0 + 1e-4
    repaired = orthonormalise(drifted)
    check_transform("repaired", repaired)
    np.testing.assert_allclose(repaired, POSE, atol=ROUNDING)


@pytest.mark.parametrize("spoilt", [0.0, 1e-3, np.nan, np.inf])
def test_orthonormal_error_is_the_largest_of_all(spoilt: float) -> None:
    for place in np.ndindex(3, 3):
        matrix = POSE[:3, :3].copy()
        matrix[place] += spoilt
        with np.errstate(invalid="ignore"):
            expected = float(np.abs(matrix.T @ matrix - np.eye(3)).max())
        found = orthonormal_error(matrix)
        assert found == pytest.approx(expected, abs=1e-15, nan_ok=True)


@pytest.mark.parametrize("sign", [1.0, -1.0], ids=["turned", "mirrored"])
def test_orthonormalise_of_any_matrix(sign: float) -> None:
    matrix = np.random.default_rng(3).standard_normal((4, 4))
    matrix[:3, :3] *= sign * np.sign(np.linalg.det(matrix[:3, :3]))
    u, _, vt = np.linalg.svd(matrix[:3, :3])
    rotation = (u * (1.0, 1.0, np.sign(np.linalg.det(u @ vt)))) @ vt
    np.testing.assert_allclose(orthonormalise(matrix), rigid(rotation, matrix[:3, 3]), atol=1e-12)


@pytest.mark.parametrize("angle_deg", [0.0, 1e-6, 0.01, 45.0, 90.0, 179.99, 180.0])
def test_angle_between_is_accurate_at_both_ends(angle_deg: float) -> None:
    start = np.array([0.0, 0.0, 1.0])
    end = rotation_from_vector([np.radians(angle_deg), 0.0, 0.0]) @ start
    assert angle_between_deg(start, end) == pytest.approx(angle_deg, abs=1e-9)


@pytest.mark.parametrize("direction", np.eye(3).tolist())
def test_half_a_turn_is_told_as_one(direction: list[float]) -> None:
    there = np.array(direction)
    vector = rotation_vector_between(there, -there)
    assert np.linalg.norm(vector) == pytest.approx(np.pi)
    np.testing.assert_allclose(rotation_from_vector(vector) @ there, -there, atol=ROUNDING)


def test_the_cross_product_is_numpys() -> None:
    first, second = np.array([0.3, -2.0, 5.0]), np.array([7.0, 0.1, -1.0])
    np.testing.assert_allclose(cross(first, second), np.cross(first, second), atol=ROUNDING)


def test_a_motions_halves_are_rotated_alike() -> None:
    motion = np.arange(6.0)
    turned = blockwise(POSE[:3, :3]) @ motion
    expected = [*(POSE[:3, :3] @ motion[:3]), *(POSE[:3, :3] @ motion[3:])]
    np.testing.assert_allclose(turned, expected, atol=ROUNDING)


@pytest.mark.parametrize("loop", [invert, orthonormalise])
@pytest.mark.parametrize("shape", [(3, 3), (3, 4), (5, 5)])
def test_what_is_no_transform_is_refused(
    loop: Callable[[Float], Float], shape: tuple[int, int]
) -> None:
    with pytest.raises(ValueError, match="4x4"):
        loop(np.eye(*shape))

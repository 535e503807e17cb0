from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tolerances import ROUNDING
from tracking.camera import CameraIntrinsics

CAMERA = CameraIntrinsics(64, 48, 50.0, 60.0, 31.5, 23.0)


def test_integer_coordinates_are_pixel_centres() -> None:
    np.testing.assert_allclose(CAMERA.rays(np.array(31.5), np.array(23.0)), [0.0, 0.0, 1.0])
    right_and_down = CAMERA.rays(np.array(32.5), np.array(24.0))
    np.testing.assert_allclose(right_and_down, [1 / 50.0, 1 / 60.0, 1.0])


def test_the_ray_grid_is_the_ray_of_each_integer_pixel() -> None:
    grid = CAMERA.ray_grid
    assert grid.shape == (48, 64, 3)
    np.testing.assert_array_equal(grid[7, 11], CAMERA.rays(np.array(11.0), np.array(7.0)))
    with pytest.raises(ValueError, match="read-only"):
        grid[0, 0, 0] = 1.0


def test_project_agrees_with_the_camera_matrix() -> None:
    point = np.array([12.0, -7.0, 300.0])
    homogeneous = CAMERA.matrix @ point
    expected = homogeneous[:2] / homogeneous[2]
    np.testing.assert_allclose(CAMERA.project(point), expected, atol=ROUNDING)


def test_x_is_right_and_y_is_down() -> None:
    u, v = CAMERA.project(np.array([10.0, 20.0, 500.0]))
    assert u > CAMERA.cx
    assert v > CAMERA.cy


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.floats(-10.0, 80.0), st.floats(-10.0, 60.0), st.floats(1.0, 5000.0))
def test_project_undoes_deproject(u: float, v: float, z: float) -> None:
    point = CAMERA.rays(np.array(u), np.array(v)) * z
    np.testing.assert_allclose(CAMERA.project(point), [u, v], atol=1e-6)


def test_shape_is_rows_then_columns() -> None:
    assert CAMERA.shape == (48, 64)


@pytest.mark.parametrize(
    "change",
    [
        {"width": 0},
        {"height": -1},
        {"fx": 0.0},
        {"fx": float("nan")},
        {"fy": -60.0},
        {"fy": float("inf")},
        {"cx": -0.1},
        {"cx": float("nan")},
        {"cx": 64.5},
        {"cy": 48.5},
        {"cy": float("inf")},
    ],
)
def test_what_no_camera_has_is_refused(change: dict[str, Any]) -> None:
    values = {"width": 64, "height": 48, "fx": 50.0, "fy": 60.0, "cx": 31.5, "cy": 23.0}
    with pytest.raises(ValueError, match=r"positive|outside"):
        CameraIntrinsics(**(values | change))


def test_a_window_holds_the_places_and_ends_at_the_image() -> None:
    rows, columns = CAMERA.window(np.array([[3.2, 5.0], [10.0, 7.9]]))
    assert (rows, columns) == (slice(5, 9), slice(3, 11))
    rows, columns = CAMERA.window(np.array([[-9.0, 40.0], [70.0, 60.0]]))
    assert (rows, columns) == (slice(40, 48), slice(0, 64))
    rows, _ = CAMERA.window(np.array([[0.0, 90.0], [5.0, 99.0]]))
    assert rows == slice(48, 48)

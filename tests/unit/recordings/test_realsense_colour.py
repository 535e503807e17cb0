"""Colour in the depth grid, and which colour belongs to which depth."""

from __future__ import annotations

import numpy as np
import pytest

from recordings.realsense.camera_model import RawColor, RawDepth
from recordings.realsense.colour_warp import ColorCamera, ColourWarp
from recordings.realsense.pairing import MAX_WAITING, Pairing, nearest
from tracking.arrays import UInt8
from tracking.camera import CameraIntrinsics
from tracking.transforms import rigid, rotation_from_vector, transform_points

DEPTH = CameraIntrinsics(64, 48, 50.0, 50.0, 31.5, 23.5)
COLOR = CameraIntrinsics(96, 54, 90.0, 88.0, 47.0, 26.0)
COLOR_FROM_DEPTH = rigid(rotation_from_vector([0.01, -0.02, 0.005]), [15.0, 0.5, -1.0])
PROJECTION_PX = 2e-3  # 32-bit arithmetic at a few hundred pixels
INTERPOLATION = 1.5  # remap works on a grid of 1/32 px, and rounds to 8 bit


def ramp(shape: tuple[int, int]) -> UInt8:
    """Red rises with u, green with v: the colour tells where it was taken."""
    v, u = np.mgrid[0 : shape[0], 0 : shape[1]]
    return np.stack([2 * u, 3 * v, np.zeros_like(u)], axis=-1).astype(np.uint8)


def depth_image() -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    v, u = np.mgrid[0 : DEPTH.height, 0 : DEPTH.width]
    return np.asarray(400 + 2 * u + 1.5 * v, dtype=np.float32)


def test_coordinates_are_those_of_the_projected_points() -> None:
    depth_mm = depth_image()
    warp = ColourWarp(DEPTH, ColorCamera(COLOR, COLOR_FROM_DEPTH))
    points = DEPTH.ray_grid * depth_mm[..., None]
    expected = COLOR.project(transform_points(COLOR_FROM_DEPTH, points))
    assert np.allclose(np.stack(warp.coordinates(depth_mm), -1), expected, atol=PROJECTION_PX)


def test_colour_is_sampled_there() -> None:
    depth_mm = depth_image()
    warp = ColourWarp(DEPTH, ColorCamera(COLOR, COLOR_FROM_DEPTH))
    u, v = warp.coordinates(depth_mm)
    warped = warp(depth_mm, ramp(COLOR.shape)).astype(float)
    inside = (u > 1) & (u < COLOR.width - 2) & (v > 1) & (v < COLOR.height - 2)
    assert inside.sum() > 1000
    assert np.abs(warped[..., 0] - 2 * u)[inside].max() < INTERPOLATION
    assert np.abs(warped[..., 1] - 3 * v)[inside].max() < INTERPOLATION
    outside = (u < -1) | (u > COLOR.width) | (v < -1) | (v > COLOR.height)
    assert not warped[outside].any()


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_pixels_without_depth_take_colour_at_the_median_depth(share: float) -> None:
    depth_mm = np.full(DEPTH.shape, 500.0, np.float32)
    warp = ColourWarp(DEPTH, ColorCamera(COLOR, COLOR_FROM_DEPTH))
    full = np.stack(warp.coordinates(depth_mm))
    holes = depth_mm.copy()
    holes[10:20, 10:20] = 0
    assert np.array_equal(np.stack(warp.coordinates(holes)), full)
    nothing = warp.coordinates(depth_mm * np.float32(0))
    assert np.isfinite(nothing).all(), share


def test_same_camera_returns_the_image_itself() -> None:
    color = ramp(DEPTH.shape)
    warp = ColourWarp(DEPTH, ColorCamera(DEPTH, np.eye(4)))
    assert warp(depth_image(), color) is color


def test_distortion_models_differ_in_the_tangential_part_only() -> None:
    depth_mm = depth_image()
    radial, both = (0.1, -0.05, 0.0, 0.0, 0.01), (0.1, -0.05, 0.01, -0.02, 0.01)

    def coordinates(
        model: str, coefficients: tuple[float, ...]
    ) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
        camera = ColorCamera(COLOR, COLOR_FROM_DEPTH, model, coefficients)  # type: ignore[arg-type]
        return np.stack(ColourWarp(DEPTH, camera).coordinates(depth_mm))

    plain = coordinates("none", (0.0,) * 5)
    assert np.array_equal(
        coordinates("brown_conrady", radial), coordinates("inverse_brown_conrady", radial)
    )
    assert not np.allclose(plain, coordinates("brown_conrady", radial), atol=0.1)
    difference = coordinates("brown_conrady", both) - coordinates("inverse_brown_conrady", both)
    assert 0 < np.abs(difference).max() < 0.5


def test_brown_conrady_is_the_common_formula() -> None:
    import cv2

    coefficients = (0.1, -0.05, 0.01, -0.02, 0.01)
    camera = ColorCamera(COLOR, COLOR_FROM_DEPTH, "brown_conrady", coefficients)
    depth_mm = depth_image()
    points = transform_points(COLOR_FROM_DEPTH, DEPTH.ray_grid * depth_mm[..., None])
    expected, _ = cv2.projectPoints(
        points.reshape(-1, 3), np.zeros(3), np.zeros(3), COLOR.matrix, np.array(coefficients)
    )
    got = np.stack(ColourWarp(DEPTH, camera).coordinates(depth_mm), -1).reshape(-1, 2)
    assert np.allclose(got, expected.reshape(-1, 2), atol=PROJECTION_PX)


def depth_at(stamp_ms: float) -> RawDepth:
    stamp_ns = round(stamp_ms * 1e6)
    pixels = np.zeros(DEPTH.shape, np.uint16)
    return RawDepth(round(stamp_ms), stamp_ns, stamp_ns, is_host_clock=True, pixels=pixels)


def color_at(stamp_ms: float) -> RawColor:
    return RawColor(round(stamp_ms * 1e6), np.zeros((*COLOR.shape, 3), np.uint8))


TOLERANCE_NS = 16_000_000


def test_colour_of_another_exposure_is_no_partner() -> None:
    colors = [color_at(0), color_at(33)]
    assert nearest(depth_at(3), colors, TOLERANCE_NS) is colors[0]
    assert nearest(depth_at(30), colors, TOLERANCE_NS) is colors[1]
    assert nearest(depth_at(66), colors, TOLERANCE_NS) is None
    assert nearest(depth_at(3), [], TOLERANCE_NS) is None


def test_depth_waits_for_the_nearer_colour() -> None:
    pairing = Pairing(TOLERANCE_NS)
    late = color_at(34)
    pairing.add(color_at(20))
    pairing.add(depth_at(33))
    assert pairing.pop(at_end=False) is None
    pairing.add(late)
    pair = pairing.pop(at_end=False)
    assert pair is not None
    assert pair[1] is late


def test_every_depth_comes_out_once_and_in_order_without_colour() -> None:
    pairing = Pairing(TOLERANCE_NS)
    out = []
    for stamp in range(20):
        pairing.add(depth_at(stamp * 33))
        while (pair := pairing.pop(at_end=False)) is not None:
            out.append(pair)
    assert len(out) == 20 - MAX_WAITING
    while (pair := pairing.pop(at_end=True)) is not None:
        out.append(pair)
    assert [depth.frame_number for depth, _ in out] == [33 * i for i in range(20)]
    assert {color for _, color in out} == {None}

"""The colour camera's own picture beside a depth frame, as the RealSense adapters hand it over."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from recordings.images import decode_grey
from recordings.realsense.camera_model import CameraModel, RawColor, RawDepth, assemble
from recordings.realsense.colour_warp import ColorCamera, ColourWarp
from tests.recording_frames import INTRINSICS
from tracking.camera import CameraIntrinsics
from tracking.transforms import invert, rigid, rotation_from_vector

COLOR = CameraIntrinsics(96, 54, 69.0, 69.0, 47.5, 26.5)
COLOR_FROM_DEPTH = rigid(rotation_from_vector([0.002, -0.004, 0.001]), [-15.0, 0.1, 0.2])
CAMERA = ColorCamera(COLOR, COLOR_FROM_DEPTH)
LENS = (0.05, -0.1, 1e-3, -1e-3, 0.02)


def model(camera: ColorCamera = CAMERA, *, keeps_picture: bool = True) -> CameraModel:
    warp = ColourWarp(INTRINSICS, camera)
    return CameraModel("Camera", "S1", INTRINSICS, 0.1, 30.0, warp, keeps_picture)


DEPTH = RawDepth(7, 1000, 2000, True, np.full(INTRINSICS.shape, 5000, np.uint16))
V, U = np.mgrid[0 : COLOR.height, 0 : COLOR.width]
SMOOTH = np.repeat((2 * U + V)[..., None].astype(np.uint8), 3, axis=2)


def test_the_picture_is_the_cameras_own_and_as_it_will_be_recorded() -> None:
    picture = assemble(model(), DEPTH, RawColor(1000, SMOOTH)).picture
    assert picture is not None
    assert picture.intrinsics == COLOR
    np.testing.assert_allclose(picture.camera_from_color, invert(COLOR_FROM_DEPTH))
    np.testing.assert_array_equal(picture.grey, decode_grey(picture.encoded, COLOR.shape))
    assert np.abs(picture.grey.astype(int) - SMOOTH[..., 0]).max() <= 4


def test_without_a_collar_to_read_no_picture_is_kept() -> None:
    assert assemble(model(keeps_picture=False), DEPTH, RawColor(0, SMOOTH)).picture is None
    assert assemble(model(), DEPTH, None).picture is None


def test_only_a_lens_that_opencv_knows_is_handed_on() -> None:
    bent = replace(CAMERA, distortion="brown_conrady", coefficients=LENS)
    picture = assemble(model(bent), DEPTH, RawColor(0, SMOOTH)).picture
    assert picture is not None
    assert picture.distortion == LENS
    other = replace(CAMERA, distortion="inverse_brown_conrady", coefficients=LENS)
    assert assemble(model(other), DEPTH, RawColor(0, SMOOTH)).picture is None
    plain = replace(CAMERA, distortion="inverse_brown_conrady")
    assert assemble(model(plain), DEPTH, RawColor(0, SMOOTH)).picture is not None


def test_a_picture_of_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match="expected"):
        assemble(model(), DEPTH, RawColor(0, SMOOTH[:-1]))

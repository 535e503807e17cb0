"""Each kind of board, simulated: rendered pictures with blur and noise, to a lens that is known."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from calibration.board_spec import parse_board
from calibration.board_views import find_boards, require_views
from calibration.intrinsics import calibrate_intrinsics
from calibration.lens import Lens
from calibration.pictures import find_pictures
from tests.board_pictures import photograph
from tracking.arrays import Float
from tracking.transforms import rigid, rotation_from_vector

LENS = Lens(640, 480, np.array([520.0, 522.0, 322.0, 236.0]), np.zeros(5))
N = 8
NOISE = 2.0  # grey levels
BLUR_PX = 0.7
FX_FRACTION = 0.005
K_SIGMA = 4.0  # a parameter lies no farther from the truth than so many of its stated sigmas
MODEL_PX = 0.2  # beside the noise: the picture's own sampling moves fx by as much
RMS_PX = 0.15
BOARDS = ("circles:9x6:22", "apriltag:6x4:26:10", "charuco:9x6:24:18:4x4_50")


def poses(board_size_mm: Float) -> list[Float]:
    """Tilted by up to 35 degrees in all directions, at two distances."""
    found = []
    for k in range(N):
        lean = 2 * np.pi * k / N
        tilt = np.radians(35.0 if k % 2 else 20.0)
        turn = rotation_from_vector([tilt * np.cos(lean), tilt * np.sin(lean), 0.0])
        place = np.array([40 * np.cos(2 * lean), 25 * np.sin(3 * lean), 330 + 60 * (k % 3)])
        centre = np.array([*board_size_mm[:2] / 2, 0.0])
        found.append(rigid(turn, place - turn @ centre))
    return found


@pytest.mark.slow
@pytest.mark.parametrize("text", BOARDS)
def test_the_lens_is_found_from_every_kind_of_board(text: str, tmp_path: Path) -> None:
    board = parse_board(text)
    for k, pose in enumerate(poses(np.ptp(board.points_mm, axis=0))):
        picture = photograph(board, LENS, pose, blur_px=BLUR_PX, noise=NOISE, seed=k)
        cv2.imwrite(str(tmp_path / f"{k:02d}.png"), picture)
    views, missed = find_boards(find_pictures([str(tmp_path)]), board, lambda _done, _all: None)
    require_views(views, missed, board, N)
    found = calibrate_intrinsics(views, lambda _done, _all: None)
    assert found.outliers == ()
    assert found.fit.rms_px < RMS_PX
    miss = np.abs(found.fit.lens.pinhole - LENS.pinhole)
    assert miss[0] < FX_FRACTION * LENS.pinhole[0]
    assert (miss < K_SIGMA * found.stated_sigma[:4] + MODEL_PX).all()

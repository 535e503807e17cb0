"""Rendered photographs of boards: their texture warped into a camera without distortion."""

from __future__ import annotations

import cv2
import numpy as np

from calibration.board_spec import BoardSpec
from calibration.lens import Lens
from calibration.marker_codes import opencv_codes
from tracking.arrays import Float, UInt8

PX_PER_MM = 8
MARGIN_MM = 30.0
OVERSAMPLED = 3
GROUND = 190


def board_texture(board: BoardSpec, *, is_legacy: bool = False) -> tuple[UInt8, Float]:
    """Picture of the board and the pixel of its origin (centres at whole numbers)."""
    margin = round(MARGIN_MM * PX_PER_MM)
    pitch = round(board.pitch_mm * PX_PER_MM)
    if board.kind == "charuco":
        printed = cv2.aruco.CharucoBoard(
            (board.columns, board.rows),
            board.pitch_mm,
            board.marker_mm,
            opencv_codes(board.dictionary),
        )
        printed.setLegacyPattern(is_legacy)
        drawn = printed.generateImage((board.columns * pitch, board.rows * pitch))
    else:
        rows, columns = np.mgrid[: board.rows + 1, : board.columns + 1]
        cells = (255 * ((rows + columns) % 2)).astype(np.uint8)
        drawn = np.kron(cells, np.ones((pitch, pitch), dtype=np.uint8))
    texture = np.pad(drawn, margin, constant_values=255)
    return np.asarray(texture, dtype=np.uint8), np.full(2, margin + pitch - 0.5, dtype=np.float64)


def photograph(
    board: BoardSpec, lens: Lens, camera_from_board: Float, *, is_legacy: bool = False
) -> UInt8:
    """The board as a pinhole camera sees it, 8-bit grey."""
    texture, origin = board_texture(board, is_legacy=is_legacy)
    mm_from_px = np.array(
        [[1 / PX_PER_MM, 0, -origin[0] / PX_PER_MM], [0, 1 / PX_PER_MM, -origin[1] / PX_PER_MM]]
    )
    onto_board = np.vstack([mm_from_px, [0, 0, 1]])
    s = OVERSAMPLED
    enlarge = np.array([[s, 0, (s - 1) / 2], [0, s, (s - 1) / 2], [0, 0, 1.0]])
    plane = camera_from_board[:3][:, [0, 1, 3]]
    homography = enlarge @ lens.matrix @ plane @ onto_board
    size = (lens.width * s, lens.height * s)
    large = cv2.warpPerspective(
        texture, homography, size, flags=cv2.INTER_AREA, borderValue=(GROUND,)
    )
    small = cv2.resize(large, (lens.width, lens.height), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.GaussianBlur(small, (0, 0), 0.6), dtype=np.uint8)

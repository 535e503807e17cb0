"""Rendered photographs of boards: their texture warped into a camera without distortion."""

from __future__ import annotations

from functools import lru_cache

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


@lru_cache(maxsize=4)
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
    elif board.kind == "circles":
        return _circles(board, margin, pitch)
    elif board.kind == "apriltag":
        return _tags(board, margin, pitch)
    else:
        rows, columns = np.mgrid[: board.rows + 1, : board.columns + 1]
        cells = (255 * ((rows + columns) % 2)).astype(np.uint8)
        drawn = np.kron(cells, np.ones((pitch, pitch), dtype=np.uint8))
    texture = np.pad(drawn, margin, constant_values=255)
    return np.asarray(texture, dtype=np.uint8), np.full(2, margin + pitch - 0.5, dtype=np.float64)


def _circles(board: BoardSpec, margin: int, pitch: int) -> tuple[UInt8, Float]:
    """Dark discs, half as wide as their spacing."""
    height, width = ((n - 1) * pitch + 2 * margin for n in (board.rows, board.columns))
    v, u = np.mgrid[:height, :width]
    across = [(axis - margin + pitch / 2) % pitch - pitch / 2 for axis in (u, v)]
    disc = np.clip(pitch / 4 - np.hypot(*across) + 0.5, 0, 1)  # one pixel of transition
    inside = (u > margin - pitch / 2) & (u < width - margin + pitch / 2)
    inside &= (v > margin - pitch / 2) & (v < height - margin + pitch / 2)
    texture = np.where(inside, 255 * (1 - disc), 255)
    return texture.astype(np.uint8), np.full(2, margin, dtype=np.float64)


def _tags(board: BoardSpec, margin: int, pitch: int) -> tuple[UInt8, Float]:
    """Tags 0, 1, ... row by row on white."""
    side = round(board.marker_mm * PX_PER_MM)
    size = ((n - 1) * pitch + side + 2 * margin for n in (board.rows, board.columns))
    texture = np.full(tuple(size), 255, dtype=np.uint8)
    codes = opencv_codes(board.dictionary)
    for index in range(board.columns * board.rows):
        row, column = divmod(index, board.columns)
        v, u = margin + row * pitch, margin + column * pitch
        texture[v : v + side, u : u + side] = cv2.aruco.generateImageMarker(codes, index, side)
    return texture, np.full(2, margin - 0.5, dtype=np.float64)


def photograph(
    board: BoardSpec,
    lens: Lens,
    camera_from_board: Float,
    *,
    is_legacy: bool = False,
    blur_px: float = 0.6,
    noise: float = 0.0,
    seed: int = 0,
) -> UInt8:
    """The board as a pinhole camera sees it, 8-bit grey; `noise` in grey levels."""
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
    blurred = np.asarray(cv2.GaussianBlur(small, (0, 0), blur_px), dtype=np.float64)
    if noise:
        blurred += np.random.default_rng(seed).normal(0, noise, blurred.shape)
    return np.clip(np.round(blurred), 0, 255).astype(np.uint8)

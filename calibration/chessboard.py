"""Chessboard and circle-grid points, in one order whatever way the board lies in the picture.

Order: right-handed (x right, y down, z away from who looks at the board's face). A chessboard whose
corner counts differ in parity has one dark end corner; its origin is there. Any other grid looks
the same after half a turn: its x is taken as pointing right in the picture.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import ArrayLike

from calibration.board_layout import misfit_px
from calibration.board_spec import BoardSpec
from tracking.arrays import Float, UInt8

MAX_SEARCH_PX = 1600  # the sector detector takes seconds on larger pictures, and finds no more
WINDOW_SHARE = 0.25  # of the smallest distance between corners: half the refinement's window
MIN_WINDOW_PX = 3
MAX_WINDOW_PX = 15
CRITERIA = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 60, 1e-3)
SECTOR_FLAGS = cv2.CALIB_CB_NORMALIZE_IMAGE | cv2.CALIB_CB_ACCURACY
CONTOUR_FLAGS = cv2.CALIB_CB_ADAPTIVE_THRESH | cv2.CALIB_CB_NORMALIZE_IMAGE
MAX_CIRCLE_MISFIT = 0.02  # of the grid's extent: a lens bends it by less, a wrong grid by more
CIRCLES_REACH = 2  # rows and columns that a grid may be miscounted by
PROBE = (3, 3)  # the smallest board, grown to what there is


def detect_chessboard(gray: UInt8, board: BoardSpec) -> Float | None:
    """Return the corners in the board's order, shape (rows * columns, 2), or None."""
    size = (board.columns, board.rows)
    corners = _by_sectors(gray, size)
    if corners is None:
        corners = _by_contours(gray, size)
        if corners is not None and _is_part(gray, size):
            return None
    return None if corners is None else _ordered(gray, corners, board)


def detect_circles(gray: UInt8, board: BoardSpec) -> Float | None:
    """Return the circles' centres in the board's order, or None, also for part of a larger grid."""
    size = (board.columns, board.rows)
    centres = _circle_grid(gray, size)
    if centres is None:
        return None
    for larger in ((size[0] + 1, size[1]), (size[0], size[1] + 1)):
        if circles_fit(gray, larger):
            return None
    return _ordered(gray, centres, board)


def circles_size(gray: UInt8, board: BoardSpec) -> tuple[int, int] | None:
    """Return the largest grid of circles about as large as the board's that is seen, or None."""
    steps = range(-CIRCLES_REACH, CIRCLES_REACH + 1)
    sizes = [(board.columns + a, board.rows + b) for a in steps for b in steps]
    sizes = sorted((s for s in sizes if min(s) > 1), key=lambda s: -s[0] * s[1])
    return next((size for size in sizes if circles_fit(gray, size)), None)


def circles_fit(gray: UInt8, size: tuple[int, int]) -> bool:
    """Whether the picture shows a flat grid of so many circles."""
    centres = _circle_grid(gray, size)
    if centres is None:
        return False
    grid = np.stack(np.meshgrid(np.arange(size[0]), np.arange(size[1])), axis=-1).reshape(-1, 2)
    extent = float(np.linalg.norm(np.ptp(centres, axis=0)))
    return misfit_px(grid.astype(np.float64), centres) <= MAX_CIRCLE_MISFIT * extent


def _circle_grid(gray: UInt8, size: tuple[int, int]) -> Float | None:
    for picture in (gray, 255 - gray):
        found, centres = cv2.findCirclesGrid(
            picture, size, flags=cv2.CALIB_CB_SYMMETRIC_GRID | cv2.CALIB_CB_CLUSTERING
        )
        if found:
            return np.reshape(centres, (-1, 2)).astype(np.float64)
    return None


def chessboard_size(gray: UInt8) -> tuple[int, int] | None:
    """Return the inner corners of the largest chessboard found (longer side first), or None."""
    small, _ = _shrunk(gray)
    found, _, meta = cv2.findChessboardCornersSBWithMeta(
        small, PROBE, SECTOR_FLAGS | cv2.CALIB_CB_LARGER
    )
    if not found or meta is None:
        return None
    rows, columns = meta.shape[:2]
    return max(rows, columns), min(rows, columns)


def _is_part(gray: UInt8, size: tuple[int, int]) -> bool:
    """Whether the picture shows a larger board than the size found."""
    whole = chessboard_size(gray)
    return whole is not None and (whole[0] > max(size) or whole[1] > min(size))


def _shrunk(gray: UInt8) -> tuple[UInt8, float]:
    scale = min(1.0, MAX_SEARCH_PX / max(gray.shape))
    if scale == 1.0:
        return gray, 1.0
    small = cv2.resize(gray, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return np.asarray(small, dtype=np.uint8), scale


def _by_sectors(gray: UInt8, size: tuple[int, int]) -> Float | None:
    small, scale = _shrunk(gray)
    found, corners = cv2.findChessboardCornersSB(small, size, flags=SECTOR_FLAGS)
    return _refined(gray, _enlarged(corners, scale), size) if found else None


def _by_contours(gray: UInt8, size: tuple[int, int]) -> Float | None:
    small, scale = _shrunk(gray)
    found, corners = cv2.findChessboardCorners(small, size, flags=CONTOUR_FLAGS)
    return _refined(gray, _enlarged(corners, scale), size) if found else None


def _enlarged(corners: ArrayLike, scale: float) -> Float:
    """Corners (n, 2) of the shrunk picture as pixels of the whole one."""
    points = np.reshape(corners, (-1, 2)).astype(np.float64)
    enlarged: Float = (points + 0.5) / scale - 0.5
    return enlarged


def _refined(gray: UInt8, points_px: Float, size: tuple[int, int]) -> Float:
    grid = points_px.reshape(size[1], size[0], 2)
    steps = [np.linalg.norm(np.diff(grid, axis=axis), axis=-1).min() for axis in (0, 1)]
    half = int(np.clip(round(min(steps) * WINDOW_SHARE), MIN_WINDOW_PX, MAX_WINDOW_PX))
    start = np.ascontiguousarray(points_px.reshape(-1, 1, 2), dtype=np.float32)
    refined = cv2.cornerSubPix(gray, start, (half, half), (-1, -1), CRITERIA)
    return np.reshape(refined, (-1, 2)).astype(np.float64)


def _ordered(gray: UInt8, points_px: Float, board: BoardSpec) -> Float:
    grid = points_px.reshape(board.rows, board.columns, 2)
    along = grid[:, -1].mean(axis=0) - grid[:, 0].mean(axis=0)
    down = grid[-1].mean(axis=0) - grid[0].mean(axis=0)
    if along[0] * down[1] - along[1] * down[0] < 0:  # as seen from behind: the rows are reversed
        grid = grid[::-1]
    if board.is_turnable:
        is_turned = bool(along[0] < 0)
    else:
        is_turned = _darkness(gray, grid) < _darkness(gray, grid[::-1, ::-1])
    if is_turned:
        grid = grid[::-1, ::-1]
    return np.ascontiguousarray(grid.reshape(-1, 2))


def _darkness(gray: UInt8, grid: Float) -> float:
    """Darkness of the first inner square: of the same colour as the board's corner square."""
    centre = np.rint(grid[:2, :2].reshape(4, 2).mean(axis=0)).astype(int)
    height, width = gray.shape
    u, v = int(np.clip(centre[0], 0, width - 1)), int(np.clip(centre[1], 0, height - 1))
    return 255.0 - float(gray[max(0, v - 1) : v + 2, max(0, u - 1) : u + 2].mean())

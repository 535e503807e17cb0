"""The corners of a ChArUco board in a picture, and which of OpenCV's two patterns it is.

Before 4.6 OpenCV printed boards of an even number of rows with their first square white: the same
codes, each a square aside. The codes at the board's edge tell the patterns apart; a part of a board
without them is read as either, each corner a square off in the wrong one. Which it was, the other
pictures of the set tell (`of_one_pattern`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import ArrayLike

from calibration.board_spec import BoardSpec
from calibration.board_view import BoardView
from calibration.marker_codes import opencv_codes
from tracking.arrays import Float, UInt8

MIN_POINTS = 6  # a pose needs four, and two to spare
MAX_ASTRAY = 0.3  # of a square, between a code and its place: the wrong pattern is a whole one off


@dataclass(frozen=True, eq=False)
class CharucoCorners:
    """Corners (n, 3) in mm of the board and (n, 2) in pixels.

    `marker_mm`: the side of its markers as the picture shows it beside the squares. `astray`: how
    far its codes lie from their places, in squares; None where no code was seen.
    """

    points_mm: Float
    points_px: Float
    is_legacy: bool
    marker_mm: float | None
    astray: float | None


def find_charuco(gray: UInt8, board: BoardSpec) -> list[CharucoCorners]:
    """The board in one 8-bit grey picture, its codes in their places; both patterns if it may be.

    The likelier reading first: the one with more corners, of equals the current pattern.
    """
    found = [_of_pattern(gray, board, is_legacy=legacy) for legacy in (False, True)]
    fitting = [f for f in found if f is not None and not (f.astray or 0.0) > MAX_ASTRAY]
    return sorted(fitting, key=lambda f: -len(f.points_px))


def of_one_pattern(views: Sequence[BoardView]) -> list[BoardView]:
    """The views, read by the pattern of those pictures that tell it where others do not."""
    told = [view.is_legacy for view in views if view.twin is None]
    n_legacy = sum(told)
    if 2 * n_legacy == len(told):
        return list(views)
    is_legacy = 2 * n_legacy > len(told)
    return [
        view if view.twin is None or view.is_legacy == is_legacy else view.twin for view in views
    ]


def _of_pattern(gray: UInt8, board: BoardSpec, *, is_legacy: bool) -> CharucoCorners | None:
    printed = cv2.aruco.CharucoBoard(
        (board.columns, board.rows),
        board.pitch_mm,
        board.marker_mm,
        opencv_codes(board.dictionary),
    )
    printed.setLegacyPattern(is_legacy)
    corners, ids, markers, codes = cv2.aruco.CharucoDetector(printed).detectBoard(gray)
    chosen = np.ravel([] if cast(object, ids) is None else ids).astype(int)
    if len(chosen) < MIN_POINTS:
        return None
    points_px = np.reshape(corners, (-1, 2)).astype(np.float64)
    points_mm = board.points_mm[chosen]
    if min(np.ptp(points_mm[:, 0]), np.ptp(points_mm[:, 1])) <= 0:
        return None  # all on one line: no pose
    seen = _markers_on_board(points_mm, points_px, markers)
    if seen is None:
        return CharucoCorners(points_mm, points_px, is_legacy, None, None)
    sides = np.linalg.norm(seen - np.roll(seen, 1, axis=1), axis=2)
    first_corner_mm = [board.pitch_mm, board.pitch_mm]  # of the board's points, from its own edge
    places = _places_mm(printed, np.ravel(codes).astype(int)) - first_corner_mm
    away = np.linalg.norm(seen.mean(axis=1) - places, axis=1)
    return CharucoCorners(
        points_mm,
        points_px,
        is_legacy,
        float(np.median(sides)),
        float(np.median(away)) / board.pitch_mm,
    )


def _markers_on_board(
    points_mm: Float, points_px: Float, markers: Sequence[ArrayLike]
) -> Float | None:
    """Corners of the markers where the board's corners put them, (n, 4, 2), mm."""
    if len(markers) == 0:
        return None
    onto_board, _ = cv2.findHomography(points_px, np.ascontiguousarray(points_mm[:, :2]))
    if cast(object, onto_board) is None:
        return None
    corners = np.reshape(np.array(markers, dtype=np.float64), (-1, 1, 2))
    return np.reshape(cv2.perspectiveTransform(corners, onto_board), (-1, 4, 2))


def _places_mm(printed: cv2.aruco.CharucoBoard, codes: np.ndarray) -> Float:
    """Centres (n, 2) of markers on the printed board; of a code that it has not, far away."""
    known = {int(i): np.mean(corners, axis=0)[:2] for i, corners in _printed(printed)}
    nowhere = np.full(2, 1e6)
    return np.array([known.get(int(code), nowhere) for code in codes], dtype=np.float64)


def _printed(printed: cv2.aruco.CharucoBoard) -> list[tuple[int, Float]]:
    ids = np.ravel(printed.getIds())
    return [(int(i), np.asarray(c)) for i, c in zip(ids, printed.getObjPoints(), strict=True)]

"""Whether the points of a board lie as --board says: a flat board and its picture are a homography.

A wrong layout bends every view in a way that no lens does. The lens's own distortion is seen in
every layout alike, so another layout is named only where it fits several times better.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import cast

import cv2
import numpy as np
from scipy.optimize import minimize_scalar

from calibration.board_spec import BoardSpec
from calibration.board_view import BoardView
from tracking.arrays import Float
from tracking.errors import CalibrationError

MIN_MISFIT_PX = 0.3  # of the middle view: below, no other layout is looked for
BETTER = 2.0  # times: what another layout must fit better to be named
MAX_MISFIT_SHARE = 0.05  # of the board's extent in the picture: no lens bends a board as much
GAP_RANGE = (1.02, 2.0)  # of the tag's side
MAX_GAP_ERROR = 0.01  # of the pitch


def misfit_px(points_mm: Float, points_px: Float) -> float:
    """Root mean square distance of points from where the best homography puts them."""
    plane = np.ascontiguousarray(points_mm[:, :2])
    matrix, _ = cv2.findHomography(plane, np.ascontiguousarray(points_px))
    if cast(object, matrix) is None:
        return float("inf")
    mapped = np.column_stack([plane, np.ones(len(plane))]) @ np.asarray(matrix).T
    seen = mapped[:, :2] / mapped[:, 2:]
    return float(np.sqrt(((seen - points_px) ** 2).sum(axis=1).mean()))


def is_flat(view: BoardView) -> bool:
    """Whether a view's points may be a flat board's, whatever the lens."""
    extent = float(np.linalg.norm(np.ptp(view.points_px, axis=0)))
    return misfit_px(view.points_mm, view.points_px) <= MAX_MISFIT_SHARE * extent


def check_layout(views: Sequence[BoardView], board: BoardSpec) -> None:
    """Refuse a board of tags that is printed otherwise than said, naming what fits.

    Raises
    ------
    CalibrationError
        Another order, numbering or gap fits several times better.
    """
    if board.kind != "apriltag" or not views:
        return
    own = _middle_misfit(views, board, board.points_mm)
    if own < MIN_MISFIT_PX:
        return
    name, misfit = min(_others(views, board), key=lambda other: other[1])
    if misfit * BETTER > own:
        return
    raise CalibrationError(
        "The tags do not lie as --board says.",
        expected=f"{board.text}, its tags numbered row by row from the upper left",
        actual=f"the pictures fit {name} ({misfit:.2f} px instead of {own:.2f} px)",
        remedy="Correct --board after the print; a board numbered from the lower left has to be "
        "printed anew, numbered from the upper left.",
    )


def _others(views: Sequence[BoardView], board: BoardSpec) -> Iterator[tuple[str, float]]:
    """Every other layout with its misfit: turned counts, numbering from below, another gap."""
    for columns, rows in {(board.columns, board.rows): 0, (board.rows, board.columns): 0}:
        for is_upwards in (False, True):
            numbering = ", numbered from the lower left as Kalibr's AprilGrid" * is_upwards

            def misfit(
                pitch: float, columns: int = columns, rows: int = rows, up: bool = is_upwards
            ) -> float:
                spec = BoardSpec("apriltag", columns, rows, pitch, board.marker_mm)
                return _middle_misfit(views, board, _points(spec, is_upwards=up))

            bounds = tuple(board.marker_mm * f for f in GAP_RANGE)
            pitch = float(minimize_scalar(misfit, bounds=bounds, method="bounded").x)
            if abs(pitch - board.pitch_mm) <= MAX_GAP_ERROR * board.pitch_mm:
                pitch = board.pitch_mm
            is_own = (columns, rows, pitch) == (board.columns, board.rows, board.pitch_mm)
            if is_own and not is_upwards:
                continue
            gap = f"{pitch - board.marker_mm:.3g}"
            text = f"apriltag:{columns}x{rows}:{board.marker_mm:g}:{gap}{numbering}"
            yield text, misfit(pitch)


def _points(board: BoardSpec, *, is_upwards: bool) -> Float:
    """Corners by tag; `is_upwards`: the first row of numbers is the lowest one."""
    places = board.points_mm.reshape(board.rows, board.columns, 4, 3)
    return np.ascontiguousarray(places[::-1] if is_upwards else places).reshape(-1, 3)


def _middle_misfit(views: Sequence[BoardView], board: BoardSpec, points_mm: Float) -> float:
    return float(
        np.median([misfit_px(points_mm[_index(view, board)], view.points_px) for view in views])
    )


def _index(view: BoardView, board: BoardSpec) -> np.ndarray:
    """Which of the board's points each of a view's points is."""
    places = {tuple(row): i for i, row in enumerate(board.points_mm.tolist())}
    return np.array([places[tuple(row)] for row in view.points_mm.tolist()])

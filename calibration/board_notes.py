"""What a set of views says against --board, and what such a board cannot say."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from calibration.board_spec import BoardSpec
from calibration.board_view import BoardView, NotFound

MAX_MARKER_ERROR = 0.1  # of the marker's side: its corners are found to about 3 %
TURNED_SHARE = 0.8  # of the views


def board_warnings(
    views: Sequence[BoardView], missed: Sequence[NotFound], board: BoardSpec
) -> list[str]:
    """Name files that were set aside unseen, and ChArUco markers of another size than said."""
    found = [f"{miss.name} {miss.why}" for miss in missed if miss.is_warning]
    sides = [view.marker_mm for view in views if view.marker_mm is not None]
    if sides and abs(np.median(sides) / board.marker_mm - 1) > MAX_MARKER_ERROR:
        found.append(
            f"the printed markers are {np.median(sides):.1f} mm wide where squares are "
            f"{board.pitch_mm:g} mm, not {board.marker_mm:g} mm as --board says: measure both"
        )
    return found


def board_notes(views: Sequence[BoardView], board: BoardSpec) -> list[str]:
    """Say what a board without codes leaves open: a mirrored picture, COLS and ROWS exchanged.

    Both look the same as a right picture of another board; only the way it lies is a hint.
    """
    if board.kind not in ("chessboard", "circles"):
        return []
    notes = [f"{board.kind}: mirrored pictures are not noticed; a ChArUco board tells them"]
    n_turned = sum(_runs_down(view, board) for view in views)
    if board.columns != board.rows and n_turned >= TURNED_SHARE * max(1, len(views)):
        notes.append(
            f"the rows of {board.columns} points run down the picture in {n_turned} of "
            f"{len(views)} views: if the print is {board.rows}x{board.columns}, --board has them "
            "exchanged, and the board's x and y with them (the lens is the same)"
        )
    return notes


def _runs_down(view: BoardView, board: BoardSpec) -> bool:
    grid = view.points_px.reshape(board.rows, board.columns, 2)
    along = (grid[:, -1] - grid[:, 0]).mean(axis=0)
    return bool(abs(along[1]) > abs(along[0]))

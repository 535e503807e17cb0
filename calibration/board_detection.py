"""Finding a board in a picture, and saying why it is not there: size, order, mirror, dictionary."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from calibration.board_spec import BoardSpec
from calibration.board_view import BoardView, NotFound
from calibration.charuco import MIN_POINTS, find_charuco
from calibration.chessboard import chessboard_size, circles_size, detect_chessboard, detect_circles
from calibration.marker_codes import DICTIONARIES
from calibration.tag_detection import count_codes, detect_tags
from tracking.arrays import Float, UInt8

MIN_CODES = 3  # of another dictionary, until it is named as the board's

_Sight = Callable[[UInt8], bool]


def detect_board(gray: UInt8, board: BoardSpec, name: str) -> BoardView | NotFound:
    """Find the board in one 8-bit grey picture.

    Returns
    -------
    BoardView or NotFound
        A board that is seen in part counts if it carries codes.
    """
    height, width = gray.shape
    if board.kind == "charuco":
        view: BoardView | None = None
        for seen in reversed(find_charuco(gray, board)):
            view = BoardView(
                name,
                seen.points_mm,
                seen.points_px,
                (width, height),
                seen.is_legacy,
                seen.marker_mm,
                twin=view,
            )
        return NotFound(name, "") if view is None else view
    points = _points(gray, board)
    if points is None:
        return NotFound(name, "")
    return BoardView(name, *points, (width, height))


def explain_absence(gray: UInt8, board: BoardSpec) -> str:
    """Say what kind of board the picture shows instead, or "" where that cannot be told."""
    if board.kind == "chessboard":
        return _explain_chessboard(gray, board)
    if board.kind == "charuco":
        return _explain_charuco(gray, board)
    if board.kind == "apriltag":
        return _explain_codes(gray, board, lambda picture: _tag_points(picture, board) is not None)
    size = circles_size(gray, board)
    if size is None or size == (board.columns, board.rows):
        return ""
    return f"the picture shows {max(size)}x{min(size)} circles"


def pattern_variant(gray: UInt8, board: BoardSpec) -> str:
    """Name the ChArUco pattern that the picture shows: "current", "legacy", or ""."""
    found = find_charuco(gray, board)
    return "" if not found else "legacy" if found[0].is_legacy else "current"


def _points(gray: UInt8, board: BoardSpec) -> tuple[Float, Float] | None:
    if board.kind == "chessboard":
        corners = detect_chessboard(gray, board)
        return None if corners is None else (board.points_mm, corners)
    if board.kind == "circles":
        centres = detect_circles(gray, board)
        return None if centres is None else (board.points_mm, centres)
    return _tag_points(gray, board)


def _tag_points(gray: UInt8, board: BoardSpec) -> tuple[Float, Float] | None:
    n_tags = board.columns * board.rows
    tags = {tag.id: tag for tag in detect_tags(gray, board.dictionary) if tag.id < n_tags}
    if 4 * len(tags) < MIN_POINTS:
        return None
    places = board.points_mm.reshape(n_tags, 4, 3)
    points_mm = np.concatenate([places[i] for i in sorted(tags)])
    points_px = np.concatenate([tags[i].corners_px for i in sorted(tags)])
    return points_mm, points_px


def _explain_chessboard(gray: UInt8, board: BoardSpec) -> str:
    whole = chessboard_size(gray)
    asked = (max(board.columns, board.rows), min(board.columns, board.rows))
    if whole is None or whole == asked:
        return ""
    return f"the picture shows at least {whole[0]}x{whole[1]} inner corners"


def _explain_charuco(gray: UInt8, board: BoardSpec) -> str:
    turned = BoardSpec(
        "charuco", board.rows, board.columns, board.pitch_mm, board.marker_mm, board.dictionary
    )
    if board.rows != board.columns and pattern_variant(gray, turned):
        return f"the picture shows the other order: {turned.text}"
    return _explain_codes(gray, board, lambda picture: bool(pattern_variant(picture, board)))


def _explain_codes(gray: UInt8, board: BoardSpec, is_seen: _Sight) -> str:
    if is_seen(np.ascontiguousarray(gray[:, ::-1])):
        return "the picture is mirrored: the board is found once it is flipped"
    n_own = count_codes(gray, board.dictionary)
    if n_own >= MIN_CODES:
        return (
            f"{n_own} codes of {board.dictionary} are seen, and no board of "
            f"{board.columns}x{board.rows}: another size"
        )
    counts = {name: count_codes(gray, name) for name in _families(board.dictionary)}
    best = max(counts, key=lambda name: counts[name])
    if counts[best] >= MIN_CODES:
        return f"the codes are of another dictionary: {counts[best]} of {best} are seen"
    return ""


def _families(own: str) -> list[str]:
    """The largest dictionary of each family of codes; the smaller ones are its beginnings."""
    return [n for n in DICTIONARIES if n != own and not n.endswith(("_50", "_100", "_250"))]

"""Finding a board in a picture, and saying why it is not there: size, order, mirror, dictionary."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import cast

import cv2
import numpy as np
from numpy.typing import ArrayLike

from calibration.board_spec import BoardSpec
from calibration.board_view import BoardView, NotFound
from calibration.chessboard import chessboard_size, circles_size, detect_chessboard, detect_circles
from calibration.marker_codes import DICTIONARIES, opencv_codes
from calibration.tag_detection import count_codes, detect_tags
from tracking.arrays import Float, UInt8

MIN_POINTS = 6  # of a board of codes: a pose needs four, and two to spare
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
        for is_legacy in (False, True):
            if seen := _charuco_points(gray, board, is_legacy=is_legacy):
                return BoardView(name, seen[0], seen[1], (width, height), is_legacy, seen[2])
        return NotFound(name, "")
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
    for is_legacy in (False, True):
        if _charuco_points(gray, board, is_legacy=is_legacy) is not None:
            return "legacy" if is_legacy else "current"
    return ""


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


def _charuco_points(
    gray: UInt8, board: BoardSpec, *, is_legacy: bool
) -> tuple[Float, Float, float | None] | None:
    """Points in mm and pixels, and the markers' side in mm where markers are seen."""
    printed = cv2.aruco.CharucoBoard(
        (board.columns, board.rows),
        board.pitch_mm,
        board.marker_mm,
        opencv_codes(board.dictionary),
    )
    printed.setLegacyPattern(is_legacy)
    corners, ids, markers, _ = cv2.aruco.CharucoDetector(printed).detectBoard(gray)
    chosen = np.ravel([] if cast(object, ids) is None else ids).astype(int)
    if len(chosen) < MIN_POINTS:
        return None
    points_px = np.reshape(corners, (-1, 2)).astype(np.float64)
    points_mm = board.points_mm[chosen]
    if min(np.ptp(points_mm[:, 0]), np.ptp(points_mm[:, 1])) <= 0:
        return None  # all on one line: no pose
    return points_mm, points_px, _marker_side_mm(points_mm, points_px, markers)


def _marker_side_mm(
    points_mm: Float, points_px: Float, markers: Sequence[ArrayLike]
) -> float | None:
    if len(markers) == 0:
        return None
    onto_board, _ = cv2.findHomography(points_px, np.ascontiguousarray(points_mm[:, :2]))
    if cast(object, onto_board) is None:
        return None
    corners = np.reshape(np.array(markers, dtype=np.float64), (-1, 1, 2))
    on_board = np.reshape(cv2.perspectiveTransform(corners, onto_board), (-1, 4, 2))
    sides = np.linalg.norm(on_board - np.roll(on_board, 1, axis=1), axis=2)
    return float(np.median(sides))


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

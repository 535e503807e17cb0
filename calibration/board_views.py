"""The board in every picture of a set; a set without enough of them is refused with the reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from calibration.board_detection import detect_board, explain_absence
from calibration.board_spec import BoardSpec
from calibration.board_view import BoardView, NotFound
from calibration.pictures import read_gray
from tracking.errors import CalibrationError

Progress = Callable[[int, int | None], None]
N_EXPLAINED = 5  # pictures looked at again for a reason: it costs a second each


def find_boards(
    pictures: Sequence[Path], board: BoardSpec, report: Progress
) -> tuple[list[BoardView], list[NotFound]]:
    """Detect the board in each picture.

    Raises
    ------
    SourceError
        A file is no picture.
    CalibrationError
        Pictures of different sizes.
    """
    found: list[BoardView] = []
    missed: list[NotFound] = []
    size: tuple[int, int] | None = None
    for index, path in enumerate(pictures):
        gray = read_gray(path)
        shape = (gray.shape[1], gray.shape[0])
        if size is not None and shape != size:
            raise CalibrationError(
                "The pictures have different sizes: they are not of one camera in one mode.",
                expected=f"{size[0]}x{size[1]}, as {pictures[0].name}",
                actual=f"{path.name} has {shape[0]}x{shape[1]}",
                remedy="Take the others out, and calibrate each mode by itself.",
            )
        size = shape
        view = detect_board(gray, board, path.name)
        if isinstance(view, BoardView):
            found.append(view)
        else:
            why = explain_absence(gray, board) if len(missed) < N_EXPLAINED else ""
            missed.append(NotFound(path.name, why))
        report(index + 1, len(pictures))
    return found, missed


def require_views(
    found: Sequence[BoardView], missed: Sequence[NotFound], board: BoardSpec, n_needed: int
) -> None:
    """Refuse a set of too few views, naming the likeliest reason.

    Raises
    ------
    CalibrationError
        Fewer than `n_needed` views.
    """
    if len(found) >= n_needed:
        return
    reasons = Counter(miss.why for miss in missed if miss.why)
    why = f"; {reasons.most_common(1)[0][0]}" if reasons else ""
    raise CalibrationError(
        "The board is seen in too few pictures."
        if found
        else "The board is not found in any picture.",
        expected=f"{board.text} in at least {n_needed} pictures",
        actual=f"found in {len(found)} of {len(found) + len(missed)}{why}",
        remedy="Check --board against the print (size, order, dictionary), and take sharp, evenly "
        "lit pictures that show the whole board from different sides.",
    )


def pattern_note(views: Sequence[BoardView]) -> str:
    """Name a legacy ChArUco pattern, "" where there is none: a user may print the other one."""
    n = sum(view.is_legacy for view in views)
    if n == 0:
        return ""
    note = f"legacy pattern (ChArUco as OpenCV printed it before 4.6) in {n} of {len(views)} views"
    return note if n == len(views) else f"{note}: the pictures show two different boards"

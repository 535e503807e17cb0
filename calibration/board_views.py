"""The board in every picture of a set; a set without enough of them is refused with the reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from calibration.board_detection import detect_board, explain_absence
from calibration.board_layout import check_layout, is_flat
from calibration.board_spec import BoardSpec
from calibration.board_view import BoardView, NotFound
from calibration.charuco import of_one_pattern
from calibration.picture_sizes import one_size
from calibration.pictures import read_gray
from recordings.progress import Report
from tracking.errors import CalibrationError

NOT_FLAT = "its points lie on no flat board of this layout"
N_EXPLAINED = 5  # pictures looked at again for a reason: it costs a second each


def find_boards(
    pictures: Sequence[Path], board: BoardSpec, report: Report
) -> tuple[list[BoardView], list[NotFound]]:
    """Detect the board in each picture; copies, files that are no picture and other sizes are left.

    Raises
    ------
    SourceError
        No file is a picture.
    CalibrationError
        No size that most pictures have, or a board that is printed otherwise than said.
    """
    found: list[BoardView] = []
    known: dict[str, str] = {}
    usable, missed = one_size(pictures)
    n_explained = 0
    for index, path in enumerate(usable):
        report(index + 1, len(usable))
        gray = read_gray(path)
        original = known.setdefault(sha256(gray.tobytes()).hexdigest(), path.name)
        if original != path.name:
            why = f"skipped: the same picture as {original}"
            missed.append(NotFound(path.name, why, is_warning=True))
            continue
        view = detect_board(gray, board, path.name)
        if isinstance(view, BoardView):
            found.append(view)
        else:
            why = explain_absence(gray, board) if n_explained < N_EXPLAINED else ""
            n_explained += 1
            missed.append(NotFound(path.name, why))
    found = of_one_pattern(found)
    check_layout(found, board)
    flat = [view for view in found if is_flat(view)]
    missed += [NotFound(view.name, NOT_FLAT) for view in found if view not in flat]
    return flat, missed


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

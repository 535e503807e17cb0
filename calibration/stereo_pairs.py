"""Which picture of the right camera belongs to which of the left one, and how its board lies."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from calibration.board_pose import board_pose, reprojection_px
from calibration.board_view import BoardView
from calibration.lens import Lens
from tracking.arrays import Float
from tracking.errors import CalibrationError, UsageError
from tracking.transforms import invert

MIN_SHARED = 6  # points of the board in both pictures
SAME_PX = 1e-3
ASTRAY, MIN_ASTRAY_PX = 4.0, 2.0  # times the middle pair's misfit, and at least
MAX_ASTRAY_SHARE = 0.01  # of the picture's width: beyond, the middle pair contradicts itself
MAX_ASTRAY_FRACTION = 1 / 3
_NUMBER = re.compile(r"\d+")


def pair_pictures(
    left: Sequence[Path], right: Sequence[Path]
) -> tuple[list[tuple[Path, Path]], list[str]]:
    """Pair by the last number in the names where it tells, else by order; who is left over.

    Raises
    ------
    UsageError
        The numbers do not tell, and there are not as many on either side.
    """
    numbered = [_by_number(paths) for paths in (left, right)]
    if numbered[0] is not None and numbered[1] is not None:
        common = sorted(numbered[0].keys() & numbered[1].keys())
        if 2 * len(common) > min(len(left), len(right)):
            alone = [
                paths[number].name
                for paths in (numbered[0], numbered[1])
                for number in sorted(paths.keys() - set(common))
            ]
            return [(numbered[0][n], numbered[1][n]) for n in common], alone
    if len(left) != len(right):
        raise UsageError(
            "LEFT and RIGHT need as many pictures, in the same order, or the same numbers in "
            "their names.",
            actual=f"{len(left)} and {len(right)}",
            remedy="Take out those without a partner.",
        )
    return list(zip(left, right, strict=True)), []


def _by_number(paths: Sequence[Path]) -> dict[int, Path] | None:
    """Pictures by the last number in their names; None where it is missing or not its own."""
    found: dict[int, Path] = {}
    for path in paths:
        numbers = _NUMBER.findall(path.stem)
        if not numbers or int(numbers[-1]) in found:
            return None
        found[int(numbers[-1])] = path
    return found


@dataclass(frozen=True, eq=False)
class SharedBoard:
    """Points (n, 3) of one board that both cameras saw at one moment, and their pixels (n, 2)."""

    name: str
    points_mm: Float
    left_px: Float
    right_px: Float

    @property
    def turned(self) -> SharedBoard:
        """The same, the right camera's board read half a turn on. Only of whole boards."""
        return replace(self, right_px=np.ascontiguousarray(self.right_px[::-1]))


def shared_board(left: BoardView, right: BoardView) -> SharedBoard | None:
    """What both views show of the board; None where that is too little."""
    places = {tuple(p): i for i, p in enumerate(np.round(right.points_mm, 6).tolist())}
    keys = [tuple(p) for p in np.round(left.points_mm, 6).tolist()]
    both = [(i, places[key]) for i, key in enumerate(keys) if key in places]
    if len(both) < MIN_SHARED:
        return None
    a, b = (list(indices) for indices in zip(*both, strict=True))
    name = f"{left.name} and {right.name}"
    return SharedBoard(name, left.points_mm[a], left.points_px[a], right.points_px[b])


def belonging_together(
    pairs: Sequence[SharedBoard], left: Lens, right: Lens, *, is_turnable: bool
) -> tuple[list[SharedBoard], list[str]]:
    """The pairs that agree on one pose between the cameras, and the names of the others.

    Every pair proposes the pose that it shows; the one that the middle pair fits best is believed.
    A board that looks the same after half a turn is read as that pose wants it.

    Raises
    ------
    CalibrationError
        Both cameras show the same pictures, or too many pairs contradict.
    """
    if all(np.abs(pair.left_px - pair.right_px).max() < SAME_PX for pair in pairs):
        raise CalibrationError(
            "LEFT and RIGHT show the same pictures.",
            expected="pictures of two cameras",
            remedy="Name the other camera's folder.",
        )
    readings = [[pair, pair.turned] if is_turnable else [pair] for pair in pairs]
    lefts = [board_pose(_view(pair, pair.left_px, left), left) for pair in pairs]
    best: tuple[float, Float] | None = None
    for reading, board in zip(readings, lefts, strict=True):
        for pair in reading:
            pose = board_pose(_view(pair, pair.right_px, right), right) @ invert(board)
            misfits = _misfits_px(readings, lefts, pose, right).min(axis=1)
            middle = float(np.median(misfits))
            if best is None or middle < best[0]:
                best = middle, pose
    if best is None:
        return [], []
    misfits = _misfits_px(readings, lefts, best[1], right)
    limit_px = min(max(ASTRAY * best[0], MIN_ASTRAY_PX), MAX_ASTRAY_SHARE * right.width)
    chosen = [reading[int(np.argmin(row))] for reading, row in zip(readings, misfits, strict=True)]
    fits = misfits.min(axis=1) <= limit_px
    kept = [pair for pair, is_kept in zip(chosen, fits, strict=True) if is_kept]
    astray = [pair.name for pair, is_kept in zip(chosen, fits, strict=True) if not is_kept]
    if len(astray) > MAX_ASTRAY_FRACTION * len(pairs):
        raise CalibrationError(
            "The pairs of pictures do not belong together.",
            expected="one pose between the cameras in nearly all pairs",
            actual=f"{len(astray)} of {len(pairs)} pairs contradict it, as {astray[0]}",
            remedy="Pair pictures of one moment: the same numbers in the names, or the same order.",
        )
    return kept, astray


def _misfits_px(
    readings: Sequence[Sequence[SharedBoard]], lefts: Sequence[Float], pose: Float, right: Lens
) -> Float:
    """Root mean square distance in the right picture under a pose, (pairs, readings)."""
    return np.array(
        [
            [_rms(_view(pair, pair.right_px, right), right, pose @ board) for pair in reading]
            for reading, board in zip(readings, lefts, strict=True)
        ]
    )


def _rms(view: BoardView, lens: Lens, camera_from_board: Float) -> float:
    return float(np.sqrt(np.square(reprojection_px(view, lens, camera_from_board)).sum(1).mean()))


def _view(pair: SharedBoard, points_px: Float, lens: Lens) -> BoardView:
    return BoardView(pair.name, pair.points_mm, points_px, (lens.width, lens.height))

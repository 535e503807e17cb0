"""`--board SPEC`: what a calibration board is, and where its points lie on it.

Board space: x along a row to the right, y down the rows, z into the board, mm; the first point is
the origin. A board that faces the camera therefore has its z along the camera's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import isfinite
from typing import Literal

import numpy as np

from tracking.arrays import Float, frozen
from tracking.errors import UsageError

Kind = Literal["chessboard", "charuco", "circles", "apriltag"]

FORMS: dict[str, str] = {
    "chessboard": "chessboard:COLSxROWS:SQUARE_MM (inner corners), as chessboard:9x6:25",
    "charuco": "charuco:COLSxROWS:SQUARE_MM:MARKER_MM:DICT (squares), as charuco:7x5:30:22:4x4_50",
    "circles": "circles:COLSxROWS:SPACING_MM, as circles:11x8:20",
    "apriltag": "apriltag:COLSxROWS:TAG_MM:GAP_MM[:DICT], as apriltag:6x6:30:9:apriltag_36h11",
}
N_NUMBERS = {"chessboard": 1, "charuco": 2, "circles": 1, "apriltag": 2}
DEFAULT_FAMILY = "apriltag_36h11"
MIN_SIDE = 2
MAX_SIDE = 100  # points along one side: beyond any printed board
_SIZE = re.compile(r"(\d{1,4})x(\d{1,4})")


@dataclass(frozen=True)
class BoardSpec:
    """A board. `columns` x `rows` are inner corners, squares (ChArUco), circles or tags.

    `pitch_mm` is the square or spacing (AprilTag: tag plus gap), `marker_mm` a marker's side or 0,
    `dictionary` its codes or "".
    """

    kind: Kind
    columns: int
    rows: int
    pitch_mm: float
    marker_mm: float = 0.0
    dictionary: str = ""

    @property
    def text(self) -> str:
        """The specification as it is typed."""
        size = f"{self.kind}:{self.columns}x{self.rows}"
        if self.kind == "charuco":
            return f"{size}:{self.pitch_mm:g}:{self.marker_mm:g}:{self.dictionary}"
        if self.kind == "apriltag":
            gap_mm = self.pitch_mm - self.marker_mm
            return f"{size}:{self.marker_mm:g}:{gap_mm:g}:{self.dictionary}"
        return f"{size}:{self.pitch_mm:g}"

    @property
    def grid_shape(self) -> tuple[int, int]:
        """Points per row and rows of points (AprilTag: tags, of four corners each)."""
        if self.kind == "charuco":
            return self.columns - 1, self.rows - 1
        return self.columns, self.rows

    @property
    def points_mm(self) -> Float:
        """Every point, shape (n, 3); AprilTag corners as OpenCV orders them, tag by tag."""
        columns, rows = self.grid_shape
        grid = np.zeros((rows * columns, 3))
        grid[:, 0] = np.tile(np.arange(columns), rows) * self.pitch_mm
        grid[:, 1] = np.repeat(np.arange(rows), columns) * self.pitch_mm
        if self.kind != "apriltag":
            return frozen(grid)
        side = self.marker_mm
        tag = np.array([[0, 0, 0], [side, 0, 0], [side, side, 0], [0, side, 0]])
        return frozen((grid[:, None] + tag).reshape(-1, 3))

    @property
    def is_turnable(self) -> bool:
        """Whether it looks the same after half a turn: its origin is then a guess."""
        if self.kind == "chessboard":
            return (self.columns + self.rows) % 2 == 0
        return self.kind == "circles"


def parse_board(text: str) -> BoardSpec:
    """Read a specification.

    Raises
    ------
    UsageError
        Unknown kind or dictionary, or numbers that make no board.
    """
    kind, *parts = text.strip().split(":")
    if kind not in FORMS:
        raise _refuse(text, f"unknown kind of board {kind!r}", "; ".join(FORMS.values()))
    n_numbers = N_NUMBERS[kind]
    has_codes = kind in ("charuco", "apriltag")
    n_fewest = 1 + n_numbers + (kind == "charuco")
    if not n_fewest <= len(parts) <= 1 + n_numbers + has_codes:
        raise _refuse(text, f"{len(parts)} parts after {kind}", FORMS[kind])
    size = _SIZE.fullmatch(parts[0])
    if not size:
        raise _refuse(text, f"{parts[0]!r} is no COLSxROWS", FORMS[kind])
    columns, rows = int(size[1]), int(size[2])
    if not all(MIN_SIDE + (kind == "charuco") <= n <= MAX_SIDE for n in (columns, rows)):
        raise _refuse(text, f"a board of {columns}x{rows}", f"at least {MIN_SIDE} points a side")
    numbers = [_positive(text, part, kind) for part in parts[1 : 1 + n_numbers]]
    if kind == "charuco":
        if numbers[1] >= numbers[0]:
            raise _refuse(text, "a marker as large as its square", "SQUARE_MM above MARKER_MM")
        return BoardSpec("charuco", columns, rows, numbers[0], numbers[1], _codes(text, parts[3]))
    if kind == "apriltag":
        family = parts[3] if len(parts) > 3 else DEFAULT_FAMILY
        pitch_mm = numbers[0] + numbers[1]
        return BoardSpec("apriltag", columns, rows, pitch_mm, numbers[0], _codes(text, family))
    if kind == "circles":
        return BoardSpec("circles", columns, rows, numbers[0])
    return BoardSpec("chessboard", columns, rows, numbers[0])


def _positive(text: str, part: str, kind: str) -> float:
    try:
        value = float(part)
    except ValueError:
        value = float("nan")
    if not (isfinite(value) and value > 0):
        raise _refuse(text, f"{part!r} is no positive length in mm", FORMS[kind])
    return value


def _codes(text: str, name: str) -> str:
    from calibration.marker_codes import DICTIONARIES, dictionary_name

    found = dictionary_name(name)
    if found is None:
        raise _refuse(text, f"unknown dictionary {name!r}", ", ".join(DICTIONARIES))
    return found


def _refuse(text: str, actual: str, expected: str) -> UsageError:
    return UsageError(
        f"--board: {text!r} is no board.",
        expected=expected,
        actual=actual,
        remedy="Count and measure the board as it is printed.",
    )

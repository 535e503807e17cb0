"""What one picture shows of a board."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tracking.arrays import Float


@dataclass(frozen=True, eq=False)
class BoardView:
    """Points of the board (n, 3) in mm and where the picture shows them (n, 2) in pixels.

    `is_legacy`: its ChArUco pattern is the one that OpenCV printed before 4.6. `marker_mm`: the
    side of its ChArUco markers as the picture shows it beside the squares. `twin`: the same board
    read by the other pattern, where this picture alone does not tell which it is.
    """

    name: str
    points_mm: Float
    points_px: Float
    size_px: tuple[int, int]  # width, height
    is_legacy: bool = False
    marker_mm: float | None = None
    twin: BoardView | None = None

    def __post_init__(self) -> None:
        n = len(self.points_mm)
        if self.points_mm.shape != (n, 3) or self.points_px.shape != (n, 2):
            raise ValueError(f"{self.name}: {self.points_mm.shape}, {self.points_px.shape}")
        if not (np.isfinite(self.points_mm).all() and np.isfinite(self.points_px).all()):
            raise ValueError(f"{self.name}: a point is not finite")

    @property
    def n_points(self) -> int:
        """How many points are seen."""
        return len(self.points_px)


@dataclass(frozen=True)
class NotFound:
    """A picture without the board, and why as far as it can be told.

    `is_warning`: it was not even looked at, because it is no picture or another's copy.
    """

    name: str
    why: str
    is_warning: bool = False

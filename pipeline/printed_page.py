"""An A4 page to print true to scale: words, check ruler, and shapes in millimetres.

The axes span the page in millimetres, so a number here is a length on paper.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pipeline.collar_sheet import MARGIN_MM, MM_PER_INCH, PAGE_MM, RULER_MM
from tracking.arrays import Float
from tracking.errors import UsageError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WARNING = "PHANTOM AND BENCH ONLY"
RULER_LINE = "Check both rulers: each must measure 100.0 mm, within 0.2 mm, or print again."
SCALE_LINE = "Print at 100 %, without scaling, on matt paper, and glue it onto something flat."


class PrintedPage:
    """A page that fills up from the top; `ax` is in millimetres from the lower left corner."""

    def __init__(self, title: str, lines: Sequence[str], *, landscape: bool = False) -> None:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        self.width_mm, self.height_mm = PAGE_MM[::-1] if landscape else PAGE_MM
        size = (self.width_mm / MM_PER_INCH, self.height_mm / MM_PER_INCH)
        self.figure: Figure = Figure(figsize=size)
        FigureCanvasAgg(self.figure)
        self.ax: Axes = self.figure.add_axes((0.0, 0.0, 1.0, 1.0))
        self.ax.set(xlim=(0, self.width_mm), ylim=(0, self.height_mm))
        self.ax.set_axis_off()
        top = self.height_mm - MARGIN_MM
        self.ax.text(MARGIN_MM, top - 4, title, fontsize=13)
        self.ax.text(
            self.width_mm - MARGIN_MM, top - 4, WARNING, fontsize=9, color="#b00020", ha="right"
        )
        for k, line in enumerate((*lines, SCALE_LINE, RULER_LINE)):
            self.ax.text(MARGIN_MM, top - 9.5 - 3.8 * k, line, fontsize=7.5)
        self.top_mm = top - 9.5 - 3.8 * (len(lines) + 2)
        self._ruler()

    def _ruler(self) -> None:
        """Both directions, as printers stretch them differently."""
        y = x = MARGIN_MM / 2
        left, low = MARGIN_MM, MARGIN_MM
        self.ax.plot([left, left + RULER_MM], [y, y], color="0", linewidth=0.5)
        self.ax.plot([x, x], [low, low + RULER_MM], color="0", linewidth=0.5)
        for mm in range(0, RULER_MM + 1, 5):
            tick = 2.4 if mm % 10 == 0 else 1.2
            self.ax.plot([left + mm] * 2, [y, y + tick], color="0", linewidth=0.4)
            self.ax.plot([x, x + tick], [low + mm] * 2, color="0", linewidth=0.4)
        self.ax.text(left + RULER_MM + 2, y, f"{RULER_MM} mm", fontsize=7)
        self.ax.text(x, low + RULER_MM + 2, f"{RULER_MM} mm", fontsize=7, rotation=90, ha="center")

    def require_room(self, width_mm: float, height_mm: float) -> tuple[float, float]:
        """Lower left corner of a centred area. Raises UsageError where it does not fit."""
        room = self.width_mm - 2 * MARGIN_MM, self.top_mm - MARGIN_MM
        if width_mm > room[0] or height_mm > room[1]:
            raise UsageError(
                "The target does not fit on an A4 page.",
                expected=f"at most {room[0]:.0f} x {room[1]:.0f} mm",
                actual=f"{width_mm:.0f} x {height_mm:.0f} mm",
                remedy="Choose fewer or smaller squares.",
            )
        return (self.width_mm - width_mm) / 2, MARGIN_MM + (room[1] - height_mm) / 2

    def fill_squares(self, corners_mm: Float, side_mm: float) -> None:
        """Black squares as one path, (n, 2) lower left corners: no hairlines between them."""
        from matplotlib.patches import PathPatch
        from matplotlib.path import Path as Outline

        unit = np.array([[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]) * side_mm
        points = (corners_mm[:, None] + unit).reshape(-1, 2)
        one = [Outline.MOVETO, *([Outline.LINETO] * 3), Outline.CLOSEPOLY]
        codes = np.tile(np.array(one, np.uint8), len(corners_mm))
        self.ax.add_patch(
            PathPatch(Outline(points, codes), facecolor="0", edgecolor="none", linewidth=0)
        )

    def write(self, path: Path) -> None:
        """Write the PDF: the same bytes every time. Raises UsageError."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self.figure.savefig(path, format="pdf", metadata={"CreationDate": None})
        except OSError as error:
            raise UsageError(
                f"cannot write {path}",
                actual=error.strerror or str(error),
                remedy="Name another folder.",
            ) from error

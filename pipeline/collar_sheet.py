"""A collar as a page to print: A4, true to scale, vector PDF.

The axes span the page in millimetres, so a number here is a length on paper.
"""

from __future__ import annotations

from math import floor, pi
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tracking.applicator import Applicator
from tracking.arrays import Float
from tracking.collar import Collar, CollarSeat, marker_points_mm, marker_side_mm
from tracking.collar_codes import black_modules
from tracking.errors import ConfigurationError, UsageError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PAGE_MM = (210.0, 297.0)
MARGIN_MM, TAB_MM, GAP_MM = 12.0, 8.0, 7.0
RULER_MM = 100
MM_PER_INCH = 25.4
HEAD_MM = 55.0  # of the page's top: words and ruler
CUT, CUT_WIDTH = "0.45", 0.4  # grey of the cutting lines, and their width in points
WARNING = "PHANTOM AND BENCH ONLY: paper is not sterile"


def write_collar_pdf(path: Path, applicator: Applicator) -> None:
    """Write the sheet of an applicator's collar.

    Raises
    ------
    ConfigurationError
        It has no collar in the catalogue, or one that does not fit on the page.
    UsageError
        The file cannot be written.
    """
    figure = draw_collar(applicator)
    try:
        figure.savefig(path, format="pdf", metadata={"CreationDate": None})
    except OSError as error:
        raise UsageError(
            f"cannot write {path}", actual=error.strerror or str(error), remedy="Name another file."
        ) from error


def draw_collar(applicator: Applicator) -> Figure:
    """The page as a figure; 1 unit of its axes is 1 mm."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    collar = applicator.collar
    if collar is None:
        raise ConfigurationError(
            f"The applicator {applicator.id} has no collar in the catalogue.",
            expected=f"a table [applicator.{applicator.id}.collar]",
            remedy="Add the table that `applicators collar` prints with the sheet.",
        )
    width, height = PAGE_MM
    figure = Figure(figsize=(width / MM_PER_INCH, height / MM_PER_INCH))
    FigureCanvasAgg(figure)
    ax = figure.add_axes((0.0, 0.0, 1.0, 1.0))
    ax.set(xlim=(0, width), ylim=(0, height))
    ax.set_axis_off()
    _head(ax, applicator, collar)
    below = _strips(ax, applicator.collar_seat, collar, applicator.id)
    if collar.n_top:
        _disc(ax, applicator.collar_seat, collar, below)
    return figure


def _head(ax: Axes, applicator: Applicator, collar: Collar) -> None:
    left, top = MARGIN_MM, PAGE_MM[1] - MARGIN_MM
    ax.text(left, top - 5, f"Marker collar of applicator {applicator.id}", fontsize=15)
    ax.text(left, top - 12, WARNING, fontsize=12, weight="bold", color="#b00020")
    ids = f"{collar.dictionary}, ids {collar.ids.start} to {collar.ids.stop - 1}"
    lines = (
        f"{ids}; machine {applicator.machine}. Print at 100 %, without scaling, on matt paper.",
        "Check the ruler: it must measure 100.0 mm, within 0.2 mm, or print again.",
        "Cut along the solid lines. Glue each piece over the tab of the one before it.",
        _where(applicator, collar),
        "The triangle marks +x: it belongs where the wall reaches farthest towards the patient.",
    )
    for k, line in enumerate(lines):
        ax.text(left, top - 18 - 4.2 * k, line, fontsize=8)
    y = PAGE_MM[1] - HEAD_MM + 3
    ax.plot([left, left + RULER_MM], [y, y], color="0", linewidth=0.5)
    for mm in range(0, RULER_MM + 1, 5):
        tick = 3.0 if mm % 10 == 0 else 1.5
        ax.plot([left + mm] * 2, [y, y + tick], color="0", linewidth=0.4)
    ax.text(left + RULER_MM + 3, y, f"{RULER_MM} mm", fontsize=8)


def _where(applicator: Applicator, collar: Collar) -> str:
    """Where the strip's upper edge lies, and the disc."""
    if not applicator.has_ring and collar.below_top_mm:
        return f"The strip's upper edge lies {collar.below_top_mm:g} mm below the tube's top."
    disc = "; the disc lies on that face" if collar.n_top else ""
    return f"The strip's upper edge lies flush with the top face{disc}."


def _strips(ax: Axes, seat: CollarSeat, collar: Collar, name: str) -> float:
    """Draw the strip in pieces; return how far up the page it leaves room."""
    from matplotlib.patches import Rectangle

    pitch = 2 * pi * seat.radius_mm / collar.n_outer
    height = seat.top_mm - seat.bottom_mm
    per_piece = floor((PAGE_MM[0] - 2 * MARGIN_MM - TAB_MM) / pitch)
    y = PAGE_MM[1] - HEAD_MM
    for first in range(0, collar.n_outer, per_piece):
        n = min(per_piece, collar.n_outer - first)
        y -= height + GAP_MM
        if y < MARGIN_MM:
            raise _too_large(name)
        piece = Rectangle((MARGIN_MM, y), n * pitch + TAB_MM, height)
        piece.set(edgecolor=CUT, linewidth=CUT_WIDTH, fill=False)
        ax.add_patch(piece)
        fold = MARGIN_MM + n * pitch
        ax.plot([fold, fold], [y, y + height], color=CUT, linewidth=CUT_WIDTH, linestyle="--")
        ax.text(fold + TAB_MM / 2, y + height / 2, "tab", fontsize=6, rotation=90, va="center")
        for k in range(first, first + n):
            # the piece begins half a pitch before its first marker
            origin = MARGIN_MM + (k - first + 0.5) * pitch
            _print_flat(ax, collar, collar.first_id + k, np.array([origin, y + height / 2]))
        if first == 0:
            _pointer(ax, MARGIN_MM + pitch / 2, y - 1.5, 0.0)
        ax.text(MARGIN_MM + pitch, y - 3, f"{name}, piece from marker {first}", fontsize=6)
    return y


def _disc(ax: Axes, seat: CollarSeat, collar: Collar, below_mm: float) -> None:
    from matplotlib.patches import Circle

    x, y = PAGE_MM[0] / 2, below_mm - GAP_MM - 2.0 - seat.radius_mm
    centre = np.array([x, y])
    if y - seat.radius_mm < MARGIN_MM / 2:
        raise _too_large("the disc")
    for radius in (seat.radius_mm, seat.inner_radius_mm):
        circle = Circle((x, y), radius)
        circle.set(edgecolor=CUT, linewidth=CUT_WIDTH, fill=False)
        ax.add_patch(circle)
    ax.text(x, y, "cut out:\nthe beam passes here", fontsize=7, ha="center", va="center")
    for k in range(collar.n_top):
        marker_id = collar.first_id + collar.n_outer + k
        across, up, path = _modules(collar, marker_id)
        points = marker_points_mm(collar, seat, marker_id, across, up)[..., :2] + centre
        _fill(ax, points, path)
    _pointer(ax, x + seat.radius_mm + 1.5, y, 90.0)


def _print_flat(ax: Axes, collar: Collar, marker_id: int, origin: Float) -> None:
    across, up, path = _modules(collar, marker_id)
    _fill(ax, np.stack([across, up], axis=-1) + origin, path)


def _modules(collar: Collar, marker_id: int) -> tuple[Float, Float, int]:
    """Corners of the black modules in the marker's own mm, (n, 4) each, and their number."""
    module = marker_side_mm(collar, marker_id) / collar.n_modules
    row, column = np.nonzero(black_modules(collar.dictionary, marker_id))
    half = collar.n_modules / 2
    corner = np.array([[0, 0], [1, 0], [1, 1], [0, 1]])
    across = (column[:, None] + corner[:, 0] - half) * module
    up = (half - row[:, None] - corner[:, 1]) * module
    return across, up, len(row)


def _fill(ax: Axes, corners: Float, n_modules: int) -> None:
    """All modules of a marker as one path: pieces drawn apart would show hairlines between."""
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path as Outline

    closed = np.concatenate([corners, corners[:, :1]], axis=1).reshape(-1, 2)
    one = [Outline.MOVETO, Outline.LINETO, Outline.LINETO, Outline.LINETO, Outline.CLOSEPOLY]
    outline = Outline(closed, np.tile(np.array(one, np.uint8), n_modules))
    ax.add_patch(PathPatch(outline, facecolor="0", edgecolor="none", linewidth=0))


def _pointer(ax: Axes, x: float, y: float, turn_deg: float) -> None:
    """A triangle outside the paper that points at +x."""
    from matplotlib.patches import RegularPolygon

    turn = np.radians(turn_deg)
    ax.add_patch(RegularPolygon((x, y), 3, radius=1.5, orientation=turn, color="0.2"))


def _too_large(what: str) -> ConfigurationError:
    return ConfigurationError(
        f"The collar of {what} does not fit on an A4 page.",
        expected=f"{PAGE_MM[0]:g} x {PAGE_MM[1]:g} mm",
        remedy="Choose fewer markers or leave the disc out (n_top = 0).",
    )

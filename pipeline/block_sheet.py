"""Sheet for angle and standoff blocks: where they stand on their base, and what they have to be.

Paper cannot be these targets: their faces are machined, and calibrated before they are used.
"""

from __future__ import annotations

from math import radians, tan

from pipeline.printed_page import PrintedPage

ANGLES_DEG = (0.0, 15.0, 30.0)  # of the monthly protocol
STEPS_MM = (5.0, 10.0, 20.0)
BLOCK_MM = 60.0  # edge of every face: some 3600 mm2, thousands of points at 0.5 m
PITCH_MM = 85.0
ANGLE_BASE_MM = 10.0  # least height of an angle block, so that its lower edge stands clear


def block_sheet() -> PrintedPage:
    """Outlines of six blocks to scale, with nominal values and the commands that measure them."""
    page = PrintedPage(
        "Angle blocks and standoff blocks",
        [
            (
                "A drawing, no target: machine the blocks, matt and light grey; have angles and "
                "heights calibrated, and give those to qa blocks."
            ),
            (
                "Stand the blocks on one flat base that is the largest face in the view "
                "(at least 300 x 200 mm)."
            ),
            "qa blocks SESSION --angle-deg 0 --angle-deg 15 --angle-deg 30 --json > angles.json",
            "qa blocks SESSION --step-mm 5 --step-mm 10 --step-mm 20 --json > steps.json",
        ],
        landscape=True,
    )
    left, low = page.require_room(2 * PITCH_MM + BLOCK_MM, 70.0 + BLOCK_MM)
    for k, angle in enumerate(ANGLES_DEG):
        rise = ANGLE_BASE_MM + BLOCK_MM * tan(radians(angle))
        words = f"angle {angle:g} deg\n{ANGLE_BASE_MM:g} mm high here,\n{rise:.1f} mm at the other"
        _outline(page, left + k * PITCH_MM, low + 70.0, f"{words} edge", is_tilted=angle > 0)
    for k, step in enumerate(STEPS_MM):
        words = f"standoff {step:g} mm\nparallel to the base"
        _outline(page, left + k * PITCH_MM, low, words, is_tilted=False)
    return page


def _outline(page: PrintedPage, x: float, y: float, words: str, *, is_tilted: bool) -> None:
    from matplotlib.patches import Rectangle

    box = Rectangle((x, y), BLOCK_MM, BLOCK_MM)
    box.set(edgecolor="0.2", linewidth=0.5, fill=False)
    page.ax.add_patch(box)
    page.ax.text(x + 3, y + BLOCK_MM - 4, words, fontsize=7.5, va="top")
    if is_tilted:
        middle = y + BLOCK_MM / 3
        page.ax.annotate(
            "",
            xy=(x + BLOCK_MM - 4, middle),
            xytext=(x + 4, middle),
            arrowprops={"arrowstyle": "->", "linewidth": 0.6},
        )
        page.ax.text(x + BLOCK_MM / 2, middle + 2, "rises", fontsize=7, ha="center")

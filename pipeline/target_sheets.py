"""The printable QA targets: boards and plane texture; layouts of sphere plate and blocks."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from pipeline.block_sheet import block_sheet
from pipeline.collar_sheet import MARGIN_MM
from pipeline.printed_page import PrintedPage
from tracking.arrays import Float

CHARUCO = (9, 6, 25.0, 19.0, "DICT_5X5_100")  # columns, rows, square mm, marker mm, dictionary
CHESSBOARD = (10, 7, 22.0)  # squares across, down, side in mm
TEXTURE_DOT_MM = 1.8  # 3 px at 250 mm, 1 px at 765 mm, of a focal length of 425 px
TEXTURE_SEED = 20
TEXTURE_FILL = 0.5
SPHERE_RADIUS_MM = 25.0
SPHERE_SPACING_MM = 120.0
ROW_PITCH_MM = 110.0
TICK_MM = (1.5, 5.0)  # from the board's edge: its rim stays white
ORIGIN_LINE = (
    "origin of head_from_board: the inner corner where both ticks meet; x right, y down, z into "
    "the board"
)


def write_targets(folder: Path) -> list[Path]:
    """Write every sheet and return the paths. Raises UsageError."""
    sheets = {
        "charuco_board.pdf": charuco_sheet(),
        "chessboard.pdf": chessboard_sheet(),
        "plane_texture.pdf": texture_sheet(),
        "sphere_plate.pdf": sphere_plate_sheet(),
        "blocks.pdf": block_sheet(),
    }
    paths = []
    for name, page in sheets.items():
        path = folder / name
        page.write(path)
        paths.append(path)
    return paths


def charuco_sheet() -> PrintedPage:
    """A ChArUco board as OpenCV's own generator lays it out (markers in the white squares)."""
    import cv2

    columns, rows, square, marker, name = CHARUCO
    page = PrintedPage(
        "ChArUco board",
        [f"--board charuco:{columns}x{rows}:{square:g}:{marker:g}:{name} (squares, mm)"],
        landscape=True,
    )
    dictionary = cv2.aruco.getPredefinedDictionary(getattr(cv2.aruco, name))
    left, low = page.require_room(columns * square, rows * square)
    page.fill_squares(_checker(columns, rows, square, left, low), square)
    modules = dictionary.markerSize + 2
    size = marker / modules
    corners = []
    board = cv2.aruco.CharucoBoard((columns, rows), square, marker, dictionary)
    for marker_id, points in zip(np.ravel(board.getIds()), board.getObjPoints(), strict=True):
        x, y = np.asarray(points)[0][:2]  # the marker's upper left corner, y down the board
        code = cv2.aruco.generateImageMarker(dictionary, int(marker_id), modules)
        row, column = np.nonzero(code == 0)
        u = left + x + column * size
        v = low + rows * square - y - (row + 1) * size
        corners.append(np.column_stack([u, v]))
    page.fill_squares(np.concatenate(corners), size)
    _mark_origin(page, left + square, low + (rows - 1) * square, (left, low + rows * square))
    return page


def _mark_origin(page: PrintedPage, u: float, v: float, corner: tuple[float, float]) -> None:
    """Ticks outside the board that point at its origin (u, v): nothing on it may be drawn over.

    `corner`: the board's upper left one. All in mm on the page.
    """
    left, top = corner
    page.ax.plot([u, u], [top + TICK_MM[0], top + TICK_MM[1]], color="0", linewidth=0.6)
    page.ax.plot([left - TICK_MM[1], left - TICK_MM[0]], [v, v], color="0", linewidth=0.6)
    page.ax.text(u + 1.5, top + TICK_MM[0] + 0.5, ORIGIN_LINE, fontsize=6.5)


def chessboard_sheet() -> PrintedPage:
    """A chessboard with an even and an odd side: its corners have one order only."""
    columns, rows, square = CHESSBOARD
    page = PrintedPage(
        "Chessboard",
        [f"--board chessboard:{columns - 1}x{rows - 1}:{square:g} (inner corners, mm)"],
        landscape=True,
    )
    left, low = page.require_room(columns * square, rows * square)
    page.fill_squares(_checker(columns, rows, square, left, low), square)
    return page


def texture_sheet() -> PrintedPage:
    """Random dots for stereo to hold on to: the plane of `calibrate depth` and `qa plane`."""
    page = PrintedPage(
        "Plane texture",
        [
            (
                f"Dots of {TEXTURE_DOT_MM:g} mm. Lay several sheets side by side to fill the "
                "region in which the plane is measured."
            )
        ],
    )
    columns = int((page.width_mm - 2 * MARGIN_MM) // TEXTURE_DOT_MM)
    rows = int((page.top_mm - MARGIN_MM) // TEXTURE_DOT_MM)
    left, low = page.require_room(columns * TEXTURE_DOT_MM, rows * TEXTURE_DOT_MM)
    black = np.random.default_rng(TEXTURE_SEED).random((rows, columns)) < TEXTURE_FILL
    row, column = np.nonzero(black)
    corners = np.column_stack([left + column * TEXTURE_DOT_MM, low + row * TEXTURE_DOT_MM])
    page.fill_squares(corners, TEXTURE_DOT_MM)
    return page


def sphere_plate_sheet() -> PrintedPage:
    """Where to mount spheres: drill marks and outlines; their distances are measured after."""
    from matplotlib.patches import Circle

    page = PrintedPage(
        "Sphere plate",
        [
            (
                f"Radius {SPHERE_RADIUS_MM:g} mm, {SPHERE_SPACING_MM:g} mm apart, rows "
                f"{ROW_PITCH_MM:g} mm apart. A drawing, no standard:"
            ),
            "have radii and distances measured, and give those to qa spheres.",
        ],
        landscape=True,
    )
    width = SPHERE_SPACING_MM + 2 * SPHERE_RADIUS_MM
    height = ROW_PITCH_MM + 2 * SPHERE_RADIUS_MM
    left, low = page.require_room(width, height)
    for i in range(2):
        for j in range(2):
            x = left + SPHERE_RADIUS_MM + i * SPHERE_SPACING_MM
            y = low + SPHERE_RADIUS_MM + j * ROW_PITCH_MM
            circle = Circle((x, y), SPHERE_RADIUS_MM)
            circle.set(edgecolor="0.4", linewidth=0.4, fill=False)
            page.ax.add_patch(circle)
            arm = 5.0
            page.ax.plot([x - arm, x + arm], [y, y], color="0", linewidth=0.3)
            page.ax.plot([x, x], [y - arm, y + arm], color="0", linewidth=0.3)
    return page


def _checker(columns: int, rows: int, square: float, left: float, low: float) -> Float:
    """Lower left corners of the black squares; the upper left square is black, as OpenCV's."""
    column, row = np.meshgrid(np.arange(columns), np.arange(rows))
    black = (column + row) % 2 == 0
    x = left + column[black] * square
    y = low + (rows - 1 - row[black]) * square
    return np.column_stack([x, y]).astype(np.float64)

"""The printed targets are true to scale, and the boards are what OpenCV looks for."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from calibration.qa.protocol import ProtocolName
from calibration.qa.protocol_file import read_protocol
from pipeline.block_sheet import block_sheet
from pipeline.cli.app import main
from pipeline.collar_sheet import MM_PER_INCH, PAGE_MM
from pipeline.printed_page import PrintedPage
from pipeline.target_sheets import (
    CHARUCO,
    CHESSBOARD,
    charuco_sheet,
    chessboard_sheet,
    texture_sheet,
)
from tracking.errors import UsageError

DPI = 127  # 5 px a mm: edges fall on whole pixels, to which the drawing is snapped
PX_PER_MM = DPI / MM_PER_INCH
TICK_MM = 0.3  # a tick and a corner found in a drawing of 0.2 mm a pixel
WITHIN_PX = 0.3  # of a corner's place in a drawing of this resolution


def _picture(page: PrintedPage) -> NDArray[np.uint8]:
    page.figure.set_dpi(DPI)
    canvas = page.figure.canvas
    canvas.draw()
    rgba = np.asarray(canvas.buffer_rgba())  # type: ignore[attr-defined]
    return np.ascontiguousarray(rgba[..., 0])


def test_the_charuco_board_is_read_at_its_scale() -> None:
    columns, rows, square, marker, name = CHARUCO
    dictionary = cv2.aruco.getPredefinedDictionary(getattr(cv2.aruco, name))
    board = cv2.aruco.CharucoBoard((columns, rows), square, marker, dictionary)
    corners, ids, _, marker_ids = cv2.aruco.CharucoDetector(board).detectBoard(
        _picture(charuco_sheet())
    )
    assert len(ids) == (columns - 1) * (rows - 1)
    assert len(marker_ids) == columns * rows // 2
    expected = np.asarray(board.getChessboardCorners())[ids.ravel()][:, :2] * PX_PER_MM
    found = corners.reshape(-1, 2)
    offset = (found - expected).mean(axis=0)
    assert np.abs(found - expected - offset).max() < WITHIN_PX


def test_the_charuco_sheet_marks_the_board_s_origin() -> None:
    """Both ticks lie outside the board and point at its first inner corner."""
    columns, rows, square, marker, name = CHARUCO
    page = charuco_sheet()
    dictionary = cv2.aruco.getPredefinedDictionary(getattr(cv2.aruco, name))
    board = cv2.aruco.CharucoBoard((columns, rows), square, marker, dictionary)
    corners, ids, _, _ = cv2.aruco.CharucoDetector(board).detectBoard(_picture(page))
    first_px = corners.reshape(-1, 2)[int(np.flatnonzero(ids.ravel() == 0)[0])]
    first = np.array([first_px[0], PAGE_MM[0] * PX_PER_MM - first_px[1]]) / PX_PER_MM
    above, beside = [np.asarray(line.get_xydata()) for line in page.ax.lines[-2:]]
    assert above[:, 0] == pytest.approx(first[0], abs=TICK_MM)
    assert beside[:, 1] == pytest.approx(first[1], abs=TICK_MM)
    assert above[:, 1].min() > first[1] + square
    assert beside[:, 0].max() < first[0] - square
    assert any("origin of head_from_board" in text.get_text() for text in page.ax.texts)


def test_the_chessboard_is_found_at_its_scale() -> None:
    columns, rows, square = CHESSBOARD
    is_found, corners = cv2.findChessboardCorners(
        _picture(chessboard_sheet()), (columns - 1, rows - 1)
    )
    assert is_found
    grid = corners.reshape(rows - 1, columns - 1, 2)
    across = np.linalg.norm(grid[:, -1] - grid[:, 0], axis=1)
    assert across == pytest.approx((columns - 2) * square * PX_PER_MM, abs=2 * WITHIN_PX)


def test_half_of_the_texture_is_black() -> None:
    """A drawing's dots are up to a ninth wider than the page's: they end on whole pixels."""
    picture = _picture(texture_sheet())
    middle = picture[picture.shape[0] // 3 : -200, 200:-200]
    assert (middle < 128).mean() == pytest.approx(0.5, abs=0.05)


def test_no_words_lie_over_the_texture() -> None:
    page = texture_sheet()
    page.figure.set_dpi(DPI)
    page.figure.canvas.draw()
    (pattern,) = page.ax.patches
    dots = pattern.get_window_extent()
    assert page.ax.texts
    for text in page.ax.texts:
        assert not dots.overlaps(text.get_window_extent()), text.get_text()


def test_the_sheet_of_blocks_names_what_the_protocol_asks_for() -> None:
    words = " ".join(text.get_text() for text in block_sheet().ax.texts)
    checks = {c.metric: c for c in read_protocol(ProtocolName.MONTHLY).checks}
    for nominal in checks["angle_block_error"].nominals:
        assert f"angle {nominal:g} deg" in words
    for nominal in checks["standoff_block_error"].nominals:
        assert f"standoff {nominal:g} mm" in words


@pytest.mark.slow
def test_the_command_writes_pages_of_a4_with_the_same_bytes(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        assert main(["qa", "targets", "print", "--out", str(tmp_path / folder)]) == 0
    names = sorted(path.name for path in (tmp_path / "a").iterdir())
    assert names == [
        *("blocks.pdf", "charuco_board.pdf", "chessboard.pdf", "plane_texture.pdf"),
        "sphere_plate.pdf",
    ]
    points = tuple(mm / MM_PER_INCH * 72 for mm in PAGE_MM)
    for name in names:
        written = (tmp_path / "a" / name).read_bytes()
        assert written == (tmp_path / "b" / name).read_bytes()
        box = written.split(b"/MediaBox [")[1].split(b"]")[0].split()
        assert sorted(float(x) for x in box[2:]) == pytest.approx(sorted(points), abs=0.1)


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(UsageError, match="does not fit"):
        PrintedPage("x", []).require_room(250.0, 100.0)


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    assert main(["qa", "targets", "print", "--out", str(tmp_path / "file")]) == 2

"""The printed collar: every code can be read off the page, and every length is what it says."""

from __future__ import annotations

import re
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
import pytest

from pipeline.cli.app import main
from pipeline.collar_sheet import MM_PER_INCH, PAGE_MM, draw_collar, write_collar_pdf
from recordings.simulation.scenarios import COLLAR
from tests.builders import make_applicator
from tests.collar_views import collared
from tests.config_texts import CATALOGUE, written
from tracking.applicator import Applicator
from tracking.arrays import Float
from tracking.camera import CameraIntrinsics
from tracking.collar_marks import SeenMarker, find_markers
from tracking.errors import ConfigurationError, UsageError
from tracking.picture import ColorPicture

DPI = 254.0  # 10 px per mm
LENGTH_MM = 0.1  # one pixel: what a corner is found to on the rendered page


def read_page(applicator: Applicator) -> dict[int, SeenMarker]:
    figure = draw_collar(applicator)
    file = BytesIO()
    figure.savefig(file, format="png", dpi=DPI)
    page = cv2.imdecode(np.frombuffer(file.getvalue(), np.uint8), cv2.IMREAD_GRAYSCALE)
    assert page is not None
    height, width = page.shape
    assert (width, height) == tuple(round(mm * DPI / MM_PER_INCH) for mm in PAGE_MM)
    grid = CameraIntrinsics(width, height, 1000.0, 1000.0, width / 2, height / 2)
    picture = ColorPicture(np.asarray(page, dtype=np.uint8), grid, np.eye(4))
    return {marker.marker_id: marker for marker in find_markers(picture, "4x4_1000")}


def sides_mm(marker: SeenMarker) -> Float:
    corners = marker.corners_px * MM_PER_INCH / DPI
    sides: Float = np.linalg.norm(corners - np.roll(corners, 1, axis=0), axis=1)
    return sides


def test_every_code_is_read_off_the_page_at_its_true_size() -> None:
    markers = read_page(collared())
    assert sorted(markers) == list(COLLAR.ids)
    for marker_id, marker in markers.items():
        side_mm = COLLAR.side_mm if marker_id < COLLAR.n_outer else COLLAR.top_side_mm
        np.testing.assert_allclose(sides_mm(marker), side_mm, atol=LENGTH_MM)


def test_neighbours_on_a_piece_are_as_far_apart_as_around_the_ring() -> None:
    markers = read_page(collared())
    pitch_mm = 2 * np.pi * 55.0 / COLLAR.n_outer
    for k in (0, 3, 9):
        apart = markers[k + 1].corners_px - markers[k].corners_px
        mean = apart.mean(axis=0) * MM_PER_INCH / DPI
        np.testing.assert_allclose(mean, [pitch_mm, 0.0], atol=LENGTH_MM)


def test_the_disc_is_printed_as_it_is_seen_from_above() -> None:
    markers = read_page(collared())
    middles = [markers[i].corners_px.mean(axis=0) for i in range(16, 24)]
    centre = np.mean(middles, axis=0)
    x, y = ((np.array(middles) - centre) * [1, -1]).T  # a page's y runs up, a picture's down
    off_deg = (np.degrees(np.arctan2(y, x)) - np.arange(8) * 45 + 180) % 360 - 180
    np.testing.assert_allclose(off_deg, 0.0, atol=0.2)


def test_the_sheet_is_a_vector_page_of_a4_and_the_same_bytes_each_time(tmp_path: Path) -> None:
    first, second = tmp_path / "a.pdf", tmp_path / "b.pdf"
    write_collar_pdf(first, collared())
    write_collar_pdf(second, collared())
    data = first.read_bytes()
    assert data == second.read_bytes()
    box = re.search(rb"/MediaBox \[ ?0 0 ([\d.]+) ([\d.]+)", data)
    assert box is not None
    points = [float(number) for number in box.groups()]
    np.testing.assert_allclose(points, [mm / MM_PER_INCH * 72 for mm in PAGE_MM], atol=0.01)
    assert b"/Subtype /Image" not in data


def test_a_wide_ring_is_printed_in_more_pieces() -> None:
    strip = replace(COLLAR, n_top=0, top_module_mm=0.0)
    assert sorted(read_page(collared(100.0, strip))) == list(strip.ids)


def test_the_command_writes_the_sheet_and_warns(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = """[applicator.MOB-D60-B15.collar]
dictionary = "4x4_1000"
first_id = 0
n_outer = 16
module_mm = 2.5
"""
    catalogue = written(tmp_path, "catalogue.toml", CATALOGUE + table)
    asked = ["applicators", "collar", "MOB-D60-B15", "--catalogue", str(catalogue), "--out"]
    assert main([*asked, str(tmp_path / "collar.pdf")]) == 0
    assert "not sterile" in capsys.readouterr().err
    assert (tmp_path / "collar.pdf").read_bytes().startswith(b"%PDF")
    assert main([*asked, str(tmp_path / "collar.svg")]) == 2


def test_without_a_collar_it_says_what_to_add(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="no collar") as caught:
        write_collar_pdf(tmp_path / "a.pdf", make_applicator())
    assert "applicators collar" in caught.value.remedy
    with pytest.raises(UsageError, match="cannot write"):
        write_collar_pdf(tmp_path / "none" / "a.pdf", collared())

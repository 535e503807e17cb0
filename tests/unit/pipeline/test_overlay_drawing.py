from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from pipeline.overlay.banner import VERDICT_WORDS, Banner, sentences
from pipeline.overlay.bed_normal import BedNormal
from pipeline.overlay.canvas import (
    BANNER_BOX,
    PANEL_BOX,
    VIEW_BOX,
    Canvas,
    blank_canvas,
)
from pipeline.overlay.cone import ConeAxis, ConeOutline, ExitPlane
from pipeline.overlay.footer import footer_text, origin_tag, stamp_text
from pipeline.overlay.layer import Layer
from pipeline.overlay.overlay import draw_overlay
from pipeline.overlay.palette import (
    BACKGROUND,
    BANNERS,
    MINIMUM_CONTRAST,
    MUTED,
    PANEL,
    WHITE,
    contrast,
)
from pipeline.overlay.panel import DockingPanel, no_move_text
from pipeline.overlay.picture import MaskTint, Picture, depth_picture
from pipeline.overlay.shapes import draw_verdict_shape
from pipeline.overlay.text import MINIMUM_SIZE_PX, draw_text, fit_text, text_width
from tests.builders_results import Geometry, make_context, make_result
from tracking.arrays import UInt8
from tracking.decision import Verdict
from tracking.reasons import TEXTS, Reason

CONTEXT = make_context()
HALF_PIXEL = 0.5  # rounding of a drawn point
SIZES = [(424, 240), (640, 480), (848, 480), (480, 848)]


def _drawn(layer: Layer, **arguments: object) -> Canvas:
    result = make_result(**arguments)  # type: ignore[arg-type]
    canvas = blank_canvas(result.source_frame.frame.intrinsics.shape)
    layer.draw(canvas, result, CONTEXT)
    return canvas


def _is_untouched(canvas: Canvas) -> bool:
    return bool((canvas.pixels == np.array(BACKGROUND, dtype=np.uint8)).all())


@pytest.mark.parametrize("size", SIZES)
def test_the_canvas_has_one_size_whatever_the_frame(size: tuple[int, int]) -> None:
    pixels = draw_overlay(make_result(size=size), CONTEXT)
    assert pixels.shape == (720, 1280, 3)
    assert pixels.dtype == np.uint8
    assert not pixels.flags.writeable


@pytest.mark.parametrize("size", SIZES)
def test_pixel_centres_map_to_pixel_centres(size: tuple[int, int]) -> None:
    width, height = size
    canvas = blank_canvas((height, width))
    box = canvas.picture_box
    corners = np.array([[-0.5, -0.5], [width - 0.5, height - 0.5]])
    expected = np.array([[-0.5, -0.5], [box.width - 0.5, box.height - 0.5]])
    assert np.abs(canvas.to_picture(corners) - expected).max() <= HALF_PIXEL
    assert box.left >= VIEW_BOX.left
    assert box.right <= VIEW_BOX.right
    assert box.top >= VIEW_BOX.top
    assert box.bottom <= VIEW_BOX.bottom


def test_drawing_changes_no_input_and_is_repeatable() -> None:
    result = make_result()
    color = result.source_frame.frame.color_rgb
    assert color is not None
    before = color.copy()
    first, second = draw_overlay(result, CONTEXT), draw_overlay(result, CONTEXT)
    assert np.array_equal(first, second)
    assert np.array_equal(color, before)


@pytest.mark.parametrize("verdict", list(Verdict))
def test_text_contrast(verdict: Verdict) -> None:
    banner = BANNERS[verdict]
    assert contrast(banner.fill, banner.text) >= MINIMUM_CONTRAST


@pytest.mark.parametrize("text", [WHITE, MUTED])
@pytest.mark.parametrize("ground", [BACKGROUND, PANEL])
def test_panel_contrast(text: tuple[int, int, int], ground: tuple[int, int, int]) -> None:
    assert contrast(text, ground) >= MINIMUM_CONTRAST


def test_contrast_of_black_and_white_is_21() -> None:
    assert contrast((0, 0, 0), (255, 255, 255)) == pytest.approx(21.0)


def test_verdict_shapes_differ_without_colour() -> None:
    shapes = {}
    for verdict in Verdict:
        pixels = np.zeros((160, 160, 3), dtype=np.uint8)
        draw_verdict_shape(pixels, verdict, (80, 80), 70, (255, 255, 255), (0, 0, 0))
        shapes[verdict] = pixels[..., 0] > 127
    for first, second in combinations(Verdict, 2):
        differing = float((shapes[first] ^ shapes[second]).mean())
        assert differing > 0.08, (first, second)


@pytest.mark.parametrize("verdict", list(Verdict))
def test_nothing_covers_the_verdict(verdict: Verdict) -> None:
    reasons = () if verdict is Verdict.READY else (Reason.NO_BED,)
    result = make_result(verdict, reasons)
    whole = draw_overlay(result, CONTEXT)
    alone = _drawn(Banner(), verdict=verdict, reasons=reasons).pixels
    band = slice(BANNER_BOX.top, BANNER_BOX.bottom)
    assert np.array_equal(whole[band], alone[band])
    fill = np.array(BANNERS[verdict].fill, dtype=np.uint8)
    assert (whole[band] == fill).all(axis=2).mean() > 0.4


def test_ready_says_geometry_ready() -> None:
    assert VERDICT_WORDS[Verdict.READY] == "GEOMETRY READY"
    assert set(VERDICT_WORDS) == set(Verdict)


def test_the_banner_gives_the_first_reason_and_its_action() -> None:
    result = make_result(Verdict.UNSURE, (Reason.BED_HIDDEN, Reason.NO_BED))
    text = TEXTS[Reason.BED_HIDDEN]
    assert sentences(result, CONTEXT) == (text.sentence, text.action)


def test_the_banner_never_contradicts_the_panel() -> None:
    """Too far from the source because of the air gap: the cone moves, not the head."""
    result = make_result(Verdict.HOLD, (Reason.SSD_HIGH,), Geometry(air_gap_mm=6.0))
    assert sentences(result, CONTEXT)[1] == "Cone 6.0 mm down."


def test_passing_but_too_near_a_limit_to_arm_says_what_to_move() -> None:
    near = make_result(
        Verdict.UNSURE, (Reason.ARMING,), Geometry(docking_gap_mm=42.5), arming_passed=0
    )
    assert sentences(near, CONTEXT)[1] == "Head 2.5 mm down."


def test_arming_says_to_hold_still_and_nothing_to_move() -> None:
    arming = make_result(Verdict.UNSURE, (Reason.ARMING,), arming_passed=4)
    assert sentences(arming, CONTEXT)[1] == TEXTS[Reason.ARMING].action
    assert no_move_text(arming.record.decision) == "Nothing to move"
    stuck = make_result(Verdict.UNSURE, (Reason.ARMING,), arming_passed=0)
    assert no_move_text(stuck.record.decision) == "No move can be told"


def test_both_components_of_a_move_stand_in_the_banner() -> None:
    geometry = Geometry(lateral_x_mm=3.0, lateral_y_mm=-2.0)
    result = make_result(Verdict.HOLD, (Reason.LATERAL_HIGH,), geometry)
    assert sentences(result, CONTEXT)[1] == "Head 3.0 mm right, 2.0 mm front."


@pytest.mark.parametrize("layer", [ConeOutline(), ConeAxis(), ExitPlane(), BedNormal()])
def test_without_a_pose_nothing_is_drawn(layer: Layer) -> None:
    assert _is_untouched(_drawn(layer, has_pose=False))
    assert not _is_untouched(_drawn(layer))


def test_the_exit_plane_is_drawn_where_it_projects() -> None:
    result = make_result()
    canvas = blank_canvas(result.source_frame.frame.intrinsics.shape)
    ExitPlane().draw(canvas, result, CONTEXT)
    centre = result.record.registration.exit_centre_camera_mm
    u, v = canvas.to_picture(result.source_frame.frame.intrinsics.project(centre))
    changed = (canvas.picture != np.array(BACKGROUND, dtype=np.uint8)).any(axis=2)
    rows, columns = np.nonzero(changed)
    assert abs(columns.mean() - u) < 2.0  # perspective shifts an ellipse's middle by about 1 px
    assert abs(rows.mean() - v) < 2.0


def test_the_outline_encloses_the_applicators_pixels() -> None:
    """The painted mask is the projected body: the outline must run along its edge."""
    result = make_result(geometry=Geometry(lateral_y_mm=40.0))
    canvas = _drawn(ConeOutline(), geometry=Geometry(lateral_y_mm=40.0))
    mask = result.segmentation.applicator_mask
    rows, columns = np.nonzero(mask)
    drawn_rows, drawn_columns = np.nonzero((canvas.picture == 255).all(axis=2))
    low = canvas.to_picture(np.array([columns.min(), rows.min()], dtype=np.float64))
    high = canvas.to_picture(np.array([columns.max(), rows.max()], dtype=np.float64))
    tolerance_px = 2 * canvas.scale + 2  # the mask is rounded to whole pixels, the line 3 px wide
    assert abs(drawn_columns.min() - low[0]) < tolerance_px
    assert abs(drawn_columns.max() - high[0]) < tolerance_px
    assert abs(drawn_rows.max() - high[1]) < tolerance_px


def test_a_cone_partly_behind_the_camera_still_draws() -> None:
    draw_overlay(make_result(geometry=Geometry(docking_gap_mm=-700.0)), CONTEXT)


def test_after_a_fault_no_number_is_shown() -> None:
    fault = {"verdict": Verdict.FAULT, "reasons": (Reason.FRAME_REPEATED,)}
    shown = _drawn(DockingPanel(), **fault, geometry=Geometry(lateral_x_mm=9.0)).pixels
    other = _drawn(DockingPanel(), **fault, geometry=Geometry(lateral_x_mm=-9.0)).pixels
    assert np.array_equal(shown, other)
    assert shown[:, PANEL_BOX.left :].any()


def test_the_panel_shows_what_is_measured() -> None:
    hold = {"verdict": Verdict.HOLD, "reasons": (Reason.LATERAL_HIGH,)}
    right = _drawn(DockingPanel(), **hold, geometry=Geometry(lateral_x_mm=4.0)).pixels
    left = _drawn(DockingPanel(), **hold, geometry=Geometry(lateral_x_mm=-4.0)).pixels
    assert not np.array_equal(right, left)


def test_without_colour_the_depth_is_shown() -> None:
    result = make_result(has_color=False)
    grey = depth_picture(result.source_frame.frame)
    cone = result.segmentation.applicator_mask
    ground = result.segmentation.labels == 0
    assert grey[cone].mean() > grey[ground].mean()  # nearer is brighter
    assert not _is_untouched(_drawn(Picture(), has_color=False))


def test_an_empty_depth_frame_is_black() -> None:
    frame = make_result(has_color=False).source_frame.frame
    empty = replace(frame, depth_raw=np.zeros_like(frame.depth_raw))
    assert not depth_picture(empty).any()


def test_tints_only_touch_labelled_pixels() -> None:
    result = make_result(has_pose=False)
    canvas = blank_canvas(result.source_frame.frame.intrinsics.shape)
    MaskTint().draw(canvas, result, CONTEXT)
    assert _is_untouched(canvas)
    assert not _is_untouched(_drawn(MaskTint()))


@pytest.mark.parametrize(
    ("origin", "uri", "tag"),
    [
        ("live", "realsense", "LIVE"),
        ("live", "realsense:123", "LIVE"),
        ("live", "session.mcap", "RECORDING, NOT LIVE"),
        ("foreign", "scene", "RECORDING, NOT LIVE"),
        ("simulated", "sim:docking", "SIMULATED, NOT LIVE"),
        ("simulated", "realsense", "SIMULATED, NOT LIVE"),
    ],
)
def test_only_a_live_device_is_called_live(origin: str, uri: str, tag: str) -> None:
    assert origin_tag(make_context(origin, uri)) == tag


def test_stamps_read_as_seconds_or_as_a_clock() -> None:
    assert stamp_text(4_100_000_000) == "4.100 s"
    assert stamp_text(1_767_225_661_250_000_000) == "00:01:01.250 UTC"


def test_the_footer_names_frame_phase_plan_and_applicator() -> None:
    result = make_result(frame_index=12, truth=Geometry(), phase="docked")
    text = footer_text(result, CONTEXT)
    for part in ("frame 12", "phase docked", "plan demo-1", "MOB-D60-B15"):
        assert part in text


def test_long_text_is_set_smaller_and_cut_at_last() -> None:
    text, size = fit_text("Clear the bed around the rim.", 40, True, 400)
    assert text_width(text, size) <= 400
    assert size < 40
    cut, size = fit_text("x" * 300, 40, True, 200)
    assert cut.endswith("…")
    assert size == MINIMUM_SIZE_PX
    assert text_width(cut, size) <= 200


@pytest.mark.parametrize("at", [(-500, 10), (10, -500), (5000, 5), (-3, 4), (58, 38)])
def test_text_is_clipped_to_the_picture(at: tuple[int, int]) -> None:
    pixels: UInt8 = np.zeros((40, 60, 3), dtype=np.uint8)
    draw_text(pixels, "Gap", at, 20, WHITE)


def test_text_blends_exactly_to_its_colour() -> None:
    pixels: UInt8 = np.zeros((60, 200, 3), dtype=np.uint8)
    draw_text(pixels, "■■", (0, 30), 40, (10, 200, 90))
    assert (pixels == np.array([10, 200, 90])).all(axis=2).any()


@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_fits_the_banner(reason: Reason) -> None:
    text = TEXTS[reason]
    for sentence in (text.sentence, text.action):
        assert fit_text(sentence, 40, True, 1074)[1] >= 34  # still read from 4 m

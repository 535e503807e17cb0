"""Every sign of every quantity, from the geometry to the page's words, dials and bars."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from pipeline.benchmarks.display_frames import bar
from pipeline.display.header import frame_header
from pipeline.overlay.banner import sentences
from pipeline.overlay.guidance import moves
from tests.builders_coverage import COVERED, uncovered
from tests.builders_results import Geometry, make_context, make_result
from tests.display_session import MadeSession
from tests.integration.display_browser import shown_page
from tracking.decision import Verdict
from tracking.reasons import Reason

STRAIGHT = Geometry(0.0, 0.0, 0.0, 0.0, 40.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Case:
    """One quantity off to one side; what people must read, and where the mark must point.

    `x`, `y`: sign on the dial, right and up; `bar`: the arrow, 1 up.
    """

    change: dict[str, float]
    text: str
    x: int = 0
    y: int = 0
    bar: tuple[str, int] | None = None


CASES = [
    Case({"lateral_x_mm": 3.0}, "Head 3.0 mm right", x=1),
    Case({"lateral_x_mm": -3.0}, "Head 3.0 mm left", x=-1),
    Case({"lateral_y_mm": 3.0}, "Head 3.0 mm back", y=1),
    Case({"lateral_y_mm": -3.0}, "Head 3.0 mm front", y=-1),
    Case({"tilt_x_deg": 2.0}, "Tilt head top 2.0° front", y=-1),
    Case({"tilt_x_deg": -2.0}, "Tilt head top 2.0° back", y=1),
    Case({"tilt_y_deg": 2.0}, "Tilt head top 2.0° right", x=1),
    Case({"tilt_y_deg": -2.0}, "Tilt head top 2.0° left", x=-1),
    Case({"docking_gap_mm": 46.0}, "Head 6.0 mm down", bar=("docking_gap_mm", -1)),
    Case({"docking_gap_mm": 34.0}, "Head 6.0 mm up", bar=("docking_gap_mm", 1)),
    Case({"air_gap_mm": 5.0}, "Cone 5.0 mm down", bar=("air_gap_mm", -1)),
    Case({"air_gap_mm": -5.0}, "Cone 5.0 mm up", bar=("air_gap_mm", 1)),
    Case({"incidence_x_deg": 8.0}, "Tilt cone top 8.0° front"),
    Case({"incidence_x_deg": -8.0}, "Tilt cone top 8.0° back"),
    Case({"incidence_y_deg": 8.0}, "Tilt cone top 8.0° right"),
    Case({"incidence_y_deg": -8.0}, "Tilt cone top 8.0° left"),
]

TOLD = """async ([{ moves, dials, bars, labels }, language]) => {
  const [{ moveText, wayOf }, { dialMark, barMark }, { Words }] = await Promise.all(
    ['guidance', 'gauge', 'words/catalogue'].map((name) => import(`/js/${name}.js`)));
  const words = new Words(language);
  return {
    texts: moves.map((move) => moveText(move, words)),
    ways: moves.map((move) => wayOf(move, labels)),
    dials: Object.fromEntries(dials.map((dial) => [dial.name, dialMark(dial)])),
    bars: Object.fromEntries(bars.map((bar) => [bar.name, barMark(bar)])),
  };
}"""


def told(page: Page, change: dict[str, float], language: str = "en") -> dict[str, Any]:
    """What the page makes of a geometry."""
    found: dict[str, Any] = page.evaluate(TOLD, [header_parts(change), language])
    return found


def header_parts(change: dict[str, float]) -> dict[str, Any]:
    """The parts of the session's own header that the gauge is drawn from."""
    result = make_result(Verdict.HOLD, (Reason.LATERAL_HIGH,), geometry=replace(STRAIGHT, **change))
    header = frame_header(
        result, make_context(), sequence=1, picture=1, holds_lease=False, view=None
    )
    return {name: header[name] for name in ("labels", "moves", "dials", "bars")}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.text)
def test_sign(page: Page, case: Case) -> None:
    found = told(page, case.change)
    assert found["texts"][0] == case.text
    if case.x or case.y:
        quantity = "docking_tilt_deg" if "Tilt" in case.text else "docking_lateral_mm"
        mark = found["dials"][quantity]
        assert (sign(mark["x"]), sign(-mark["y"])) == (case.x, case.y)
        assert not mark["isInside"]
        arrow = {(1, 0): "plus_x", (-1, 0): "minus_x", (0, 1): "plus_y", (0, -1): "minus_y"}
        assert found["ways"][0] == arrow[case.x, case.y]
    if case.bar:
        name, arrow_way = case.bar
        mark = found["bars"][name]
        assert mark["arrow"] == arrow_way
        limit = mark["upper"] if arrow_way < 0 else mark["lower"]
        assert (mark["at"] - limit) * arrow_way < 0  # the mark lies outside, the arrow points back
        assert found["ways"][0] == ("up" if arrow_way > 0 else "down")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.text)
def test_english_words_are_the_overlays(page: Page, case: Case) -> None:
    context = make_context()
    result = make_result(
        Verdict.HOLD, (Reason.LATERAL_HIGH,), geometry=replace(STRAIGHT, **case.change)
    )
    assert told(page, case.change)["texts"] == [move.text for move in moves(result, context)]


def test_the_machines_words_are_not_translated(page: Page) -> None:
    assert told(page, {"lateral_x_mm": 3.0}, "de")["texts"] == ["Kopf 3,0 mm right"]


def test_inside_its_limit_no_arrow_points_anywhere(page: Page) -> None:
    found = told(page, {})
    assert found["texts"] == []
    assert all(mark["isInside"] for mark in found["dials"].values())
    assert all(mark["arrow"] == 0 for mark in found["bars"].values())


BANNER = """async (header) => {
  const [{ bannerOf }, { noMoveKey }, { Words }] = await Promise.all(
    ['verdict', 'guidance', 'words/catalogue'].map((name) => import(`/js/${name}.js`)));
  const words = new Words('en');
  const { sentence, action, number } = bannerOf(header, words);
  return [sentence, action, number, words.text(noMoveKey(header))];
}"""
FAR, NEAR = Reason.SSD_HIGH, Reason.SSD_LOW


@pytest.mark.parametrize(
    ("reason", "gap_mm", "air_mm", "action"),
    [
        (FAR, 46.0, -2.0, "Head 6.0 mm down."),  # the cone's way up leaves the distance as it is
        (FAR, 42.0, 5.0, "Cone 5.0 mm down."),
        (NEAR, 34.0, 2.0, "Head 6.0 mm up."),
        (NEAR, 38.0, -5.0, "Cone 5.0 mm up."),
    ],
)
def test_a_wrong_distance_is_cured_by_moves_that_change_it(
    page: Page, reason: Reason, gap_mm: float, air_mm: float, action: str
) -> None:
    geometry = replace(STRAIGHT, docking_gap_mm=gap_mm, air_gap_mm=air_mm)
    result = make_result(Verdict.HOLD, (reason,), geometry=geometry)
    header = frame_header(
        result, make_context(), sequence=1, picture=1, holds_lease=False, view=None
    )
    assert page.evaluate(BANNER, header)[1] == action
    assert sentences(result, make_context())[1] == action


def header_of(reasons: list[str], time_out: str) -> dict[str, Any]:
    """A frame of a session whose time-out step is in this state."""
    geometry = replace(STRAIGHT, lateral_x_mm=9.0)
    result = make_result(Verdict.HOLD, (Reason.LATERAL_HIGH,), geometry=geometry)
    header = frame_header(
        result, make_context(), sequence=1, picture=1, holds_lease=False, view=None
    )
    steps = [{"id": "time_out", "state": time_out, "why": []}]
    return {**header, "reasons": reasons, "session": {"steps": steps}}


@pytest.mark.parametrize(
    ("reasons", "time_out", "expected"),
    [
        (["NO_TIMEOUT", "LATERAL_HIGH"], "blocked", "Head 9.0 mm right."),
        (["NO_TIMEOUT", "LATERAL_HIGH"], "open", "Hold the time-out."),
        (["NO_TIMEOUT"], "blocked", "Hold the time-out."),
    ],
)
def test_nobody_is_sent_to_a_time_out_that_is_blocked(
    page: Page, reasons: list[str], time_out: str, expected: str
) -> None:
    assert page.evaluate(BANNER, header_of(reasons, time_out))[1] == expected


def test_gauge_and_banner_say_the_same_of_coverage(page: Page) -> None:
    header = {**header_of(["COVERAGE_LOW"], "open"), "moves": []}
    _, action, _, gauge = page.evaluate(BANNER, header)
    assert (action, gauge) == ("Move the cone over the area at risk.", "Cone over the area at risk")


UNDO = """async ([step, can]) => {
  const { undo, redo } = await import('/js/screens/draw.js');
  const sent = [];
  const desk = { drawing: { contour: null }, session: { step, can_undo: can, can_redo: can },
                 send: (command) => sent.push(command.kind) };
  undo(desk);
  redo(desk);
  return sent;
}"""


def test_a_key_undoes_what_was_drawn_at_its_own_step_only(page: Page) -> None:
    assert page.evaluate(UNDO, ["draw", True]) == ["undo", "redo"]
    assert page.evaluate(UNDO, ["draw", False]) == []
    assert page.evaluate(UNDO, ["ready", True]) == []


@pytest.mark.parametrize(
    ("centre_mm", "text", "way"),
    [
        ((20.0, 0.0), "Cone 20.0 mm right", "plus_x"),
        ((-20.0, 0.0), "Cone 20.0 mm left", "minus_x"),
        ((0.0, 18.0), "Cone 18.0 mm back", "plus_y"),
        ((0.0, -18.0), "Cone 18.0 mm front", "minus_y"),
    ],
)
def test_an_area_that_is_not_covered_says_where_the_cone_has_to_go(
    page: Page, centre_mm: tuple[float, float], text: str, way: str
) -> None:
    result = uncovered(centre_mm, STRAIGHT)
    context = make_context(limits=COVERED)
    header = frame_header(result, context, sequence=1, picture=1, holds_lease=False, view=None)
    found = page.evaluate(TOLD, [header, "en"])
    assert (found["texts"], found["ways"]) == ([text], [way])
    assert [move.text for move in moves(result, context)] == [text]
    assert page.evaluate(BANNER, header)[1] == f"{text}."


def test_coverage_says_move_the_cone(page: Page) -> None:
    action: str = page.evaluate(
        "import('/js/words/catalogue.js').then((m) => new m.Words('en').sentence('COVERAGE_LOW'))"
    )[1]
    assert action == "Move the cone over the area at risk."


@pytest.mark.parametrize("missing", ["x", "y", "sigma"])
def test_what_is_not_observable_has_no_mark(page: Page, missing: str) -> None:
    dial = {"name": "a", "unit": "mm", "x": 1.0, "y": 1.0, "sigma": 0.1, "tolerance": 2.0}
    mark = page.evaluate(
        "(dial) => import('/js/gauge.js').then((m) => m.dialMark(dial))", dial | {missing: None}
    )
    assert mark is None


SHOW = """async (header) => {
  const [{ GaugeView }, { Words }] = await Promise.all(
    ['gauge_view', 'words/catalogue'].map((name) => import(`/js/${name}.js`)));
  new GaugeView().show(header, new Words('en'));
}"""
MIDDLES = """([root, names]) => [root, ...names].map((name, index) => {
  const found = document.querySelector(index ? `${root} ${name}` : root);
  const { left, right, top, bottom } = found.getBoundingClientRect();
  return [(left + right) / 2, (top + bottom) / 2];
})"""
EDGE_WORDS = """(root) => Object.fromEntries(
  [...document.querySelectorAll(`${root} text`)].map((word) => {
    const { left, right, top, bottom } = word.getBoundingClientRect();
    return [word.textContent, [(left + right) / 2, (top + bottom) / 2]];
  }))"""
ON_SCREEN = {  # the gauge is seen from above the head: +y, the machine's back, is up
    "right": (1, 0),
    "left": (-1, 0),
    "back": (0, -1),
    "front": (0, 1),
    "up": (0, -1),
    "down": (0, 1),
}
DIAL = {"lateral": "#figures .dial.lateral svg", "tilt": "#figures .dial.tilt svg"}


@pytest.fixture(scope="module")
def drawn(browser: Browser) -> Iterator[Page]:
    """A page at docking that no frame reaches any more: its gauge keeps what a test draws."""
    with shown_page(browser, MadeSession("dock")) as (page, server):
        server.is_paused = True
        page.wait_for_timeout(500)
        yield page


def draw(page: Page, change: dict[str, float]) -> None:
    page.evaluate(SHOW, {**header_parts(change), "verdict": "HOLD", "reasons": ["LATERAL_HIGH"]})


def way_between(start: list[float], end: list[float]) -> tuple[int, int]:
    """The main way from one place of the screen to another: right, and down."""
    right, down = end[0] - start[0], end[1] - start[1]
    return (sign(right), 0) if abs(right) > abs(down) else (0, sign(down))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.text)
def test_what_is_drawn_points_the_way_that_is_said(drawn: Page, case: Case) -> None:
    draw(drawn, case.change)
    way = ON_SCREEN[case.text.split()[-1]]
    _, shaft, tip = drawn.evaluate(MIDDLES, ["#moves .arrow", [".stroke", "polygon"]])
    assert way_between(shaft, tip) == way
    if case.x or case.y:
        dial = DIAL["tilt" if "Tilt" in case.text else "lateral"]
        middle, shaft, tip = drawn.evaluate(MIDDLES, [dial, [".shaft", ".tip"]])
        assert way_between(middle, tip) == way_between(shaft, tip) == way
    if case.bar:
        root = f"#figures .bar.{case.bar[0]} svg"
        _, shaft, tip, band = drawn.evaluate(MIDDLES, [root, [".shaft", ".tip", ".band"]])
        assert way_between(shaft, tip) == way_between(shaft, band) == way


@pytest.mark.parametrize("dial", DIAL.values(), ids=DIAL.keys())
def test_the_machines_words_stand_on_their_sides(drawn: Page, dial: str) -> None:
    draw(drawn, {"lateral_x_mm": 3.0})
    (middle,) = drawn.evaluate(MIDDLES, [dial, []])
    words: dict[str, list[float]] = drawn.evaluate(EDGE_WORDS, dial)
    assert words.keys() == {"right", "left", "back", "front"}
    assert {word: way_between(middle, at) for word, at in words.items()} == {
        word: ON_SCREEN[word] for word in words
    }


WORST = "(bars) => import('/js/gauge.js').then((m) => m.worstShare(bars))"
GAP = bar("docking_gap_mm", "mm", 40.4, 0.2, (37.0, 43.0), 40.0)  # 1.0 of 3.0 mm
UNKNOWN = bar("docking_gap_mm", "mm", None, None, (37.0, 43.0), 40.0)


@pytest.mark.parametrize(
    ("bars", "percent"),
    [
        ([GAP], 100 / 3),
        ([bar("docking_gap_mm", "mm", 39.0, 0.2, (37.0, 43.0), 40.0)], 160 / 3),
        ([GAP, bar("coverage_fraction", "", 0.9862, 0.002, (0.98, None), None)], 99.0),
        ([GAP, bar("intrusion_mm", "mm", 2.6, 0.3, (None, 5.0), None)], 70.0),
        ([bar("air_gap_rim_mm", "mm", 1.8, 0.1, (None, 3.0), None), GAP], 70.0),
        ([GAP, UNKNOWN], 100 / 3),
        ([UNKNOWN], None),
        ([], None),
    ],
)
def test_the_share_of_the_limit_is_the_worst_of_all(
    page: Page, bars: list[dict[str, object]], percent: float | None
) -> None:
    expected = None if percent is None else pytest.approx(percent)
    assert page.evaluate(WORST, bars) == expected


def sign(value: float) -> int:
    return (value > 1e-9) - (value < -1e-9)

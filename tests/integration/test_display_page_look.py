"""How the page looks: read from 4 m, without colour, by anybody; and when it says nothing."""

from __future__ import annotations

import base64
import math
from itertools import combinations, pairwise

import cv2
import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from pipeline.overlay.palette import MINIMUM_CONTRAST, contrast
from tests.display_session import STEPS, MadeSession, verdict_header
from tests.integration.display_browser import (
    FULL,
    SHOWN,
    SMALL,
    shown_page,
    wait_drawn,
    wait_until,
)
from tracking.arrays import UInt8

VERDICTS = ("READY", "HOLD", "UNSURE", "FAULT")
VISIONS = ("none", "achromatopsia", "protanopia", "deuteranopia", "tritanopia")
SCREEN_DIAGONAL_MM = 24 * 25.4
VIEWING_MM = 4000.0
MIN_ARC_MINUTES = 20.0
CAP_HEIGHT_EM = 0.729  # of DejaVu Sans, the page's first font
DIFFERENCE_LEVEL = 64  # of 255, in grey: plainly another pixel
MIN_DIFFERENT = 0.08  # of the glyph's and word's pixels


@pytest.mark.parametrize("size", [FULL, SMALL], ids=["1920x1080", "1280x720"])
def test_glyph_and_word_are_read_from_four_metres(browser: Browser, size: tuple[int, int]) -> None:
    with shown_page(browser, MadeSession(), size=size) as (page, _):
        glyph = page.locator("#verdict-shape svg").bounding_box()
        font_px = float(
            page.evaluate("parseFloat(getComputedStyle(window['verdict-word']).fontSize)")
        )
    assert glyph is not None
    assert arc_minutes(glyph["height"], size) >= MIN_ARC_MINUTES
    assert arc_minutes(font_px * CAP_HEIGHT_EM, size) >= MIN_ARC_MINUTES


def arc_minutes(height_px: float, size: tuple[int, int]) -> float:
    """Angle of a height on a 24-inch screen that `size` fills, seen from 4 m."""
    px_per_mm = math.hypot(*size) / SCREEN_DIAGONAL_MM
    return 60 * math.degrees(math.atan(height_px / px_per_mm / VIEWING_MM))


@pytest.mark.slow
def test_verdicts_are_told_apart_by_any_eye(browser: Browser) -> None:
    session = MadeSession("dock")
    with shown_page(browser, session) as (page, _):
        cdp = page.context.new_cdp_session(page)
        pictures: dict[tuple[str, str], UInt8] = {}
        for verdict in VERDICTS:
            show_verdict(page, session, verdict)
            for vision in VISIONS:
                cdp.send("Emulation.setEmulatedVisionDeficiency", {"type": vision})
                pictures[vision, verdict] = banner_picture(page)
    for vision in VISIONS:
        for first, second in combinations(VERDICTS, 2):
            found = different(pictures[vision, first], pictures[vision, second])
            assert found >= MIN_DIFFERENT, (vision, first, second, found)


def show_verdict(page: Page, session: MadeSession, verdict: str) -> None:
    session.verdict = verdict_header(verdict)
    page.wait_for_selector(f'{SHOWN} #verdict[data-verdict="{verdict}"]')
    wait_drawn(page, session)


def banner_picture(page: Page) -> UInt8:
    """Glyph and word alone, as light on dark: the fill and its hue are taken out."""
    png = page.screenshot(clip={"x": 0, "y": 0, "width": 640, "height": 100})
    grey = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_GRAYSCALE)
    assert grey is not None
    away = np.abs(grey.astype(np.int16) - int(grey[2, 2]))
    return np.clip(away, 0, 255).astype(np.uint8)


def different(first: UInt8, second: UInt8) -> float:
    """Share of pixels that are plainly others."""
    apart = np.abs(first.astype(np.int16) - second.astype(np.int16)) > DIFFERENCE_LEVEL
    return float(np.mean(apart))


def test_ready_is_not_confused_with_a_blank(browser: Browser) -> None:
    session = MadeSession("dock")
    with shown_page(browser, session) as (page, server):
        show_verdict(page, session, "READY")
        ready = banner_picture(page)
        server.is_paused = True
        page.wait_for_selector('html[data-shown="no"]')
        png = page.screenshot(clip={"x": 0, "y": 0, "width": 640, "height": 100})
        assert page.inner_text("#blank-word") == "NO VERDICT"
        assert page.locator("#verdict").is_hidden()
    blank = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_GRAYSCALE)
    assert blank is not None
    away = np.abs(blank.astype(np.int16) - int(blank[2, 2])).astype(np.uint8)
    assert different(ready, away) >= MIN_DIFFERENT


@pytest.mark.slow
def test_axe_finds_nothing_serious(browser: Browser) -> None:
    session = MadeSession()
    session.areas = [{"name": "area_at_risk", "state": "placed", "drawn_by": "A. Surgeon"}]
    found: list[str] = []
    with shown_page(browser, session) as (page, _):
        for step in STEPS:
            session.step = step
            page.wait_for_selector(f'body[data-step="{step}"]')
            found += serious(page, step)
        session.step = "approve"
        page.wait_for_selector("#approve")
        page.click("#approve")
        found += serious(page, "PIN")
        page.keyboard.press("Escape")
        page.wait_for_selector("#pin", state="hidden")
        page.keyboard.press("e")
        page.wait_for_selector("#evidence:not([hidden])")
        found += serious(page, "evidence")
        page.keyboard.press("Escape")
        page.wait_for_selector("#evidence", state="hidden")
        page.keyboard.press("?")
        page.wait_for_selector("#help[open]")
        found += serious(page, "help")
        page.keyboard.press("Escape")
        page.wait_for_selector("#help", state="hidden")
        session.step = "draw"
        page.wait_for_selector("#draw-keep-out")
        page.click("#draw-keep-out")
        page.wait_for_selector("#keep-out-name")
        found += serious(page, "drawing")
    assert found == []


def serious(page: Page, where: str) -> list[str]:
    """What axe-core calls serious or critical, and any lack of contrast at level AAA."""
    rules = {"rules": {"color-contrast-enhanced": {"enabled": True}}}
    violations = Axe().run(page, options=rules).response["violations"]
    return [
        f"{where}: {one['id']} ({one['impact']}): {one['nodes'][0]['html'][:90]}"
        for one in violations
        if one["impact"] in {"serious", "critical"}
    ]


def test_contrast_of_the_verdict(browser: Browser) -> None:
    session = MadeSession("dock")
    with shown_page(browser, session) as (page, _):
        for verdict in VERDICTS:
            show_verdict(page, session, verdict)
            colours: list[list[int]] = page.evaluate(
                """() => { const style = getComputedStyle(window['verdict']);
                   return [style.color, style.backgroundColor].map(
                     (text) => text.match(/\\d+/g).map(Number)); }"""
            )
            first, second = ((c[0], c[1], c[2]) for c in colours)
            assert contrast(first, second) >= MINIMUM_CONTRAST, verdict


def test_ready_without_the_lease_is_not_shown(browser: Browser) -> None:
    session = MadeSession("dock")
    session.verdict = {"holds_lease": False}
    with shown_page(browser, session) as (page, _):
        page.wait_for_selector(f'{SHOWN} #verdict[data-verdict="UNSURE"]')
        assert "GEOMETRY READY" not in (page.text_content("#verdict") or "")
        assert "supervisor" in (page.text_content("#verdict-sentence") or "")


def test_ready_with_a_reason_is_not_shown(browser: Browser) -> None:
    session = MadeSession("dock")
    session.verdict = {"reasons": ["ARMING"]}
    with shown_page(browser, session) as (page, _):
        page.wait_for_selector(f'{SHOWN} #verdict[data-verdict="UNSURE"]')


def test_simulation_is_said_even_without_a_verdict(browser: Browser) -> None:
    session = MadeSession("dock")
    with shown_page(browser, session) as (page, server):
        assert page.inner_text("#origin") == "SIMULATION – NOT A PATIENT"  # noqa: RUF001
        server.is_paused = True
        page.wait_for_selector('html[data-shown="no"]')
        assert page.locator("#origin").is_visible()


def test_after_a_fault_no_number_is_shown(browser: Browser) -> None:
    session = MadeSession("dock")
    session.verdict = verdict_header("FAULT")
    with shown_page(browser, session) as (page, _):
        assert (page.text_content("#moves") or "") == "Numbers are not valid"
        assert page.locator("#figures figure, #rows .row").count() == 0


WATCH_AGE = """() => {
  const said = [];
  const age = document.getElementById("age");
  const note = () => said.at(-1) === age.textContent || said.push(age.textContent);
  new MutationObserver(note).observe(age, { childList: true, characterData: true, subtree: true });
  note();
  window.ageSaid = said;
}"""


def test_the_age_is_a_bound_that_grows_until_the_blank(browser: Browser) -> None:
    session = MadeSession("dock")
    with shown_page(browser, session) as (page, server):
        page.evaluate(WATCH_AGE)
        server.is_paused = True
        page.wait_for_selector('html[data-shown="no"]')
        wait_until(page, "() => !document.getElementById('age').textContent.includes('ms')")
        *said, last = page.evaluate("window.ageSaid")
    assert "ms" not in last
    gaps = [index for index, text in enumerate(said) if text == last]  # frames that came too late
    said = said[max(gaps, default=-1) + 1 :]
    bounds = [int(text.split()[-2]) for text in said]
    assert said == [f"age below {bound} ms" for bound in bounds]
    assert all(bound % 50 == 0 and bound >= 100 for bound in bounds)
    assert bounds[-1] >= 200  # shown until 230 ms after exposure
    assert any(after > before for before, after in pairwise(bounds))


def test_a_hidden_page_is_blank(browser: Browser) -> None:
    session = MadeSession("dock")
    with shown_page(browser, session) as (page, _):
        page.evaluate(
            """() => { Object.defineProperty(document, 'hidden', { get: () => true });
               document.dispatchEvent(new Event('visibilitychange')); }"""
        )
        assert page.evaluate("document.documentElement.dataset.shown") == "no"
        wait_drawn(page, session)  # frames go on, and are acknowledged
        assert page.evaluate("document.documentElement.dataset.shown") == "no"


def test_a_lost_connection_and_a_lost_session_are_said(browser: Browser) -> None:
    session = MadeSession("dock")
    with shown_page(browser, session) as (page, server):
        server.is_paused = True
        page.wait_for_selector('html[data-shown="no"] #blank[data-why="waiting"]')
        server.say({"kind": "session_lost"})
        page.wait_for_selector('html[data-shown="no"] #blank[data-why="session"]')
        assert "session" in page.inner_text("#blank-sentence")
        server.is_paused = False
        page.wait_for_selector(SHOWN)
        server.drop()
        page.wait_for_selector('html[data-shown="no"] #blank[data-why="connecting"]')
        page.wait_for_selector(SHOWN)


def test_evidence_shows_the_mask_over_the_picture(browser: Browser) -> None:
    mask = np.zeros((480, 848, 4), np.uint8)
    mask[200:300, 300:500] = (255, 0, 255, 255)
    png = base64.b64encode(cv2.imencode(".png", mask)[1].tobytes()).decode()
    session = MadeSession("dock")
    session.verdict = {"mask": f"data:image/png;base64,{png}"}
    with shown_page(browser, session) as (page, _):
        page.keyboard.press("e")
        page.wait_for_selector("#mask:not([hidden])")
        wait_until(
            page,
            """() => String(window['mask'].getContext('2d').getImageData(400, 250, 1, 1).data)
                     === '255,0,255,255'""",
        )
        assert page.locator("#evidence-body dd").count() > 20


def test_dialogs_never_cover_verdict_or_simulation(browser: Browser) -> None:
    session = MadeSession("approve")
    with shown_page(browser, session) as (page, _):
        strip = page.locator("#origin").bounding_box()
        for opener, dialog in (("#tool-help", "#help"), ("#approve", "#pin")):
            page.click(opener)
            box = page.locator(dialog).bounding_box()
            page.keyboard.press("Escape")
            page.wait_for_selector(dialog, state="hidden")
            assert box is not None
            assert strip is not None
            assert box["y"] >= strip["y"] + strip["height"]
            assert box["y"] + box["height"] <= SMALL[1]

"""The workflow on the page by clicks, touch and keys; server and session are stand-ins."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.display_session import PIN, STEPS, MadeSession, verdict_header
from tests.integration.display_browser import (
    FULL,
    N_CORNERS,
    SHOWN,
    SMALL,
    shown_page,
    wait_drawn,
)

CORNERS = ((0.40, 0.60), (0.55, 0.50), (0.62, 0.70), (0.45, 0.78))
MIN_TARGET_PX = 44


def at_step(page: Page, step: str) -> None:
    page.wait_for_selector(f'body[data-step="{step}"]')


def tap(page: Page, x: float, y: float) -> None:
    """On the picture, in parts of its width and height."""
    box = page.locator("#picture").bounding_box()
    assert box is not None
    page.touchscreen.tap(box["x"] + x * box["width"], box["y"] + y * box["height"])


def tap_corners(page: Page) -> None:
    """Tap them in order, and see each in the outline; a picture that is blanked takes no tap."""
    for n_before, corner in enumerate(CORNERS):
        while page.evaluate(N_CORNERS) == n_before:
            page.wait_for_selector(SHOWN)
            tap(page, *corner)
    assert page.evaluate(N_CORNERS) == len(CORNERS)
    page.wait_for_selector("#still:not([hidden])")


def sign(page: Page, person: str, pin: str = PIN) -> None:
    page.click(f'#pin button.person:has-text("{person}")')
    page.keyboard.type(pin)
    page.click("#pin-confirm")


def wait_answer(page: Page, kind: str) -> None:
    page.wait_for_selector(f'#answer[data-kind="{kind}"]')


@pytest.mark.slow
def test_the_whole_workflow(browser: Browser) -> None:
    session = MadeSession()
    with shown_page(browser, session) as (page, server):
        at_step(page, "briefing")
        page.click("#next")
        at_step(page, "survey")
        page.tap("#next")
        at_step(page, "draw")
        tap_corners(page)
        page.click('[id="by-B. Oncologist"]')
        page.click("#accept")
        page.wait_for_selector('.areas li[data-state="placed"]')
        page.click("#next")
        at_step(page, "approve")
        page.click('[id="cone-MOB-D60-B15"]')
        wait_answer(page, "yes")
        page.click("#approve")
        sign(page, "B. Oncologist")
        page.wait_for_selector("#pin:not([open])", state="attached")
        page.click("#next")
        at_step(page, "place")
        page.click("#next")
        at_step(page, "dock")
        page.click("#next")
        at_step(page, "time_out")
        for person in ("A. Surgeon", "B. Oncologist"):
            for item in ("patient", "plan", "machine", "applicator"):
                page.tap(f"#read-{item}")
            page.click("#confirm-time-out")
            sign(page, person)
            page.wait_for_selector('#read-plan[aria-checked="false"], ul.confirmed')
        page.wait_for_selector("ul.confirmed")
        page.click("#next")
        at_step(page, "ready")
        page.click("#beam")
        sign(page, "C. Physicist")
        page.wait_for_selector('#beam:has-text("Beam is off")')
        page.keyboard.press("9")
        at_step(page, "beam")
        page.keyboard.press("b")
        sign(page, "C. Physicist")
        page.wait_for_selector('#beam:has-text("Beam is on")')
        page.click("#step-report")
        at_step(page, "report")
        page.click("#write-report")
        wait_answer(page, "yes")
    sent = [command for command in server.commands if command["kind"] != "step"]
    kinds = ["draw", "choose", "approve", "time_out", "time_out", "beam", "beam", "report"]
    assert [command["kind"] for command in sent] == kinds
    ids = [command["id"] for command in server.commands]
    assert ids == list(range(1, len(ids) + 1))
    assert (sent[2]["plan_revision"], sent[2]["content_id"]) == (2, "revision@1")
    drawn = sent[0]
    assert (drawn["name"], drawn["person"]) == ("area_at_risk", "B. Oncologist")
    points = drawn["points"]
    assert isinstance(points, list)
    for (u, v), (x, y) in zip(points, CORNERS, strict=True):
        assert u == pytest.approx(x * 848 - 0.5, abs=2.0)
        assert v == pytest.approx(y * 480 - 0.5, abs=2.0)
    assert sent[3]["read_back"] == {
        "plan": "PANCREAS-BED-7",
        "patient": "PAT-0042",
        "machine": "mobetron",
        "applicator": "MOB-D60-B15",
    }
    assert [command["is_on"] for command in sent[5:7]] == [True, False]


def set_point(page: Page, n_points: int, *moves: str) -> None:
    """By keys; a picture that is blanked begins no outline."""
    for move in moves:
        page.keyboard.press(move)
    while page.evaluate(N_CORNERS) < n_points:
        page.wait_for_selector(SHOWN)
        page.keyboard.press("Space")


def test_an_outline_is_drawn_by_keys_and_named_by_touch(browser: Browser) -> None:
    session = MadeSession("draw")
    with shown_page(browser, session) as (page, server):
        at_step(page, "draw")
        page.tap("#draw-keep-out")
        page.tap('button:has-text("vessel")')
        expect(page.locator("#keep-out-name")).to_have_value("vessel")
        page.tap('[id="by-A. Surgeon"]')
        page.focus("#picture")
        set_point(page, 1)
        set_point(page, 2, *["Shift+ArrowRight"] * 3)
        set_point(page, 3, *["Shift+ArrowDown"] * 3, "ArrowLeft")
        assert page.get_attribute("body", "data-step") == "draw"  # the arrows were the cursor's
        page.keyboard.press("u")
        assert page.evaluate(N_CORNERS) == 2
        page.keyboard.press("r")
        assert page.evaluate(N_CORNERS) == 3
        page.keyboard.press("Enter")
        page.wait_for_selector("#still", state="hidden")
    (drawn,) = [command for command in server.commands if command["kind"] == "draw"]
    assert drawn["name"] == "keep_out.vessel"
    points = drawn["points"]
    assert isinstance(points, list)
    (u, v), (u_right, v_right), (u_down, v_down) = points
    unit = (u_right - u) / 60
    assert unit > 0
    assert v_right == v
    assert (u_down, v_down) == (pytest.approx(u_right - 4 * unit), pytest.approx(v + 60 * unit))


STILL = """async () => {
  const { PictureView } = await import('/js/picture_view.js');
  const view = new PictureView();
  const size = { width: 848, height: 480 };
  const triangle = [[[100, 100], [700, 100], [400, 400], [100, 100]]];
  const none = { area_at_risk: [], keep_out: [], draft: [] };
  return [none, { ...none, area_at_risk: triangle }].map((areas) => {
    view.showStill(null, size, [], areas);
    const { width, height } = view.canvas;
    const { data } = view.context.getImageData(0, 0, width, height);
    let n = 0;
    for (let at = 0; at < data.length; at += 4) {
      n += data[at] === 0xff && data[at + 1] === 0x8c && data[at + 2] === 0xff ? 1 : 0;
    }
    return n;
  });
}"""


def test_what_was_accepted_stays_in_sight_while_the_next_is_drawn(browser: Browser) -> None:
    with shown_page(browser, MadeSession("draw")) as (page, _):
        at_step(page, "draw")
        bare, with_area = page.evaluate(STILL)
    assert bare == 0
    assert with_area > 500


def test_an_unfinished_outline_outlives_a_reload(browser: Browser) -> None:
    session = MadeSession("draw")
    with shown_page(browser, session) as (page, server):
        at_step(page, "draw")
        page.click("#draw-keep-out")
        page.fill("#keep-out-name", "rib")
        tap_corners(page)
        frame = page.inner_text("#still")
        page.click("#undo")
        page.reload()
        page.wait_for_selector("#still:not([hidden])")
        assert page.inner_text("#still") == frame
        assert page.input_value("#keep-out-name") == "rib"
        page.click("#redo")
        page.click('[id="by-A. Surgeon"]')
        page.click("#accept")
        page.wait_for_selector("#still", state="hidden")
    (drawn,) = [command for command in server.commands if command["kind"] == "draw"]
    assert drawn["name"] == "keep_out.rib"
    assert isinstance(drawn["points"], list)
    assert len(drawn["points"]) == len(CORNERS)


def test_a_line_drawn_in_one_go_is_one_step(browser: Browser) -> None:
    with shown_page(browser, MadeSession("draw")) as (page, _):
        at_step(page, "draw")
        box = page.locator("#picture").bounding_box()
        assert box is not None
        left, top = box["x"] + 200, box["y"] + 200
        page.mouse.move(left, top)
        page.mouse.down()
        for corner in ((200, 0), (200, 150), (0, 150)):
            page.mouse.move(left + corner[0], top + corner[1], steps=10)
        page.mouse.up()
        page.wait_for_selector("#undo:enabled")
        page.click("#undo")
        page.wait_for_selector("#undo:disabled, #still[hidden]", state="attached")
        assert page.locator("#accept").is_disabled()


def test_a_wrong_pin_is_said_with_what_to_do(browser: Browser) -> None:
    with shown_page(browser, MadeSession("approve")) as (page, _):
        page.click("#approve")
        sign(page, "A. Surgeon", "000000")
        wait_answer(page, "no")
        assert page.inner_text("#answer").endswith("The PIN is wrong. Enter it again.")


def test_a_pin_is_kept_nowhere(browser: Browser) -> None:
    with shown_page(browser, MadeSession("approve")) as (page, _):
        page.click("#approve")
        sign(page, "A. Surgeon")
        wait_answer(page, "yes")
        kept = page.evaluate("JSON.stringify([{...sessionStorage}, {...localStorage}])")
        assert PIN not in kept
        assert PIN not in page.content()


def test_a_blocked_step_says_why_and_asks_nothing(browser: Browser) -> None:
    session = MadeSession("dock")
    session.blocked = {"ready": ["CONE_NOT_PLACED"]}
    with shown_page(browser, session) as (page, server):
        page.click("#step-ready")
        wait_answer(page, "no")
        said = page.inner_text("#answer")
        why = "The planned cone is not measured. Place and dock it first."
        assert said == f"Ready is blocked: {why}"
    assert server.commands == []


@pytest.mark.parametrize("before", [None, 700, 5000])  # the camera's counter may have gone back
def test_a_fault_is_acknowledged_by_name(browser: Browser, before: int | None) -> None:
    session = MadeSession("dock")
    session.verdict = verdict_header("FAULT")
    session.changes = {"last_fault_frame": 812, "acknowledged_frame": before}
    with shown_page(browser, session) as (page, server):
        page.keyboard.press("a")
        sign(page, "C. Physicist")
        wait_answer(page, "yes")
    (sent,) = server.commands
    assert (sent["kind"], sent["frame_index"], sent["person"]) == (
        *("acknowledge", 812),
        "C. Physicist",
    )


def test_the_wrong_cone_is_said_at_once(browser: Browser) -> None:
    session = MadeSession("place")
    session.changes = {"applicator_seen": "MOB-D60-B0"}
    with shown_page(browser, session) as (page, _):
        said = page.text_content(".wrong") or ""  # also while it is blanked
        assert "WRONG CONE: MOB-D60-B0 instead of MOB-D60-B15" in said


def test_a_viewer_has_no_controls_at_all(browser: Browser) -> None:
    session = MadeSession("draw")
    with shown_page(browser, session, role="viewer") as (page, server):
        wait_drawn(page, session)
        for dialog in ("", "?"):
            if dialog:
                page.keyboard.press(dialog)
            controls = page.locator("button:visible, input:visible, select:visible, a:visible")
            assert controls.count() == 0
        for key in ("Escape", "3", "ArrowRight", "u", "b", "a", "Enter"):
            page.keyboard.press(key)
        for corner in CORNERS:
            page.wait_for_selector(SHOWN)
            tap(page, *corner)
        page.keyboard.press("e")
        page.wait_for_selector("#evidence:not([hidden])")
        wait_drawn(page, session)
    assert [command["kind"] for command in server.commands] == ["evidence"]


def test_keys_and_help(browser: Browser) -> None:
    session = MadeSession("dock")
    with shown_page(browser, session) as (page, server):
        page.keyboard.press("?")
        assert page.locator("#help dt").count() >= 10
        page.keyboard.press("Escape")
        page.keyboard.press("ArrowLeft")
        at_step(page, "place")
        page.keyboard.press("e")
        page.wait_for_selector("#evidence:not([hidden]) dd:has-text('93 %')")
        page.click("#tool-evidence")
        page.wait_for_selector("#evidence", state="hidden")
        page.click("#tool-language")
        page.wait_for_selector('html[lang="de"] #step-place:has-text("Aufsetzen")')
        page.reload()
        page.wait_for_selector('html[lang="de"] #step-place:has-text("Aufsetzen")')
    wanted = [command["wanted"] for command in server.commands if command["kind"] == "evidence"]
    assert wanted == [True, False]


def test_large_type_is_read_from_farther_and_outlives_a_reload(browser: Browser) -> None:
    letters = """() => ['#panel .lead', '#legend li', '#gauge .value', '#rail .state',
        '#figures svg text'].map(
        (name) => document.querySelector(name).getBoundingClientRect().height)"""
    with shown_page(browser, MadeSession("dock")) as (page, _):
        usual = page.evaluate(letters)
        page.click("#tool-type")
        page.wait_for_selector('html[data-type="large"] #tool-type[aria-pressed="true"]')
        large = page.evaluate(letters)
        page.reload()
        page.wait_for_selector('html[data-type="large"] #tool-type[aria-pressed="true"]')
        page.keyboard.press("t")
        page.wait_for_selector('html[data-type="usual"] #tool-type[aria-pressed="false"]')
    *told, dial = [after / before for before, after in zip(usual, large, strict=True)]
    assert min(told) > 1.2
    assert dial >= 1.0  # the dials are smaller, their letters are not


def test_a_wrong_token_is_asked_for_again(browser: Browser) -> None:
    with shown_page(browser, MadeSession(), role="viewer") as (page, server):
        other = page.context.new_page()
        other.goto(f"http://127.0.0.1:{server.port}/#viewer=wrong")
        other.wait_for_selector("#access:not([hidden])")
        other.fill("#access-token", "stand-in")
        other.click("#access button")
        other.wait_for_selector(SHOWN)
        assert other.locator("#access").is_hidden()
        assert "stand-in" not in other.url


@pytest.mark.slow
@pytest.mark.parametrize("language", ["English", "German"])
@pytest.mark.parametrize("size", [FULL, SMALL], ids=["1920x1080", "1280x720"])
def test_every_screen_fits_and_its_targets_are_large(
    browser: Browser, size: tuple[int, int], language: str
) -> None:
    session = MadeSession()
    session.areas = [{"name": "area_at_risk", "state": "placed", "drawn_by": "A. Surgeon"}]
    with shown_page(browser, session, size=size) as (page, _):
        if language == "German":
            page.keyboard.press("l")
        for step in STEPS:
            session.step = step
            session.is_beam_on = step == "beam"
            session.verdict = verdict_header("HOLD") if step in ("place", "dock") else {}
            at_step(page, step)
            wait_drawn(page, session)
            for type_size in ("large", "usual"):
                page.keyboard.press("t")
                assert page.get_attribute("html", "data-type") == type_size
                assert page.evaluate(MISFITS, MIN_TARGET_PX) == [], (step, type_size)


MISFITS = """(least) => {
  const found = [];
  for (const element of document.querySelectorAll('button, input, a')) {
    if (!element.checkVisibility()) continue;
    const { left, top, right, bottom, width, height } = element.getBoundingClientRect();
    const name = element.id || element.textContent;
    if (width < least || height < least) found.push(`${name}: ${width} x ${height}`);
    const isOff = left < 0 || top < 0 || right > innerWidth || bottom > innerHeight;
    if (isOff) found.push(`${name} off`);
    if (element.scrollWidth > element.clientWidth + 1) found.push(`${name} cut`);
  }
  const body = document.getElementById('panel-body');
  if (body.scrollHeight > body.clientHeight + 1) {
    found.push(`panel ${body.scrollHeight} in ${body.clientHeight}`);
  }
  for (const element of document.querySelectorAll('.value, .name, #moves li, #identity')) {
    const { right, bottom } = element.getBoundingClientRect();
    const isOff = right > innerWidth || bottom > innerHeight;
    const cut = isOff || element.scrollWidth > element.clientWidth + 1;
    if (element.checkVisibility() && cut && getComputedStyle(element).display !== 'inline') {
      found.push(`${element.textContent} cut`);
    }
  }
  return found;
}"""

"""What a frame claims of the session goes with it, in panel and rail too; what commands stays."""

from __future__ import annotations

import numpy as np
import pytest
from playwright.sync_api import Browser, Page

from pipeline.benchmarks.display_frames import Header
from pipeline.benchmarks.display_stand_in import StandIn
from pipeline.benchmarks.screencast import Screen, Screencast
from pipeline.benchmarks.watchdog import BLOCK, BLOCKED_MS
from tests.display_session import PERSONS, MadeSession
from tests.integration.display_browser import (
    SHOWN,
    shown_page,
    wait_drawn,
    wait_until,
)

GONE_MS = 500  # the last frame's time is over
CAST_WIDTH_PX = 640
LIT_LEVEL = 60  # of 255; the page's background has 21 at most
LIT_SHARE, DARK_SHARE = 0.03, 0.005
MARKS = set("✓✕▶○")
STATES = {"done", "now", "open", "blocked"}
BUTTONS = """() => {
  const how = { checkOpacity: true, opacityProperty: true,
                checkVisibilityCSS: true, visibilityProperty: true };
  return [...document.querySelectorAll('#panel button, #rail button')].map(
    (button) => [button.id || button.textContent, button.checkVisibility(how)]);
}"""
BOXES = """() => Object.fromEntries(['panel', 'rail'].map((id) => {
  const { left, top, right, bottom } = document.getElementById(id).getBoundingClientRect();
  return [id, [left / innerWidth, top / innerHeight, right / innerWidth, bottom / innerHeight]];
}))"""


def session_at(step: str) -> MadeSession:
    """Everything is well in it, and said to be."""
    session = MadeSession(step)
    session.confirmed = PERSONS[:2]
    session.blocked = {"report": ["CONE_NOT_PLACED"]}
    session.changes = {"beam": {"on": True, "since_ns": 0, "deviations": 0}}
    session.areas = [{"name": "area_at_risk", "state": "approved", "drawn_by": PERSONS[0]}]
    return session


def wait_claim(page: Page, claim: str) -> None:
    """Wait until it can be read."""
    shown = "document.documentElement.dataset.shown === 'yes'"
    said = f"document.getElementById('panel').innerText.includes({claim!r})"
    wait_until(page, f"() => {shown} && {said}")


def freeze(page: Page, server: StandIn) -> None:
    """No frame any more, and the last one's time is over."""
    server.is_paused = True
    page.wait_for_timeout(GONE_MS)
    page.wait_for_selector('html[data-shown="no"]')


CLAIMS = [
    ("briefing", "PAT-0042"),
    ("survey", "31"),
    ("draw", "approved"),
    ("approve", "approved"),
    ("place", "Planned cone"),
    ("time_out", "Time-out complete"),
    ("beam", "Deviations"),
    ("report", "report.pdf"),
]


@pytest.mark.parametrize(("step", "claim"), CLAIMS)
def test_claims_go_with_their_frame_and_buttons_stay(
    browser: Browser, step: str, claim: str
) -> None:
    with shown_page(browser, session_at(step)) as (page, server):
        wait_claim(page, claim)
        freeze(page, server)
        panel, rail = page.inner_text("#panel"), page.inner_text("#rail")
        assert claim not in panel
        assert MARKS.isdisjoint(panel + rail)
        assert STATES.isdisjoint(rail.split())
        assert "Survey" in rail
        buttons = page.evaluate(BUTTONS)
        assert [name for name, is_visible in buttons if not is_visible] == []
        other = "survey" if step != "survey" else "draw"
        page.click(f"#step-{other}")
        page.wait_for_selector('#answer[data-kind="yes"]')  # the answer to it is none of a frame
        assert "Done" in page.inner_text("#answer")
        server.is_paused = False
        page.wait_for_selector(f'{SHOWN} body[data-step="{other}"]')
        page.wait_for_selector(f'#step-{other} .state:has-text("now")')
    assert [command["to"] for command in server.commands] == [other]


def test_of_panel_and_rail_nothing_stays_on_the_screen_while_script_is_blocked(
    browser: Browser,
) -> None:
    with shown_page(browser, session_at("place")) as (page, _):
        wait_claim(page, "Planned cone")
        boxes: dict[str, list[float]] = page.evaluate(BOXES)
        cast = Screencast(page, CAST_WIDTH_PX)
        cast.start()
        page.wait_for_timeout(GONE_MS)
        page.wait_for_selector(SHOWN)
        page.evaluate(BLOCK)
        page.wait_for_timeout(GONE_MS)
        screens = cast.stop()
        page.wait_for_timeout(BLOCKED_MS)
        wait_claim(page, "Planned cone")
    for box in boxes.values():
        assert max(lit_share(screen, box) for screen in screens) > LIT_SHARE
        assert lit_share(screens[-1], box) < DARK_SHARE


def lit_share(screen: Screen, box: list[float]) -> float:
    """Share of a box's pixels that are brighter than the page's background."""
    height, width = screen.pixels_bgr.shape[:2]
    left, top, right, bottom = (
        round(at * size) for at, size in zip(box, (width, height) * 2, strict=True)
    )
    brightest = screen.pixels_bgr[top:bottom, left:right].max(axis=2)
    return float(np.mean(brightest > LIT_LEVEL))


class Ending(MadeSession):
    """A session whose workflow can end while frames go on."""

    has_workflow = True

    def frame(self, sequence: int) -> tuple[Header, bytes]:
        header, picture = super().frame(sequence)
        return (header if self.has_workflow else header | {"session": None}), picture


@pytest.mark.parametrize("role", ["viewer", "console"])
def test_the_next_session_without_a_workflow_has_no_steps(browser: Browser, role: str) -> None:
    session = Ending("dock")
    with shown_page(browser, session, role=role) as (page, _):
        page.wait_for_selector("#rail li")
        session.has_workflow = False
        page.wait_for_selector("#rail:empty", state="attached")
        wait_drawn(page, session)
        assert page.locator("#rail li").count() == 0
        session.has_workflow = True
        page.wait_for_selector("#rail li")


@pytest.mark.parametrize("role", ["viewer", "console"])
def test_a_lost_session_takes_its_steps_with_it(browser: Browser, role: str) -> None:
    with shown_page(browser, MadeSession("dock"), role=role) as (page, server):
        page.wait_for_selector("#rail li")
        freeze(page, server)
        server.say({"kind": "session_lost"})
        page.wait_for_selector("#rail:empty", state="attached")
        server.is_paused = False
        page.wait_for_selector("#rail li")

"""The step's panel: of fast taps none is lost, and no fault is asked about twice."""

from __future__ import annotations

from playwright.sync_api import Browser

from tests.display_session import MadeSession, verdict_header
from tests.integration.display_browser import shown_page, wait_drawn

# The first by a key, which makes the panel anew at once; the others while a finger is on it.
TAPS = """() => {
  const at = (item) => document.getElementById(`read-${item}`);
  at('patient').click();
  at('patient').dispatchEvent(new PointerEvent('pointerdown', { bubbles: true }));
  at('plan').click();
  at('machine').click();
  document.dispatchEvent(new PointerEvent('pointerup'));
}"""


def test_of_fast_taps_none_is_lost(browser: Browser) -> None:
    session = MadeSession("time_out")
    with shown_page(browser, session) as (page, _):
        page.wait_for_selector("#read-patient")
        page.evaluate(TAPS)
        page.wait_for_selector('#read-machine[aria-checked="true"]')
        for item in ("patient", "plan"):
            assert page.get_attribute(f"#read-{item}", "aria-checked") == "true", item
        assert page.get_attribute("#read-applicator", "aria-checked") == "false"


def test_a_fault_that_is_acknowledged_is_not_asked_about_again(browser: Browser) -> None:
    session = MadeSession("dock")
    session.verdict = verdict_header("FAULT")
    session.changes = {"last_fault_frame": 812, "acknowledged_frame": 812}
    with shown_page(browser, session) as (page, server):
        page.keyboard.press("a")
        wait_drawn(page, session)
        assert page.locator("#acknowledge").count() == 0
        assert page.locator("#pin").is_hidden()
    assert server.commands == []

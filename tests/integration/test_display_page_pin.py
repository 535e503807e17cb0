"""A PIN that is being typed means nothing else, also when its dialog is gone."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from tests.display_session import MadeSession
from tests.integration.display_browser import SHOWN, WAIT_MS, shown_page

BETWEEN_DIGITS_MS = 100
QUIET_MS = 2500  # longer than the page waits for another digit


@pytest.mark.slow
def test_the_rest_of_a_pin_is_no_step_when_the_connection_goes(browser: Browser) -> None:
    with shown_page(browser, MadeSession("ready")) as (page, server):
        page.keyboard.press("b")
        page.click('#pin button.person:has-text("C. Physicist")')
        page.keyboard.type("24")
        server.drop()
        page.wait_for_selector("#pin", state="hidden")
        for _ in range(WAIT_MS // BETWEEN_DIGITS_MS):
            page.keyboard.press("3")
            page.wait_for_timeout(BETWEEN_DIGITS_MS)
            if page.locator(SHOWN).count():
                break
        page.keyboard.type("346")
        page.keyboard.press("Enter")
        page.wait_for_timeout(BETWEEN_DIGITS_MS)
        assert page.locator("#pin").is_hidden()
        assert server.commands == []
        page.wait_for_timeout(QUIET_MS)
        page.keyboard.press("4")
        page.wait_for_selector('body[data-step="approve"]')
    assert [command["to"] for command in server.commands] == ["approve"]


def test_a_dialog_that_a_person_closed_leaves_the_keys_as_they_are(browser: Browser) -> None:
    with shown_page(browser, MadeSession("ready")) as (page, server):
        page.keyboard.press("b")
        page.wait_for_selector("#pin[open]")
        page.keyboard.press("Escape")
        page.wait_for_selector("#pin", state="hidden")
        page.keyboard.press("4")
        page.wait_for_selector('body[data-step="approve"]')
    assert [command["to"] for command in server.commands] == ["approve"]

"""A page of another protocol version than the server: blank, loaded again once, then it says so."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from pipeline.display.wire import PROTOCOL
from tests.display_session import MadeSession
from tests.integration.display_browser import SHOWN, shown_page


def loads(page: Page) -> list[str]:
    """Every load of the page from now on."""
    found: list[str] = []
    page.on("load", lambda loaded: found.append(loaded.url))
    return found


@pytest.mark.slow
def test_it_loads_the_servers_page_once_and_then_says_what_to_do(browser: Browser) -> None:
    with shown_page(browser, MadeSession()) as (page, server):
        loaded = loads(page)
        server.protocol = PROTOCOL + 1
        server.drop()
        expect(page.locator("#blank-sentence")).to_contain_text("another version")
        expect(page.locator("html")).to_have_attribute("data-shown", "no")
        page.wait_for_timeout(1500)  # long enough to connect again, were it tried
        assert len(loaded) == 1

        server.protocol = PROTOCOL
        page.reload()
        page.wait_for_selector(SHOWN)


@pytest.mark.slow
def test_the_next_version_is_loaded_again(browser: Browser) -> None:
    with shown_page(browser, MadeSession()) as (page, server):
        loaded = loads(page)
        for _ in range(2):
            server.protocol = PROTOCOL + 1
            server.drop()
            page.wait_for_event("load")
            server.protocol = PROTOCOL
            page.reload()
            page.wait_for_selector(SHOWN)
        assert len(loaded) == 4

"""A page shows one session in one role; another one, or another address, loads the page anew."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from pipeline.benchmarks.display_stand_in import TOKEN
from tests.display_session import MadeSession
from tests.integration.display_browser import SHOWN, shown_page, wait_drawn
from tests.integration.test_display_page_blank import Ending
from tests.integration.test_display_page_version import loads

N_FRAMES = 30  # a second: long enough to load once more, were it tried
PASTE = "(fragment) => { location.hash = fragment; }"
LEFTOVERS = """() => {
  const { hidden } = document.getElementById('panel');
  const n = document.querySelectorAll('#panel-body > *, #tools button, #rail button').length;
  return [hidden, n, document.getElementById('picture').classList.contains('drawable')];
}"""


@pytest.mark.slow
@pytest.mark.parametrize("step", ["draw", "time_out"])
def test_a_console_that_becomes_a_viewer_keeps_nothing_of_its_session(
    browser: Browser, step: str
) -> None:
    session = MadeSession(step)
    with shown_page(browser, session) as (page, server):
        page.wait_for_selector("#panel-body > *")
        loaded = loads(page)
        server.role = "viewer"  # as a new session: the console's token is another one
        server.drop()
        page.wait_for_selector("#access:not([hidden])")
        page.fill("#access-token", TOKEN)
        page.click("#access button")
        page.wait_for_selector(f'{SHOWN} body[data-role="viewer"]')
        wait_drawn(page, session, N_FRAMES)
        assert len(loaded) == 1
        assert page.evaluate(LEFTOVERS) == [True, 0, False]
        assert page.locator("#panel").is_hidden()
        assert page.locator("#access").is_hidden()
        page.keyboard.press("b")
        page.keyboard.press("3")
        wait_drawn(page, session)
    assert server.commands == []


@pytest.mark.slow
def test_what_was_read_back_is_of_no_other_session(browser: Browser) -> None:
    session = MadeSession("time_out")
    with shown_page(browser, session) as (page, _):
        page.keyboard.press("l")
        page.wait_for_selector('html[lang="de"]')
        page.click("#read-patient")
        page.wait_for_selector('#read-patient[aria-checked="true"]')
        loaded = loads(page)
        with page.expect_event("load"):
            session.changes = {"session_id": "S-2"}
        page.wait_for_selector('html[lang="de"] #read-patient[aria-checked="false"]')
        page.wait_for_selector(SHOWN)
        wait_drawn(page, session, N_FRAMES)
        assert len(loaded) == 1
        assert page.get_attribute("#read-patient", "aria-checked") == "false"


@pytest.mark.slow
def test_a_viewer_follows_to_the_next_session_by_itself(browser: Browser) -> None:
    session = MadeSession("dock")
    with shown_page(browser, session, role="viewer") as (page, server):
        page.wait_for_selector("#rail li")
        loaded = loads(page)
        with page.expect_event("load"):
            session.changes = {"session_id": "S-2"}
            server.drop()
        page.wait_for_selector(SHOWN)
        page.wait_for_selector("#rail li")
        wait_drawn(page, session, N_FRAMES)
        assert len(loaded) == 1


@pytest.mark.slow
@pytest.mark.parametrize("role", ["console", "viewer"])
def test_the_same_session_is_never_loaded_anew(browser: Browser, role: str) -> None:
    session = Ending("dock")
    with shown_page(browser, session, role=role) as (page, server):
        page.wait_for_selector("#rail li")
        loaded = loads(page)
        server.is_paused = True
        server.drop()
        page.wait_for_selector('html[data-shown="no"]')
        server.is_paused = False
        page.wait_for_selector(SHOWN)
        for has_workflow in (False, True):
            session.has_workflow = has_workflow
            wait_drawn(page, session, N_FRAMES)
        page.wait_for_selector("#rail li")
        assert loaded == []


@pytest.mark.slow
@pytest.mark.parametrize("is_refused", [True, False], ids=["refused", "shown"])
def test_an_address_that_is_pasted_into_the_tab_is_taken(
    browser: Browser, *, is_refused: bool
) -> None:
    session = MadeSession("dock")
    with shown_page(browser, session) as (page, server):
        if is_refused:
            server.role = "viewer"
            server.drop()
            page.wait_for_selector("#access:not([hidden])")
            server.role = "console"
        loaded = loads(page)
        with page.expect_event("load"):
            page.evaluate(PASTE, f"console={TOKEN}")
        page.wait_for_selector(f'{SHOWN} body[data-role="console"]')
        wait_drawn(page, session, N_FRAMES)
        assert len(loaded) == 1
        assert page.locator("#access").is_hidden()
        assert TOKEN not in page.url


def test_a_fragment_that_is_no_address_changes_nothing(browser: Browser) -> None:
    session = MadeSession("dock")
    with shown_page(browser, session) as (page, _):
        loaded = loads(page)
        page.evaluate(PASTE, "none")
        wait_drawn(page, session, N_FRAMES)
        assert loaded == []

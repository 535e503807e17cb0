"""The display's page in Chromium, shown with a made session."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Page

from pipeline.benchmarks.display_stand_in import StandIn
from tests.display_session import MadeSession

FULL, SMALL = (1920, 1080), (1280, 720)
SHOWN = 'html[data-shown="yes"]'
WAIT_MS = 30_000
N_CORNERS = """() => {
  const key = Object.keys(sessionStorage).find((k) => k.startsWith("unfinished outline"));
  return key ? JSON.parse(sessionStorage.getItem(key)).contour.points.length : 0;
}"""


@contextmanager
def shown_page(
    browser: Browser,
    session: MadeSession,
    *,
    size: tuple[int, int] = SMALL,
    role: str = "console",
    language: str = "en",
) -> Iterator[tuple[Page, StandIn]]:
    """Open the page on a made session, a verdict shown; it may raise no error of script."""
    server = StandIn(session.frame, answer=session.answer, role=role, language=language)
    context = browser.new_context(viewport={"width": size[0], "height": size[1]}, has_touch=True)
    context.set_default_timeout(WAIT_MS)
    faults: list[str] = []
    page = context.new_page()
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
    try:
        page.goto(server.address)
        page.wait_for_selector(SHOWN)
        yield page, server
        assert faults == []
    finally:
        context.close()
        server.close()


def wait_until(page: Page, condition: str) -> None:
    """Wait until a script's function is true; each question is one of its own.

    Playwright's own wait evaluates text in the page from its second look on, which the policy of
    the display's page forbids.
    """
    for _ in range(WAIT_MS // 20):
        if page.evaluate(condition):
            return
        page.wait_for_timeout(20)
    raise TimeoutError(f"not true within {WAIT_MS} ms: {condition}")


def wait_drawn(page: Page, session: MadeSession, n_frames: int = 3) -> None:
    """Wait until the page has drawn frames made from now on."""
    target = session.sequence + n_frames
    for _ in range(WAIT_MS // 20):
        page.wait_for_timeout(20)
        if session.sequence >= target:
            return
    raise TimeoutError(f"the page did not ask for {n_frames} frames within {WAIT_MS} ms")

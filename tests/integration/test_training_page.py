"""The whole workflow on the real page in Chromium: real session, supervisor, audit log, server.

The frames are rendered (simulated). At every step the page is loaded anew and the display's server
is killed: nothing may be lost.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page
from playwright.sync_api import TimeoutError as PageTimeoutError

from pipeline.display import serving
from pipeline.session.answers import Status
from tests.integration.display_browser import (
    FULL,
    N_CORNERS,
    SHOWN,
    SMALL,
    wait_until,
)
from tests.machine_speed import (
    LONGEST_ALONE_MS,
    LONGEST_BESIDE_BROWSER_MS,
    answer_ms,
    skip_where_slow,
)
from tests.training_session import PINS, SQUARE, Training, rendered

WAIT_MS = 60_000
BLANK_MS = 600
PATIENCE_MS = 2_000
N_CONFIRMATIONS, COUNTED_S = 6, 30.0
READ_ITEMS = ("patient", "plan", "machine", "applicator")


class Walk:
    """A person at the page."""

    def __init__(self, page: Page, *, touches: bool, pictures: Path | None) -> None:
        self.page, self.touches, self.pictures = page, touches, pictures
        self.n_pictures = 0
        page.set_default_timeout(WAIT_MS)

    def press(self, selector: str, timeout_ms: float = WAIT_MS) -> None:
        if self.touches:
            self.page.tap(selector, timeout=timeout_ms)
        else:
            self.page.click(selector, timeout=timeout_ms)

    def at(self, step: str) -> None:
        self.page.wait_for_selector(f'body[data-step="{step}"]')

    def next_to(self, step: str) -> None:
        """Press until it is open: what is seen takes a moment."""
        for _ in range(WAIT_MS // PATIENCE_MS):
            self.press("#next")
            with suppress(PageTimeoutError):
                self.page.wait_for_selector(f'body[data-step="{step}"]', timeout=PATIENCE_MS)
                return
        self.at(step)

    def sign(self, person: str) -> None:
        self.press(f'#pin button.person:has-text("{person}")')
        for digit in PINS[person]:
            self.press(f'#pin .keys button:has-text("{digit}")')
        self.press("#pin-confirm")
        self.page.wait_for_selector("#pin:not([open])", state="attached")

    def confirm(self, person: str, session: Training) -> None:
        """Read back and sign; again where it was refused: it may not be docked just then."""

        def is_counted() -> bool:
            return person in _status(session).confirmed_by

        for _ in range(N_CONFIRMATIONS):
            self._read_back(person)
            self.sign(person)
            with suppress(AssertionError):
                session.until(is_counted, COUNTED_S)
                return
        session.until(is_counted, 1.0)

    def _read_back(self, person: str) -> None:
        """Until it can be confirmed: the page may just be clearing what the one before ticked."""
        for _ in range(WAIT_MS // PATIENCE_MS):
            for item in READ_ITEMS:
                if self.page.get_attribute(f"#read-{item}", "aria-checked") != "true":
                    self.press(f"#read-{item}")
            self.picture(f"time_out_{person}")
            with suppress(PageTimeoutError):
                self.press("#confirm-time-out", PATIENCE_MS)
                return
        self.press("#confirm-time-out")

    def draw(self, corners: tuple[tuple[float, float], ...]) -> None:
        """Tap the corners in order; a picture that is blanked just then takes no tap."""
        self.page.wait_for_selector(f"{SHOWN} #picture.drawable")
        for n_before, corner in enumerate(corners):
            while self.page.evaluate(N_CORNERS) == n_before:
                self.page.wait_for_selector(SHOWN)
                self._tap(*corner)
        assert self.page.evaluate(N_CORNERS) == len(corners)

    def _tap(self, u: float, v: float) -> None:
        box = self.page.locator("#picture").bounding_box()
        assert box is not None
        x = box["x"] + (u + 0.5) / 848 * box["width"]
        y = box["y"] + (v + 0.5) / 480 * box["height"]
        if self.touches:
            self.page.touchscreen.tap(x, y)
        else:
            self.page.mouse.click(x, y)

    def picture(self, name: str) -> None:
        if self.pictures is not None:
            self.page.wait_for_timeout(400)
            self.n_pictures += 1
            self.page.screenshot(path=self.pictures / f"{self.n_pictures:02d}_{name}.png")


def _server_of_this_process() -> int:
    """Process id of the display's server; 0 while there is none."""
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            command = (entry / "cmdline").read_bytes()
            parent = re.search(r"\nPPid:\s+(\d+)", (entry / "status").read_text())
        except OSError:
            continue
        is_ours = parent is not None and int(parent[1]) == os.getpid()
        if is_ours and b"pipeline.display.process" in command:
            return int(entry.name)
    return 0


def _url(session: Training) -> str:
    session.until(lambda: session.has_said("display: http"))
    line = next(line for line in session.said if "display: http" in line)
    return line.split("display: ", 1)[1].strip()


@pytest.mark.slow
@pytest.mark.alone
@pytest.mark.parametrize(
    ("size", "touches", "is_rough"),
    [(FULL, False, True), (SMALL, True, False)],
    ids=["mouse, reloads and kills", "touch"],
)
def test_the_whole_workflow_on_the_page(
    browser: Browser,
    tmp_path: Path,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    size: tuple[int, int],
    *,
    touches: bool,
    is_rough: bool,
) -> None:
    monkeypatch.setattr(serving, "LONGEST_PAUSE_S", serving.FIRST_PAUSE_S)  # killed often here
    network_ms = answer_ms()  # before anything runs beside it
    skip_where_slow(network_ms, LONGEST_ALONE_MS, "not walked at all")
    out = tmp_path / "t"
    out.mkdir()
    shutil.copy(rendered(request), out)
    kept = os.environ.get("WORKFLOW_PICTURES")  # where a developer wants the pictures
    pictures = Path(kept) if kept and not touches else None
    context = browser.new_context(viewport={"width": size[0], "height": size[1]}, has_touch=touches)
    with Training(out, serve=True) as session:
        walk = Walk(context.new_page(), touches=touches, pictures=pictures)
        page = walk.page
        page.goto(_url(session))
        page.wait_for_selector(SHOWN)
        walk.at("briefing")

        def survives(step: str, holds: Callable[[], object] = lambda: None) -> None:
            """Load the page anew; kill its server: the step, and what it holds, are as before."""
            if not is_rough:
                return
            page.reload()
            page.wait_for_selector(SHOWN)
            walk.at(step)
            holds()
            killed = _server_of_this_process()
            assert killed
            os.kill(killed, signal.SIGKILL)
            session.until(lambda: _server_of_this_process() not in (0, killed))
            page.wait_for_timeout(BLANK_MS)  # what was shown before has gone
            page.wait_for_selector(SHOWN)
            walk.at(step)
            holds()

        walk.picture("briefing")
        survives("briefing")
        walk.next_to("survey")
        survives("survey")
        page.wait_for_selector("text=/pictures taken/")
        walk.picture("survey")
        walk.next_to("draw")

        def outline_is_kept() -> None:
            wait_until(page, f"() => ({N_CORNERS})() === {len(SQUARE)}")
            page.wait_for_selector("#accept")

        walk.draw(SQUARE)
        survives("draw", outline_is_kept)
        walk.press("#discard")

        def outline_is_placed() -> bool:
            walk.draw(SQUARE)
            walk.press("#by-surgeon")
            walk.press("#accept")
            try:
                page.wait_for_selector('.areas li[data-state="placed"]', timeout=3000)
            except PageTimeoutError:  # the bed's place was not known just then: draw again
                walk.press("#discard")
                return False
            return True

        session.until(outline_is_placed)
        walk.picture("draw")
        survives("draw", lambda: page.wait_for_selector('.areas li[data-state="placed"]'))
        walk.press("#undo")
        page.wait_for_selector('.areas li[data-state="placed"]', state="detached")
        walk.press("#redo")
        page.wait_for_selector('.areas li[data-state="placed"]')
        walk.next_to("approve")
        survives("approve")
        walk.picture("approve")
        walk.press("#approve")
        walk.sign("surgeon")
        page.wait_for_selector('.areas li[data-state="approved"]')

        def is_approved() -> None:
            workflow = _status(session).workflow
            assert workflow is not None
            assert workflow.is_approved

        is_approved()
        walk.next_to("place")
        walk.picture("place")
        survives("place", is_approved)
        walk.next_to("dock")
        walk.picture("dock")
        survives("dock")
        walk.next_to("time_out")
        survives("time_out")

        skip_where_slow(network_ms, LONGEST_BESIDE_BROWSER_MS, "from the time-out on not walked")

        def is_half_confirmed() -> None:
            assert _status(session).confirmed_by == ["surgeon"]
            page.wait_for_selector("#confirm-time-out")

        walk.confirm("surgeon", session)
        survives("time_out", is_half_confirmed)
        walk.confirm("physicist", session)
        walk.at("ready")
        session.until(session.is_ready)
        page.wait_for_selector("text=GEOMETRY READY")
        walk.picture("ready")
        survives("ready", lambda: page.wait_for_selector("text=GEOMETRY READY"))
        walk.press("#beam")
        walk.sign("physicist")
        walk.at("beam")
        walk.picture("beam")
        survives("beam")
        walk.press("#beam")
        walk.sign("physicist")
        walk.at("report")
        walk.press("#write-report")
        session.until((session.folder / "report" / "session_report.pdf").exists)
        survives("report")
        walk.picture("report")
        context.close()


def _status(session: Training) -> Status:
    status = session.ask("status").status
    assert status is not None
    return status

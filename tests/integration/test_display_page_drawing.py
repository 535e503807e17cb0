"""An unfinished outline keeps its picture, and what was sent alone is forgotten."""

from __future__ import annotations

import base64
from collections.abc import Callable

import cv2
import numpy as np
import pytest
from playwright.sync_api import Browser, Page

from tests.display_session import MadeSession
from tests.integration.display_browser import SHOWN, shown_page, wait_drawn
from tracking.arrays import UInt8

MAX_TRIES = 100  # every second frame is of the kind that is looked for
SAME_LEVEL = 1.0  # of 255, on average: the cursor's cross alone is gone
NOT_BLACK_LEVEL = 40.0
FRAME = """() => {
  const key = Object.keys(sessionStorage).find((k) => k.startsWith("unfinished outline"));
  return key ? JSON.parse(sessionStorage.getItem(key)).contour.frameIndex : null;
}"""
PICTURE = "() => document.getElementById('picture').toDataURL('image/png')"


def begin_outline(page: Page, *, is_ahead: bool) -> None:
    """Set a first point on a frame whose picture went ahead of it, or came with it."""
    for _ in range(MAX_TRIES):
        page.wait_for_selector(SHOWN)
        page.focus("#picture")
        page.keyboard.press("Space")
        frame = page.evaluate(FRAME)
        if frame is not None and (frame % 2 == 0) == is_ahead:  # as the stand-in sends them
            page.wait_for_selector("#still:not([hidden])")
            return
        if frame is not None:
            page.click("#discard")
    raise TimeoutError(f"no outline was begun in {MAX_TRIES} tries")


def picture_shown(page: Page, session: MadeSession) -> UInt8:
    """What stands on the picture's canvas, once it has its size."""
    wait_drawn(page, session)
    png = base64.b64decode(page.evaluate(PICTURE).split(",", 1)[1])
    pixels = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR)
    assert pixels is not None
    return np.asarray(pixels, np.uint8)


def reload(page: Page) -> None:
    page.reload()


def leave_and_return(page: Page) -> None:
    page.click("#step-survey")
    page.wait_for_selector('body[data-step="survey"]')
    page.wait_for_selector("#still", state="hidden")
    page.click("#step-draw")


@pytest.mark.slow
@pytest.mark.parametrize("is_ahead", [True, False], ids=["picture ahead", "picture with it"])
@pytest.mark.parametrize("go", [reload, leave_and_return])
def test_an_unfinished_outline_comes_back_over_its_picture(
    browser: Browser, go: Callable[[Page], None], *, is_ahead: bool
) -> None:
    session = MadeSession("draw")
    with shown_page(browser, session) as (page, _):
        begin_outline(page, is_ahead=is_ahead)
        before = picture_shown(page, session)
        go(page)
        page.wait_for_selector("#still:not([hidden])")
        after = picture_shown(page, session)
    assert before.shape == after.shape
    assert float(before.mean()) > NOT_BLACK_LEVEL
    assert float(cv2.absdiff(before, after).mean()) < SAME_LEVEL


LOST = """async (picture) => {
  const [{ DrawingDesk }, { keep }, { emptyContour, withPoint }] = await Promise.all(
    ['drawing_desk', 'contour_store', 'contour'].map((name) => import(`/js/${name}.js`)));
  const canvas = document.createElement('canvas');
  const view = { canvas, size: { width: 848, height: 480 }, unit: 1, showStill() {} };
  const desk = new DrawingDesk(view, () => {});
  const contour = withPoint(emptyContour('area_at_risk', 7), [100, 100]);
  keep('other', { contour, picture, areas: { area_at_risk: [], keep_out: [], draft: [] } });
  await desk.open(true, 'other');
  keep('other', null);
  return desk.contour === null;
}"""


@pytest.mark.parametrize("picture", ["", "AAAA"], ids=["none", "unreadable"])
def test_without_its_picture_no_outline_comes_back(browser: Browser, picture: str) -> None:
    with shown_page(browser, MadeSession("draw")) as (page, _):
        assert page.evaluate(LOST, picture) is True


ACCEPT = """async ([meanwhile, isAccepted]) => {
  const [{ accept }, { DrawingDesk }, contours, { kept }] = await Promise.all(
    ['screens/draw', 'drawing_desk', 'contour', 'contour_store'].map(
      (name) => import(`/js/${name}.js`)));
  const outline = (n) => [[9, 9], [90, 9], [90, 90], [9, 90]].slice(0, n).reduce(
    contours.withPoint, contours.emptyContour('area_at_risk', 7));
  const canvas = document.createElement('canvas');
  const view = { canvas, size: { width: 848, height: 480 }, unit: 1, showStill() {} };
  const drawing = new DrawingDesk(view, () => {});
  drawing.isOpen = true;
  drawing.sessionId = 'accepting';
  drawing.contour = outline(4);
  drawing.rename('area_at_risk');  // as any change, it is kept
  const sent = [];
  let answer;
  const desk = {
    drawing,
    session: { step: 'draw' },
    choices: { person: 'A. Surgeon', isKeepOut: false, keepOutName: '' },
    send: (command) => {
      sent.push(command.points.length);
      return new Promise((resolve) => (answer = resolve));
    },
  };
  const both = [accept(desk), accept(desk)];
  if (meanwhile === 'changed') drawing.undo();
  if (meanwhile === 'another') {
    drawing.discard();
    drawing.contour = outline(3);
  }
  if (meanwhile === 'left') await drawing.open(false, 'accepting');
  answer(isAccepted);
  await Promise.all(both);
  const left = drawing.contour?.points.length ?? null;
  const stored = kept('accepting')?.contour.points.length ?? null;
  drawing.discard();
  return [sent, left, stored, drawing.isSending];
}"""


@pytest.mark.parametrize(
    ("meanwhile", "is_accepted", "left", "stored"),
    [
        ("", True, None, None),
        ("", False, 4, 4),
        ("changed", True, 3, 3),
        ("another", True, 3, None),
        ("left", True, None, None),
        ("left", False, None, 4),
    ],
)
def test_an_outline_is_sent_once_and_only_what_was_sent_is_forgotten(
    browser: Browser, meanwhile: str, left: int | None, stored: int | None, *, is_accepted: bool
) -> None:
    with shown_page(browser, MadeSession("dock")) as (page, _):
        found = page.evaluate(ACCEPT, [meanwhile, is_accepted])
    assert found == [[4], left, stored, False]

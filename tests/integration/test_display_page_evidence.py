"""Evidence is of the frame beside it: the mask over its picture, the text by its verdict."""

from __future__ import annotations

import base64

import cv2
import numpy as np
import pytest
from playwright.sync_api import Browser, Page

from pipeline.benchmarks.display_frames import (
    HEIGHT_PX,
    WIDTH_PX,
    Header,
    jpeg_of,
    ready_header,
)
from tests.display_session import MadeSession, verdict_header
from tests.integration.display_browser import (
    SHOWN,
    shown_page,
    wait_drawn,
    wait_until,
)
from tracking.arrays import UInt8

SHADES = tuple(range(30, 255, 25))  # of the frames in turn: neighbours are plainly others
SAME_LEVEL = 6  # of 255: what JPEG changes
N_LOOKS, LOOK_MS = 12, 90
SLOW_MASKS = """() => {
  const real = window.createImageBitmap;
  window.createImageBitmap = async (blob) => {
    if (blob.type === 'image/png') await new Promise((resolve) => setTimeout(resolve, 120));
    return real(blob);
  };
}"""
LEVELS = """() => {
  const context = document.getElementById('mask').getContext('2d');
  return [[20, 20], [424, 240]].map(([u, v]) => context.getImageData(u, v, 1, 1).data[0]);
}"""
IS_DRAWN = """() => {
  const { data } = document.getElementById('mask').getContext('2d').getImageData(424, 240, 1, 1);
  return data[3] === 255;
}"""


class Shaded(MadeSession):
    """Every frame has a shade of its own: in its picture, and in the middle of its mask."""

    def frame(self, sequence: int) -> tuple[Header, bytes]:
        header, _ = super().frame(sequence)
        shade = SHADES[sequence % len(SHADES)]
        picture: UInt8 = np.full((HEIGHT_PX, WIDTH_PX, 3), shade, np.uint8)
        mask = np.zeros((HEIGHT_PX, WIDTH_PX, 4), np.uint8)
        mask[200:280, 380:470] = (shade, shade, shade, 255)
        png = base64.b64encode(cv2.imencode(".png", mask)[1].tobytes()).decode()
        return header | {"mask": f"data:image/png;base64,{png}"}, jpeg_of(picture)


def test_a_mask_lies_over_its_own_frames_picture(browser: Browser) -> None:
    with shown_page(browser, Shaded("dock")) as (page, _):
        page.evaluate(SLOW_MASKS)
        page.keyboard.press("e")
        page.wait_for_selector("#mask:not([hidden])")
        wait_until(page, IS_DRAWN)
        looks: list[list[int]] = []
        for _ in range(N_LOOKS):
            looks.append(page.evaluate(LEVELS))
            page.wait_for_timeout(LOOK_MS)
    assert len({mask for _, mask in looks}) > 1
    apart = [abs(picture - mask) for picture, mask in looks]
    assert max(apart) <= SAME_LEVEL, looks


def test_no_mask_is_laid_over_a_still_picture(browser: Browser) -> None:
    session = Shaded("draw")
    with shown_page(browser, session) as (page, _):
        while page.locator("#still").is_hidden():
            page.wait_for_selector(SHOWN)
            page.focus("#picture")
            page.keyboard.press("Space")
            page.wait_for_timeout(LOOK_MS)
        page.keyboard.press("e")
        page.wait_for_selector("#evidence:not([hidden])")
        wait_drawn(page, session)
        assert page.locator("#mask").get_attribute("hidden") is not None
        assert page.locator("#mask-none").get_attribute("hidden") is None
        page.click("#discard")
        page.wait_for_selector("#mask:not([hidden])")


# One after the other at once: no quarter of a second lies between, and no frame of the page.
TOLD = """async (headers) => {
  const [{ EvidenceView }, { Words }] = await Promise.all(
    ['evidence_view', 'words/catalogue'].map((name) => import(`/js/${name}.js`)));
  const view = new EvidenceView();
  const words = new Words('en');
  const told = () => document.querySelector('#evidence-body dd')?.textContent ?? '';
  view.open(true);
  const frames = headers.map((header) => {
    view.show(header, words, false);
    return told();
  });
  view.open(false);
  view.open(true);
  frames.push(told());
  view.open(false);
  return frames;
}"""
HOLD = verdict_header("HOLD")


@pytest.mark.parametrize(
    ("first", "then", "is_renewed"),
    [
        (HOLD, verdict_header("FAULT"), True),
        (HOLD, HOLD | {"reasons": ["AIR_GAP_LOW"]}, True),
        ({}, {"holds_lease": False}, True),  # READY is shown with the lease alone
        (HOLD, HOLD, False),
        ({}, {}, False),
    ],
)
def test_the_text_is_never_of_another_verdict(
    page: Page, first: Header, then: Header, *, is_renewed: bool
) -> None:
    headers = [ready_header(1) | first, ready_header(2) | then]
    assert page.evaluate(TOLD, headers) == ["1", "2" if is_renewed else "1", ""]

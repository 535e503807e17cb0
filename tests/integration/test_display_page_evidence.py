"""The mask in the evidence lies over the picture of its own frame, and over no other."""

from __future__ import annotations

import base64

import cv2
import numpy as np
from playwright.sync_api import Browser

from pipeline.benchmarks.display_frames import HEIGHT_PX, WIDTH_PX, Header, jpeg_of
from tests.display_session import MadeSession
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

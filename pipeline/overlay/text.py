"""Text in a real typeface, rendered once for each string and kept.

DejaVu Sans is shipped inside the matplotlib wheel: found without importing matplotlib.
"""

from __future__ import annotations

from functools import lru_cache
from importlib.util import find_spec
from math import ceil
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from pipeline.overlay.palette import Rgb
from tracking.arrays import UInt8, frozen
from tracking.errors import FaultError

Anchor = Literal["left", "centre", "right"]
Coverage = NDArray[np.float32]

MINIMUM_SIZE_PX = 14  # a longer text is cut rather than printed smaller than this
_STRINGS_KEPT = 512  # numbers change in every frame: bounded


def draw_text(
    pixels: UInt8,
    text: str,
    at: tuple[int, int],
    size_px: int,
    colour: Rgb,
    *,
    anchor: Anchor = "left",
    bold: bool = True,
    max_width_px: int | None = None,
) -> int:
    """Draw one line with the middle of its capitals at height `at[1]`; return its width.

    A text wider than `max_width_px` is set smaller, and cut with an ellipsis at last.
    """
    if not text:
        return 0
    if max_width_px is not None:
        text, size_px = fit_text(text, size_px, bold, max_width_px)
    ink, paper = _rendered(text, size_px, bold)
    height, width = len(ink), len(ink[0])
    left = at[0] - {"left": 0, "centre": width // 2, "right": width}[anchor]
    top = at[1] - height // 2
    u0, v0 = max(left, 0), max(top, 0)
    u1, v1 = min(left + width, pixels.shape[1]), min(top + height, pixels.shape[0])
    if u0 >= u1 or v0 >= v1:
        return width
    part = slice(v0 - top, v1 - top), slice(u0 - left, u1 - left)
    region = pixels[v0:v1, u0:u1]
    solid = np.empty(region.shape, dtype=np.uint8)
    cv2.rectangle(solid, (0, 0), (u1 - u0, v1 - v0), colour, cv2.FILLED)
    region[...] = cv2.blendLinear(solid, region, ink[part], paper[part])
    return width


@lru_cache(maxsize=_STRINGS_KEPT)
def text_width(text: str, size_px: int, bold: bool = True) -> int:
    """Width of one line in px."""
    length_px: float = _font(size_px, bold).getlength(text)
    return ceil(length_px)


def fit_text(text: str, size_px: int, bold: bool, max_width_px: int) -> tuple[str, int]:
    """Return the text and the largest size, at most `size_px`, at which it fits."""
    width = text_width(text, size_px, bold)
    if width <= max_width_px:
        return text, size_px
    size_px = max(MINIMUM_SIZE_PX, int(size_px * max_width_px / width))
    while text_width(text, size_px, bold) > max_width_px and size_px > MINIMUM_SIZE_PX:
        size_px -= 1
    while text_width(text, size_px, bold) > max_width_px and len(text) > 1:
        text = text[:-2].rstrip() + "…"
    return text, size_px


@lru_cache(maxsize=64)
def _font(size_px: int, bold: bool) -> ImageFont.FreeTypeFont:
    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    return ImageFont.truetype(str(_font_folder() / name), size_px)


@lru_cache(maxsize=1)
def _font_folder() -> Path:
    spec = find_spec("matplotlib")
    if spec is None or spec.origin is None:
        raise FaultError(
            "The overlay's typeface is missing.",
            expected="DejaVu Sans inside the installed matplotlib",
            actual="matplotlib is not installed",
            remedy="run `make setup`",
        )
    return Path(spec.origin).parent / "mpl-data" / "fonts" / "ttf"


@lru_cache(maxsize=_STRINGS_KEPT)
def _rendered(text: str, size_px: int, bold: bool) -> tuple[Coverage, Coverage]:
    """Coverage 0..1 of one line by ink and by paper, its capitals centred in height."""
    font = _font(size_px, bold)
    height = 2 * ((size_px * 7) // 10) + 2  # room for accents above and descenders below
    baseline = height // 2 + round(size_px * 0.365)  # half of DejaVu's cap height, 0.73 em
    image = Image.new("L", (text_width(text, size_px, bold) + 2, height))
    ImageDraw.Draw(image).text((0, baseline), text, font=font, fill=255, anchor="ls")
    ink = np.asarray(image, dtype=np.float32) / np.float32(255)
    return frozen(ink), frozen(np.float32(1) - ink)

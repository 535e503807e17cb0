"""Reads a picture of the page's screen: is GEOMETRY READY shown, and of which frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.benchmarks.display_frames import (
    CODE_BITS,
    CODE_TOP_PX,
    FIELD_PX,
    HEIGHT_PX,
    WIDTH_PX,
)
from pipeline.benchmarks.screencast import Screen
from tracking.arrays import UInt8

if TYPE_CHECKING:
    from playwright.sync_api import Page

GREEN_LEAD = 35  # READY's fill is (0, 98, 44), the blank's (29, 35, 44): green minus red
FIELD_LEVEL = 128


@dataclass(frozen=True)
class Layout:
    """Where verdict and picture are on the screen; (left, top, width, height), of its size."""

    verdict: tuple[float, float, float, float]
    picture: tuple[float, float, float, float]


@dataclass(frozen=True)
class Outcome:
    """How READY ended: the age of what was shown when it went; None: it did not go."""

    age_ms: float | None


def layout_of(page: Page) -> Layout:
    """Ask the page where things are."""
    boxes: dict[str, list[float]] = page.evaluate(
        """() => Object.fromEntries(['verdict', 'picture'].map((id) => {
            const box = document.getElementById(id).getBoundingClientRect();
            return [id, [box.left / innerWidth, box.top / innerHeight,
                         box.width / innerWidth, box.height / innerHeight]];
        }))"""
    )
    verdict, picture = ((b[0], b[1], b[2], b[3]) for b in (boxes["verdict"], boxes["picture"]))
    return Layout(verdict, picture)


def is_ready_shown(pixels_bgr: UInt8, layout: Layout) -> bool:
    """Whether the verdict's corner has READY's green."""
    left, top, width, height = layout.verdict
    blue_green_red = _pixel(pixels_bgr, left + 0.005 * width, top + 0.5 * height)
    return blue_green_red[1] - blue_green_red[2] > GREEN_LEAD


def sequence_shown(pixels_bgr: UInt8, layout: Layout) -> int:
    """Sequence number of the frame in the picture, from its fields."""
    left, top, width, height = layout.picture
    sequence = 0
    for bit in range(CODE_BITS):
        u = (bit + 0.5) * FIELD_PX / WIDTH_PX
        v = (CODE_TOP_PX + 15) / HEIGHT_PX
        level = sum(_pixel(pixels_bgr, left + u * width, top + v * height)) / 3
        sequence = 2 * sequence + int(level > FIELD_LEVEL)
    return sequence


def outcome_of(
    screens: Sequence[Screen], layout: Layout, exposed_s: Mapping[int, float]
) -> Outcome | None:
    """When READY went for good, counted from the exposure of the last frame it was shown for.

    None where READY was not shown at all: no trial.
    """
    shown = [is_ready_shown(screen.pixels_bgr, layout) for screen in screens]
    if True not in shown:
        return None
    last = len(shown) - 1 - shown[::-1].index(True)
    if last + 1 == len(screens):
        return Outcome(None)
    sequence = sequence_shown(screens[last].pixels_bgr, layout)
    exposed = exposed_s.get(sequence)
    if exposed is None:
        raise ValueError(f"frame {sequence} is on the screen and was never sent")
    return Outcome((screens[last + 1].at_s - exposed) * 1e3)


def _pixel(pixels_bgr: UInt8, x: float, y: float) -> tuple[int, int, int]:
    """BGR at a place given as shares of width and height."""
    height, width = pixels_bgr.shape[:2]
    row, column = min(int(y * height), height - 1), min(int(x * width), width - 1)
    blue, green, red = (int(channel) for channel in pixels_bgr[row, column])
    return blue, green, red

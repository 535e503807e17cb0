"""A round gauge seen from above the head: cross, limit ring, where the target lies, an arrow."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from calibration.directions import DirectionWords
from pipeline.overlay.canvas import SHIFT_BITS, fixed_point
from pipeline.overlay.palette import FAINT, INSIDE, MUTED, OUTSIDE, WHITE
from pipeline.overlay.text import draw_text, text_width
from tracking.arrays import UInt8

FULL_SCALE_LIMITS = 2.5  # the dial's edge, in units of the tolerance
WORD_PX, TITLE_PX, VALUE_PX, GAP_PX = 16, 18, 20, 7


@dataclass(frozen=True)
class DialReading:
    """What a dial shows. `x`, `y`: where the head must go, in the unit of `tolerance`."""

    title: str
    x: float | None
    y: float | None
    sigma: float | None
    tolerance: float
    value_text: str
    is_inside: bool | None


def draw_dial(
    pixels: UInt8,
    centre: tuple[int, int],
    radius_px: int,
    reading: DialReading,
    words: DirectionWords,
) -> None:
    """Draw the dial with its title and value above; head +x right, +y up."""
    u, v = centre
    title_px = text_width(reading.title, TITLE_PX)
    left = u - (title_px + GAP_PX + text_width(reading.value_text, VALUE_PX)) // 2
    draw_text(pixels, reading.title, (left, v - radius_px - 36), TITLE_PX, MUTED)
    value_at = (left + title_px + GAP_PX, v - radius_px - 36)
    draw_text(pixels, reading.value_text, value_at, VALUE_PX, WHITE)
    limit_px = round(radius_px / FULL_SCALE_LIMITS)
    cv2.circle(pixels, centre, radius_px, FAINT, 2, cv2.LINE_AA)
    cv2.circle(pixels, centre, limit_px, WHITE, 3, cv2.LINE_AA)
    for step in (-1, 1):
        cv2.line(pixels, (u + step * 6, v), (u + step * radius_px, v), FAINT, 2)
        cv2.line(pixels, (u, v + step * 6), (u, v + step * radius_px), FAINT, 2)
    _edge_words(pixels, centre, radius_px, words)
    if reading.x is None or reading.y is None or reading.sigma is None:
        draw_text(pixels, "?", centre, radius_px, MUTED, anchor="centre")
        return
    _target(pixels, centre, radius_px, reading)


def _edge_words(
    pixels: UInt8, centre: tuple[int, int], radius_px: int, words: DirectionWords
) -> None:
    """The machine's words at the ends of the cross."""
    u, v = centre
    reach = radius_px + 13
    draw_text(pixels, words.plus_y, (u, v - reach), WORD_PX, MUTED, anchor="centre", bold=False)
    draw_text(pixels, words.minus_y, (u, v + reach), WORD_PX, MUTED, anchor="centre", bold=False)
    room = 50
    for word, side, anchor in ((words.plus_x, 1, "left"), (words.minus_x, -1, "right")):
        draw_text(
            pixels,
            word,
            (u + side * (radius_px + 5), v),
            WORD_PX,
            MUTED,
            anchor="left" if anchor == "left" else "right",
            bold=False,
            max_width_px=room,
        )


def _target(pixels: UInt8, centre: tuple[int, int], radius_px: int, reading: DialReading) -> None:
    """Inside a dot, outside an arrow from the head to the target; a 3-sigma ring about it."""
    if reading.x is None or reading.y is None or reading.sigma is None:
        return
    px_per_unit = radius_px / (FULL_SCALE_LIMITS * reading.tolerance)
    offset = np.array([reading.x, -reading.y]) * px_per_unit
    length = float(np.linalg.norm(offset))
    is_beyond = length > radius_px
    if is_beyond:
        offset *= radius_px / length
    colour = INSIDE if reading.is_inside else OUTSIDE
    origin = np.array(centre, dtype=np.float64)
    tip = origin + offset
    spread_px = round(min(3 * reading.sigma * px_per_unit, radius_px))
    if not is_beyond and spread_px > 2:
        point = (round(tip[0]), round(tip[1]))
        cv2.circle(pixels, point, spread_px, colour, 1, cv2.LINE_AA)
    if reading.is_inside:
        point = (round(tip[0]), round(tip[1]))
        cv2.circle(pixels, point, 9, WHITE, -1, cv2.LINE_AA)
        cv2.circle(pixels, point, 7, colour, -1, cv2.LINE_AA)
    else:
        ends = fixed_point(np.stack([origin, tip]))
        cv2.arrowedLine(
            pixels,
            (int(ends[0, 0]), int(ends[0, 1])),
            (int(ends[1, 0]), int(ends[1, 1])),
            colour,
            5,
            cv2.LINE_AA,
            SHIFT_BITS,
            0.28,
        )

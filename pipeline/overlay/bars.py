"""A quantity on a line with its limits: inside a dot, outside a pointed mark."""

from __future__ import annotations

import cv2
import numpy as np

from pipeline.overlay.canvas import Box
from pipeline.overlay.limits import LimitedQuantity
from pipeline.overlay.palette import FAINT, INSIDE, MUTED, OUTSIDE, WHITE
from pipeline.overlay.text import draw_text
from tracking.arrays import UInt8
from tracking.limit_checks import K_SIGMA

LABEL_WIDTH_PX, VALUE_WIDTH_PX = 150, 158
LABEL_PX, VALUE_PX = 19, 22
BEYOND = 0.5  # of the allowed range, shown on either side of it
MARK_PX = 8
POINTER_PX = 22  # room for a mark that points out of the line


def draw_bar(pixels: UInt8, box: Box, quantity: LimitedQuantity) -> None:
    """Draw label, line with the allowed range as a thick trough, mark and value in `box`."""
    middle = box.centre[1]
    draw_text(pixels, quantity.label, (box.left, middle), LABEL_PX, MUTED)
    draw_text(
        pixels,
        value_text(quantity),
        (box.right, middle),
        VALUE_PX,
        WHITE,
        anchor="right",
        max_width_px=VALUE_WIDTH_PX,
    )
    left, right = box.left + LABEL_WIDTH_PX, box.right - VALUE_WIDTH_PX - POINTER_PX
    low, high = shown_range(quantity)

    def column(value: float) -> int:
        share = float(np.clip((value - low) / (high - low), 0.0, 1.0))
        return round(left + share * (right - left))

    cv2.line(pixels, (left, middle), (right, middle), FAINT, 2)
    for limit in (quantity.lower, quantity.upper):
        if limit is not None:
            cv2.line(pixels, (column(limit), middle - 13), (column(limit), middle + 13), WHITE, 3)
    value, sigma = quantity.measurement.value, quantity.measurement.sigma
    if value is None or sigma is None:
        draw_text(pixels, "?", ((left + right) // 2, middle), 26, MUTED, anchor="centre")
        return
    if quantity.planned is not None:
        planned = column(quantity.planned)
        cv2.line(pixels, (planned, middle - 7), (planned, middle + 7), MUTED, 2)
    colour = INSIDE if quantity.is_inside else OUTSIDE
    spread = (column(value - K_SIGMA * sigma), column(value + K_SIGMA * sigma))
    cv2.rectangle(pixels, (spread[0], middle - 4), (spread[1], middle + 4), colour, -1)
    _mark(pixels, column(value), middle, quantity)


def shown_range(quantity: LimitedQuantity) -> tuple[float, float]:
    """Ends of the line: the allowed range and half as much on either side of it."""
    lower, upper = quantity.lower, quantity.upper
    if upper is None:
        lower = 0.0 if lower is None else lower
        return lower - (1.0 - lower) - 1e-3, 1.0  # a share: its other end is 1
    if lower is None:
        return 0.0, upper * (1 + 2 * BEYOND)
    width = upper - lower
    return lower - BEYOND * width, upper + BEYOND * width


def value_text(quantity: LimitedQuantity) -> str:
    """Value and its sigma with the unit, or that it was not observed."""
    value, sigma = quantity.measurement.value, quantity.measurement.sigma
    if value is None or sigma is None:
        return "not seen"
    if not quantity.unit:
        return f"{value:.2f} ±{sigma:.2f}"
    gap = "" if quantity.unit == "°" else " "
    return f"{value:.1f} ±{sigma:.1f}{gap}{quantity.unit}"


def _mark(pixels: UInt8, u: int, v: int, quantity: LimitedQuantity) -> None:
    """A dot inside; outside a triangle that points to where it has gone."""
    value = quantity.measurement.value
    if quantity.is_inside or value is None:
        cv2.circle(pixels, (u, v), MARK_PX + 1, WHITE, -1, cv2.LINE_AA)
        cv2.circle(pixels, (u, v), MARK_PX - 1, INSIDE, -1, cv2.LINE_AA)
        return
    is_above = quantity.upper is not None and value > quantity.upper
    tip = MARK_PX + 5 if is_above else -MARK_PX - 5
    corners = np.array([[u + tip, v], [u - tip, v - 12], [u - tip, v + 12]], dtype=np.int32)
    cv2.fillConvexPoly(pixels, corners, OUTSIDE, cv2.LINE_AA)
    cv2.polylines(pixels, [corners], True, WHITE, 1, cv2.LINE_AA)

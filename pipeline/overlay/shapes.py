"""One shape for each verdict, so that it is told without colour and without reading."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from pipeline.overlay.canvas import SHIFT_BITS, fixed_point
from pipeline.overlay.palette import Rgb
from tracking.arrays import Float, UInt8
from tracking.decision import Verdict


def draw_verdict_shape(
    pixels: UInt8, verdict: Verdict, centre: tuple[int, int], radius_px: int, ink: Rgb, fill: Rgb
) -> None:
    """Draw the verdict's shape in `ink`, its details in `fill`.

    READY is a ticked disc, HOLD an octagon with two bars, UNSURE a triangle with a question mark,
    FAULT a crossed square.
    """
    _SHAPES[verdict](pixels, np.array(centre, dtype=np.float64), float(radius_px), ink, fill)


def _ready(pixels: UInt8, centre: Float, radius: float, ink: Rgb, fill: Rgb) -> None:
    middle = (round(float(centre[0])), round(float(centre[1])))
    cv2.circle(pixels, middle, round(radius), ink, -1, cv2.LINE_AA)
    tick = centre + radius * np.array([[-0.5, 0.05], [-0.14, 0.42], [0.52, -0.36]])
    _stroke(pixels, tick, fill, radius * 0.24)


def _hold(pixels: UInt8, centre: Float, radius: float, ink: Rgb, fill: Rgb) -> None:
    angles = np.pi / 8 + np.arange(8) * np.pi / 4
    _polygon(pixels, centre + radius * np.stack([np.cos(angles), np.sin(angles)], 1), ink)
    for side in (-1, 1):
        bar = centre + radius * np.array([[0.27 * side, -0.42], [0.27 * side, 0.42]])
        _stroke(pixels, bar, fill, radius * 0.26)


def _unsure(pixels: UInt8, centre: Float, radius: float, ink: Rgb, fill: Rgb) -> None:
    corners = centre + radius * np.array([[0.0, -0.98], [1.08, 0.88], [-1.08, 0.88]])
    _polygon(pixels, corners, ink)
    angles = np.linspace(-np.pi, 0.5 * np.pi, 24)
    hook = np.stack([0.25 * np.cos(angles), -0.12 + 0.25 * np.sin(angles)], 1)
    _stroke(pixels, centre + radius * np.vstack([hook, [[0.0, 0.36]]]), fill, radius * 0.15)
    dot = centre + radius * np.array([0.0, 0.64])
    _stroke(pixels, np.stack([dot, dot]), fill, radius * 0.2)


def _fault(pixels: UInt8, centre: Float, radius: float, ink: Rgb, fill: Rgb) -> None:
    square = centre + 0.92 * radius * np.array([[-1.0, -1], [1, -1], [1, 1], [-1, 1]])
    _polygon(pixels, square, ink)
    for side in (-1, 1):
        bar = centre + 0.52 * radius * np.array([[-1.0, -side], [1.0, side]])
        _stroke(pixels, bar, fill, radius * 0.28)


_SHAPES: dict[Verdict, Callable[[UInt8, Float, float, Rgb, Rgb], None]] = {
    Verdict.READY: _ready,
    Verdict.HOLD: _hold,
    Verdict.UNSURE: _unsure,
    Verdict.FAULT: _fault,
}


def _polygon(pixels: UInt8, points: Float, colour: Rgb) -> None:
    cv2.fillPoly(pixels, [fixed_point(points)], colour, cv2.LINE_AA, SHIFT_BITS)


def _stroke(pixels: UInt8, points: Float, colour: Rgb, width_px: float) -> None:
    cv2.polylines(
        pixels,
        [fixed_point(points)],
        False,
        colour,
        max(1, round(width_px)),
        cv2.LINE_AA,
        SHIFT_BITS,
    )

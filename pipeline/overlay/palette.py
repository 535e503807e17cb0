"""Colours of the overlay (RGB) and the contrast they must keep.

Red, yellow and cyan are reserved for FAULT, HOLD and UNSURE. Deviations are blue inside and
orange outside their limits, and carry a shape as well: nothing is told by hue alone.
"""

from __future__ import annotations

from dataclasses import dataclass

from tracking.decision import Verdict

Rgb = tuple[int, int, int]

MINIMUM_CONTRAST = 7.0  # WCAG 2.2, level AAA, for text

BACKGROUND: Rgb = (13, 16, 21)
PANEL: Rgb = (22, 27, 34)
WHITE: Rgb = (255, 255, 255)
BLACK: Rgb = (0, 0, 0)
MUTED: Rgb = (186, 194, 204)
FAINT: Rgb = (92, 102, 116)  # lines only, never text

INSIDE: Rgb = (96, 160, 255)
OUTSIDE: Rgb = (255, 160, 60)

CONE: Rgb = (255, 255, 255)
EXIT_PLANE: Rgb = (96, 160, 255)
BED_NORMAL: Rgb = (255, 140, 255)
AREA_AT_RISK_LINE: Rgb = (255, 140, 255)
KEEP_OUT_LINE: Rgb = OUTSIDE
TINTS: tuple[Rgb, Rgb, Rgb, Rgb] = (BLACK, (225, 90, 225), (80, 150, 255), (235, 235, 235))


@dataclass(frozen=True)
class BannerColours:
    """Fill of the verdict's banner and the text on it."""

    fill: Rgb
    text: Rgb


BANNERS: dict[Verdict, BannerColours] = {
    Verdict.READY: BannerColours((0, 98, 44), WHITE),
    Verdict.HOLD: BannerColours((255, 214, 10), BLACK),
    Verdict.UNSURE: BannerColours((84, 208, 232), BLACK),
    Verdict.FAULT: BannerColours((172, 0, 0), WHITE),
}


def contrast(first: Rgb, second: Rgb) -> float:
    """Contrast ratio of two colours, 1 to 21 (WCAG 2.2, relative luminance of sRGB)."""
    lighter, darker = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: Rgb) -> float:
    red, green, blue = (_linear(channel / 255) for channel in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    if channel <= 0.04045:
        return channel / 12.92
    return float(((channel + 0.055) / 1.055) ** 2.4)

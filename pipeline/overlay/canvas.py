"""The picture being drawn: a fixed canvas with the camera's view letterboxed into it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from pipeline.overlay.palette import BACKGROUND, BLACK, Rgb
from tracking.arrays import Float, UInt8, frozen

WIDTH_PX, HEIGHT_PX = 1280, 720
BANNER_HEIGHT_PX = 178
FOOTER_HEIGHT_PX = 34
PANEL_LEFT_PX = 772
SHIFT_BITS = 4  # OpenCV draws at 1/16 px
FAR_PX = 20_000.0  # projected points are clamped here: beyond it OpenCV's fixed point overflows


@dataclass(frozen=True)
class Box:
    """A rectangle of the canvas: left, top (included), right, bottom (not included), px."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        """Width in px."""
        return self.right - self.left

    @property
    def height(self) -> int:
        """Height in px."""
        return self.bottom - self.top

    @property
    def centre(self) -> tuple[int, int]:
        """Middle, px."""
        return (self.left + self.right) // 2, (self.top + self.bottom) // 2


BANNER_BOX = Box(0, 0, WIDTH_PX, BANNER_HEIGHT_PX)
FOOTER_BOX = Box(0, HEIGHT_PX - FOOTER_HEIGHT_PX, WIDTH_PX, HEIGHT_PX)
VIEW_BOX = Box(0, BANNER_HEIGHT_PX, PANEL_LEFT_PX, HEIGHT_PX - FOOTER_HEIGHT_PX)
PANEL_BOX = Box(PANEL_LEFT_PX, BANNER_HEIGHT_PX, WIDTH_PX, HEIGHT_PX - FOOTER_HEIGHT_PX)

_BLANK = frozen(np.full((HEIGHT_PX, WIDTH_PX, 3), BACKGROUND, dtype=np.uint8))


@dataclass(frozen=True, eq=False)
class Canvas:
    """RGB pixels (720, 1280, 3), writable, and where the camera's image lies in them."""

    pixels: UInt8
    picture_box: Box
    scale: float

    @property
    def picture(self) -> UInt8:
        """Writable view of the camera's image: drawing there is clipped to it."""
        box = self.picture_box
        return self.pixels[box.top : box.bottom, box.left : box.right]

    def to_picture(self, image_px: Float) -> Float:
        """Map pixel coordinates of the depth grid (integer = centre) into `picture`, (..., 2)."""
        mapped: Float = (image_px + 0.5) * self.scale - 0.5
        return np.clip(mapped, -FAR_PX, FAR_PX)

    def polyline(
        self, image_px: Float, colour: Rgb, width_px: int = 2, *, is_closed: bool = False
    ) -> None:
        """Draw a line through points of the depth grid, (n, 2), dark-edged to stand out."""
        points = fixed_point(self.to_picture(image_px))
        for stroke, shade in ((width_px + 3, BLACK), (width_px, colour)):
            cv2.polylines(self.picture, [points], is_closed, shade, stroke, cv2.LINE_AA, SHIFT_BITS)


def blank_canvas(image_shape: tuple[int, int]) -> Canvas:
    """Return an empty canvas for images of (height, width): scaled by one factor, centred."""
    height, width = image_shape
    scale = min(VIEW_BOX.width / width, VIEW_BOX.height / height)
    fitted_width, fitted_height = max(1, round(width * scale)), max(1, round(height * scale))
    left = VIEW_BOX.left + (VIEW_BOX.width - fitted_width) // 2
    top = VIEW_BOX.top + (VIEW_BOX.height - fitted_height) // 2
    return Canvas(_BLANK.copy(), Box(left, top, left + fitted_width, top + fitted_height), scale)


def fixed_point(points_px: Float) -> np.ndarray[tuple[int, ...], np.dtype[np.int32]]:
    """Points as OpenCV wants them for `SHIFT_BITS`."""
    return np.round(points_px * (1 << SHIFT_BITS)).astype(np.int32)

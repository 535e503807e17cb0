"""Random changes of colour, far beyond the plausible: geometry is to decide."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from models.training.augment_depth import smooth_field
from tracking.arrays import UInt8

GREY_AXIS = np.full(3, 1 / np.sqrt(3))
GRAIN_SEED, GRAIN_SHAPE = 1, (700, 1200, 3)


def changed_color(
    color_rgb: UInt8, depth_mm: NDArray[np.float32], rng: np.random.Generator
) -> UInt8:
    """Hue, saturation, channels, exposure, shading, blur, noise, parallax, holes of depth."""
    color = color_rgb
    if rng.random() < 0.7:
        color = np.asarray(cv2.transform(color, _mixing(rng)), np.uint8)
    color = np.asarray(cv2.LUT(color, _tone_curves(rng)), np.uint8)
    if rng.random() < 0.3:
        gain = np.exp(smooth_field(color.shape, rng) * np.float32(0.25))
        color = np.asarray(cv2.convertScaleAbs(color * gain[..., None]), np.uint8)
    if rng.random() < 0.35:
        color = np.asarray(cv2.GaussianBlur(color, (0, 0), float(rng.uniform(0.3, 2.0))), np.uint8)
    if rng.random() < 0.3:  # colour warped to the depth grid by a rough calibration
        shift = np.array([[1, 0, rng.normal(0, 1.2)], [0, 1, rng.normal(0, 0.6)]])
        color = np.asarray(
            cv2.warpAffine(color, shift, color.shape[1::-1], borderMode=cv2.BORDER_REPLICATE),
            np.uint8,
        )
    if rng.random() < 0.4:
        color = _grainy(color, rng)
    if rng.random() < 0.35:  # some sources have no colour where they have no depth
        color = color * (depth_mm > 0).astype(np.uint8)[..., None]
    return np.ascontiguousarray(color)


def _mixing(rng: np.random.Generator) -> NDArray[np.float32]:
    """3x3: turned hue, another saturation (often none), now and then swapped channels."""
    angle = rng.normal(0, 0.35) if rng.random() < 0.7 else rng.uniform(-np.pi, np.pi)
    turn, _ = cv2.Rodrigues(GREY_AXIS * angle)
    saturation = rng.choice([0.0, rng.uniform(0.3, 1.0), rng.uniform(1.0, 1.7)], p=[0.2, 0.4, 0.4])
    grey = np.full((3, 3), 1 / 3)
    matrix = grey + saturation * (np.asarray(turn) - grey)
    if rng.random() < 0.2:
        matrix = matrix[rng.permutation(3)]
    return np.ascontiguousarray(matrix, np.float32)


def _tone_curves(rng: np.random.Generator) -> UInt8:
    """(256, 1, 3): gamma, gain and offset of each channel; now and then inverted."""
    level = np.linspace(0, 1, 256)[:, None]
    if rng.random() < 0.04:
        level = 1 - level
    gamma = np.exp(rng.normal(0, 0.3) + rng.normal(0, 0.05, 3))
    gain = np.exp(rng.normal(0, 0.3) + rng.normal(0, 0.1, 3))
    offset = rng.normal(0, 0.04) if rng.random() < 0.5 else 0.0
    curve = np.clip(level**gamma * gain + offset, 0, 1)
    return np.round(curve * 255).astype(np.uint8)[:, None, :]


def _grainy(color_rgb: UInt8, rng: np.random.Generator) -> UInt8:
    """Noise of a random strength, cut from one large piece at a random place."""
    grain = _grain()
    height, width = color_rgb.shape[:2]
    top = int(rng.integers(grain.shape[0] - height + 1))
    left = int(rng.integers(grain.shape[1] - width + 1))
    piece = grain[top : top + height, left : left + width]
    noisy = color_rgb + piece * np.float32(rng.uniform(0, 16))
    return np.clip(noisy, 0, 255).astype(np.uint8)


@cache
def _grain() -> NDArray[np.float32]:
    rng = np.random.default_rng(GRAIN_SEED)
    return rng.standard_normal(GRAIN_SHAPE, dtype=np.float32)

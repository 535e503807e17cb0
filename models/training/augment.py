"""Random changes of a canvas sample, and the tensor that the network learns from.

The planes are built by the same function as at run time, after every change.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from models.features import CANVAS, planes
from models.letterbox import Letterbox
from models.training.canvas_samples import IGNORED, CanvasSample
from tracking.arrays import UInt8
from tracking.segmentation import Label

FOCUS_SHARE = 0.7  # of crops that are centred on something other than surroundings
N_COLOR_PLANES = 4  # red, green, blue, has_color


def tensors(sample: CanvasSample) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Planes (8, h, w) and target labels (h, w) of a sample as it is."""
    return _tensors(sample, has_color=True)


def tensors_without_color(
    sample: CanvasSample,
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """The same for a frame whose recording leaves colour out."""
    return _tensors(sample, has_color=False)


def augmented(
    sample: CanvasSample, rng: np.random.Generator, size: tuple[int, int]
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Planes and target of a randomly changed sample, cropped to `size` (height, width)."""
    if rng.random() < 0.6:
        sample = _moved(sample, rng)
    if rng.random() < 0.5:
        sample = CanvasSample(
            np.ascontiguousarray(sample.depth_mm[:, ::-1]),
            np.ascontiguousarray(sample.color_rgb[:, ::-1]),
            np.ascontiguousarray(sample.labels[:, ::-1]),
        )
    sample = _cropped(sample, rng, size)
    depth = _depth(sample.depth_mm, rng)
    color = _color(sample.color_rgb, depth, rng)
    return _tensors(CanvasSample(depth, color, sample.labels), has_color=rng.random() > 0.15)


def _tensors(
    sample: CanvasSample, *, has_color: bool
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    whole = Letterbox.fit(sample.labels.shape, sample.labels.shape)
    tensor = planes(sample.depth_mm, sample.color_rgb if has_color else None, whole)[0]
    tensor[:N_COLOR_PLANES] *= sample.labels != IGNORED  # the empty part of a letterbox
    return tensor, sample.labels.astype(np.int64)


def _moved(sample: CanvasSample, rng: np.random.Generator) -> CanvasSample:
    """Zoom, shift and turn a little; what comes from outside is no image."""
    height, width = CANVAS
    scale = float(np.exp(rng.uniform(np.log(0.7), np.log(2.0))))
    angle = float(rng.normal(0, 8))
    matrix = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), angle, scale)
    reach = 0.7 * max(0.15, scale - 1)  # the closer, the farther the view may wander
    shift = np.array(
        [[0, 0, width * rng.uniform(-0.5, 0.5)], [0, 0, height * rng.uniform(-0.5, 0.5)]]
    )
    motion = matrix + reach * shift

    def warp(image: NDArray[Any], flags: int, empty: float) -> NDArray[Any]:
        return np.asarray(
            cv2.warpAffine(image, motion, (width, height), flags=flags, borderValue=(empty,) * 3)
        )

    return CanvasSample(
        warp(sample.depth_mm, cv2.INTER_NEAREST, 0),
        warp(sample.color_rgb, cv2.INTER_LINEAR, 0),
        warp(sample.labels, cv2.INTER_NEAREST, IGNORED),
    )


def _cropped(sample: CanvasSample, rng: np.random.Generator, size: tuple[int, int]) -> CanvasSample:
    """A window of `size`, mostly on something that matters."""
    full = sample.labels.shape
    centre = np.array([rng.integers(0, full[0]), rng.integers(0, full[1])])
    shown = np.argwhere((sample.labels != Label.OTHER) & (sample.labels != IGNORED))
    if rng.random() < FOCUS_SHARE and len(shown):
        centre = shown[int(rng.integers(len(shown)))]
    top, left = (
        int(np.clip(centre[axis] - size[axis] // 2, 0, full[axis] - size[axis])) for axis in (0, 1)
    )
    window = (slice(top, top + size[0]), slice(left, left + size[1]))
    return CanvasSample(
        np.ascontiguousarray(sample.depth_mm[window]),
        np.ascontiguousarray(sample.color_rgb[window]),
        np.ascontiguousarray(sample.labels[window]),
    )


def _depth(depth_mm: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """Range error of a few per cent, holes of any shape, margins without depth."""
    height, width = depth_mm.shape
    depth = depth_mm * np.float32(rng.uniform(0.93, 1.07))
    if rng.random() < 0.3:
        field = rng.normal(size=(15, 27)).astype(np.float32)
        smooth = cv2.resize(field, (width, height), interpolation=cv2.INTER_CUBIC)
        depth = np.where(smooth > rng.uniform(1.2, 2.5), np.float32(0), depth)
    if rng.random() < 0.25:
        depth = depth * (rng.random(depth.shape, dtype=np.float32) > rng.uniform(0, 0.3))
    if rng.random() < 0.15:  # the left margin that the second imager does not see
        depth[:, : int(rng.integers(5, 50))] = 0
    return depth.astype(np.float32)


def _color(color_rgb: UInt8, depth_mm: NDArray[np.float32], rng: np.random.Generator) -> UInt8:
    """Exposure, white balance, hue, blur, noise, parallax, and holes where depth has them."""
    color: NDArray[Any] = color_rgb.astype(np.float32) * np.float32(1 / 255)
    color **= np.float32(np.exp(rng.normal(0, 0.25)))
    color *= np.exp(rng.normal(0, 0.25) + rng.normal(0, 0.1, 3)).astype(np.float32)
    if rng.random() < 0.5:
        grey = color.mean(axis=2, keepdims=True)
        color = grey + (color - grey) * np.float32(rng.choice([0.0, rng.uniform(0.3, 1.6)]))
    if rng.random() < 0.12:
        color = color[..., rng.permutation(3)]
    if rng.random() < 0.4:
        color = cv2.GaussianBlur(color, (0, 0), float(rng.uniform(0.3, 1.8)))
    if rng.random() < 0.3:  # colour warped to the depth grid by a rough calibration
        shift = np.array([[1, 0, rng.normal(0, 1.2)], [0, 1, rng.normal(0, 0.6)]])
        color = cv2.warpAffine(color, shift, color.shape[1::-1], borderMode=cv2.BORDER_REPLICATE)
    if rng.random() < 0.5:
        grain = rng.standard_normal(color.shape, dtype=np.float32)
        color = color + grain * np.float32(rng.uniform(0, 0.06))
    if rng.random() < 0.35:  # some sources have no colour where they have no depth
        color = color * (depth_mm > 0)[..., None]
    return np.clip(np.round(color * 255), 0, 255).astype(np.uint8)

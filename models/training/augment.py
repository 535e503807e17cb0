"""Random changes of a canvas sample, and the tensor that the network learns from.

The planes are built by the same function as at run time, after every change.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from models.features import planes
from models.letterbox import Letterbox
from models.plane_loops import FOLD, N_COLOR, ZERO
from models.training.augment_color import changed_color
from models.training.augment_depth import changed_depth
from models.training.canvas_samples import IGNORED, CanvasSample
from tracking.arrays import Bool, UInt8

MOVED_SHARE = 0.6
COLORLESS_SHARE = 0.25  # a session may leave colour out: geometry must do
ZOOM = (0.6, 2.0)

Pair = tuple[UInt8, UInt8]
"""Folded planes (h / 2, w / 2, 40) and target labels (h, w)."""


def tensors(sample: CanvasSample) -> Pair:
    """Planes and target of a sample as it is."""
    return _tensors(sample, has_color=True)


def tensors_without_color(sample: CanvasSample) -> Pair:
    """The same for a frame whose recording leaves colour out."""
    return _tensors(sample, has_color=False)


def augmented(sample: CanvasSample, rng: np.random.Generator) -> Pair:
    """Planes and target of a randomly changed sample, on its own canvas."""
    if rng.random() < MOVED_SHARE:
        sample = _moved(sample, rng)
    if rng.random() < 0.5:
        sample = _mirrored(sample)
    depth = changed_depth(sample.depth_mm, rng)
    has_color = rng.random() >= COLORLESS_SHARE
    color = changed_color(sample.color_rgb, depth, rng) if has_color else sample.color_rgb
    return _tensors(replace(sample, depth_mm=depth, color_rgb=color), has_color=has_color)


def _tensors(sample: CanvasSample, *, has_color: bool) -> Pair:
    whole = Letterbox.fit(sample.labels.shape, sample.labels.shape)
    color = sample.color_rgb if has_color else None
    tensor = planes(sample.depth_mm, color, sample.focal_px, whole)[0]
    if has_color:
        _blank(tensor, sample.labels == IGNORED)  # the empty part of a letterbox
    return tensor, sample.labels


def _blank(tensor: UInt8, is_outside: Bool) -> None:
    """Take the colour of these pixels (h, w) away from folded planes, in place."""
    rows, columns, _ = tensor.shape
    pixels = tensor.reshape(rows, columns, FOLD, FOLD, -1).transpose(0, 2, 1, 3, 4)
    colors = pixels[..., :N_COLOR]
    colors[is_outside.reshape(rows, FOLD, columns, FOLD)] = ZERO


def _moved(sample: CanvasSample, rng: np.random.Generator) -> CanvasSample:
    """Zoom, shift and turn a little; what comes from outside is no image.

    Zooming is a longer lens: depth stays, the focal length grows.
    """
    height, width = sample.labels.shape
    scale = float(np.exp(rng.uniform(*np.log(ZOOM))))
    angle = float(rng.normal(0, 12))
    turn = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), angle, scale)
    reach = 0.7 * max(0.15, scale - 1)  # the closer, the farther the view may wander
    shift = reach * np.array([width, height]) * rng.uniform(-0.5, 0.5, 2)
    motion = np.column_stack([turn[:, :2], turn[:, 2] + shift])

    def warp(image: NDArray[Any], flags: int, empty: float) -> NDArray[Any]:
        return np.asarray(
            cv2.warpAffine(image, motion, (width, height), flags=flags, borderValue=(empty,) * 3)
        )

    return CanvasSample(
        warp(sample.depth_mm, cv2.INTER_NEAREST, 0),
        warp(sample.color_rgb, cv2.INTER_LINEAR, 0),
        warp(sample.labels, cv2.INTER_NEAREST, IGNORED),
        sample.focal_px * scale,
    )


def _mirrored(sample: CanvasSample) -> CanvasSample:
    return CanvasSample(
        np.ascontiguousarray(sample.depth_mm[:, ::-1]),
        np.ascontiguousarray(sample.color_rgb[:, ::-1]),
        np.ascontiguousarray(sample.labels[:, ::-1]),
        sample.focal_px,
    )

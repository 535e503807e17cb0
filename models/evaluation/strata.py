"""Which groups a labelled frame belongs to, told from its depth and labels alone."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite

import cv2
import numpy as np
from numpy.typing import NDArray

from tracking.arrays import Bool, UInt8
from tracking.segmentation import Label

NO_APPLICATOR = "no applicator"
UNKNOWN = "unknown"
DISTANCE = "distance, mm"
WIDTH = "applicator width, px"
SHARE = "applicator, share of image"
DISTANCE_EDGES_MM = (250.0, 350.0, 500.0, 700.0)
WIDTH_EDGES_PX = (15.0, 30.0, 60.0, 120.0, 240.0)
SHARE_EDGES = (0.005, 0.02, 0.05, 0.15)


def frame_strata(depth_mm: NDArray[np.float32], labels: UInt8) -> dict[str, str]:
    """Groups of one frame by its applicator's distance, width and share of the image.

    Parameters
    ----------
    depth_mm, labels : (height, width)
        Depth 0 where there is none; codes of `Label`.
    """
    mask = labels == Label.APPLICATOR
    if not mask.any():
        return dict.fromkeys((DISTANCE, WIDTH, SHARE), NO_APPLICATOR)
    depth = depth_mm[mask & (depth_mm > 0)]
    distance = float(np.median(depth)) if depth.size else float("nan")
    return {
        DISTANCE: bucket(distance, DISTANCE_EDGES_MM),
        WIDTH: bucket(applicator_width_px(mask), WIDTH_EDGES_PX),
        SHARE: bucket(float(mask.mean()), SHARE_EDGES),
    }


def applicator_width_px(mask: Bool) -> float:
    """Short side of the smallest rectangle around a mask's largest piece: a tube's width."""
    _, pieces, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    largest = 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))
    v, u = np.nonzero(pieces == largest)
    (_, sides, _) = cv2.minAreaRect(np.stack([u, v], axis=1).astype(np.float32))
    return min(sides) + 1.0  # from pixel centre to pixel centre, and half a pixel on either side


def bucket(value: float, edges: Sequence[float]) -> str:
    """Name of the interval that holds `value`: "below 250", "250-350", ..., "from 700"."""
    if not isfinite(value):
        return UNKNOWN
    position = int(np.searchsorted(edges, value, side="right"))
    if position == 0:
        return f"below {edges[0]:g}"
    if position == len(edges):
        return f"from {edges[-1]:g}"
    return f"{edges[position - 1]:g}-{edges[position]:g}"


def bucket_order(name: str) -> tuple[int, float, str]:
    """Sort key of groups: numbers as they rise, then names, what is unknown last."""
    if name in (NO_APPLICATOR, UNKNOWN):
        return 2, 0.0, name
    if name.startswith("below "):
        return 0, float("-inf"), name
    number = name.removeprefix("from ").split("-")[0]
    try:
        return 0, float(number), name
    except ValueError:
        return 1, 0.0, name

"""How well a pose explains a sparse grid of pixels, in and around the applicator's mask.

Used to rank hypotheses, never to refine: each pixel can only agree or disagree.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tracking.arrays import Bool, Float, UInt8
from tracking.camera import CameraIntrinsics
from tracking.cone_model import ConeModel
from tracking.extent import bounding_box
from tracking.segmentation import Label

MARGIN_PX = 24
MISLABELLED_COST = 0.25
BEHIND_MM = 10.0  # measured this much before the prediction: something unlabelled is in front


@dataclass(frozen=True, eq=False)
class ScorePixels:
    """Pixels that judge a pose: rays (n, 3) with z = 1, depth (n,) mm (0: none), labels (n,)."""

    rays_camera: Float
    depth_mm: Float
    is_applicator: Bool
    is_background: Bool


def score_pixels(
    labels: UInt8,
    depth_mm: NDArray[np.float32],
    intrinsics: CameraIntrinsics,
    region: tuple[slice, slice] | None,
    n_pixels: int,
) -> ScorePixels:
    """Pick about `n_pixels` on a grid over a region; default: around the applicator's mask."""
    region = region or bounding_box(labels == Label.APPLICATOR.value, MARGIN_PX)
    if region is None:
        nothing = np.zeros(0)
        return ScorePixels(np.zeros((0, 3)), nothing, nothing.astype(bool), nothing.astype(bool))
    area = labels[region].size
    stride = max(1, int(np.sqrt(area / n_pixels)))
    rows, columns = region
    v, u = np.mgrid[rows.start : rows.stop : stride, columns.start : columns.stop : stride]
    inside = (v < intrinsics.height) & (u < intrinsics.width)
    v, u = v[inside], u[inside]
    code = labels[v, u]
    return ScorePixels(
        rays_camera=intrinsics.rays(u.astype(np.float64), v.astype(np.float64)),
        depth_mm=depth_mm[v, u].astype(np.float64),
        is_applicator=code == Label.APPLICATOR.value,
        is_background=(code != Label.APPLICATOR.value) & (code != Label.OCCLUDER.value),
    )


def disagreement(model: ConeModel, pose: Float, pixels: ScorePixels, tolerance_mm: float) -> float:
    """Contradictions per applicator pixel; 0 is perfect, infinite if there is none to judge."""
    n_applicator = int(pixels.is_applicator.sum())
    if n_applicator == 0:
        return float("inf")
    return contradictions(model, pose, pixels, tolerance_mm) / n_applicator


def contradictions(
    model: ConeModel, pose: Float, pixels: ScorePixels, tolerance_mm: float
) -> float:
    """Cost of the pixels that contradict the pose.

    Applicator pixels cost 1 where the model is missed and min(1, (dz / tolerance)^2) where it
    is met; background pixels cost 1 where the model should hide them, less where the depth is
    the model's and only the label is not (a foot that was labelled as table).
    """
    predicted = model.depths_mm(pose, pixels.rays_camera)
    is_hit = np.isfinite(predicted)
    predicted = np.where(is_hit, predicted, 0.0)
    has_depth = pixels.depth_mm > 0
    off = np.minimum(1.0, ((pixels.depth_mm - predicted) / tolerance_mm) ** 2)
    on_model = pixels.is_applicator & is_hit
    missed = float((pixels.is_applicator & ~is_hit).sum())
    misfit = float(off[on_model & has_depth].sum())
    in_front = has_depth & (pixels.depth_mm < predicted - BEHIND_MM)
    uncovered = pixels.is_background & is_hit & ~in_front
    agrees = has_depth & (np.abs(pixels.depth_mm - predicted) < tolerance_mm)
    uncovered_cost = np.where(agrees, MISLABELLED_COST, 1.0)[uncovered].sum()
    return missed + misfit + float(uncovered_cost)

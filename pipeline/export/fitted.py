"""What was fitted to a frame, as shapes to look at: the bed's surface, the cone's residuals. Pure.

Space: camera, mm.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tracking.arrays import Float
from tracking.bed import BedSurface, quadratic_height
from tracking.cone_model import ConeModel
from tracking.frame import RgbdFrame
from tracking.segmentation import Label, Segmentation

RINGS, SPOKES = 12, 48
STRIDE_PX = 2


def bed_vertices_mm(bed: BedSurface, camera_from_applicator: Float, radius_mm: float) -> Float:
    """Points of the fitted quadratic, (1 + RINGS * SPOKES, 3): its middle, then ring by ring."""
    if bed.coefficients is None:
        raise ValueError(f"a bed of status {bed.status} has no surface")
    radius = np.repeat(np.arange(1, RINGS + 1) * (radius_mm / RINGS), SPOKES)
    angle = np.tile(np.arange(SPOKES) * (2 * np.pi / SPOKES), RINGS)
    x = np.concatenate(([0.0], radius * np.cos(angle)))
    y = np.concatenate(([0.0], radius * np.sin(angle)))
    fit = np.stack((x, y, quadratic_height(bed.coefficients, x, y)), axis=1)
    rotation, origin = camera_from_applicator[:3, :3], camera_from_applicator[:3, 3]
    vertices: Float = fit @ bed.fit_from_applicator @ rotation.T + origin
    return vertices


def bed_triangles() -> np.ndarray[tuple[int, int], np.dtype[np.uint32]]:
    """Rows of three of those points' numbers."""
    first = [(0, 1 + k, 1 + (k + 1) % SPOKES) for k in range(SPOKES)]
    for ring in range(RINGS - 1):
        inner, outer = 1 + ring * SPOKES, 1 + (ring + 1) * SPOKES
        for k in range(SPOKES):
            after = (k + 1) % SPOKES
            first.append((inner + k, outer + k, outer + after))
            first.append((inner + k, outer + after, inner + after))
    return np.array(first, np.uint32)


def cone_residuals(
    model: ConeModel,
    camera_from_applicator: Float,
    frame: RgbdFrame,
    segmentation: Segmentation,
    depth_mm: NDArray[np.float32],
) -> tuple[Float, Float]:
    """Points of the applicator's pixels, (n, 3), and how far each lies behind the model, (n,).

    Along the ray, in mm of depth; NaN where the ray misses the model. `depth_mm` is corrected for
    the rig's bias.
    """
    thin = np.s_[::STRIDE_PX, ::STRIDE_PX]
    is_cone = (segmentation.labels[thin] == Label.APPLICATOR.value) & (depth_mm[thin] > 0)
    rays = frame.intrinsics.ray_grid[thin][is_cone]
    measured = depth_mm[thin][is_cone].astype(np.float64)
    predicted = model.depths_mm(camera_from_applicator, rays)
    residuals = np.where(np.isfinite(predicted), measured - predicted, np.nan)
    return rays * measured[:, None], residuals

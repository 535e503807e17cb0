"""What the uncertainty of a calibrated lens does to whatever is computed with that lens.

The lens's covariance is taken apart into independent directions; along each the computation is
done again, one sigma to either side (central differences), and the outer products add up.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from calibration.lens import N_LENS, N_PINHOLE, Lens
from tracking.arrays import Float


def independent_covariance(sigma_px: Float) -> Float:
    """Covariance (12, 12) of a lens of which only sigmas of fx fy cx cy are known."""
    covariance = np.zeros((N_LENS, N_LENS))
    covariance[:N_PINHOLE, :N_PINHOLE] = np.diag(np.asarray(sigma_px) ** 2)
    return covariance


def spread_by_lens(estimate: Callable[[Lens], Float], lens: Lens, covariance: Float) -> Float:
    """Covariance (k, k) that the lens's own (12, 12) leaves in `estimate`'s k numbers."""
    unit = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    scale = np.where(unit > 0, unit, 1.0)
    values, axes = np.linalg.eigh(covariance / np.outer(scale, scale))
    total: Float | None = None
    for value, axis in zip(values.tolist(), axes.T, strict=True):
        if value <= 0:
            continue
        step = np.sqrt(value) * axis * scale
        moved = (estimate(_moved(lens, step)) - estimate(_moved(lens, -step))) / 2
        part = np.outer(moved, moved)
        total = part if total is None else total + part
    if total is None:
        n = len(estimate(lens))
        return np.zeros((n, n))
    return np.asarray(total)


def _moved(lens: Lens, step: Float) -> Lens:
    return Lens(
        lens.width,
        lens.height,
        lens.pinhole + step[:N_PINHOLE],
        lens.distortion + step[N_PINHOLE:],
    )

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


def lens_steps(lens: Lens, covariance: Float) -> list[tuple[Lens, Lens]]:
    """Pairs of lenses, one sigma to either side along each independent direction."""
    unit = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    scale = np.where(unit > 0, unit, 1.0)
    values, axes = np.linalg.eigh(covariance / np.outer(scale, scale))
    steps = [
        np.sqrt(value) * axis * scale
        for value, axis in zip(values.tolist(), axes.T, strict=True)
        if value > 0
    ]
    return [(_moved(lens, step), _moved(lens, -step)) for step in steps]


def spread_by_lens(estimate: Callable[[Lens], Float], lens: Lens, covariance: Float) -> Float:
    """Covariance (k, k) that the lens's own (12, 12) leaves in `estimate`'s k numbers."""
    pairs = lens_steps(lens, covariance)
    if not pairs:
        n = len(estimate(lens))
        return np.zeros((n, n))
    moved = np.array([(estimate(a) - estimate(b)) / 2 for a, b in pairs])
    return np.asarray(moved.T @ moved)


def _moved(lens: Lens, step: Float) -> Lens:
    return Lens(
        lens.width,
        lens.height,
        lens.pinhole + step[:N_PINHOLE],
        lens.distortion + step[N_PINHOLE:],
    )

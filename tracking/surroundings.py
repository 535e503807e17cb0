"""The surface that surrounds something in the image, continued across it.

A plane in space is a plane in inverse depth, a gently curved bed nearly a quadric: fitted
there, robustly, the surface behind an object is known without seeing it. "Nearness" is inverse
depth times any reference distance.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tracking.arrays import Bool, Float
from tracking.robust import NORMAL_MAD, median, tukey

MIN_SAMPLES = 80  # for six coefficients
N_SAMPLES = 400
N_ROUNDS = 5
N_TRIALS = 32  # through three samples; a third of the region being foreign, one holds at 0.9999
SINGULAR = 1e-6  # of the unit square's monomials: samples on a line give no plane
N_JUDGES = 150
SEED = 5
TUKEY = 4.7  # in robust sigma: 95 % efficient; what stands on the surface loses all weight
SETTLED = 0.01  # relative change of the scatter: the weights, and so the surface, stand still
ROUNDING = 1e-6  # scatter of float32 nearness, below any camera's


_RIDGE = 1e-9 * np.eye(6)  # coefficients that no sample tells stay 0
_DRAWN = np.random.default_rng(SEED).random((N_TRIALS, 3))  # places among the samples


@dataclass(frozen=True, eq=False)
class Surroundings:
    """Quadric in nearness over the unit square of an image crop, and how pixels scatter."""

    coefficients: Float
    scatter: float

    def nearness(self, shape: tuple[int, ...]) -> NDArray[np.float32]:
        """The surface in every pixel of the crop."""
        c = self.coefficients.astype(np.float32)
        v = np.linspace(0.0, 1.0, shape[0], dtype=np.float32)[:, None]
        u = np.linspace(0.0, 1.0, shape[1], dtype=np.float32)[None, :]
        column, row = c[1] * u + c[3] * u * u, c[0] + (c[2] + c[5] * v) * v
        surface: NDArray[np.float32] = c[4] * v * u + column + row
        return surface


def fit_surroundings(nearness: NDArray[np.float32], region: Bool) -> Surroundings | None:
    """Fit the region's dominating surface; None where there is too little of it.

    Parameters
    ----------
    nearness, region : (height, width)
        A crop; `region` marks the pixels to fit, all of them measured.
    """
    height, width = region.shape
    stride = max(1, int(np.sqrt(np.count_nonzero(region) / N_SAMPLES)))
    rows, columns = np.nonzero(region[::stride, ::stride])
    if len(rows) < MIN_SAMPLES:
        return None
    v, u = rows * stride / max(1, height - 1), columns * stride / max(1, width - 1)
    basis = np.array([np.ones_like(u), u, v, u * u, u * v, v * v])
    values = nearness[rows * stride, columns * stride].astype(np.float64)
    right = np.vstack([basis, values])  # of the normal equations
    weights = _first_weights(basis, values)
    coefficients, scatter = np.zeros(6), ROUNDING
    for _ in range(N_ROUNDS):
        both, before = (basis * weights) @ right.T, scatter
        coefficients = np.linalg.solve(both[:, :-1] + _RIDGE, both[:, -1])
        scatter, weights = _scatter_and_weights(np.abs(values - coefficients @ basis))
        if abs(scatter - before) <= SETTLED * scatter:
            break
    return Surroundings(coefficients, scatter)


def _first_weights(basis: Float, values: Float) -> Float:
    """Weights by the plane through three samples whose median residual is least.

    A start from all samples alike would bend the quadric over whatever stands on one side.
    """
    chosen = (_DRAWN * len(values)).astype(np.intp)
    systems = basis[:3].T[chosen] + SINGULAR * np.eye(3)
    trials = np.linalg.solve(systems, values[chosen][..., None])[..., 0]
    every = max(1, len(values) // N_JUDGES)
    residuals = np.abs(values[::every] - trials @ basis[:3, ::every])
    middle = residuals.shape[1] // 2
    best = int(np.argmin(np.partition(residuals, middle, axis=1)[:, middle]))
    return _scatter_and_weights(np.abs(values - trials[best] @ basis[:3]))[1]


def _scatter_and_weights(residuals: Float) -> tuple[float, Float]:
    """Robust standard deviation of residual sizes, and Tukey's weights at that scale."""
    scatter = max(NORMAL_MAD * median(residuals), ROUNDING)
    return scatter, tukey(residuals, TUKEY * scatter)

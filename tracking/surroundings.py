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
from tracking.compiled import compiled, part
from tracking.loop_types import (
    COUNT,
    DEPTHS,
    FLAG,
    MASK,
    NEW_DEPTHS,
    NEW_VECTOR,
    REAL,
    ROWS,
    VECTOR,
    several,
)

MIN_SAMPLES = 80  # for six coefficients
N_SAMPLES = 400
N_ROUNDS = 5
N_TRIALS = 32  # through three samples; a third of the region being foreign, one holds at 0.9999
SINGULAR = 1e-6  # of the unit square's monomials: samples on a line give no plane
N_JUDGES = 150
SEED = 5
RIDGE = 1e-9  # coefficients that no sample tells stay 0
N_TERMS = 6  # 1, u, v, u^2, u v, v^2
NORMAL_MAD = 1.4826  # standard deviation over the median absolute deviation
TUKEY = 4.7  # in robust sigma: 95 % efficient; what stands on the surface loses all weight
SETTLED = 0.01  # relative change of the scatter: the weights, and so the surface, stand still
ROUNDING = 1e-6  # scatter of float32 nearness, below any camera's

_DRAWN = np.random.default_rng(SEED).random((N_TRIALS, 3))  # places among the samples


@dataclass(frozen=True, eq=False)
class Surroundings:
    """Quadric in nearness over the unit square of an image crop, and how pixels scatter."""

    coefficients: Float
    scatter: float

    def nearness(self, shape: tuple[int, ...]) -> NDArray[np.float32]:
        """The surface in every pixel of the crop."""
        return _surface(self.coefficients, shape[0], shape[1])


def fit_surroundings(nearness: NDArray[np.float32], region: Bool) -> Surroundings | None:
    """Fit the region's dominating surface; None where there is too little of it.

    Parameters
    ----------
    nearness, region : (height, width)
        A crop; `region` marks the pixels to fit, all of them measured.
    """
    is_enough, coefficients, scatter = _fitted(nearness, region, _DRAWN)
    return Surroundings(coefficients, scatter) if is_enough else None


@part
def _place(index: int, size: int) -> np.float32:
    """Of a row or column in the unit square."""
    if index == size - 1 and size > 1:
        return np.float32(1.0)
    return np.float32(index * (1.0 / max(1, size - 1)))


@compiled(NEW_DEPTHS, VECTOR, COUNT, COUNT)
def _surface(coefficients: Float, height: int, width: int) -> NDArray[np.float32]:
    c = coefficients.astype(np.float32)
    surface = np.empty((height, width), np.float32)
    us, of_columns = np.empty(width, np.float32), np.empty(width, np.float32)
    for column in range(width):
        u = _place(column, width)
        us[column], of_columns[column] = u, c[1] * u + c[3] * u * u
    for row in range(height):
        v = _place(row, height)
        slope, of_row = c[4] * v, c[0] + (c[2] + c[5] * v) * v
        for column in range(width):
            surface[row, column] = slope * us[column] + of_columns[column] + of_row
    return surface


@part
def _sampled(nearness: NDArray[np.float32], region: Bool) -> tuple[Float, Float]:
    """Monomials (n, 6) and nearness (n,) of the region's pixels on a grid of about `N_SAMPLES`."""
    height, width = region.shape
    n_pixels = 0
    for row in range(height):
        for column in range(width):
            n_pixels += region[row, column]
    stride = max(1, int(np.sqrt(n_pixels / N_SAMPLES)))
    n_most = min(n_pixels, ((height - 1) // stride + 1) * ((width - 1) // stride + 1))
    basis, values = np.empty((n_most, N_TERMS)), np.empty(n_most)
    n = 0
    for row in range(0, height, stride):
        v = row / max(1, height - 1)
        for column in range(0, width, stride):
            if region[row, column]:
                u = column / max(1, width - 1)
                basis[n, 0], basis[n, 1], basis[n, 2] = 1.0, u, v
                basis[n, 3], basis[n, 4], basis[n, 5] = u * u, u * v, v * v
                values[n] = nearness[row, column]
                n += 1
    return basis[:n], values[:n]


@part
def _weigh(basis: Float, values: Float, coefficients: Float, weights: Float) -> float:
    """Robust standard deviation of the residuals; Tukey's weights at that scale, filled in.

    The coefficients may be those of the first terms only.
    """
    sizes = np.empty(len(values))
    for sample in range(len(values)):
        expected = 0.0
        for term in range(len(coefficients)):
            expected += coefficients[term] * basis[sample, term]
        sizes[sample] = abs(values[sample] - expected)
    middle = len(values) // 2
    middle_size: float = np.partition(sizes, middle)[middle]
    scatter = max(NORMAL_MAD * middle_size, ROUNDING)
    for sample in range(len(values)):
        share = sizes[sample] / (TUKEY * scatter)
        weights[sample] = max(0.0, 1.0 - share * share) ** 2
    return scatter


@part
def _first_plane(basis: Float, values: Float, drawn: Float) -> Float:
    """The plane (3,) through three samples whose median residual is least.

    A start from all samples alike would bend the quadric over whatever stands on one side.
    """
    n = len(values)
    every = max(1, n // N_JUDGES)
    n_judges = (n - 1) // every + 1
    middle = n_judges // 2
    sizes, best, least = np.empty(n_judges), np.zeros(3), np.inf
    system, plane = np.empty((3, 3)), np.empty(3)
    for trial in range(len(drawn)):
        for row in range(3):
            sample = int(drawn[trial, row] * n)
            plane[row] = values[sample]
            for column in range(3):
                system[row, column] = basis[sample, column]
            system[row, row] += SINGULAR
        plane[:] = np.linalg.solve(system, plane)
        n_nearer = 0
        for judge in range(n_judges):
            u, v = basis[judge * every, 1], basis[judge * every, 2]
            size = abs(values[judge * every] - (plane[0] + plane[1] * u + plane[2] * v))
            sizes[judge] = size
            n_nearer += size < least
        if n_nearer > middle:  # only then is this median less
            least, best[:] = np.partition(sizes, middle)[middle], plane
    return best


@compiled(several(FLAG, NEW_VECTOR, REAL), DEPTHS, MASK, ROWS)
def _fitted(nearness: NDArray[np.float32], region: Bool, drawn: Float) -> tuple[bool, Float, float]:
    """Whether there are enough samples, coefficients (6,) and scatter."""
    coefficients, scatter = np.zeros(N_TERMS), ROUNDING
    basis, values = _sampled(nearness, region)
    if len(values) < MIN_SAMPLES:
        return False, coefficients, scatter
    weights, system = np.empty(len(values)), np.empty((N_TERMS, N_TERMS))
    _weigh(basis, values, _first_plane(basis, values, drawn), weights)
    for _ in range(N_ROUNDS):
        before = scatter
        system[:], coefficients[:] = 0.0, 0.0
        for sample in range(len(values)):
            for first in range(N_TERMS):
                weighted = weights[sample] * basis[sample, first]
                coefficients[first] += weighted * values[sample]
                for second in range(first, N_TERMS):
                    system[first, second] += weighted * basis[sample, second]
        for first in range(N_TERMS):
            system[first, first] += RIDGE
            for second in range(first):
                system[first, second] = system[second, first]
        coefficients[:] = np.linalg.solve(system, coefficients)
        scatter = _weigh(basis, values, coefficients, weights)
        if abs(scatter - before) <= SETTLED * scatter:
            break
    return True, coefficients, scatter

"""How native depth errs: the two noise models a rig may name, and what an estimator asks of them.

An estimator compares depths only through `residuals`, `sigma_mm` and `is_step`; it need not know
which model answers.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from math import isfinite
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tracking.arrays import Bool, Float
from tracking.depth_images import (
    hidden_from_second,
    steps_of_depth,
    steps_of_disparity,
    without_bias,
)

STEP_DISPARITY_PX = 1.0  # of a stereo camera, within 3x3 px: the matcher smears what is steeper
STEP_SLOPE_DEG = 79.0  # the same for other sensors, whose 3x3 px span 2 times z / fx
STEP_SPAN_PX = 2.0
STEP_SIGMA = 6.0  # what noise alone may add: the range of 9 pixels exceeds it in 1 of 1000
MAX_SIGMA_COEFFICIENTS = 3  # longer fits swing between the distances they were measured at


class DepthNoise(ABC):
    """Random error and calibrated bias of native depth.

    Attributes
    ----------
    correlation_px
        The autocorrelation of the error at r px is exp(-r^2 / (4 * correlation_px^2)).
    bias_mm
        Coefficients of measured - true = c0 + c1 z + ..., z measured, mm.
    """

    correlation_px: float
    bias_mm: tuple[float, ...]

    @abstractmethod
    def sigma_mm(self, z_mm: ArrayLike, fx: float) -> Float:
        """1-sigma of the depth at `z_mm`, in its shape; `fx` is the frame's focal length in px."""

    @abstractmethod
    def sigma_coefficients(self, fx: float) -> Float:
        """The 1-sigma as a polynomial of depth, (3,): c0 + c1 z + c2 z^2 in mm."""

    @abstractmethod
    def is_step(self, nearest_mm: NDArray[Any], farthest_mm: NDArray[Any], fx: float) -> Bool:
        """Whether the depths within 3x3 px range too far to be one smooth surface.

        False where nothing is known: the nearest 0 or infinite, the farthest finite.
        """

    def hidden(self, depth_mm: NDArray[Any], fx: float) -> Bool:
        """Pixels that a second imager cannot see behind something nearer; here: there is none.

        `depth_mm` (height, width) is positive everywhere, inf where nothing is known.
        """
        return np.zeros(depth_mm.shape, bool)

    def residuals(self, measured_mm: ArrayLike, predicted_mm: ArrayLike, fx: float) -> Float:
        """Measured against predicted depth in sigma, positive where the measured one is nearer.

        The distance in a coordinate in which the noise is constant, the integral of
        dz / sigma(z), by its geometric midpoint: for stereo exactly the difference of the
        disparities over their sigma. Its derivative by `predicted_mm` is 1 / sigma(predicted).
        """
        measured = np.asarray(measured_mm, dtype=np.float64)
        predicted = np.asarray(predicted_mm, dtype=np.float64)
        between = self.sigma_mm(np.sqrt(measured * predicted), fx)
        in_sigma: Float = (predicted - measured) / between
        return in_sigma

    def correct(self, depth_mm: NDArray[np.float32]) -> NDArray[np.float32]:
        """Remove the calibrated bias; 0 (no depth) stays 0."""
        if not any(self.bias_mm):
            return depth_mm
        corrected = without_bias(np.atleast_2d(depth_mm), np.array(self.bias_mm))
        return corrected.reshape(depth_mm.shape)

    def _check_common(self) -> None:
        if not (isfinite(self.correlation_px) and self.correlation_px >= 0):
            raise ValueError(f"depth.correlation_px must not be negative: {self.correlation_px}")
        if not self.bias_mm or not all(isfinite(c) for c in self.bias_mm):
            raise ValueError(f"depth.bias_mm needs finite coefficients, got {self.bias_mm}")


@dataclass(frozen=True)
class StereoNoise(DepthNoise):
    """Noise of a sensor that triangulates: constant in disparity.

    sigma_z = z^2 / (focal_px * baseline_mm) * subpixel_px.
    """

    baseline_mm: float
    subpixel_px: float
    correlation_px: float
    bias_mm: tuple[float, ...] = (0.0,)
    focal_px: float | None = None  # default: the frame's fx

    def __post_init__(self) -> None:
        for name in ("baseline_mm", "subpixel_px"):
            value = getattr(self, name)
            if not (isfinite(value) and value > 0):
                raise ValueError(f"depth.{name} must be positive, got {value}")
        if self.focal_px is not None and not (isfinite(self.focal_px) and self.focal_px > 0):
            raise ValueError(f"depth.focal_px must be positive, got {self.focal_px}")
        self._check_common()

    def focal_baseline(self, fx: float) -> float:
        """focal_px * baseline_mm: disparity_px = focal_baseline / z_mm."""
        return (self.focal_px or fx) * self.baseline_mm

    def sigma_mm(self, z_mm: ArrayLike, fx: float) -> Float:
        """See `DepthNoise`."""
        scale = self.subpixel_px / self.focal_baseline(fx)
        return np.square(np.asarray(z_mm, dtype=np.float64)) * scale

    def sigma_coefficients(self, fx: float) -> Float:
        """See `DepthNoise`."""
        return np.array([0.0, 0.0, self.subpixel_px / self.focal_baseline(fx)])

    def hidden(self, depth_mm: NDArray[Any], fx: float) -> Bool:
        """See `DepthNoise`: a pixel u lands at u - disparity in the second image.

        Something nearer covers it where a pixel further right lands at or left of it.
        """
        return hidden_from_second(depth_mm, self.focal_baseline(fx))

    def is_step(self, nearest_mm: NDArray[Any], farthest_mm: NDArray[Any], fx: float) -> Bool:
        """See `DepthNoise`: a range of disparity, which the matcher can follow or not."""
        per_px = self.focal_baseline(fx) / STEP_DISPARITY_PX
        near, far = np.atleast_2d(nearest_mm, farthest_mm)
        return steps_of_disparity(near, far, per_px).reshape(nearest_mm.shape)


@dataclass(frozen=True)
class DepthDomainNoise(DepthNoise):
    """Noise of any other sensor: a polynomial of depth.

    Attributes
    ----------
    sigma_coefficients_mm
        sigma_z = c0 + c1 z + c2 z^2 in mm, z in mm; up to three, positive at every depth.
    """

    sigma_coefficients_mm: tuple[float, ...]
    correlation_px: float
    bias_mm: tuple[float, ...] = (0.0,)

    def __post_init__(self) -> None:
        given = self.sigma_coefficients_mm
        if not (1 <= len(given) <= MAX_SIGMA_COEFFICIENTS and all(isfinite(c) for c in given)):
            raise ValueError(
                f"depth.sigma_mm needs 1 to {MAX_SIGMA_COEFFICIENTS} finite coefficients, "
                f"got {given}"
            )
        if not _is_positive(given):
            raise ValueError(f"depth.sigma_mm must be positive at every depth, got {given}")
        self._check_common()

    def sigma_mm(self, z_mm: ArrayLike, fx: float) -> Float:
        """See `DepthNoise`; `fx` does not matter here."""
        z = np.asarray(z_mm, dtype=np.float64)
        sigma: Float = np.polynomial.polynomial.polyval(z, np.array(self.sigma_coefficients_mm))
        return sigma

    def sigma_coefficients(self, fx: float) -> Float:
        """See `DepthNoise`; `fx` does not matter here."""
        return np.array((*self.sigma_coefficients_mm, 0.0, 0.0)[:3])

    def is_step(self, nearest_mm: NDArray[Any], farthest_mm: NDArray[Any], fx: float) -> Bool:
        """See `DepthNoise`: steeper than any surface whose depth can be believed, beyond noise."""
        slope = STEP_SPAN_PX * np.tan(np.radians(STEP_SLOPE_DEG)) / fx
        near, far = np.atleast_2d(nearest_mm, farthest_mm)
        step = steps_of_depth(near, far, slope, self.sigma_coefficients(fx), STEP_SIGMA)
        return step.reshape(nearest_mm.shape)


def _is_positive(coefficients: tuple[float, ...]) -> bool:
    """Whether c0 + c1 z + c2 z^2 is positive at every z > 0."""
    c0, c1, c2 = (*coefficients, 0.0, 0.0)[:3]
    if c0 < 0 or c2 < 0 or c0 == c1 == c2 == 0:
        return False
    if c1 >= 0:
        return True
    return c2 > 0 and c0 > c1**2 / (4 * c2)  # at the vertex, which lies at a positive depth

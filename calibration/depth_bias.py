"""How far measured depth is off, as a polynomial of the measured depth, with its covariance.

Each distance gives one figure: z of the plane on the optical axis less the reference distance. Its
sigma holds the noise of the plane fit (correlated pixels count as fewer) and the uncertainty of the
reference. measured - true = c0 + c1 z + ... is fitted by weighted least squares (Gauss-Markov).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

import numpy as np
from scipy.stats import chi2

from calibration.depth_noise_fit import NoiseFit
from calibration.plane_frames import PlaneFrames
from calibration.qa_metric import Metric
from tracking.arrays import Float
from tracking.errors import CalibrationError
from tracking.stereo_noise import correlation_inflation

MAX_DEGREE = 2
POINTS_FOR_DEGREE = (1, 3, 6)  # distances needed for a constant, a line, a parabola
# Stereo cameras that need repair are out by 2 %: more is a wrong distance, plane or unit, no bias.
MAX_BIAS_MM, MAX_BIAS_FRACTION = 10.0, 0.02  # whichever allows more
MISFIT_P = 0.001  # chi-square: as unlikely a scatter means that the sigmas or the degree are wrong


@dataclass(frozen=True)
class BiasPoint:
    """What one plane says: its true and its measured z on the optical axis; total 1-sigma."""

    distance_mm: float
    measured_mm: float
    sigma_mm: float

    @property
    def bias_mm(self) -> float:
        """Measured less true."""
        return self.measured_mm - self.distance_mm


@dataclass(frozen=True, eq=False)
class BiasFit:
    """The polynomial and how sure it is.

    Attributes
    ----------
    coefficients_mm
        c0, c1, ... of measured - true, by measured z in mm.
    covariance
        Of the coefficients.
    points
        What it rests on.
    misfit_p
        Probability of a scatter as large as seen, 1 where nothing is left over.
    """

    coefficients_mm: tuple[float, ...]
    covariance: Float
    points: tuple[BiasPoint, ...]
    misfit_p: float

    @property
    def is_consistent(self) -> bool:
        """Whether the points scatter about the polynomial as their sigmas say."""
        return self.misfit_p >= MISFIT_P

    @property
    def range_mm(self) -> tuple[float, float]:
        """Nearest and farthest measured distance."""
        z = [point.measured_mm for point in self.points]
        return min(z), max(z)

    def at(self, z_mm: float) -> tuple[float, float]:
        """Bias and its 1-sigma at a measured depth."""
        powers = z_mm ** np.arange(len(self.coefficients_mm), dtype=np.float64)
        value = float(powers @ np.array(self.coefficients_mm))
        return value, float(np.sqrt(powers @ self.covariance @ powers))

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """Bias at each distance that was measured."""
        return tuple(
            Metric(f"depth_bias_{p.distance_mm:g}mm", p.bias_mm, "mm", p.sigma_mm)
            for p in self.points
        )


def bias_point(
    frames: PlaneFrames, noise: NoiseFit, distance_mm: float, reference_sigma_mm: float
) -> BiasPoint:
    """Compare a plane with its true z on the optical axis.

    Raises
    ------
    CalibrationError
        No such distance, or one that this plane cannot have.
    """
    if not (isfinite(distance_mm) and distance_mm > 0):
        raise CalibrationError("The true distance must be positive.", actual=f"{distance_mm} mm")
    measured = frames.fit.axis_depth_mm(frames.focal_baseline)
    most = max(MAX_BIAS_MM, MAX_BIAS_FRACTION * distance_mm)
    if not abs(measured - distance_mm) <= most:
        raise CalibrationError(
            "The plane is not where it is said to be.",
            expected=f"{distance_mm:g} mm on the optical axis, within {most:.3g} mm",
            actual=f"{measured:.1f} mm: a bias of {measured - distance_mm:+.1f} mm",
            remedy="Check the distance, its unit (mm), and which recording belongs to it.",
        )
    sigma = float(np.hypot(_plane_sigma_mm(frames, noise), reference_sigma_mm))
    return BiasPoint(distance_mm, measured, sigma)


def _plane_sigma_mm(frames: PlaneFrames, noise: NoiseFit) -> float:
    """1-sigma of the plane's z on the optical axis, by the noise alone.

    Variance of the fitted disparity there: [(X^T X)^-1]_00 of white noise, times the inflation of
    correlated noise; what changes averages over the frames, what stays does not.
    """
    fit = frames.fit
    used = fit.is_used.any(axis=0)
    design = fit.design[used]
    leverage = float(np.linalg.inv(design.T @ design)[0, 0])
    inflation = correlation_inflation(1, noise.correlation_px)
    n_frames = len(frames.depth_mm)
    variance = noise.temporal_px**2 / n_frames + noise.fixed_px**2
    white = noise.rounding_px**2 / n_frames
    sigma_px = np.sqrt(leverage * (inflation * variance + white))
    z = fit.axis_depth_mm(frames.focal_baseline)
    return float(z**2 / frames.focal_baseline * sigma_px)


def fit_bias(points: Sequence[BiasPoint], degree: int | None = None) -> BiasFit:
    """Fit the polynomial; `degree` None takes as many terms as the distances can tell.

    Raises
    ------
    CalibrationError
        Fewer distances than the degree needs.
    """
    distinct = len({round(p.distance_mm, 3) for p in points})
    if degree is None:
        degree = max(d for d, n in enumerate(POINTS_FOR_DEGREE) if distinct >= n)
    if not 0 <= degree <= MAX_DEGREE or distinct <= degree:
        raise CalibrationError(
            "The bias cannot be fitted to so few distances.",
            expected=f"at most degree {MAX_DEGREE}, and more distances than that",
            actual=f"degree {degree}, {distinct} distances",
            remedy="Record the plane at more distances.",
        )
    z = np.array([p.measured_mm for p in points])
    bias = np.array([p.bias_mm for p in points])
    sigma = np.array([p.sigma_mm for p in points])
    middle = float(z.mean())  # powers of z / middle: well conditioned
    design = np.vander(z / middle, degree + 1, increasing=True) / sigma[:, None]
    normal = np.linalg.inv(design.T @ design)
    scaled = normal @ design.T @ (bias / sigma)
    back = middle ** -np.arange(degree + 1, dtype=np.float64)
    left = design @ scaled - bias / sigma
    freedom = len(points) - degree - 1
    p_value = float(chi2.sf(float(left @ left), freedom)) if freedom else 1.0
    coefficients = tuple(float(c) for c in scaled * back)
    return BiasFit(coefficients, normal * np.outer(back, back), tuple(points), p_value)

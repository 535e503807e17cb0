"""How strong a camera's disparity noise is, and over how many pixels it is alike.

The model is the rig file's: standard deviation `subpixel_px`, autocorrelation
exp(-r^2 / (4 c^2)) at r px (`tracking.depth_noise`). Fitted to the autocovariance of what single
frames are off the plane, along rows and columns. What the depth unit's rounding adds (variance
step^2 / 12, Sheppard) is taken off at r = 0, where alone it shows.

Two parts are told apart: what changes from frame to frame, and what stays (texture, calibration of
the pair). A single frame errs by both, so both together go into the rig.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

import numpy as np
from numpy.typing import NDArray

from calibration.jackknife import jackknife_covariance
from calibration.plane_frames import PlaneFit, PlaneFrames
from calibration.qa_metric import Metric
from tracking.arrays import Float
from tracking.errors import CalibrationError

N_TILES = 4  # along each side: the jackknife leaves out one of 16 pieces of the region
MAX_LAG_PX = 16
REACH = 3.0  # of the correlation: exp(-9 / 4) = 0.1 is left there
WHITE_BELOW = 0.02  # correlation of neighbours that cannot be told from none
MAX_STEPS, CONVERGED = 60, 1e-9  # of the fit, in log c^2
MAX_ROUNDING_SHARE = 0.5  # of the variance: more, and the noise is not what is measured


@dataclass(frozen=True)
class NoiseFit:
    """The noise model of one recording; sigmas by the jackknife over pieces of the region.

    Attributes
    ----------
    subpixel_px, correlation_px
        As in `[depth]` of the rig file: of one frame, rounding of the depth unit taken off.
    temporal_px, fixed_px
        Standard deviation of what changes from frame to frame, and of what stays.
    rounding_px
        What the depth unit's rounding adds.
    row_correlation_px, column_correlation_px
        The correlation along u and along v alone.
    """

    subpixel_px: float
    subpixel_sigma_px: float
    correlation_px: float
    correlation_sigma_px: float
    temporal_px: float
    fixed_px: float
    rounding_px: float
    row_correlation_px: float
    column_correlation_px: float
    n_frames: int
    n_pixels: int

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """The figures by name."""
        return (
            Metric("subpixel_noise", self.subpixel_px, "px", self.subpixel_sigma_px),
            Metric("noise_correlation", self.correlation_px, "px", self.correlation_sigma_px),
            Metric("subpixel_noise_temporal", self.temporal_px, "px"),
            Metric("subpixel_noise_fixed", self.fixed_px, "px"),
            Metric("subpixel_rounding", self.rounding_px, "px"),
        )


@dataclass(frozen=True, eq=False)
class _Products:
    """Sums of products at each lag of every tile, (n_tiles, n_lags), along u and along v."""

    sums: tuple[Float, Float]
    counts: tuple[Float, Float]

    def covariance(self, axis: int, left_out: int | None = None) -> Float:
        keep = np.arange(len(self.sums[0])) != left_out
        counts = self.counts[axis][keep].sum(axis=0)
        return np.asarray(self.sums[axis][keep].sum(axis=0) / np.maximum(counts, 1))


def fit_noise(frames: PlaneFrames) -> NoiseFit:
    """Fit the noise of the frames of a plane.

    Raises
    ------
    CalibrationError
        No plane (see `plane_frames`), no noise at all, or one that drowns in the depth unit.
    """
    fit = frames.fit
    rounding = _rounding_px(frames, fit)
    if not np.diff(frames.depth_mm, axis=0).any():
        raise CalibrationError(
            "All frames of the plane are the same picture.",
            expected="frames whose noise differs",
            actual=f"{len(frames.depth_mm)} equal frames",
            remedy="Record anew: a stream that stands still tells no noise.",
        )
    n_lags = 3
    products = _products(fit, n_lags)
    subpixel, correlation = _model(products, rounding, None)
    wanted = min(max(n_lags, ceil(REACH * correlation) + 1), MAX_LAG_PX)
    if wanted > n_lags:
        products = _products(fit, wanted)
        subpixel, correlation = _model(products, rounding, None)
    without = np.array([_model(products, rounding, tile) for tile in range(N_TILES**2)])
    sigma = np.sqrt(np.diag(jackknife_covariance(without)))
    temporal, fixed = _parts(fit, rounding, subpixel)
    return NoiseFit(
        subpixel_px=subpixel,
        subpixel_sigma_px=float(sigma[0]),
        correlation_px=correlation,
        correlation_sigma_px=float(sigma[1]),
        temporal_px=temporal,
        fixed_px=fixed,
        rounding_px=rounding,
        row_correlation_px=_gaussian(products.covariance(0), rounding)[1],
        column_correlation_px=_gaussian(products.covariance(1), rounding)[1],
        n_frames=len(frames.depth_mm),
        n_pixels=int(fit.is_used.any(axis=0).sum()),
    )


def _rounding_px(frames: PlaneFrames, fit: PlaneFit) -> float:
    """Standard deviation that rounding to the depth unit adds to the disparity, root mean."""
    disparity = fit.design @ fit.coefficients
    step = frames.depth_unit_mm * np.square(disparity) / frames.focal_baseline
    return float(np.sqrt(np.mean(np.square(step)) / 12))


def _products(fit: PlaneFit, n_lags: int) -> _Products:
    height, width = fit.is_used.shape[1:]
    v_edges, u_edges = (np.linspace(0, size, N_TILES + 1).astype(int) for size in (height, width))
    sums = tuple(np.zeros((N_TILES**2, n_lags + 1)) for _ in range(2))
    counts = tuple(np.zeros((N_TILES**2, n_lags + 1)) for _ in range(2))
    for tile in range(N_TILES**2):
        i, j = divmod(tile, N_TILES)
        part = (slice(None), slice(v_edges[i], v_edges[i + 1]), slice(u_edges[j], u_edges[j + 1]))
        residual, used = fit.residual_px[part], fit.is_used[part]
        for axis in range(2):
            for lag in range(n_lags + 1):
                sums[axis][tile, lag], counts[axis][tile, lag] = _pairs(residual, used, axis, lag)
    return _Products((sums[0], sums[1]), (counts[0], counts[1]))


def _pairs(
    residual: NDArray[np.float32], used: NDArray[np.bool_], axis: int, lag: int
) -> tuple[float, int]:
    if lag == 0:
        return float(np.vdot(residual, residual)), int(used.sum())
    moved = 2 - axis  # u is the last axis of the pictures
    size = residual.shape[moved]
    first, second = (
        tuple(slice(start, start + size - lag) if k == moved else slice(None) for k in range(3))
        for start in (0, lag)
    )
    total = float(np.einsum("nvu,nvu->", residual[first], residual[second], dtype=np.float64))
    return total, int((used[first] & used[second]).sum())


def _model(products: _Products, rounding: float, left_out: int | None) -> tuple[float, float]:
    covariance = sum(products.covariance(axis, left_out) for axis in range(2)) / 2
    return _gaussian(np.asarray(covariance), rounding)


def _gaussian(covariance: Float, rounding: float) -> tuple[float, float]:
    """Standard deviation and correlation length of covariances at 0, 1, 2 ... px."""
    values = covariance.copy()
    values[0] -= rounding**2
    if not values[0] > (1 - MAX_ROUNDING_SHARE) * covariance[0] or covariance[0] <= 0:
        raise CalibrationError(
            "The depth unit is too coarse to tell the noise.",
            expected="rounding below 70 % of the noise",
            actual=f"rounding {rounding:.3f} px, all together {np.sqrt(max(covariance[0], 0)):.3f}",
            remedy="Record with a smaller depth unit, or from farther away.",
        )
    neighbour = values[1] / values[0]
    if neighbour < WHITE_BELOW:
        return float(np.sqrt(values[0])), 0.0
    share, spread = _least_squares(values / values[0], 0.25 / -np.log(min(neighbour, 0.99)))
    return float(np.sqrt(share * values[0])), float(np.sqrt(spread))


def _least_squares(values: Float, squared_px2: float) -> tuple[float, float]:
    """Amplitude and c^2 of amplitude * exp(-r^2 / (4 c^2)): Gauss-Newton in log c^2.

    For each c the best amplitude is known in closed form (variable projection).
    """
    lags2 = np.square(np.arange(len(values), dtype=np.float64))
    log = float(np.log(squared_px2))
    amplitude = 1.0
    for _ in range(MAX_STEPS):
        shape = np.exp(-lags2 / (4 * np.exp(log)))
        amplitude = float(shape @ values / (shape @ shape))
        slope = amplitude * shape * lags2 / (4 * np.exp(log))
        slope -= shape * (shape @ slope) / (shape @ shape)
        step = float(slope @ (values - amplitude * shape) / (slope @ slope))
        log += float(np.clip(step, -0.5, 0.5))
        if abs(step) < CONVERGED:
            break
    return amplitude, float(np.exp(log))


def _parts(fit: PlaneFit, rounding: float, total: float) -> tuple[float, float]:
    """Standard deviations of what changes from frame to frame, and of what stays."""
    n = fit.is_used.sum(axis=0)
    often = n >= 2
    mean = fit.residual_px.sum(axis=0) / np.maximum(n, 1)
    squares = np.where(fit.is_used, np.square(fit.residual_px - mean), 0.0).sum(axis=0)
    temporal2 = float(squares[often].sum() / (n[often] - 1).sum()) - rounding**2
    temporal = float(np.sqrt(max(temporal2, 0.0)))
    return temporal, float(np.sqrt(max(total**2 - temporal**2, 0.0)))

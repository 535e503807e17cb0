"""`bench depth`: does a depth calibration find the truth, and does it know how well it did.

Planes at four distances with the simulated camera's noise, a drawn bias and drawn errors of the
reference; every pixel's noise goes through the whole fit. Simulation, no camera.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calibration.depth_bias import bias_point, fit_bias
from calibration.depth_noise_fit import fit_noise
from calibration.plane_frames import PlaneFrames, Region, central_region
from pipeline.benchmarks.findings import Findings, Goal, TextTable, share, shown
from pipeline.benchmarks.side_by_side import N_PROCESSES, side_by_side
from recordings.progress import Report
from recordings.simulation.device import WIDE
from recordings.simulation.stereo_noise import DISPARITY_STEPS_PER_PX, correlated_noise
from tracking.depth_noise import StereoNoise

GRID = WIDE.intrinsics
REGION = Region(380, 210, 470, 270)  # small: the noise counts, and 2,000 trials stay cheap
N_FRAMES = 2
DISTANCES_MM = (350.0, 450.0, 550.0, 650.0)
ASKED_MM = (350.0, 500.0, 650.0)  # where the interval of the bias is held against the truth
REFERENCE_SIGMA_MM = 0.1
BIAS_MM, BIAS_SLOPE = 2.0, 0.01  # drawn up to these sizes
K_99 = 2.5758
LEAST_COVERAGE, MOST_COVERAGE = 0.98, 0.998
N_NOISE_TRIALS = 24
N_NOISE_FRAMES = 40
NOISE_ERROR_GOAL = 0.10
DEPTH_UNITS_MM = (0.1, 0.5, 1.0)
STREAM = 83  # of the random numbers: another one than other benchmarks'


@dataclass(frozen=True)
class BiasTrial:
    """Error over 1-sigma of the bias at each of `ASKED_MM`."""

    scores: tuple[float, ...]
    sigmas_mm: tuple[float, ...]


@dataclass(frozen=True)
class NoiseTrial:
    """Relative errors of the fitted noise."""

    subpixel_px: float
    correlation_px: float
    unit_mm: float
    subpixel_error: float
    correlation_error: float


def depth_bench(
    n_trials: int,
    seed: int,
    report: Report,
    n_processes: int = N_PROCESSES,
    n_noise_trials: int = N_NOISE_TRIALS,
) -> Findings:
    """Run `n_trials` bias trials, and noise trials beside them."""
    biases = side_by_side(bias_trial, [(seed, k) for k in range(n_trials)], report, n_processes)
    noises = side_by_side(
        noise_trial, [(seed, k) for k in range(n_noise_trials)], report, n_processes
    )
    return findings(biases, noises)


def bias_trial(piece: tuple[int, int]) -> BiasTrial:
    """Draw a camera's bias and noise, calibrate, and compare."""
    rng = np.random.default_rng([piece[0], STREAM, piece[1]])
    c0, c1 = rng.uniform(-BIAS_MM, BIAS_MM), rng.uniform(-BIAS_SLOPE, BIAS_SLOPE)
    subpixel, correlation = rng.uniform(0.04, 0.12), rng.uniform(0.8, 2.5)
    points = []
    for distance in DISTANCES_MM:
        true = distance + REFERENCE_SIGMA_MM * rng.standard_normal()
        frames = _plane(true, (c0, c1), subpixel, correlation, 0.1, N_FRAMES, REGION, rng)
        points.append(bias_point(frames, fit_noise(frames), distance, REFERENCE_SIGMA_MM))
    fit = fit_bias(points, degree=1)
    scores, sigmas = [], []
    for z in ASKED_MM:
        value, sigma = fit.at(z)
        scores.append((value - (c0 + c1 * z)) / sigma)
        sigmas.append(sigma)
    return BiasTrial(tuple(scores), tuple(sigmas))


def noise_trial(piece: tuple[int, int]) -> NoiseTrial:
    """Draw a camera's noise and fit it from 40 frames."""
    rng = np.random.default_rng([piece[0], STREAM + 1, piece[1]])
    subpixel, correlation = rng.uniform(0.04, 0.15), rng.uniform(0.8, 3.0)
    unit = DEPTH_UNITS_MM[piece[1] % len(DEPTH_UNITS_MM)]
    distance = rng.uniform(450.0, 700.0)
    region = central_region(GRID)
    frames = _plane(distance, (0.0, 0.0), subpixel, correlation, unit, N_NOISE_FRAMES, region, rng)
    fit = fit_noise(frames)
    return NoiseTrial(
        subpixel,
        correlation,
        unit,
        fit.subpixel_px / subpixel - 1,
        fit.correlation_px / correlation - 1,
    )


def _plane(
    distance_mm: float,
    bias: tuple[float, float],
    subpixel_px: float,
    correlation_px: float,
    unit_mm: float,
    n_frames: int,
    region: Region,
    rng: np.random.Generator,
) -> PlaneFrames:
    """With measured - true = bias[0] + bias[1] * measured."""
    stereo = StereoNoise(WIDE.depth_camera.baseline_mm, subpixel_px, correlation_px)
    tilt = np.array([*rng.uniform(-0.15, 0.15, 2), 1.0])
    true: NDArray[np.float64] = distance_mm / (GRID.ray_grid[region.slices] @ tilt)
    focal_baseline = stereo.focal_baseline(GRID.fx)
    disparity = focal_baseline / ((true + bias[0]) / (1 - bias[1]))
    depths = []
    for _ in range(n_frames):
        noise = subpixel_px * correlated_noise(disparity.shape, correlation_px, rng)
        steps = np.round((disparity + noise) * DISPARITY_STEPS_PER_PX) / DISPARITY_STEPS_PER_PX
        depths.append(np.round(focal_baseline / steps / unit_mm) * unit_mm)
    return PlaneFrames(np.array(depths, np.float32), GRID, region, stereo, unit_mm)


def findings(biases: Sequence[BiasTrial], noises: Sequence[NoiseTrial]) -> Findings:
    """Tables, goals and data of all trials."""
    rows, goals = [], []
    for k, z in enumerate(ASKED_MM):
        scores = np.array([trial.scores[k] for trial in biases])
        inside = share(int((np.abs(scores) <= K_99).sum()), len(scores))
        sigma = float(np.median([trial.sigmas_mm[k] for trial in biases]))
        rows.append(
            (f"{z:g} mm", shown(inside, 2, 100, " %"), f"{scores.std():.3f}", f"{sigma:.3f} mm")
        )
        name = f"bias at {z:g} mm inside its 99 % interval"
        goals.append(Goal(f"{name}, at least", inside, LEAST_COVERAGE, is_most=False))
        goals.append(Goal(f"{name}, at most", inside, MOST_COVERAGE))
    bias_table = TextTable(
        f"Bias of {len(biases)} simulated cameras from planes at four distances",
        ("depth", "inside 99 %", "error / sigma, rms", "sigma, median"),
        rows,
        f"{N_FRAMES} frames of {REGION.u1 - REGION.u0}x{REGION.v1 - REGION.v0} px a distance; "
        f"reference {REFERENCE_SIGMA_MM:g} mm (1-sigma).",
    )
    worst_s = float(np.max(np.abs([trial.subpixel_error for trial in noises])))
    worst_c = float(np.max(np.abs([trial.correlation_error for trial in noises])))
    noise_table = TextTable(
        f"Noise of {len(noises)} simulated cameras from {N_NOISE_FRAMES} frames of a plane",
        ("figure", "worst error", "median error"),
        [
            (
                name,
                shown(float(np.max(np.abs(errors))), 1, 100, " %"),
                shown(float(np.median(np.abs(errors))), 1, 100, " %"),
            )
            for name, errors in (
                ("subpixel_px", [trial.subpixel_error for trial in noises]),
                ("correlation_px", [trial.correlation_error for trial in noises]),
            )
        ],
        "0.04 to 0.15 px, alike over 0.8 to 3 px, depth unit 0.1, 0.5 or 1 mm, 450 to 700 mm.",
    )
    goals.append(Goal("worst relative error of subpixel_px", worst_s, NOISE_ERROR_GOAL))
    goals.append(Goal("worst relative error of correlation_px", worst_c, NOISE_ERROR_GOAL))
    data = {"bias": [vars(trial) for trial in biases], "noise": [vars(trial) for trial in noises]}
    return Findings((bias_table, noise_table), goals, data)

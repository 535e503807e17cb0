"""The survey map's equations and their solution, as plain NumPy would say it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from tracking.arrays import Bool, Float
from tracking.docking import skew
from tracking.robust import spread_of, tukey
from tracking.survey_motion_loops import (
    MAX_SIGMA_MM,
    SINGULAR,
    TUKEY,
    UNKNOWN_MM,
    joint_motion,
    robust_sums,
)

PIVOT = np.array([3.0, -4.0, 490.0])
SCALE = np.array([50.0, 50.0, 50.0, 1.0, 1.0, 1.0])
RELATIVE = np.array([16.0, 16.0, 16.0, 1.0, 1.0, 1.0])
ROUNDING = 1e-10


@dataclass(frozen=True, eq=False)
class Rows:
    residuals: Float
    jacobian: Float
    weights: Float
    tilt_information: Float
    points_mm: Float

    @staticmethod
    def some(n: int) -> Rows:
        rng = np.random.default_rng(n)
        residuals = 2.0 * rng.standard_normal(n)
        residuals[::11] = 40.0
        return Rows(
            residuals,
            rng.standard_normal((n, 6)) * SCALE,
            rng.uniform(0.1, 0.3, n),
            0.02 * rng.random(n),
            rng.standard_normal((n, 3)) * 40.0 + PIVOT,
        )

    def sums(self, is_chosen: Bool) -> tuple[Float, Float, Float]:
        return robust_sums(
            self.residuals,
            self.jacobian,
            self.weights,
            self.tilt_information,
            self.points_mm,
            is_chosen,
            PIVOT,
        )


def close(found: object, wanted: Float) -> None:
    size = float(np.abs(wanted).max(initial=0.0))
    np.testing.assert_allclose(np.asarray(found), wanted, ROUNDING, ROUNDING * size)


@pytest.mark.parametrize("n", [0, 1, 2, 7, 900])
def test_sums(n: int) -> None:
    rows, is_chosen = Rows.some(n), np.random.default_rng(1).random(n) < 0.7
    information, gradient, pretended = np.zeros((6, 6)), np.zeros(6), np.zeros((6, 6))
    spread = spread_of(rows.residuals[is_chosen])
    robust = tukey(rows.residuals, TUKEY * spread) * rows.weights / spread**2
    for row in np.flatnonzero(is_chosen):
        slopes, point = rows.jacobian[row], rows.points_mm[row]
        information += robust[row] * np.outer(slopes, slopes)
        gradient += robust[row] * slopes * rows.residuals[row]
        motion = np.concatenate([skew(point - PIVOT), np.eye(3)])
        across = np.eye(3) - np.outer(point, point) / (point @ point)
        pretended += robust[row] * rows.tilt_information[row] * motion @ across @ motion.T
    for value, wanted in zip(rows.sums(is_chosen), (information, gradient, pretended), strict=True):
        close(value, wanted)


def test_what_is_not_chosen_counts_for_nothing() -> None:
    rows, none = Rows.some(40), np.zeros(40, dtype=bool)
    rows.residuals[:] = np.nan
    for value in rows.sums(none):
        assert not np.any(value)


def honest(information: Float, gradient: Float, pretended: Float) -> tuple[Float, Float, Float]:
    both = np.outer(SCALE, SCALE)
    values, directions = np.linalg.eigh((information - pretended) / both)
    told = directions @ np.diag(np.maximum(values, 0.0)) @ directions.T
    weight = told @ np.linalg.pinv(information / both, rcond=SINGULAR, hermitian=True)
    whole = weight @ told
    return (whole + whole.T) / 2, weight @ (gradient / SCALE), told


def equations(n: int, seed: int, n_told: int) -> list[tuple[Float, Float, Float]]:
    """Of n sets of samples, that tell no more than the last `n_told` directions."""
    rng, found = np.random.default_rng(seed), []
    for _ in range(n):
        rows = rng.standard_normal((60, 6)) * SCALE
        rows[:, : 6 - n_told] *= 1e-4
        noise = 0.05 * rng.standard_normal((60, 6)) * SCALE
        found.append((rows.T @ rows, rows.T @ rng.standard_normal(60), noise.T @ noise))
    return found


@pytest.mark.parametrize("n_told", [6, 4, 0])
@pytest.mark.parametrize("n_companions", [0, 1, 3])
def test_motion(n_companions: int, n_told: int) -> None:
    parts = equations(1 + n_companions, 10 * n_companions + n_told, n_told)
    rng = np.random.default_rng(8)
    apart, away = rng.standard_normal((n_companions, 6)), rng.standard_normal(6)
    relative = np.tile(RELATIVE, (n_companions, 1))
    (whole, pulled, local), *others = (honest(*part) for part in parts)
    pulls = []
    for (of_one, gradient, local_of_one), place in zip(others, apart, strict=True):
        share = np.diag(RELATIVE) @ np.linalg.inv(of_one + np.diag(RELATIVE))
        pulls.append(gradient - of_one @ place)
        whole, pulled = whole + share @ of_one, pulled + share @ pulls[-1]
        local = local + share @ local_of_one
    values, directions = np.linalg.eigh(whole)
    is_told = values > MAX_SIGMA_MM**-2
    known, unknown = directions[:, is_told], directions[:, ~is_told]
    moved = known @ np.linalg.solve(known.T @ local @ known, known.T @ pulled)
    step = -moved - unknown @ unknown.T @ away
    covariance = known @ np.diag(1 / values[is_told]) @ known.T + UNKNOWN_MM**2 * (
        unknown @ unknown.T
    )
    own = np.array(
        [
            np.linalg.solve(of_one + np.diag(RELATIVE), RELATIVE * step - pull)
            for (of_one, _, _), pull in zip(others, pulls, strict=True)
        ]
    )
    information, gradient, pretended = (np.array(every) for every in zip(*parts, strict=True))
    *found, n_untold = joint_motion(information, gradient, pretended, relative, apart, away, SCALE)
    assert n_untold == np.count_nonzero(~is_told) == 6 - n_told
    wanted = (step, own.reshape(-1, 6), np.array(moved @ whole @ moved), covariance)
    for value, one in zip(found, wanted, strict=True):
        close(value, one)

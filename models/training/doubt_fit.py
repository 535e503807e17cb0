"""Fits the doubt score: temperature, weights that are never negative, and the limit."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize, minimize_scalar
from scipy.special import expit, log_softmax

from models.doubt import CUES, MAX_LIMIT, DoubtModel

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]

TEMPERATURES = (0.3, 5.0)  # sought between
RIDGE = 2.0  # on weights of standardised cues: a few dozen bad frames carry no more
LEAST_SPREAD = 1e-3  # of a cue that hardly varies: its weight stays finite
N_FOLDS = 5


def fit_temperature(logits: Float, truth: NDArray[np.int64]) -> float:
    """Temperature of the least negative log likelihood; logits (n, classes), truth (n,)."""

    def cost(log_temperature: float) -> float:
        likelihood = log_softmax(logits / np.exp(log_temperature), axis=1)
        return float(-likelihood[np.arange(len(truth)), truth].mean())

    found = minimize_scalar(cost, bounds=np.log(TEMPERATURES), method="bounded")
    return float(np.exp(found.x))


def fit_weights(cues: Float, is_bad: Bool) -> tuple[float, Float]:
    """Bias and weights (n_cues,) >= 0 of a ridge logistic regression on cues (n, n_cues)."""
    spread = np.maximum(cues.std(axis=0), LEAST_SPREAD)
    centre = cues.mean(axis=0)
    scaled = (cues - centre) / spread
    target = is_bad.astype(np.float64)

    def cost(parameters: Float) -> tuple[float, Float]:
        logit = parameters[0] + scaled @ parameters[1:]
        value = np.sum(np.logaddexp(0, logit) - target * logit)
        value += 0.5 * RIDGE * np.sum(np.square(parameters[1:]))
        error = expit(logit) - target
        slope = scaled.T @ error + RIDGE * parameters[1:]
        return float(value), np.concatenate([[error.sum()], slope])

    start = np.zeros(cues.shape[1] + 1)
    bounds = [(None, None)] + [(0.0, None)] * cues.shape[1]
    found = minimize(cost, start, jac=True, bounds=bounds, method="L-BFGS-B")
    weights = found.x[1:] / spread
    return float(found.x[0] - weights @ centre), weights


def scores(cues: Float, bias: float, weights: Float) -> Float:
    """Score 0..1 of every row of cues."""
    result: Float = expit(bias + cues @ weights)
    return result


def held_out_scores(cues: Float, is_bad: Bool) -> Float:
    """Score of each frame by weights that were fitted without it (interleaved folds)."""
    result = np.empty(len(cues))
    for fold in range(N_FOLDS):
        is_out = np.arange(len(cues)) % N_FOLDS == fold
        bias, weights = fit_weights(cues[~is_out], is_bad[~is_out])
        result[is_out] = scores(cues[is_out], bias, weights)
    return result


def fit_doubt(
    temperature: float, rows: Sequence[dict[str, float]], is_bad: Bool, false_alarm_rate: float
) -> DoubtModel:
    """Fit the model, its limit on held-out scores of the good frames.

    The limit is exceeded by `false_alarm_rate` of them, or is `MAX_LIMIT` where that is less;
    the model states the rate that results.

    Raises
    ------
    ValueError
        Too few good or bad frames to tell one from the other.
    """
    n_bad, n_good = int(is_bad.sum()), int((~is_bad).sum())
    if n_bad < 2 * N_FOLDS or n_good * false_alarm_rate < 1:
        raise ValueError(
            f"{n_good} good and {n_bad} bad frames cannot calibrate: need at least "
            f"{int(np.ceil(1 / false_alarm_rate))} and {2 * N_FOLDS}; take more scenes"
        )
    cues = cue_table(rows)
    bias, weights = fit_weights(cues, is_bad)
    held_out = held_out_scores(cues, is_bad)[~is_bad]
    typical = np.median(cues[~is_bad], axis=0)
    limit = min(float(np.quantile(held_out, 1 - false_alarm_rate, method="higher")), MAX_LIMIT)
    return DoubtModel(
        temperature=temperature,
        bias=bias,
        weights=dict(zip(CUES, weights.tolist(), strict=True)),
        typical=dict(zip(CUES, typical.tolist(), strict=True)),
        limit=limit,
        false_alarm_rate=float(np.mean(held_out > limit)),
    )


def cue_table(rows: Sequence[dict[str, float]]) -> Float:
    """Cues (n, n_cues) in the order of `CUES`."""
    return np.array([[row[name] for name in CUES] for row in rows]).reshape(len(rows), len(CUES))

"""How well probabilities tell the truth: calibration error, and the area under a ROC curve."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]

N_BINS = 15  # of equal width, as Guo et al., "On calibration of modern neural networks", 2017
N_RESAMPLES = 1000
INTERVAL = (2.5, 97.5)


@dataclass(frozen=True, eq=False)
class Reliability:
    """Mean confidence, share correct and count of each bin of confidence that has any."""

    confidence: Float
    accuracy: Float
    count: NDArray[np.int64]

    @property
    def ece(self) -> float:
        """Expected calibration error: mean gap between confidence and accuracy."""
        gap = np.abs(self.confidence - self.accuracy)
        return float(np.sum(gap * self.count) / self.count.sum())


def reliability(confidence: Float, is_correct: Bool) -> Reliability:
    """Bin predictions (n,) by their confidence."""
    if len(confidence) == 0:
        raise ValueError("no predictions to calibrate with")
    bins = np.minimum((confidence * N_BINS).astype(np.intp), N_BINS - 1)
    count = np.bincount(bins, minlength=N_BINS)
    used = count > 0
    sums = (np.bincount(bins, weights, N_BINS)[used] for weights in (confidence, is_correct))
    mean_confidence, accuracy = (total / count[used] for total in sums)
    return Reliability(mean_confidence, accuracy, count[used].astype(np.int64))


def auroc(bad: Float, good: Float) -> float:
    """Probability that a bad frame's score exceeds a good one's; a tie counts half."""
    if len(bad) == 0 or len(good) == 0:
        raise ValueError("a ROC curve needs scores of both kinds")
    ordered = np.sort(good)
    below = np.searchsorted(ordered, bad, side="left")
    at_most = np.searchsorted(ordered, bad, side="right")
    return float(np.mean((below + at_most) / 2) / len(good))


def auroc_interval(bad: Float, good: Float, seed: int = 0) -> tuple[float, float]:
    """95 % bootstrap interval over frames of both kinds."""
    rng = np.random.default_rng([seed, 0xA0C])
    drawn = [
        auroc(rng.choice(bad, len(bad)), rng.choice(good, len(good))) for _ in range(N_RESAMPLES)
    ]
    low, high = np.percentile(drawn, INTERVAL)
    return float(low), float(high)


def roc(bad: Float, good: Float) -> tuple[Float, Float]:
    """False alarm rate and detected share at every threshold, falling thresholds."""
    thresholds = np.unique(np.concatenate([bad, good, [np.inf]]))[::-1]
    false_alarms = np.array([np.mean(good >= t) for t in thresholds])
    detected = np.array([np.mean(bad >= t) for t in thresholds])
    return false_alarms, detected

from __future__ import annotations

import numpy as np
import pytest

from models.doubt import CUES, MAX_LIMIT
from models.training.doubt_fit import (
    cue_table,
    fit_doubt,
    fit_temperature,
    fit_weights,
    held_out_scores,
    scores,
)
from models.training.reliability import auroc, auroc_interval, reliability, roc

RNG_SEED = 7
TEMPERATURE_RATIO = 0.1  # of 4,000 pixels: the likelihood's width is about 3 %


def _frames(n: int, gap: float) -> tuple[list[dict[str, float]], np.ndarray]:
    """Every third frame is bad; `gap` is what sets its first cue apart, in its spreads."""
    rng = np.random.default_rng(RNG_SEED)
    is_bad = np.arange(n) % 3 == 0
    rows = rng.normal(0.5, 0.1, (n, len(CUES)))
    rows[:, 0] += 0.1 * gap * is_bad
    rows[:, 1] -= 0.2 * is_bad  # falls where labels are bad: must not count for them
    return [dict(zip(CUES, row.tolist(), strict=True)) for row in rows], is_bad


def test_the_temperature_that_made_the_labels_is_found() -> None:
    rng = np.random.default_rng(RNG_SEED)
    logits = rng.normal(0, 2, (4000, 4))
    probabilities = np.exp(logits / 1.8)
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    truth = np.array([rng.choice(4, p=p) for p in probabilities])
    assert fit_temperature(logits, truth) == pytest.approx(1.8, rel=TEMPERATURE_RATIO)


def test_weights_are_never_negative_and_find_the_cue_that_tells() -> None:
    rows, is_bad = _frames(300, gap=3.0)
    _, weights = fit_weights(cue_table(rows), is_bad)
    assert (weights >= 0).all()
    assert int(np.argmax(weights)) == 0
    assert weights[1] == 0.0


def test_scores_are_calibrated_and_held_out_scores_little_worse() -> None:
    rows, is_bad = _frames(600, gap=2.0)
    cues = cue_table(rows)
    fitted = scores(cues, *fit_weights(cues, is_bad))
    held_out = held_out_scores(cues, is_bad)
    assert fitted.mean() == pytest.approx(is_bad.mean(), abs=1e-3)  # of a logistic fit with bias
    assert auroc(held_out[is_bad], held_out[~is_bad]) > 0.9
    assert not np.array_equal(fitted, held_out)


def test_the_limit_keeps_the_false_alarm_rate_or_says_what_it_is() -> None:
    rows, is_bad = _frames(600, gap=6.0)
    clear = fit_doubt(1.0, rows, is_bad, 0.01)
    assert clear.limit < MAX_LIMIT
    assert 0.0 < clear.false_alarm_rate + 1e-9 <= 0.011
    rows, is_bad = _frames(600, gap=1.0)
    muddy = fit_doubt(1.0, rows, is_bad, 0.01)
    assert muddy.limit == MAX_LIMIT
    assert muddy.false_alarm_rate > 0.011


def test_too_few_frames_are_refused() -> None:
    rows, is_bad = _frames(60, gap=2.0)
    with pytest.raises(ValueError, match="take more scenes"):
        fit_doubt(1.0, rows, is_bad, 0.01)


def test_reliability_by_hand() -> None:
    table = reliability(np.array([0.95, 0.95, 0.55, 1.0]), np.array([True, False, True, True]))
    assert table.count.sum() == 4
    # bins of 1/15: 0.95 and 1.0 share the last one (mean 0.9667, 2/3 right), 0.55 is alone
    expected = (3 * abs(2.9 / 3 - 2 / 3) + abs(0.55 - 1.0)) / 4
    assert table.ece == pytest.approx(expected)


def test_area_under_the_curve_by_hand() -> None:
    assert auroc(np.array([0.9, 0.8]), np.array([0.1, 0.2])) == 1.0
    assert auroc(np.array([0.1]), np.array([0.2, 0.3])) == 0.0
    assert auroc(np.array([0.5]), np.array([0.5, 0.1])) == 0.75
    with pytest.raises(ValueError, match="both kinds"):
        auroc(np.zeros(0), np.ones(3))


def test_the_curve_encloses_its_area_and_the_interval_holds_it() -> None:
    rng = np.random.default_rng(RNG_SEED)
    bad, good = rng.normal(1, 1, 80), rng.normal(0, 1, 120)
    false_alarms, detected = roc(bad, good)
    area = float(np.sum(np.diff(false_alarms) * (detected[1:] + detected[:-1]) / 2))
    assert area == pytest.approx(auroc(bad, good))
    low, high = auroc_interval(bad, good)
    assert low < area < high
    assert (low, high) == auroc_interval(bad, good)

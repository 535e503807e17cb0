from __future__ import annotations

import pytest

from pipeline.benchmarks.depth import NOISE_ERROR_GOAL, depth_bench, noise_trial
from pipeline.benchmarks.findings import Findings
from recordings.progress import unheard

N_TRIALS = 60


@pytest.fixture(scope="module")
def found() -> Findings:
    return depth_bench(N_TRIALS, 3, unheard, n_processes=1, n_noise_trials=2)


def test_the_bias_lies_inside_its_interval(found: Findings) -> None:
    """60 trials that are truly inside at 99 % all but surely miss at most three."""
    inside = [g.value for g in found.goals if "at least" in g.name]
    assert len(inside) == 3
    assert all(value is not None and value >= 1 - 3 / N_TRIALS for value in inside)


def test_the_noise_goals_are_met(found: Findings) -> None:
    noise = [g for g in found.goals if "relative error" in g.name]
    assert [g.limit for g in noise] == [NOISE_ERROR_GOAL] * 2
    assert all(g.is_met for g in noise)


def test_the_same_seed_gives_the_same_trial() -> None:
    assert noise_trial((5, 1)) == noise_trial((5, 1))
    assert noise_trial((5, 1)) != noise_trial((6, 1))

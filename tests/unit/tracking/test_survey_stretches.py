from __future__ import annotations

import numpy as np

from tracking.survey_agreement import (
    BEYOND_CHANCE_SIGMA,
    MAX_DISAGREEMENT_MM,
    SURE_SIGMA,
    Stretches,
)

N = 12
SIGMA_MM = 0.6  # of a stretch in one frame: 3 sigma is less than the 2 mm of DESIGN


def _run(true_mm: float, n_frames: int, seed: int, sigma_mm: float = SIGMA_MM) -> list[bool]:
    """Frame by frame, whether a map is called stale whose first stretch is off by `true_mm`."""
    rng = np.random.default_rng(seed)
    before: Stretches | None = None
    said = []
    for _ in range(n_frames):
        means = rng.normal(0.0, sigma_mm, N)
        means[0] += true_mm
        now = Stretches(means, np.full(N, sigma_mm))
        before = now.steadied(before)
        said.append(now.differ(BEYOND_CHANCE_SIGMA) or before.differ(SURE_SIGMA))
    return said


def test_noise_is_not_called_stale_in_a_session() -> None:
    assert sum(_run(0.0, 18_000, seed=3)) == 0


def test_one_frame_alone_would_have_been() -> None:
    rng = np.random.default_rng(3)
    frames = [Stretches(rng.normal(0, SIGMA_MM, N), np.full(N, SIGMA_MM)) for _ in range(18_000)]
    assert sum(f.differ(SURE_SIGMA) for f in frames) > 100


def test_a_large_difference_counts_at_once() -> None:
    assert all(_run(MAX_DISAGREEMENT_MM + 3.5, 200, seed=4))


def test_a_difference_beyond_the_limit_that_stays_is_noticed_within_three_frames() -> None:
    first = [_run(3.0, 10, seed=k).index(True) for k in range(300)]
    assert np.percentile(first, 99) <= 3
    quiet = [_run(2.3, 12, seed=k, sigma_mm=0.2).index(True) for k in range(300)]
    assert max(quiet) <= 4


def test_a_difference_inside_the_limit_that_is_well_told_is_none() -> None:
    assert sum(_run(1.5, 2000, seed=5, sigma_mm=0.1)) == 0


def test_a_stretch_that_is_not_told_proves_nothing_and_is_not_remembered() -> None:
    blind = np.full(N, np.inf)
    far = Stretches(np.full(N, 9.0), blind)
    assert not far.differ(SURE_SIGMA)
    assert np.all(far.steadied(None).means_mm == 0.0)
    now = Stretches(np.zeros(N), np.full(N, 0.3))
    assert np.all(now.steadied(far.steadied(None)).means_mm == 0.0)
    fewer = Stretches(np.full(4, 9.0), np.full(4, 0.3))
    assert np.all(now.steadied(fewer).means_mm == 0.0)


def test_a_stretch_that_is_told_for_one_frame_does_not_count_as_one_that_stays() -> None:
    blind, told = np.full(N, np.inf), np.full(N, SIGMA_MM)
    before = Stretches(np.zeros(N), blind).steadied(None)
    chance = Stretches(np.full(N, 2.3), told)  # 3.8 sigma
    assert not chance.differ(BEYOND_CHANCE_SIGMA)
    assert chance.differ(SURE_SIGMA)
    assert not chance.steadied(before).differ(SURE_SIGMA)


def test_what_a_flickering_stretch_shows_again_and_again_is_noticed() -> None:
    blind, told = np.full(N, np.inf), np.full(N, 0.5)
    before: Stretches | None = None
    said = []
    for index in range(12):
        now = Stretches(np.full(N, 2.4), told if index % 2 else blind)
        before = now.steadied(before)
        said.append(before.differ(SURE_SIGMA))
    assert said.index(True) <= 7


def test_a_map_that_is_off_from_the_first_frame_is_noticed_before_anything_arms() -> None:
    assert max(_run(3.0, 10, seed=k, sigma_mm=0.3).index(True) for k in range(300)) <= 4

"""Procedural albedo: repeatable, within 0..1, every kind another pattern of the size asked for."""

from __future__ import annotations

import hashlib
from typing import get_args

import numpy as np
import pytest

from recordings.simulation.scene import Texture, TextureKind
from recordings.simulation.texture import N_CELLS, TISSUE_CELLS, _volume, albedo
from tracking.arrays import frozen

KINDS: tuple[TextureKind, ...] = get_args(TextureKind)
SPREAD = 0.04  # least standard deviation of a pattern that can be seen


def points(n: int = 4000, reach_mm: float = 300.0) -> np.ndarray:
    return np.random.default_rng(0).uniform(-reach_mm, reach_mm, (n, 3)).astype(np.float32)


def of(kind: TextureKind, contrast: float = 1.0, seed: int = 0) -> Texture:
    return Texture(kind, 20.0, contrast, (1.0, 1.0, 1.0), seed)


@pytest.mark.parametrize("kind", KINDS)
def test_a_pattern_is_a_share_that_varies_and_repeats(kind: TextureKind) -> None:
    first, again = albedo(of(kind), points()), albedo(of(kind), points())
    assert first.shape == (4000,)
    assert first.dtype == np.float32
    assert first.tobytes() == again.tobytes()
    assert first.min() >= 0.0
    assert first.max() <= 1.0
    assert first.std() > SPREAD


@pytest.mark.parametrize("kind", [k for k in KINDS if k != "weave"])
def test_contrast_scales_a_pattern(kind: TextureKind) -> None:
    assert albedo(of(kind, 0.0), points()).max() == 0.0
    full, half = albedo(of(kind), points()), albedo(of(kind, 0.5), points())
    assert half == pytest.approx(full / 2, abs=1e-6)  # float32


@pytest.mark.parametrize("kind", KINDS)
def test_a_pattern_is_alike_within_a_tenth_of_a_feature(kind: TextureKind) -> None:
    near = points() + np.float32(0.6) / np.sqrt(np.float32(3))  # of 20 mm features: 3 %
    far = points() + np.float32(170.0)
    here = albedo(of(kind), points())
    step = np.abs(albedo(of(kind), near) - here).mean()
    assert step < 0.5 * np.abs(albedo(of(kind), far) - here).mean()


def test_kinds_and_seeds_differ() -> None:
    texts = {albedo(of(kind, seed=seed), points()).tobytes() for kind in KINDS for seed in (0, 1)}
    assert len(texts) == 2 * len(KINDS)


def test_cells_close_at_the_edge_of_their_volume() -> None:
    """A step across the volume's end is no larger than between any two cubes inside."""
    volume = _volume("cells", 0).reshape((N_CELLS,) * 3).astype(np.float64)
    steps = np.abs(np.roll(volume, -1, axis=0) - volume).mean(axis=(1, 2))
    between_cubes = steps[TISSUE_CELLS - 1 :: TISSUE_CELLS]
    assert between_cubes[-1] < 1.3 * between_cubes[:-1].mean()


@pytest.mark.parametrize(
    ("kind", "digest"),
    [("clouds", "afdd66732ccf"), ("blobs", "197085b0087c"), ("veins", "a768a291cac5")],
)
def test_the_noise_of_sessions_stays_as_it_was(kind: TextureKind, digest: str) -> None:
    """Simulated sessions are compared byte for byte."""
    stored = hashlib.md5(frozen(_volume(kind, 5)).tobytes(), usedforsecurity=False)
    assert stored.hexdigest().startswith(digest)

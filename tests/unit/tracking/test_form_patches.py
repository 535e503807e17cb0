"""Form, patch by patch, as plain NumPy would say it."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from tracking.arrays import Float
from tracking.form_patches import (
    CLIP_SIGMA,
    MAX_PATCH_SIGMA_MM,
    MIN_PATCH_SAMPLES,
    MIN_SCATTER,
    N_AROUND,
    NORMAL_MAD,
    PATCH_MM,
    excess_of,
    patches_of,
)

INFLATION, N_PATCHES = 3.0, 40


def test_every_place_has_its_patch() -> None:
    rng = np.random.default_rng(1)
    points = rng.uniform([-60.0, -60.0, -40.0], [60.0, 60.0, 160.0], (500, 3))
    normals = rng.standard_normal((500, 3))
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    found = patches_of(points, normals, 45.0, -20.0, 6)
    x, y, z = points.T
    outward = normals[:, 0] * x + normals[:, 1] * y
    kind = np.where(outward < 0, 1, np.where(np.hypot(x, y) > 45.0, 2, 3))
    kind[np.abs(normals[:, 2]) > 0.7] = 0
    around = ((np.arctan2(y, x) / (2 * np.pi) + 0.5) * N_AROUND).astype(int) % N_AROUND
    along = np.clip(((z + 20.0) / PATCH_MM).astype(int), 0, 5)
    np.testing.assert_array_equal(found, (kind * 6 + along) * N_AROUND + around)
    assert set(kind) == {0, 1, 2, 3}
    assert set(along) == {0, 1, 2, 3, 4, 5}


def _expected(residuals: Float, gains: Float, patches: NDArray[np.int64]) -> tuple[float, float]:
    used = np.isfinite(residuals) & (gains != 0)
    clipped, gains, patch = np.clip(residuals[used], -25, 25), gains[used], patches[used]
    squares, variances, counts, strays = [], [], [], []
    kept = [one for one in range(N_PATCHES) if (patch == one).sum() >= MIN_PATCH_SAMPLES]
    for one in kept:
        inside = patch == one
        information = (gains[inside] ** 2).sum()
        mean = (gains[inside] * clipped[inside]).sum() / information
        strays.extend(np.abs(clipped[inside] - gains[inside] * mean))
        squares.append(mean**2)
        variances.append(1 / information)
        counts.append(inside.sum())
    if not kept:
        return 0.0, 0.0
    scatter = max(NORMAL_MAD * np.sort(strays)[len(strays) // 2], MIN_SCATTER)
    variance = INFLATION * scatter**2 * np.array(variances)
    sure = variance <= MAX_PATCH_SIGMA_MM**2
    if not sure.any():
        return 0.0, 0.0
    square, variance, count = np.array(squares)[sure], variance[sure], np.array(counts)[sure]
    surplus = (square / variance).sum() - sure.sum()
    return float(np.average(square - variance, weights=count)), float(
        surplus / np.sqrt(2 * sure.sum())
    )


@pytest.mark.parametrize("n", [0, 5, 100, 900])
@pytest.mark.parametrize("gain", [0.05, 2.0])
def test_displacement_beyond_noise(n: int, gain: float) -> None:
    rng = np.random.default_rng(n)
    patches = rng.integers(0, N_PATCHES, n)
    gains = rng.uniform(0.5, 1.0, n) * gain
    residuals = rng.standard_normal(n) + gains * (patches % 3 - 1)
    residuals[::11], residuals[3::50], gains[5::13] = np.nan, 4 * CLIP_SIGMA, 0.0
    found = excess_of(residuals, gains, patches, N_PATCHES, INFLATION)
    expected = _expected(residuals, gains, patches)
    assert found == pytest.approx(expected, rel=1e-9, abs=1e-12)

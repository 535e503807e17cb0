"""Mean displacement of a registered surface patch by patch, and what it has beyond noise."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tracking.arrays import Float
from tracking.compiled import compiled, part
from tracking.loop_types import COUNT, INDICES, NEW_INDICES, REAL, ROWS, VECTOR, several

PATCH_MM = 25.0  # along the axis
N_AROUND = 12  # patches of 30 deg: 16 mm of a 60 mm cone
N_KINDS = 4  # face, hollow, ring, tube
MIN_PATCH_SAMPLES = 6
CLIP_SIGMA = 25.0  # residuals beyond are another surface; they must not rule a patch's mean
MAX_PATCH_SIGMA_MM = 1.0  # a patch that is known worse tells no form
MIN_SCATTER = 0.7  # within a patch: quantised noise of few samples looks smaller than it is
FACE_COSINE = 0.7
NORMAL_MAD = 1.4826  # standard deviation over the median absolute deviation

Int = NDArray[np.int64]


@compiled(NEW_INDICES, ROWS, ROWS, REAL, REAL, COUNT)
def patches_of(
    points_mm: Float, normals: Float, ring_from_mm: float, lowest_mm: float, n_along: int
) -> Int:
    """Number of the patch of every point (n,), by its kind of surface, height and angle.

    Parameters
    ----------
    points_mm, normals : (n, 3) in applicator space
    ring_from_mm : radius beyond which a surface is the docking ring's
    lowest_mm : z at which the first of `n_along` heights begins
    """
    patches = np.empty(len(points_mm), np.int64)
    for row in range(len(points_mm)):
        x, y, z = points_mm[row, 0], points_mm[row, 1], points_mm[row, 2]
        if abs(normals[row, 2]) > FACE_COSINE:
            kind = 0
        elif normals[row, 0] * x + normals[row, 1] * y < 0:
            kind = 1
        else:
            kind = 2 if np.hypot(x, y) > ring_from_mm else 3
        around = int((np.arctan2(y, x) / (2 * np.pi) + 0.5) * N_AROUND) % N_AROUND
        along = min(max(int((z - lowest_mm) / PATCH_MM), 0), n_along - 1)
        patches[row] = (kind * n_along + along) * N_AROUND + around
    return patches


@part
def patch_means(
    residuals: Float, gains: Float, patches: Int, n_patches: int
) -> tuple[Int, Float, Float]:
    """Samples, information in 1/mm^2 and mean outward displacement in mm of every patch."""
    counts, information = np.zeros(n_patches, np.int64), np.zeros(n_patches)
    outward_mm = np.zeros(n_patches)
    for row in range(len(residuals)):
        if np.isfinite(residuals[row]) and gains[row] != 0:
            patch = patches[row]
            counts[patch] += 1
            information[patch] += gains[row] ** 2
            clipped = min(max(residuals[row], -CLIP_SIGMA), CLIP_SIGMA)
            outward_mm[patch] += gains[row] * clipped
    for patch in range(n_patches):
        if counts[patch] >= MIN_PATCH_SAMPLES:
            outward_mm[patch] /= information[patch]
    return counts, information, outward_mm


@part
def scatter_within(
    residuals: Float, gains: Float, patches: Int, counts: Int, outward_mm: Float
) -> float:
    """Robust scatter of the samples about their patches' means, in sigma."""
    strays, n_strays = np.empty(len(residuals)), 0
    for row in range(len(residuals)):
        patch = patches[row]
        is_used = np.isfinite(residuals[row]) and gains[row] != 0
        if is_used and counts[patch] >= MIN_PATCH_SAMPLES:
            clipped = min(max(residuals[row], -CLIP_SIGMA), CLIP_SIGMA)
            strays[n_strays] = abs(clipped - gains[row] * outward_mm[patch])
            n_strays += 1
    if n_strays == 0:
        return MIN_SCATTER
    middle = n_strays // 2
    middle_stray: float = np.partition(strays[:n_strays], middle)[middle]
    return max(NORMAL_MAD * middle_stray, MIN_SCATTER)


@compiled(several(REAL, REAL), VECTOR, VECTOR, INDICES, COUNT, REAL)
def excess_of(
    residuals: Float, gains: Float, patches: Int, n_patches: int, inflation: float
) -> tuple[float, float]:
    """Mean square displacement beyond noise, mm^2, and the chi-square's surplus in its sigma.

    Of samples with a residual and a gain; 0 and 0 where no patch can tell.

    Parameters
    ----------
    residuals : (n,) in sigma, NaN where unusable
    gains : (n,) in sigma per mm of outward displacement, 0 where unusable
    patches : (n,) below `n_patches`
    inflation : factor by which correlation enlarges the variance of a mean of samples
    """
    counts, information, outward_mm = patch_means(residuals, gains, patches, n_patches)
    scatter = scatter_within(residuals, gains, patches, counts, outward_mm)
    n_kept, n_samples, excess, chi_square = 0, 0, 0.0, 0.0
    for patch in range(n_patches):
        if counts[patch] < MIN_PATCH_SAMPLES:
            continue
        variance, square = inflation * scatter**2 / information[patch], outward_mm[patch] ** 2
        if variance <= MAX_PATCH_SIGMA_MM**2:
            n_kept += 1
            n_samples += counts[patch]
            excess += counts[patch] * (square - variance)
            chi_square += square / variance
    if n_kept == 0:
        return 0.0, 0.0
    return excess / n_samples, (chi_square - n_kept) / np.sqrt(2 * n_kept)

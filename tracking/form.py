"""Does the surface have the cone's form? Systematic residuals of the depth, patch by patch.

A bottle, a lamp handle or a tapered cup that is registered as a cone leaves residuals that are
small beside the noise of one pixel but agree over patches of the surface. Each patch (a
surface of the cone, a stretch along the axis, an angle around it) tells its mean displacement
outwards; what these have beyond noise is the form error. Pure function of the depth terms.

Fails to: a form that does not agree.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tracking.applicator import Applicator
from tracking.likelihood import DepthTerms
from tracking.robust import NORMAL_MAD, median
from tracking.sigmas import sigma_of

PATCH_MM = 25.0
N_AROUND = 12  # patches of 30 deg: 16 mm of a 60 mm cone
MIN_PATCH_SAMPLES = 6
CLIP_SIGMA = 25.0  # residuals beyond are another surface; they must not rule a patch's mean
MAX_PATCH_SIGMA_MM = 1.0  # a patch that is known worse tells no form
MIN_SCATTER = 0.7  # within a patch: quantised noise of few samples looks smaller than it is
FACE_COSINE, RING_FACTOR = 0.7, 1.1
SIGNIFICANT = 4.0  # noise alone: below 1e-3, and then the size decides too
SOUND_FORM_MM = 0.45  # of a cone that may be identified; sound views stay below
GROSS_FORM_MM = 2.2  # beyond: no tube at all; a mug with its handle, taken for a tube, has 1.8


@dataclass(frozen=True)
class FormError:
    """Root mean square displacement of the patches beyond noise, and its significance.

    `significance` is the patches' chi-square beyond its mean in its own sigma.
    """

    rms_mm: float
    significance: float

    @property
    def is_sound(self) -> bool:
        """Whether the form speaks against none of the cone's dimensions."""
        return self.rms_mm <= SOUND_FORM_MM or self.significance <= SIGNIFICANT

    @property
    def is_gross(self) -> bool:
        """Whether the surface is no cone's."""
        return self.rms_mm > GROSS_FORM_MM and self.significance > SIGNIFICANT


def form_error(applicator: Applicator, depth: DepthTerms, inflation: float) -> FormError:
    """Form error of the surface that was registered as this applicator.

    Parameters
    ----------
    inflation : float
        Factor by which correlation enlarges the variance of a mean of samples.
    """
    used = np.isfinite(depth.residuals) & (depth.gains != 0)
    residuals = np.clip(depth.residuals[used], -CLIP_SIGMA, CLIP_SIGMA)
    gains, patch = depth.gains[used], _patches(applicator, depth)[used]
    counts, information = np.bincount(patch), np.bincount(patch, gains**2)
    kept = counts >= MIN_PATCH_SAMPLES
    if not np.any(kept):
        return FormError(0.0, 0.0)
    outward_mm = np.bincount(patch, gains * residuals) / np.where(kept, information, 1.0)
    inside = kept[patch]
    scatter = NORMAL_MAD * median(np.abs(residuals - gains * outward_mm[patch])[inside])
    variance = inflation * max(scatter, MIN_SCATTER) ** 2 / np.where(kept, information, 1.0)
    kept &= variance <= MAX_PATCH_SIGMA_MM**2
    if not np.any(kept):
        return FormError(0.0, 0.0)
    squares, variance = outward_mm[kept] ** 2, variance[kept]
    excess = float(np.average(squares - variance, weights=counts[kept]))
    surplus = float((squares / variance).sum()) - len(squares)  # of a chi-square
    return FormError(sigma_of(excess), surplus / float(np.sqrt(2 * len(squares))))


def _patches(
    applicator: Applicator, depth: DepthTerms
) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Number of the patch of every sample."""
    x, y, z = depth.points_mm.T
    radial = np.hypot(x, y)
    outward = depth.normals[:, 0] * x + depth.normals[:, 1] * y
    is_ring = radial > RING_FACTOR * applicator.outer_radius_mm
    kind = np.where(outward < 0, 1, np.where(is_ring, 2, 3))
    kind[np.abs(depth.normals[:, 2]) > FACE_COSINE] = 0
    around = ((np.arctan2(y, x) / (2 * np.pi) + 0.5) * N_AROUND).astype(np.int64) % N_AROUND
    lowest = -2.0 * applicator.bevel_rise_mm
    n_along = int((applicator.length_mm - lowest) / PATCH_MM) + 2
    along = np.clip(((z - lowest) / PATCH_MM).astype(np.int64), 0, n_along - 1)
    patches: np.ndarray[tuple[int], np.dtype[np.int64]] = (
        kind * n_along + along
    ) * N_AROUND + around
    return patches

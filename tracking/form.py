"""Does the surface have the cone's form? Systematic residuals of the depth, patch by patch.

A bottle, a lamp handle or a tapered cup that is registered as a cone leaves residuals that are
small beside the noise of one pixel but agree over patches of the surface. Each patch (a
surface of the cone, a stretch along the axis, an angle around it) tells its mean displacement
outwards; what these have beyond noise is the form error. Pure function of the depth terms.

Fails to: a form that does not agree.
"""

from __future__ import annotations

from dataclasses import dataclass

from tracking.applicator import Applicator
from tracking.form_patches import N_AROUND, N_KINDS, PATCH_MM, excess_of, patches_of
from tracking.likelihood import DepthTerms
from tracking.sigmas import sigma_of

RING_FACTOR = 1.1  # of the tube's radius, beyond which a surface is the ring's
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
    lowest_mm = -2.0 * applicator.bevel_rise_mm
    n_along = int((applicator.length_mm - lowest_mm) / PATCH_MM) + 2
    ring_from_mm = RING_FACTOR * applicator.outer_radius_mm
    patches = patches_of(depth.points_mm, depth.normals, ring_from_mm, lowest_mm, n_along)
    n_patches = N_KINDS * n_along * N_AROUND
    excess_mm2, significance = excess_of(
        depth.residuals, depth.gains, patches, n_patches, inflation
    )
    return FormError(sigma_of(excess_mm2), significance)

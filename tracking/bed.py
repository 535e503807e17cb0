"""The fitted tumor-bed surface of one frame."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from tracking.arrays import Float, finite_array


class BedStatus(StrEnum):
    """OK, or why the bed under the applicator cannot be told."""

    OK = "OK"
    NO_BED = "NO_BED"
    TOO_FEW_POINTS = "TOO_FEW_POINTS"
    RIM_HIDDEN = "RIM_HIDDEN"  # less than 180 deg of the ring around the rim is seen
    POOR_FIT = "POOR_FIT"
    NO_POSE = "NO_POSE"


N_COEFFICIENTS = 6


@dataclass(frozen=True, eq=False)
class BedSurface:
    """Quadratic bed z = c0 + c1 x + c2 y + c3 x^2 + c4 x y + c5 y^2 in applicator space, mm.

    Attributes
    ----------
    coefficients : (6,) or None
        c0 .. c5, in the applicator space of the frame's registered pose.
    covariance : (6, 6) or None
        Of the coefficients, the curvature that cannot be seen included.
    seen_deg : float
        How much of the ring around the rim is seen, in degrees of 360.
    """

    status: BedStatus
    coefficients: Float | None = None
    covariance: Float | None = None
    seen_deg: float = 0.0
    residual_rms_mm: float | None = None
    n_points: int = 0

    def __post_init__(self) -> None:
        if self.status is BedStatus.OK:
            shape = (N_COEFFICIENTS,)
            object.__setattr__(
                self, "coefficients", finite_array("coefficients", self.coefficients, shape)
            )
            covariance = finite_array("covariance", self.covariance, shape * 2)
            object.__setattr__(self, "covariance", covariance)
        elif self.coefficients is not None or self.covariance is not None:
            raise ValueError("only status OK carries coefficients")

    @property
    def is_ok(self) -> bool:
        """Whether the surface may be measured with."""
        return self.status is BedStatus.OK

    def height_mm(self, x_mm: Float, y_mm: Float) -> Float:
        """Bed height z in applicator space at (x, y)."""
        if self.coefficients is None:
            raise ValueError(f"no surface: {self.status}")
        heights: Float = quadratic_basis(x_mm, y_mm) @ self.coefficients
        return heights


def quadratic_basis(x_mm: Float, y_mm: Float) -> Float:
    """Rows [1, x, y, x^2, x y, y^2], shape (..., 6)."""
    return np.stack(
        [np.ones_like(x_mm), x_mm, y_mm, x_mm * x_mm, x_mm * y_mm, y_mm * y_mm], axis=-1
    )

"""The fitted tumor-bed surface of one frame."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from math import atan, cos, sin

import numpy as np

from tracking.applicator import Applicator
from tracking.arrays import Float, finite_array, frozen


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
    """Quadratic bed z = c0 + c1 x + c2 y + c3 x^2 + c4 x y + c5 y^2, mm.

    Its axes share the applicator's origin; a fit uses `exit_axes`, where a bed that the cone
    stands on is flat whatever the bevel.

    Attributes
    ----------
    coefficients : (6,) or None
        c0 .. c5, at the frame's registered pose.
    covariance : (6, 6) or None
        Of the coefficients, the curvature that cannot be seen included.
    seen_deg : float
        How much of the ring around the rim is seen, in degrees of 360.
    fit_from_applicator : (3, 3)
        Rows are the quadratic's axes in applicator space.
    from_survey : bool
        The field was read off the survey map, not carried there from the ring around it.
    rim_sigma_mm : float
        What single points of the rim may lie off the quadratic beyond the covariance.
    """

    status: BedStatus
    coefficients: Float | None = None
    covariance: Float | None = None
    seen_deg: float = 0.0
    residual_rms_mm: float | None = None
    n_points: int = 0
    fit_from_applicator: Float = field(default_factory=lambda: frozen(np.eye(3)))
    from_survey: bool = False
    rim_sigma_mm: float = 0.0

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


def exit_axes(applicator: Applicator) -> Float:
    """Rows x, y, z of the exit axes in applicator space, (3, 3): z is the exit plane's normal."""
    bevel = atan(applicator.bevel_slope)
    cosine, sine = cos(bevel), sin(bevel)
    return np.array([[cosine, 0.0, -sine], [0.0, 1.0, 0.0], [sine, 0.0, cosine]])


def quadratic_basis(x_mm: Float, y_mm: Float) -> Float:
    """Rows [1, x, y, x^2, x y, y^2], shape (..., 6)."""
    basis = np.empty((*np.shape(x_mm), N_COEFFICIENTS))
    basis[..., 0] = 1.0
    basis[..., 1], basis[..., 2] = x_mm, y_mm
    basis[..., 3], basis[..., 4], basis[..., 5] = x_mm * x_mm, x_mm * y_mm, y_mm * y_mm
    return basis


def quadratic_height(coefficients: Float, x_mm: Float, y_mm: Float) -> Float:
    """Height z of the quadratic at (x, y)."""
    c0, c1, c2, c3, c4, c5 = coefficients.tolist()
    height: Float = c0 + (c1 + c3 * x_mm + c4 * y_mm) * x_mm + (c2 + c5 * y_mm) * y_mm
    return height


def quadratic_slopes(coefficients: Float, x_mm: Float, y_mm: Float) -> tuple[Float, Float]:
    """Slopes dz/dx and dz/dy of the quadratic at (x, y)."""
    _, c1, c2, c3, c4, c5 = coefficients.tolist()
    return c1 + 2 * c3 * x_mm + c4 * y_mm, c2 + c4 * x_mm + 2 * c5 * y_mm

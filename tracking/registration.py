"""The pose of the cone in one frame, its covariance, or why there is none."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass, field
from enum import StrEnum
from math import sqrt

import numpy as np

from tracking.arrays import Float, finite_array, read_only
from tracking.sigmas import largest_sigma
from tracking.transforms import check_transform


class RegistrationStatus(StrEnum):
    """OK, or the first thing that kept the pose from being believed."""

    OK = "OK"
    NO_APPLICATOR = "NO_APPLICATOR"
    TOO_FEW_POINTS = "TOO_FEW_POINTS"
    DEPTH_MISSING = "DEPTH_MISSING"
    DEPTH_FALSE = "DEPTH_FALSE"
    NOT_CONVERGED = "NOT_CONVERGED"
    POOR_FIT = "POOR_FIT"
    WEAK_GEOMETRY = "WEAK_GEOMETRY"
    SEVERAL_APPLICATORS = "SEVERAL_APPLICATORS"
    NOT_THE_APPLICATOR = "NOT_THE_APPLICATOR"


class PoseStart(StrEnum):
    """Where the search for a pose began.

    TRACKED: at the previous frame's pose, and found close to it. SEARCHED: anywhere.
    """

    TRACKED = "TRACKED"
    SEARCHED = "SEARCHED"


@dataclass(frozen=True)
class Dimensions:
    """Measured inner diameter and bevel with 1-sigma.

    Attributes
    ----------
    bevel_sigma_deg : of the exit plane's slope, in the direction that is told worst
    bevel_direction_deg : where in the applicator's x, y the wall reaches farthest down
    rim_arc_deg : of the exit's edge, around the axis, seen as an outline
    covariance : (3, 3) or None
        Of the diameter in mm and the exit plane's slopes along x and y, which err together.
        None: they do not, and the slope is told alike in all directions.
    """

    diameter_mm: float
    diameter_sigma_mm: float
    bevel_deg: float
    bevel_sigma_deg: float
    bevel_direction_deg: float = 0.0
    rim_arc_deg: float = 0.0
    covariance: Float | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        if self.covariance is not None:
            if self.covariance.shape != (3, 3):
                raise ValueError(f"covariance: expected (3, 3), got {self.covariance.shape}")
            object.__setattr__(self, "covariance", read_only(self.covariance))


@dataclass(frozen=True, eq=False)
class Registration:
    """Registered cone, or a status with no pose.

    Attributes
    ----------
    camera_from_applicator : (4, 4) or None
        None unless the status is OK, POOR_FIT, WEAK_GEOMETRY, SEVERAL_APPLICATORS or
        NOT_THE_APPLICATOR.
    covariance : (6, 6) or None
        Of the small motion (rx, ry, rz in rad, tx, ty, tz in mm) in camera axes about the
        exit centre: true = exp(r) about the exit centre, then + t. Registration alone, no rig.
        Directions that are not observable are left out (see `roll_observable`).
    inlier_fraction : float
        Share of the used applicator pixels within 3 sigma of the model.
    residual_spread : float or None
        Robust scatter of the depth residuals over the rig's noise model, at least 1.
    excluded : mapping
        Applicator pixels left out, counted by reason.
    roll_observable, axial_observable : bool
        Rotation about, and translation along, the applicator's axis.
    dimensions : Dimensions or None
        Diameter and bevel as the image shows them; None unless a model explains nearly all
        pixels: the planned one, or where that does not fit, another of the catalogue.
    start : PoseStart
        A pose that was searched anew may have jumped: nothing before it speaks for it.
    """

    status: RegistrationStatus
    camera_from_applicator: Float | None = None
    covariance: Float | None = None
    inlier_fraction: float = 0.0
    n_points: int = 0
    residual_spread: float | None = None
    roll_observable: bool = False
    axial_observable: bool = False
    excluded: Mapping[str, int] = field(default_factory=dict)
    dimensions: Dimensions | None = None
    start: PoseStart = PoseStart.SEARCHED

    def __post_init__(self) -> None:
        if (self.camera_from_applicator is None) != (self.covariance is None):
            raise ValueError("a pose comes with its covariance, and no pose with none")
        if self.camera_from_applicator is not None:
            pose = check_transform("camera_from_applicator", self.camera_from_applicator)
            object.__setattr__(self, "camera_from_applicator", pose)
            object.__setattr__(
                self, "covariance", finite_array("covariance", self.covariance, (6, 6))
            )
        elif self.status is RegistrationStatus.OK:
            raise ValueError("status OK needs a pose")

    def with_status(self, status: RegistrationStatus) -> Registration:
        """The same with another status."""
        if status is RegistrationStatus.OK and self.camera_from_applicator is None:
            raise ValueError("status OK needs a pose")
        return self._copied("status", status)

    def with_start(self, start: PoseStart) -> Registration:
        """The same with another start."""
        return self._copied("start", start)

    def with_dimensions(self, dimensions: Dimensions | None) -> Registration:
        """The same with other dimensions."""
        return self._copied("dimensions", dimensions)

    def _copied(self, name: str, value: object) -> Registration:
        """A copy with one other field that says nothing of the pose, which stays valid."""
        copied = copy(self)
        object.__setattr__(copied, name, value)
        return copied

    @property
    def is_ok(self) -> bool:
        """Whether the pose may be measured with."""
        return self.status is RegistrationStatus.OK

    @property
    def axis_camera(self) -> Float:
        """Unit vector of applicator +z in camera space. Only where there is a pose."""
        return self._pose[:3, 2]

    @property
    def exit_centre_camera_mm(self) -> Float:
        """Exit centre in camera space. Only where there is a pose."""
        return self._pose[:3, 3]

    @property
    def _pose(self) -> Float:
        if self.camera_from_applicator is None:
            raise ValueError(f"no pose: {self.status}")
        return self.camera_from_applicator

    @property
    def axis_basis(self) -> Float:
        """Camera x and y projected perpendicular to the axis and normalised, shape (2, 3).

        The two are not exactly orthogonal; `axis_cov_deg2` is the covariance of the rotation
        vector's dot products with them.
        """
        x, y, z = self.axis_camera.tolist()
        along_x, along_y = (1 - x * x, -x * y, -x * z), (-y * x, 1 - y * y, -y * z)
        basis = np.array([along_x, along_y])
        for row in range(2):
            length = sqrt(float(basis[row] @ basis[row]))
            # axis along that camera axis: any perpendicular will do
            basis[row] = basis[row] / length if length >= 1e-6 else (y, -x, 0.0)
        return basis

    @property
    def axis_cov_deg2(self) -> Float | None:
        """2x2 covariance of the axis direction, deg^2, about `axis_basis`."""
        if self.covariance is None:
            return None
        basis = np.degrees(self.axis_basis)
        result: Float = basis @ self.covariance[:3, :3] @ basis.T
        return result

    @property
    def exit_cov_mm2(self) -> Float | None:
        """3x3 covariance of the exit centre in camera space, mm^2."""
        return None if self.covariance is None else self.covariance[3:, 3:]

    @property
    def axis_sigma_deg(self) -> float | None:
        """Root of the largest eigenvalue of `axis_cov_deg2`."""
        return _largest_sigma(self.axis_cov_deg2)

    @property
    def exit_sigma_mm(self) -> float | None:
        """Root of the largest eigenvalue of `exit_cov_mm2`."""
        return _largest_sigma(self.exit_cov_mm2)


def _largest_sigma(covariance: Float | None) -> float | None:
    return None if covariance is None else largest_sigma(covariance)

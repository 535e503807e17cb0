"""A cone phantom that stands at a known place: what the whole chain says of it, in head space."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import hypot, radians, sqrt

import numpy as np

from calibration.qa_metric import Metric
from tracking.arrays import Float
from tracking.errors import CalibrationError
from tracking.registration import Registration
from tracking.rig import Rig
from tracking.transforms import angle_between_deg, check_transform, transform_points

MIN_OK_FRACTION = 0.5  # of the frames: fewer registered ones are no measurement


@dataclass(frozen=True)
class PhantomResult:
    """Mean pose of the phantom against the known one; sigmas hold registration and rig.

    Attributes
    ----------
    axis_error_deg, exit_error_mm
        Sizes: never negative, and with a sigma of the worst direction.
    exit_offset_mm
        Measured less known exit centre along head x, y, z.
    axis_spread_deg, exit_spread_mm
        Root mean square of single frames about their mean.
    """

    axis_error_deg: float
    axis_sigma_deg: float
    exit_error_mm: float
    exit_sigma_mm: float
    exit_offset_mm: tuple[float, float, float]
    axis_spread_deg: float
    exit_spread_mm: float
    n_ok: int
    n_frames: int

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """The figures by name."""
        along = zip("xyz", self.exit_offset_mm, strict=True)
        return (
            Metric("phantom_axis_error", self.axis_error_deg, "deg", self.axis_sigma_deg),
            Metric("phantom_exit_error", self.exit_error_mm, "mm", self.exit_sigma_mm),
            *(Metric(f"phantom_exit_{a}", value, "mm", self.exit_sigma_mm) for a, value in along),
            Metric("phantom_axis_spread", self.axis_spread_deg, "deg"),
            Metric("phantom_exit_spread", self.exit_spread_mm, "mm"),
            Metric("phantom_registered", 100 * self.n_ok / self.n_frames, "%"),
        )


def judge_phantom(
    registrations: Sequence[Registration], rig: Rig, head_from_applicator: Float
) -> PhantomResult:
    """Compare the registrations of a phantom at rest with where it is known to stand.

    Raises
    ------
    CalibrationError
        The known pose is none, too few frames are registered, or the slide along the axis cannot
        be told.
    """
    try:
        known = check_transform("head_from_applicator", head_from_applicator)
    except ValueError as error:
        raise CalibrationError("The phantom's known pose is none.", actual=str(error)) from error
    ok = [r for r in registrations if r.is_ok and r.axial_observable]
    if not registrations or len(ok) < MIN_OK_FRACTION * len(registrations):
        statuses = sorted({r.status.value for r in registrations if not r.is_ok})
        raise CalibrationError(
            "The phantom is not registered.",
            expected=f"at least {100 * MIN_OK_FRACTION:g} % of the frames",
            actual=f"{len(ok)} of {len(registrations)}; {', '.join(statuses) or 'no slide seen'}",
            remedy="Let the camera see the phantom as it sees a docked cone.",
        )
    axes = np.stack([rig.head_from_camera[:3, :3] @ r.axis_camera for r in ok])
    exits = np.stack([transform_points(rig.head_from_camera, r.exit_centre_camera_mm) for r in ok])
    axis = axes.mean(axis=0)
    offset = exits.mean(axis=0) - known[:3, 3]
    lever_mm = float(np.linalg.norm(exits.mean(axis=0)))
    axis_sigma = float(np.median([r.axis_sigma_deg or 0.0 for r in ok]))
    exit_sigma = float(np.median([r.exit_sigma_mm or 0.0 for r in ok]))
    rig_exit = hypot(rig.position_sigma_mm, radians(rig.angle_sigma_deg) * lever_mm)
    return PhantomResult(
        axis_error_deg=angle_between_deg(axis, known[:3, 2]),
        axis_sigma_deg=hypot(axis_sigma / sqrt(len(ok)), rig.angle_sigma_deg),
        exit_error_mm=float(np.linalg.norm(offset)),
        exit_sigma_mm=hypot(exit_sigma / sqrt(len(ok)), rig_exit),
        exit_offset_mm=(float(offset[0]), float(offset[1]), float(offset[2])),
        axis_spread_deg=_root_mean_square([angle_between_deg(axis, a) for a in axes]),
        exit_spread_mm=_root_mean_square(np.linalg.norm(exits - exits.mean(axis=0), axis=1)),
        n_ok=len(ok),
        n_frames=len(registrations),
    )


def _root_mean_square(values: Sequence[float] | Float) -> float:
    return float(np.sqrt(np.mean(np.square(values))))

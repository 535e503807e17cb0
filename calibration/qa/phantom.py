"""Where a cone that stands in a fixed place is seen: its mean pose, and how far it has moved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from calibration.qa_metric import Metric
from tracking.arrays import Float
from tracking.registration import Registration

MIN_FRAMES = 5  # fewer give no scatter worth a name
MM_FLOOR, DEG_FLOOR = 0.01, 0.002  # 1-sigma that averaging does not take away


@dataclass(frozen=True, eq=False)
class PhantomPose:
    """Mean of a standing cone over frames, camera space.

    Attributes
    ----------
    exit_mm, axis : (3,)
        Centre of the exit plane, and unit vector of applicator +z.
    length_mm : float
        From the exit centre to the ring's top face.
    exit_sigma_mm, axis_sigma_deg : float
        1-sigma of the means, from the scatter between frames (largest component).
    n_frames : int
        Frames in which the cone was registered.
    """

    exit_mm: Float
    axis: Float
    length_mm: float
    exit_sigma_mm: float
    axis_sigma_deg: float
    n_frames: int

    @property
    def ring_mm(self) -> Float:
        """Centre of the ring's top face."""
        ring: Float = self.exit_mm + self.length_mm * self.axis
        return ring


def mean_pose(registrations: Sequence[Registration], length_mm: float) -> PhantomPose | None:
    """Average the registered frames. Fails to: None (fewer than `MIN_FRAMES`)."""
    good = [r for r in registrations if r.is_ok and r.axial_observable]
    if len(good) < MIN_FRAMES:
        return None
    exits = np.array([r.exit_centre_camera_mm for r in good])
    axes = np.array([r.axis_camera for r in good])
    axis = axes.mean(axis=0)
    axis /= np.linalg.norm(axis)
    root_n = float(np.sqrt(len(good)))
    return PhantomPose(
        exit_mm=exits.mean(axis=0),
        axis=axis,
        length_mm=length_mm,
        exit_sigma_mm=max(MM_FLOOR, float(exits.std(axis=0, ddof=1).max()) / root_n),
        axis_sigma_deg=max(DEG_FLOOR, float(np.degrees(axes.std(axis=0, ddof=1).max())) / root_n),
        n_frames=len(good),
    )


def moved(before: PhantomPose, now: PhantomPose, head_from_camera: Float) -> tuple[Metric, ...]:
    """How far the cone is seen from where it was seen before.

    `phantom_shift` is the farther of its two ends' displacements; `phantom_turn` the angle
    between the axes; `ssd_shift` the exit's displacement along the beam, positive away from the
    source.
    """
    exit_mm = now.exit_mm - before.exit_mm
    ring_mm = now.ring_mm - before.ring_mm
    turn_deg = np.degrees(
        np.arcsin(min(1.0, float(np.linalg.norm(np.cross(before.axis, now.axis)))))
    )
    if float(before.axis @ now.axis) < 0:
        turn_deg = 180.0 - turn_deg
    exit_sigma = float(np.hypot(before.exit_sigma_mm, now.exit_sigma_mm))
    turn_sigma = float(np.hypot(before.axis_sigma_deg, now.axis_sigma_deg))
    shift_sigma = float(np.hypot(exit_sigma, now.length_mm * np.radians(turn_sigma)))
    shift_mm = max(float(np.linalg.norm(exit_mm)), float(np.linalg.norm(ring_mm)))
    away_mm = -float((head_from_camera[:3, :3] @ exit_mm)[2])
    return (
        Metric("phantom_shift", shift_mm, "mm", shift_sigma),
        Metric("phantom_turn", float(turn_deg), "deg", turn_sigma),
        Metric("ssd_shift", away_mm, "mm", exit_sigma),
    )

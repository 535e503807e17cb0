"""A camera that is moved far over a patient who breathes deeply: for what is drawn on the bed.

Still frames first, then the camera is moved and turned, then the cone is down, with the camera
where it came to rest. Two ways to breathe: the bed alone, against all that lies around it, or all
of the patient.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from recordings.simulation.bed_views import FRAME_PERIOD_S, BedVisit, draw_visit
from recordings.simulation.motion import eased
from recordings.simulation.story import BREATH_PERIOD_S
from tracking.applicator import Applicator
from tracking.arrays import Float
from tracking.transforms import invert, rigid, rotation_from_vector

WAY_MM, TURN_DEG = 100.0, 20.0
BREATH_MM = 5.0  # from in to out


@dataclass(frozen=True, eq=False)
class MovedVisit(BedVisit):
    """A `BedVisit` with another way of the camera; `n_survey` are still and moving frames.

    Attributes
    ----------
    n_still
        Frames before the camera moves.
    direction_rad
        Where it moves to, in its own picture: it turns back towards the bed meanwhile.
    is_patient_breathing
        All of the patient moves, not the bed alone.
    """

    n_still: int = 0
    direction_rad: float = 0.0
    way_mm: float = WAY_MM
    turn_deg: float = TURN_DEG
    breath_mm: float = BREATH_MM
    is_patient_breathing: bool = False

    def world_from_bed(self, index: int) -> Float:
        """Pose of the bed; at rest where all of the patient breathes, and the camera instead."""
        if self.is_patient_breathing:
            return self.world_from_bed_at_rest
        return self.world_from_bed_at_rest @ self._breath(index)

    def world_from_head(self, index: int) -> Float:
        """Pose of the head that carries the camera on its way."""
        moved = eased(float(index), self.n_still - 1.0, self.n_survey - 1.0)
        at_rest = self.world_from_planned_head @ self.device.head_from_camera
        towards = np.array([np.cos(self.direction_rad), np.sin(self.direction_rad), 0.0])
        axis = np.cross(towards, [0.0, 0.0, 1.0])  # the view turns back against the way
        turn = rotation_from_vector(np.radians(self.turn_deg) * moved * axis)
        trembling = self.tremor.at(index * FRAME_PERIOD_S)
        shake = rigid(rotation_from_vector(np.radians(trembling[:3])), trembling[3:])
        camera = at_rest @ rigid(turn, self.way_mm * moved * towards) @ shake
        if self.is_patient_breathing:
            bed = self.world_from_bed_at_rest
            camera = bed @ invert(self._breath(index)) @ invert(bed) @ camera
        head: Float = camera @ invert(self.device.head_from_camera)
        return head

    def camera_from_bed(self, index: int) -> Float:
        """Where the bed truly lies in a frame."""
        camera = self.world_from_head(index) @ self.device.head_from_camera
        return invert(camera) @ self.world_from_bed(index)

    def _breath(self, index: int) -> Float:
        phase = 2 * np.pi * index * FRAME_PERIOD_S / BREATH_PERIOD_S + self.breath_phase_rad
        return rigid(np.eye(3), [0.0, 0.0, self.breath_mm / 2 * np.sin(phase)])


def draw_moved_visit(
    applicator: Applicator,
    bed_kind: str,
    seed: int,
    n_frames: tuple[int, int, int],
    *,
    is_patient_breathing: bool,
) -> MovedVisit:
    """Draw a visit of `n_frames` still, moving and docked frames; the rest as `draw_visit`."""
    n_still, n_moving, n_docked = n_frames
    drawn = draw_visit(applicator, bed_kind, seed, n_still + n_moving, n_docked)
    direction = np.random.default_rng([seed, 14]).uniform(0, 2 * np.pi)
    visit = MovedVisit(**{name: getattr(drawn, name) for name in BedVisit.__dataclass_fields__})
    return replace(
        visit,
        n_still=n_still,
        direction_rad=float(direction),
        is_patient_breathing=is_patient_breathing,
    )

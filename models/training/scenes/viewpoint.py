"""Where a camera stands and where it looks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from models.training.scenes.cameras import Camera
from tracking.applicator import Applicator
from tracking.arrays import Float
from tracking.transforms import invert, rigid, rotation_from_vector, transform_points

Framing = Literal["usual", "near", "far", "cut"]
FRAMINGS: tuple[Framing, ...] = ("usual", "near", "far", "cut")
FRAMING_SHARES = (0.70, 0.12, 0.08, 0.10)

STEEPEST_TILT_DEG = 75.0  # of the line of sight from the vertical
USUAL_MM, FARTHEST_MM = (250.0, 900.0), 1800.0
NEAREST_MM = 140.0
BEYOND_MIN_Z_MM = 80.0  # most views keep what they look at inside the sensor's range
FAR_WIDTH_PX = (15.0, 40.0)  # of a cone that is far
NEAR_SHARE = (0.3, 0.6)  # of the image's height that a near cone's diameter fills
CLEARANCE_MM = 60.0  # between camera and cone
N_TRIES = 20


@dataclass(frozen=True, eq=False)
class Subject:
    """What cameras look at: a point in world space, and the cone that stands there, if any."""

    target_mm: Float
    applicator: Applicator | None
    world_from_applicator: Float

    @property
    def width_mm(self) -> float:
        """Size that framing goes by."""
        return 2 * self.applicator.outer_radius_mm if self.applicator else 100.0


def random_view(
    rng: np.random.Generator, camera: Camera, subject: Subject, framing: Framing | None = None
) -> Float:
    """Return camera_from_world, outside the cone; any roll, mostly upright."""
    if framing is None:
        framing = FRAMINGS[int(rng.choice(len(FRAMINGS), p=FRAMING_SHARES))]
    eye = _eye(rng, camera, subject, framing)
    for _ in range(N_TRIES):
        if not _is_inside(eye, subject):
            break
        eye = _eye(rng, camera, subject, framing)
    roll = rng.normal(0, 0.25) if rng.random() < 0.6 else rng.uniform(0, 2 * np.pi)
    centred = look_at(eye, subject.target_mm, float(roll))
    return _aside(rng, camera, framing) @ centred


def look_at(eye_mm: Float, target_mm: Float, roll_rad: float) -> Float:
    """Return camera_from_world of a camera at `eye_mm` whose optical axis meets `target_mm`."""
    forward = target_mm - eye_mm
    forward = forward / np.linalg.norm(forward)
    helper = np.array([0.0, 1.0, 0.0]) if abs(forward[2]) > 0.9 else np.array([0.0, 0.0, -1.0])
    right = np.cross(helper, forward)
    right = right / np.linalg.norm(right)
    down = np.cross(forward, right)
    world_from_camera = rigid(np.stack([right, down, forward], axis=1), eye_mm)
    return invert(world_from_camera @ rigid(rotation_from_vector([0, 0, roll_rad]), np.zeros(3)))


def _eye(rng: np.random.Generator, camera: Camera, subject: Subject, framing: Framing) -> Float:
    distance = _distance_mm(rng, camera, subject, framing)
    tilt, azimuth = np.radians(rng.uniform(0, STEEPEST_TILT_DEG)), rng.uniform(0, 2 * np.pi)
    direction = np.array(
        [np.sin(tilt) * np.cos(azimuth), np.sin(tilt) * np.sin(azimuth), np.cos(tilt)]
    )
    eye: Float = subject.target_mm + direction * distance
    return eye


def _distance_mm(
    rng: np.random.Generator, camera: Camera, subject: Subject, framing: Framing
) -> float:
    focal = camera.intrinsics.fx
    if framing == "far":
        distance = focal * subject.width_mm / rng.uniform(*FAR_WIDTH_PX)
    elif framing == "near":
        distance = focal * subject.width_mm / (rng.uniform(*NEAR_SHARE) * camera.intrinsics.height)
    else:
        distance = USUAL_MM[0] + (USUAL_MM[1] - USUAL_MM[0]) * rng.random() ** 1.3
    least = max(NEAREST_MM, camera.sensor.min_z_mm + BEYOND_MIN_Z_MM)
    if rng.random() < 0.1:
        least = NEAREST_MM
    return float(np.clip(distance, least, FARTHEST_MM))


def _is_inside(eye_mm: Float, subject: Subject) -> bool:
    """Whether the camera is in the cone or close to it."""
    cone = subject.applicator
    if cone is None:
        return False
    x, y, z = transform_points(invert(subject.world_from_applicator), eye_mm)
    radius = max(cone.outer_radius_mm, cone.ring_diameter_mm / 2) + CLEARANCE_MM
    return bool(np.hypot(x, y) < radius and z < cone.length_mm + CLEARANCE_MM)


def _aside(rng: np.random.Generator, camera: Camera, framing: Framing) -> Float:
    """Turn of the camera that moves its target away from the image's middle."""
    size = np.array([camera.intrinsics.width, camera.intrinsics.height], dtype=np.float64)
    if framing == "cut":
        angle = rng.uniform(0, 2 * np.pi)
        share = np.array([np.cos(angle), np.sin(angle)]) * rng.uniform(0.35, 0.6)
    else:
        share = np.clip(rng.normal(0, 0.14, 2), -0.3, 0.3)
    shift = share * size / camera.intrinsics.fx
    return rigid(rotation_from_vector([-np.arctan(shift[1]), np.arctan(shift[0]), 0]), np.zeros(3))

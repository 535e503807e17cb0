"""A plate bolted to the head in the camera's view, and the calibration that belongs to it."""

from __future__ import annotations

import numpy as np

from recordings.simulation.scene import Material, Part, Texture
from recordings.simulation.shapes import box
from tracking.arrays import Float
from tracking.camera import CameraIntrinsics
from tracking.rig import Fiducial, FiducialPlane
from tracking.segmentation import Label
from tracking.transforms import rigid, rotation_from_vector, transform_points

SIZE_MM = (90.0, 60.0, 3.0)
CENTRE_MM = (-190.0, 95.0, 330.0)  # camera space: beside bed and cone, at the picture's left
TURN_RAD = (0.12, -0.15, 0.05)
INSET_PX = 6  # from the plate's outline: the matcher smears edges over two to three pixels
ALBEDO = Material((0.45, 0.46, 0.48), 0.05, 0.7, Texture("speckle", 4.0, 0.6, (0.2, 0.2, 0.22)))


def _camera_from_plate() -> Float:
    return rigid(rotation_from_vector(TURN_RAD), CENTRE_MM)


def plate_part(world_from_head: Float, head_from_camera: Float) -> Part:
    """The plate where the head carries it; `head_from_camera` as it was calibrated."""
    pose = world_from_head @ head_from_camera @ _camera_from_plate()
    return Part("fiducial", box(SIZE_MM), pose, Label.OTHER, ALBEDO)


def calibrated_plate(intrinsics: CameraIntrinsics) -> Fiducial:
    """Region and true plane of the plate's near face, as a camera in its place sees them."""
    half = np.array(SIZE_MM) / 2
    corners = np.array([[x, y, -half[2]] for x in (-half[0], half[0]) for y in (-half[1], half[1])])
    points = transform_points(_camera_from_plate(), corners)
    uv = intrinsics.project(points)
    inner = np.sort(uv, axis=0)  # the rectangle inside the outline: its second and third places
    u0, v0 = (np.ceil(inner[1]) + INSET_PX).astype(int).tolist()
    u1, v1 = (np.floor(inner[2]) - INSET_PX).astype(int).tolist()
    normal = _camera_from_plate()[:3, 2]
    distance = float(normal @ points[0])
    middle = intrinsics.rays(np.array((u0 + u1 - 1) / 2), np.array((v0 + v1 - 1) / 2))
    x, y, z = normal.tolist()
    return Fiducial(
        (u0, v0, u1, v1), distance / float(normal @ middle), FiducialPlane((x, y, z), distance)
    )

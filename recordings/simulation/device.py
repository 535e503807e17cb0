"""The simulated cameras and where each is bolted to the head."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recordings.simulation.native_color import COLOR_1080, NativeColor
from recordings.simulation.stereo_noise import DepthCamera
from tracking.arrays import Float
from tracking.camera import CameraIntrinsics
from tracking.transforms import check_transform, rigid


@dataclass(frozen=True, eq=False)
class SimulatedDevice:
    """One RGB-D device on the head: grid, stereo pair, frame rate and mounting.

    `color`: its own colour camera, whose picture is taken where a collar is worn; None: none.
    """

    name: str
    serial: str
    intrinsics: CameraIntrinsics
    depth_camera: DepthCamera
    frame_rate_hz: float
    head_from_camera: Float
    color: NativeColor | None = None

    def __post_init__(self) -> None:
        pose = check_transform("head_from_camera", self.head_from_camera)
        object.__setattr__(self, "head_from_camera", pose)


def looking_at(eye_mm: tuple[float, float, float], at_mm: tuple[float, float, float]) -> Float:
    """Pose `space_from_camera` of a camera at `eye_mm` that sees `at_mm` in its centre.

    Image x is horizontal (perpendicular to the space's z), image y points down.
    """
    forward = np.array(at_mm, np.float64) - eye_mm
    forward /= np.linalg.norm(forward)
    right = np.cross(forward, [0.0, 0.0, 1.0])
    right /= np.linalg.norm(right)
    return rigid(np.stack([right, np.cross(forward, right), forward], axis=1), eye_mm)


def _beside_the_head(
    azimuth_deg: float, lateral_mm: float, height_mm: float, aim_below_mm: float
) -> Float:
    """Camera beside the head, `height_mm` above its docking reference plane, looking down."""
    azimuth = np.radians(azimuth_deg)
    eye = (lateral_mm * float(np.cos(azimuth)), lateral_mm * float(np.sin(azimuth)), height_mm)
    return looking_at(eye, (0.0, 0.0, -aim_below_mm))


# D435-like at 848x480: 90 deg wide, 50 mm baseline. Depth unit 0.1 mm (the device's own unit is
# a setting): 1 mm rounding, 0.29 mm, would count beside the 0.6 mm noise at the ring.
WIDE = SimulatedDevice(
    name="Simulated D435",
    serial="SIM0000435",
    intrinsics=CameraIntrinsics(848, 480, 425.0, 425.0, 423.5, 239.5),
    depth_camera=DepthCamera(
        baseline_mm=50.0, subpixel_px=0.08, correlation_px=1.5, depth_unit_mm=0.1
    ),
    frame_rate_hz=30.0,
    head_from_camera=_beside_the_head(-60.0, 300.0, 100.0, 170.0),
    color=COLOR_1080,
)

# D415-like at 424x240: 65 deg wide, 55 mm baseline; farther away so that ring and bed fit its
# 40 deg height. Depth unit 0.5 mm: rounding, 0.14 mm, is below a third of the noise. Depth ends
# behind the field (the device's depth clamp): noise on the floor would fill half of each file.
NARROW = SimulatedDevice(
    name="Simulated D415",
    serial="SIM0000415",
    intrinsics=CameraIntrinsics(424, 240, 333.0, 333.0, 211.5, 119.5),
    depth_camera=DepthCamera(
        baseline_mm=55.0, subpixel_px=0.05, correlation_px=1.5, depth_unit_mm=0.5, max_z_mm=800.0
    ),
    frame_rate_hz=15.0,
    head_from_camera=_beside_the_head(-60.0, 320.0, 175.0, 172.0),
)

"""The simulated device's own colour camera: what it sees of the collar, as it would be recorded.

Only the part of the picture around the ring is rendered: the rest would cost ten times as much
and show nothing that a marker is read from.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from recordings.simulation.raycast import RayTarget
from recordings.simulation.scene import Scene
from recordings.simulation.shading import shade
from tracking.applicator import Applicator
from tracking.arrays import Float, UInt8
from tracking.camera import CameraIntrinsics
from tracking.picture import ColorPicture
from tracking.transforms import check_transform, invert, rigid, transform_points

Float32 = NDArray[np.float32]

SUPERSAMPLING = 2  # rays along a pixel's side: a module's edge falls anywhere in a pixel
MARGIN_PX = 24  # around the ring
N_RIM = 48
MIN_BAND_MM = 30.0  # of a tube without ring or collar
GREY = np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R BT.601, as cameras weigh them
BLUR_PX = 0.7  # standard deviation: lens and demosaicing
NOISE_LEVELS = 2.0  # standard deviation in 8-bit levels


@dataclass(frozen=True, eq=False)
class NativeColor:
    """A colour camera beside the depth camera, without distortion."""

    intrinsics: CameraIntrinsics
    camera_from_color: Float
    blur_px: float = BLUR_PX
    noise_levels: float = NOISE_LEVELS

    def __post_init__(self) -> None:
        pose = check_transform("camera_from_color", self.camera_from_color)
        object.__setattr__(self, "camera_from_color", pose)


# D435-like: 69 x 42 deg, 15 mm beside the left imager.
COLOR_1080 = NativeColor(
    CameraIntrinsics(1920, 1080, 1380.0, 1380.0, 959.5, 539.5),
    rigid(np.eye(3), [15.0, 0.0, 0.0]),
)


def photograph_ring(
    scene: Scene,
    applicator: Applicator,
    camera: NativeColor,
    camera_from_world: Float,
    camera_from_applicator: Float,
    rng: np.random.Generator,
) -> ColorPicture | None:
    """Return the part of the picture around the ring; None where it is out of view."""
    color_from_camera = invert(camera.camera_from_color)
    window = _window(applicator, camera, color_from_camera @ camera_from_applicator)
    if window is None:
        return None
    (u0, v0), (width, height) = window
    steps = (np.arange(SUPERSAMPLING) + 0.5) / SUPERSAMPLING - 0.5
    u = (u0 + np.arange(width)[:, None] + steps).ravel()
    v = (v0 + np.arange(height)[:, None] + steps).ravel()
    rays = camera.intrinsics.rays(*np.meshgrid(u, v)).astype(np.float32)
    color_from_world = color_from_camera @ camera_from_world
    target = RayTarget(scene.parts, color_from_world)
    shading = shade(scene, target, target.cast(rays), rays, color_from_world)
    fine = shading.color_rgb.astype(np.float32) @ GREY
    grey = fine.reshape(height, SUPERSAMPLING, width, SUPERSAMPLING).mean(axis=(1, 3))
    return ColorPicture(
        exposed(grey, camera, rng),
        camera.intrinsics,
        camera.camera_from_color,
        corner_px=(u0, v0),
    )


def exposed(grey: Float32, camera: NativeColor, rng: np.random.Generator) -> UInt8:
    """Brightness with the lens' blur and the sensor's noise."""
    blurred = ndimage.gaussian_filter(grey, camera.blur_px)
    noise = rng.standard_normal(grey.shape, dtype=np.float32) * np.float32(camera.noise_levels)
    pixels: UInt8 = np.clip(np.round(blurred + noise), 0, 255).astype(np.uint8)
    return pixels


def _window(
    applicator: Applicator, camera: NativeColor, color_from_applicator: Float
) -> tuple[tuple[int, int], tuple[int, int]] | None:
    """Corner and size of the part that holds ring or band, as far as the picture reaches."""
    radius, top = applicator.outer_radius_mm, applicator.length_mm
    bottom = top - MIN_BAND_MM
    if applicator.has_ring:
        radius, bottom = applicator.ring_diameter_mm / 2, top - applicator.ring_height_mm
    elif applicator.collar is not None:
        bottom = applicator.collar_seat.bottom_mm
    angle = np.arange(N_RIM) * (2 * np.pi / N_RIM)
    x, y = radius * np.cos(angle), radius * np.sin(angle)
    rims = [np.stack([x, y, np.full_like(x, z)], axis=1) for z in (bottom, top)]
    points = transform_points(color_from_applicator, np.concatenate(rims))
    if points[:, 2].min() <= 0:
        return None
    uv = camera.intrinsics.project(points)
    size = np.array([camera.intrinsics.width, camera.intrinsics.height])
    low = np.clip(np.floor(uv.min(axis=0)).astype(int) - MARGIN_PX, 0, size)
    high = np.clip(np.ceil(uv.max(axis=0)).astype(int) + MARGIN_PX, 0, size)
    width, height = (high - low).tolist()
    if width < 2 * MARGIN_PX or height < 2 * MARGIN_PX:
        return None
    return (int(low[0]), int(low[1])), (width, height)

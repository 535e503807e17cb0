"""Random cameras: which sensor, from where, under which light."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.training import palette
from recordings.simulation.scene import Light
from recordings.simulation.stereo_noise import DepthCamera
from tracking.arrays import Float
from tracking.camera import CameraIntrinsics
from tracking.transforms import invert, rigid, rotation_from_vector


@dataclass(frozen=True)
class Sensor:
    """Nominal data of one depth camera; the field of view is horizontal, at 16:9."""

    fov_deg: float
    baseline_mm: float
    min_z_mm: float
    depth_unit_mm: float


SENSORS = (
    Sensor(fov_deg=87, baseline_mm=18, min_z_mm=70, depth_unit_mm=0.1),  # D405
    Sensor(fov_deg=65, baseline_mm=55, min_z_mm=230, depth_unit_mm=1.0),  # D415
    Sensor(fov_deg=87, baseline_mm=50, min_z_mm=140, depth_unit_mm=1.0),  # D435
    Sensor(fov_deg=87, baseline_mm=95, min_z_mm=260, depth_unit_mm=1.0),  # D455
)
SIZES = ((424, 240), (848, 480), (640, 480))
SIZE_SHARES = (0.84, 0.09, 0.07)  # small frames are cheap, and most of a canvas


def random_camera(
    rng: np.random.Generator,
) -> tuple[CameraIntrinsics, DepthCamera]:
    """Intrinsics near a real sensor's, and its noise at the image's resolution."""
    sensor = SENSORS[int(rng.integers(len(SENSORS)))]
    width, height = SIZES[int(rng.choice(len(SIZES), p=SIZE_SHARES))]
    is_cropped = width * 9 < height * 16 * 0.95  # 4:3 modes use less of the imager's width
    wide = height * 16 / 9 if is_cropped else width
    focal = wide / 2 / np.tan(np.radians(sensor.fov_deg) / 2) * rng.uniform(0.9, 1.25)
    intrinsics = CameraIntrinsics(
        width, height, focal, focal,
        width / 2 - 0.5 + rng.normal(0, 0.01 * width),
        height / 2 - 0.5 + rng.normal(0, 0.01 * height),
    )  # fmt: skip
    camera = DepthCamera(
        baseline_mm=sensor.baseline_mm,
        subpixel_px=float(rng.uniform(0.02, 0.15)) * width / 848,
        correlation_px=float(rng.uniform(0.5, 2.5)),
        depth_unit_mm=sensor.depth_unit_mm,
        min_z_mm=sensor.min_z_mm,
        flying_share=float(rng.uniform(0.0, 0.8)),
        dropout_share=float(rng.choice([0.0, 0.003, rng.uniform(0, 0.08)])),
    )
    return intrinsics, camera


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


def random_view(rng: np.random.Generator, target_mm: Float, nearest_mm: float) -> Float:
    """Return camera_from_world: any roll, 0-70 deg from the vertical, 0.3-0.9 m away."""
    tilt, azimuth = np.radians(rng.uniform(0, 70)), rng.uniform(0, 2 * np.pi)
    nearest_mm = max(300.0, nearest_mm)
    distance = nearest_mm + (900.0 - nearest_mm) * rng.random() ** 1.5
    direction = np.array(
        [np.sin(tilt) * np.cos(azimuth), np.sin(tilt) * np.sin(azimuth), np.cos(tilt)]
    )
    aim = target_mm + rng.normal(0, 35, 3)
    is_upright = rng.random() < 0.6
    roll = rng.normal(0, 0.25) if is_upright else rng.uniform(0, 2 * np.pi)
    return look_at(target_mm + direction * distance, aim, float(roll))


def random_lights(rng: np.random.Generator) -> tuple[tuple[Light, ...], float]:
    """Lights and the ambient share."""
    lights = []
    for index in range(int(rng.integers(1, 4))):
        at = np.array([*rng.normal(0, 700, 2), rng.uniform(500, 1800)])
        tint = np.exp(rng.normal(0, 0.12, 3))
        tint = tint / tint.max()
        lights.append(
            Light(
                (float(at[0]), float(at[1]), float(at[2])),
                intensity=float(rng.uniform(0.15, 1.0)),
                color_rgb=(float(tint[0]), float(tint[1]), float(tint[2])),
                casts_shadow=index == 0 and rng.random() < 0.35,
            )
        )
    if rng.random() < 0.3:
        offset = rng.normal(0, 60, 3)
        lights.append(
            Light((float(offset[0]), float(offset[1]), 0.0), float(rng.uniform(0.2, 0.8)),
                  follows_camera=True)
        )  # fmt: skip
    return tuple(lights), float(rng.uniform(0.05, 0.5))


def random_background(rng: np.random.Generator) -> tuple[float, float, float]:
    """Colour of what is too far to have depth."""
    return (
        palette.near((0.05, 0.05, 0.05), rng, 1.0) if rng.random() < 0.6 else palette.any_color(rng)
    )

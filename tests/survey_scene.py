"""A bed among folds, seen with and without a cone: for the survey's tests.

World space is bed space; heights are functions of x, y, so every truth is known exactly.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np

from tests.builders import correlated_noise
from tracking.applicator import Applicator
from tracking.arrays import Float, UInt8
from tracking.camera import CameraIntrinsics
from tracking.depth_noise import StereoNoise
from tracking.segmentation import Label, Segmentation
from tracking.survey_fusion import started
from tracking.survey_map import SurveyMap
from tracking.survey_terms import LiveView, live_view
from tracking.transforms import invert, rigid, rotation_from_vector

INTRINSICS = CameraIntrinsics(424, 240, 300.0, 300.0, 212.0, 120.0)
NOISE = StereoNoise(baseline_mm=50.0, subpixel_px=0.05, correlation_px=1.2)
BED_MM = 90.0  # radius of the labelled bed
CAMERA_MM = 480.0
CONE = Applicator("D60-B0", "mobetron", 60.0, 2.0, 150.0, 0.0, 0.0, 0.0)

Height = Callable[[Float, Float], Float]
Paint = Callable[[Float, Float], Float]  # brightness, 0 to 1


def hollow(curvature_per_mm: float = 0.0) -> Height:
    """A round bed, positive curvature hollow, with small bumps."""

    def height(x: Float, y: Float) -> Float:
        bumps = 0.15 * np.sin(x / 6.0 + 0.3) * np.cos(y / 7.0)
        surface: Float = curvature_per_mm * (x * x + y * y) / 2 + bumps
        return surface

    return height


def with_folds(bed: Height) -> Height:
    """The same with a wound's edge and folds of a drape around it."""

    def height(x: Float, y: Float) -> Float:
        radius = np.maximum(np.hypot(x, y), 1e-9)
        inner = np.minimum(1.0, BED_MM / radius)
        beyond = np.maximum(radius - BED_MM, 0.0)
        folds = 8.0 * np.sin(5 * np.arctan2(y, x) + 0.02 * beyond) * np.minimum(beyond / 30.0, 1.0)
        surface: Float = bed(x * inner, y * inner) + folds + 3.0 * np.tanh(beyond / 8.0)
        return surface

    return height


def camera_pose(offset: tuple[float, float, float, float, float, float] = (0,) * 6) -> Float:
    """`world_from_camera` that looks at the bed; offset: deg and mm of the camera's own axes."""
    tilt = np.radians(32.0)
    away = np.array([0.0, -np.sin(tilt), np.cos(tilt)])
    right = np.array([1.0, 0.0, 0.0])
    looking = rigid(np.stack([right, np.cross(-away, right), -away], axis=1), CAMERA_MM * away)
    return looking @ rigid(rotation_from_vector(np.radians(offset[:3])), offset[3:])


def cone_pose(gap_mm: float = 2.0, tilt_deg: tuple[float, float] = (1.0, -2.0)) -> Float:
    """`world_from_applicator` of a cone that stands over the bed's middle."""
    return rigid(rotation_from_vector(np.radians([*tilt_deg, 0.0])), [0.0, 0.0, gap_mm])


@dataclass(frozen=True, eq=False)
class Shot:
    """One frame: labels and depth; colour where the scene is painted."""

    labels: UInt8
    depth_mm: np.ndarray[tuple[int, ...], np.dtype[np.float32]]
    world_from_camera: Float
    color_rgb: UInt8 | None = None

    @property
    def segmentation(self) -> Segmentation:
        """The labels as the estimators take them."""
        return Segmentation(self.labels, "truth")

    @property
    def view(self) -> LiveView:
        """The frame as the survey takes it."""
        return live_view(self.labels, self.depth_mm, INTRINSICS, NOISE, self.color_rgb)


def shoot(
    height: Height,
    world_from_camera: Float,
    seed: int | None,
    world_from_applicator: Float | None = None,
    applicator: Applicator = CONE,
    paint: Paint | None = None,
) -> Shot:
    """Render a frame; `seed` None: without noise. `paint`: colour it."""
    z, labels, x, y = _surface(height, world_from_camera.tobytes())
    color = None if paint is None else _photograph(paint(x, y), seed)
    if world_from_applicator is not None:
        applicator_from_camera = invert(world_from_applicator) @ world_from_camera
        wall = _wall_depth(applicator, applicator_from_camera)
        labels = np.where(wall < z, Label.APPLICATOR, labels)
        z = np.minimum(z, wall)
    if seed is not None:
        error = correlated_noise(np.random.default_rng(seed), z.shape, NOISE.correlation_px)
        scale = NOISE.focal_baseline(INTRINSICS.fx)
        z = scale / (scale / z + error * NOISE.subpixel_px)
    return Shot(labels.astype(np.uint8), z.astype(np.float32), world_from_camera, color)


@cache
def _surface(height: Height, pose: bytes) -> tuple[Float, UInt8, Float, Float]:
    """Depth, labels, x and y of a height function from a camera pose; most frames share a few."""
    world_from_camera = np.frombuffer(pose).reshape(4, 4)
    directions = INTRINSICS.ray_grid @ world_from_camera[:3, :3].T
    z = _surface_depth(height, world_from_camera[:3, 3], directions)
    at = world_from_camera[:3, 3] + directions * z[..., None]
    is_bed = np.hypot(at[..., 0], at[..., 1]) < BED_MM
    labels = np.where(is_bed, Label.TUMOR_BED, Label.OTHER).astype(np.uint8)
    return z, labels, at[..., 0], at[..., 1]


def _photograph(bright: Float, seed: int | None) -> UInt8:
    """The picture with noise of one level; a red that its green tells apart."""
    noise = 0.0 if seed is None else np.random.default_rng([seed, 1]).normal(0, 1, bright.shape)
    level = np.clip(255 * bright + noise, 0, 255).astype(np.uint8)
    return np.stack([np.full_like(level, 200), level, level // 2], axis=-1)


def vessels(x: Float, y: Float) -> Float:
    """Dark lines a few mm wide on a bright bed, nowhere alike."""
    waves = np.sin(x / 5.0 + 2.0 * np.sin(y / 11.0)) + np.sin(y / 6.0 + 1.5 * np.sin(x / 9.0))
    bright: Float = 0.5 - 0.2 * np.exp(-((waves / 0.5) ** 2))
    return bright


def _surface_depth(height: Height, origin: Float, directions: Float) -> Float:
    """Depth of a height function along rays (Newton from the plane z = 0)."""
    z = -origin[2] / directions[..., 2]
    step = 1e-3
    for _ in range(12):
        x, y, up = np.moveaxis(origin + directions * z[..., None], -1, 0)
        base = height(x, y)
        slope_x = (height(x + step, y) - base) / step
        slope_y = (height(x, y + step) - base) / step
        falling = directions[..., 2] - slope_x * directions[..., 0] - slope_y * directions[..., 1]
        z = z - (up - base) / falling
    result: Float = z
    return result


def _wall_depth(applicator: Applicator, applicator_from_camera: Float) -> Float:
    """Depth of the tube's outside, inf where a ray misses it."""
    directions = INTRINSICS.ray_grid @ applicator_from_camera[:3, :3].T
    origin = applicator_from_camera[:3, 3]
    a = directions[..., 0] ** 2 + directions[..., 1] ** 2
    b = origin[0] * directions[..., 0] + origin[1] * directions[..., 1]
    c = origin[0] ** 2 + origin[1] ** 2 - applicator.outer_radius_mm**2
    root = b * b - a * c
    z = (-b - np.sqrt(np.maximum(root, 0.0))) / a
    along = origin[2] + directions[..., 2] * z
    hit = (root > 0) & (z > 0) & (along > 0) & (along < applicator.length_mm)
    wall: Float = np.where(hit, z, np.inf)
    return wall


def _home_map() -> SurveyMap:
    shot = shoot(with_folds(hollow()), camera_pose(), None)
    return started(0, shot.view)


HOME_MAP = _home_map()
"""One frame without noise, seen from `camera_pose()`."""

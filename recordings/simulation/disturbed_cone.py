"""What happens on the cone's own surface: blood runs up it, infrared light glares on it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from recordings.simulation.disturbance import Setting, View, fine_pattern
from recordings.simulation.disturbed_light import encoded, linear
from recordings.simulation.render import Rendering
from tracking.arrays import Bool, Float
from tracking.segmentation import Label
from tracking.transforms import invert, transform_points

Float32 = NDArray[np.float32]

BLOOD_HEIGHT_MM = (15.0, 30.0, 55.0, 90.0, 140.0)  # above the rim
BLOOD_RAGGED_SHARE = 0.5  # of the height, by which runs differ
BLOOD_TINT_RGB = (0.45, 0.03, 0.03)  # what a film of blood lets through
BLOOD_LOSS = (0.03, 0.08, 0.15, 0.3, 0.5)  # of its pixels: wet, dark in infrared, no pattern
BLOOD_GLOSS = 0.15
GLARE_HALF_WIDTH_DEG = (4.0, 8.0, 14.0, 22.0, 32.0)  # of the streak around the tube
GLARE_STRENGTH = 1.2  # of the streak's middle: twice what blinds the imagers
GLARE_GAIN = (1.5, 2.5, 5.0, 10.0, 20.0)  # of all other highlights: wet tissue, steel
GLARE_ASIDE_DEG = 30.0  # the lamp's streak lies up to so far from the middle of what is seen


@dataclass(frozen=True, eq=False)
class _Surface:
    """Pixels that show the cone, and their points in applicator space (n, 3)."""

    is_cone: Bool
    points_mm: Float


def blood(rendering: Rendering, setting: Setting) -> View:
    """Blood runs up to a ragged height over the tube: red, wet, and dark in infrared."""
    surface = _surface(rendering, setting)
    points = surface.points_mm
    angle = np.arctan2(points[:, 1], points[:, 0])
    phases = setting.rng.uniform(0, 2 * np.pi, 4)
    runs = sum(np.sin((2 * i + 3) * angle + phase) for i, phase in enumerate(phases)) / 4
    height = BLOOD_HEIGHT_MM[setting.step] * (1 + BLOOD_RAGGED_SHARE * runs)
    rim = -points[:, 0] * setting.story.applicator.bevel_slope
    is_bloody = np.zeros_like(surface.is_cone)
    is_bloody[surface.is_cone] = points[:, 2] < rim + height
    light = linear(rendering.color_rgb)
    tinted = light * np.array(BLOOD_TINT_RGB, np.float32)
    tinted += np.float32(BLOOD_GLOSS) * rendering.highlight[..., None]
    picture = encoded(np.where(is_bloody[..., None], tinted, light))
    is_lost = is_bloody & (fine_pattern(setting) < BLOOD_LOSS[setting.step])
    return View(replace(rendering, color_rgb=picture), is_lost)


def glare(rendering: Rendering, setting: Setting) -> View:
    """A streak of light up the turned steel tube, and stronger highlights everywhere.

    Turned grooves spread a highlight along the axis, so its place depends on the azimuth alone.
    The depth camera's model turns highlights into lost and false matches.
    """
    surface = _surface(rendering, setting)
    aside = np.radians(setting.rng.uniform(-GLARE_ASIDE_DEG, GLARE_ASIDE_DEG))
    azimuth = setting.camera_azimuth_rad + aside
    angle = np.arctan2(surface.points_mm[:, 1], surface.points_mm[:, 0]) - azimuth
    off = np.degrees(np.abs(np.arctan2(np.sin(angle), np.cos(angle))))
    streak = GLARE_STRENGTH * np.exp(-0.5 * np.square(off / GLARE_HALF_WIDTH_DEG[setting.step]))
    highlight = rendering.highlight * np.float32(GLARE_GAIN[setting.step])
    highlight[surface.is_cone] = np.maximum(highlight[surface.is_cone], streak)
    added = (highlight - rendering.highlight)[..., None]
    picture = encoded(linear(rendering.color_rgb) + added)
    glaring = replace(rendering, color_rgb=picture, highlight=highlight)
    return View(glaring, np.zeros_like(surface.is_cone))


def _surface(rendering: Rendering, setting: Setting) -> _Surface:
    world_from_applicator = setting.story.world_from_applicator(setting.time_s)
    is_cone = (rendering.labels == Label.APPLICATOR) & (rendering.depth_mm > 0)
    if world_from_applicator is None:
        return _Surface(np.zeros_like(is_cone), np.zeros((0, 3)))
    rays: Float = setting.intrinsics.ray_grid[is_cone]
    applicator_from_camera = invert(setting.camera_from_world @ world_from_applicator)
    points_mm = transform_points(
        applicator_from_camera, rays * rendering.depth_mm[is_cone][:, None]
    )
    return _Surface(is_cone, points_mm)

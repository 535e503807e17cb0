"""What light does to a view: too much, too little, smoke, a smeared lens.

Colour is changed in linear light and encoded again; the depth camera's imagers suffer from the
same light, which shows as lost matches.
"""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from recordings.simulation.disturbance import Setting, View, fine_pattern, pattern
from recordings.simulation.render import Rendering
from recordings.simulation.shading import GAMMA
from tracking.arrays import UInt8
from tracking.transforms import transform_points

Float32 = NDArray[np.float32]

OVER_GAIN = (1.6, 2.5, 4.0, 7.0, 12.0)
BLOOM_PX = 6.0  # charge and lens spread what is over the top
IR_SATURATED = 2.5  # linear brightness at which the imagers see no pattern any more
UNDER_GAIN = (0.4, 0.2, 0.1, 0.05, 0.025)
SHOT_NOISE = 0.012  # of a linear brightness of 1 at gain 1: grows as its root
DARK_LOSS = (0.01, 0.03, 0.08, 0.16, 0.3)  # of the pixels find no match without light
HAZE_PER_CONE = (0.15, 0.35, 0.7, 1.2, 1.9)  # optical depth between camera and exit
HAZE_RGB = (0.55, 0.57, 0.6)  # lit by the operating light
HAZE_PLUME_PX = 90.0
SMEAR_RADIUS_PX = (50.0, 75.0, 105.0, 140.0, 180.0)  # at 848 px wide
SMEAR_BLUR_PX = (2.0, 4.0, 6.0, 9.0, 13.0)
SMEAR_LOSS = (0.03, 0.1, 0.25, 0.5, 0.8)  # at the smear's centre
SMEAR_VEIL = (0.05, 0.1, 0.2, 0.3, 0.45)  # light that it scatters everywhere under it
SMEAR_AT_MM = 90.0  # above the exit: on the part of the cone that is registered
WIDE_PX = 848.0
MISSING_SHARE = (0.1, 0.2, 0.3, 0.4, 0.5)  # of the image
MISSING_PATCH_PX = 22.0


def linear(color_rgb: UInt8) -> Float32:
    """Linear light 0..1 of an encoded picture."""
    table = ((np.arange(256) / 255) ** (1 / GAMMA)).astype(np.float32)
    return table[color_rgb]


def encoded(light: Float32) -> UInt8:
    """Encode linear light; what is over 1 is white."""
    picture: UInt8 = np.round(255 * np.clip(light, 0, 1) ** np.float32(GAMMA)).astype(np.uint8)
    return picture


def over_exposure(rendering: Rendering, setting: Setting) -> View:
    """Colour runs white and blooms; bright surfaces saturate the imagers."""
    gain = np.float32(OVER_GAIN[setting.step])
    light = linear(rendering.color_rgb) * gain
    bloom = cv2.GaussianBlur(np.maximum(light - 1, 0), (0, 0), BLOOM_PX)
    infrared = np.asarray(cv2.blur(light.mean(axis=2), (5, 5)))
    is_lost = infrared * (0.6 + 0.8 * fine_pattern(setting)) > IR_SATURATED
    picture = encoded(light + np.float32(0.3) * np.asarray(bloom, np.float32))
    return View(replace(rendering, color_rgb=picture), is_lost)


def under_exposure(rendering: Rendering, setting: Setting) -> View:
    """Colour sinks into its noise; without light the matcher finds less."""
    gain = np.float32(UNDER_GAIN[setting.step])
    light = linear(rendering.color_rgb) * gain
    grain = setting.rng.standard_normal(light.shape[:2], dtype=np.float32)[..., None]
    light = light + grain * np.float32(SHOT_NOISE) * np.sqrt(light)
    is_lost = pattern(setting, 10.0) < DARK_LOSS[setting.step]
    return View(replace(rendering, color_rgb=encoded(light)), is_lost)


def smoke(rendering: Rendering, setting: Setting) -> View:
    """Beer-Lambert haze in a plume: it veils colour, and weakens the pattern there and back."""
    exit_mm = transform_points(setting.camera_from_world, np.zeros(3))[2]
    density = 0.4 + 1.2 * pattern(setting, HAZE_PLUME_PX)
    depth = np.where(rendering.depth_mm > 0, rendering.depth_mm, 3 * exit_mm)
    passed = np.exp(-HAZE_PER_CONE[setting.step] * density * depth / exit_mm)
    passed = passed.astype(np.float32)[..., None]
    light = linear(rendering.color_rgb) * passed
    light = light + (1 - passed) * np.array(HAZE_RGB, np.float32)
    is_lost = fine_pattern(setting) > passed[..., 0] ** 2 + 0.5
    return View(replace(rendering, color_rgb=encoded(light)), is_lost)


def lens_smear(rendering: Rendering, setting: Setting) -> View:
    """Grease on the windows before the cone: blur, a veil, and lost matches in a soft disc."""
    scale = setting.intrinsics.width / WIDE_PX
    point = transform_points(setting.camera_from_world, np.array([0.0, 0.0, SMEAR_AT_MM]))
    wander = setting.rng.normal(0, 25.0 * scale, 2)
    intrinsics = setting.intrinsics
    centre_u = intrinsics.fx * point[0] / point[2] + intrinsics.cx + wander[0]
    centre_v = intrinsics.fy * point[1] / point[2] + intrinsics.cy + wander[1]
    rows, columns = np.indices(intrinsics.shape, dtype=np.float32)
    distance = np.hypot(columns - centre_u, rows - centre_v)
    radius = SMEAR_RADIUS_PX[setting.step] * scale
    cover = np.clip(1.5 - distance / radius, 0, 1).astype(np.float32)
    light = linear(rendering.color_rgb)
    blurred = np.asarray(cv2.GaussianBlur(light, (0, 0), SMEAR_BLUR_PX[setting.step] * scale))
    veil = np.float32(SMEAR_VEIL[setting.step])
    smeared = (1 - veil) * blurred + veil * light.mean()
    light = light + cover[..., None] * (smeared - light)
    is_lost = fine_pattern(setting) < cover * SMEAR_LOSS[setting.step]
    return View(replace(rendering, color_rgb=encoded(light)), is_lost)


def half_missing(rendering: Rendering, setting: Setting) -> View:
    """Whole patches without depth, up to half of the image."""
    is_lost = pattern(setting, MISSING_PATCH_PX) < MISSING_SHARE[setting.step]
    return View(rendering, is_lost)

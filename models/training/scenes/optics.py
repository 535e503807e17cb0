"""What stands between a scene and its picture: haze, lens and exposure, as they act on light.

Everything here needs depth or linear light. What needs the picture alone (grain, hue, shifts)
belongs to `models.training.augment`.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from models.training.scenes.photo import Photo
from tracking.arrays import UInt8

Float32 = NDArray[np.float32]

PLUME_CELLS = (4, 7)  # grid on which haze, smears and patches are drawn before they are enlarged
GAMMAS = (1 / 2.2, 1 / 2.2, 1 / 2.2, 1 / 1.8, 1 / 2.6, 1.0)  # of displays; 1: left linear
GAMMA_STEPS = 2048  # of the encoding's table
MEAN_LIGHT = 0.22  # linear, to which a camera's own exposure brings a picture: mid grey
BLOOM_PX, BLOOM_SHARE = 4.0, 0.3
DOTS_PX = 5  # distance of the projector's dots in an infrared picture, about


@dataclass(frozen=True, eq=False)
class Optics:
    """How one view's picture is spoilt; images are (height, width).

    Attributes
    ----------
    haze
        Share of the light that haze takes away; None without.
    smear
        Cover of the lens by grease or drops, 0..1; None without.
    gain, fall_off
        Exposure; loss of light from the middle to the corners.
    """

    haze: Float32 | None
    haze_rgb: Float32
    smear: Float32 | None
    gain: float
    fall_off: float
    gamma: float


def random_optics(rng: np.random.Generator, photo: Photo) -> Optics:
    """Most views are clean; each fault comes alone or with others."""
    shape = photo.depth_mm.shape
    haze = None
    if rng.random() < 0.10:
        density = patches(rng, shape) * rng.uniform(0.2, 0.9) + rng.uniform(0.1, 1.0)
        far = float(np.median(photo.depth_mm)) or 600.0
        depth = np.where(photo.depth_mm > 0, photo.depth_mm, np.float32(2 * far))
        thickness = float(rng.uniform(0.1, 1.4)) / far
        haze = 1 - np.exp(-np.maximum(density, 0) * thickness * depth).astype(np.float32)
    smear = None
    if rng.random() < 0.10:
        smear = np.clip(patches(rng, shape) - np.float32(rng.uniform(0.2, 1.2)), 0, 1)
    grey = rng.uniform(0.25, 0.8)
    return Optics(
        haze=haze,
        haze_rgb=np.array(grey * np.exp(rng.normal(0, 0.05, 3)), np.float32),
        smear=smear,
        gain=_gain(rng, photo),
        fall_off=float(rng.choice([0.0, rng.uniform(0, 0.7)])),
        gamma=GAMMAS[int(rng.integers(len(GAMMAS)))],
    )


def _gain(rng: np.random.Generator, photo: Photo) -> float:
    """Exposure: mostly the camera's own choice, sometimes fixed, now and then quite wrong."""
    kind = rng.random()
    if kind < 0.2:
        return float(np.exp(rng.normal(0, 0.3)))
    mean = max(float(photo.light_rgb[::4, ::4].mean()), 0.01)
    return float(MEAN_LIGHT / mean * np.exp(rng.normal(0, 0.4 if kind < 0.92 else 1.1)))


def picture(photo: Photo, optics: Optics, rng: np.random.Generator) -> UInt8:
    """8-bit colour (height, width, 3) of the view through these optics."""
    light = photo.light_rgb
    if optics.haze is not None:
        light = light + optics.haze[..., None] * (optics.haze_rgb - light)
    light = light * (np.float32(optics.gain) * _vignette(light.shape[:2], optics.fall_off))
    if optics.gain > 1.3:
        over = np.maximum(light - 1, 0)
        light += np.float32(BLOOM_SHARE) * cv2.GaussianBlur(over, (0, 0), BLOOM_PX)
    if optics.smear is not None:
        sigma_px = float(rng.uniform(2, 6))
        soft = np.asarray(cv2.GaussianBlur(light, (0, 0), sigma_px), np.float32)
        veil = np.float32(rng.uniform(0.0, 0.5))
        soft = soft + veil * (light.mean(axis=(0, 1)) - soft)
        light += optics.smear[..., None] * (soft - light)
    if rng.random() < 0.08:
        light = np.asarray(cv2.filter2D(light, -1, _motion(rng)), np.float32)
    color = encoded(light, optics.gamma)
    if rng.random() < 0.05:
        color = _infrared(rng, color)
    if rng.random() < 0.15:
        color = _compressed(rng, color)
    return color


def encoded(light_rgb: Float32, gamma: float) -> UInt8:
    """Encode linear light; what is over 1 is white."""
    table = np.round(255 * np.linspace(0, 1, GAMMA_STEPS) ** gamma).astype(np.uint8)
    step = (np.clip(light_rgb, 0, 1) * np.float32(GAMMA_STEPS - 1)).astype(np.int16)
    color: UInt8 = table[step]
    return color


def patches(rng: np.random.Generator, shape: tuple[int, ...]) -> Float32:
    """Smooth field of patches (height, width), about normal."""
    rows, columns = (int(rng.integers(*PLUME_CELLS)) for _ in (0, 1))
    coarse = rng.normal(0, 1.0, (rows, 2 * columns)).astype(np.float32)
    fine = cv2.resize(coarse, (shape[1], shape[0]), interpolation=cv2.INTER_CUBIC)
    return np.asarray(fine, np.float32)


def _vignette(shape: tuple[int, ...], fall_off: float) -> Float32:
    v = np.linspace(-1, 1, shape[0], dtype=np.float32)[:, None]
    u = np.linspace(-1, 1, shape[1], dtype=np.float32)[None]
    factor: Float32 = 1 - np.float32(fall_off / 2) * (u * u + v * v)
    return factor[..., None]


def _motion(rng: np.random.Generator) -> Float32:
    """Kernel of a straight smear of 3 to 7 px."""
    size = int(rng.choice([3, 5, 7]))
    kernel = np.zeros((size, size), np.float32)
    angle, middle = rng.uniform(0, np.pi), size // 2
    reach = np.array([np.cos(angle), np.sin(angle)]) * middle
    first, last = np.round(middle - reach).astype(int), np.round(middle + reach).astype(int)
    cv2.line(kernel, first.tolist(), last.tolist(), 1.0)
    return kernel / np.float32(kernel.sum())


def _infrared(rng: np.random.Generator, color_rgb: UInt8) -> UInt8:
    """A grey picture, as the depth camera's imagers see; often with the projector's dots."""
    grey = np.repeat(color_rgb[..., :1], 3, axis=2)  # red is nearest to infrared
    if rng.random() < 0.5:
        dots = rng.random(grey.shape[:2], dtype=np.float32) < 1 / DOTS_PX**2
        grey = np.maximum(grey, np.uint8(rng.integers(120, 255)) * dots[..., None].astype(np.uint8))
    return grey


def _compressed(rng: np.random.Generator, color_rgb: UInt8) -> UInt8:
    """JPEG there and back."""
    quality = int(rng.integers(25, 90))
    _, data = cv2.imencode(".jpg", color_rgb, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)

"""What a depth camera makes of a photographed scene, at the size of the canvas.

Stereo noise is constant in disparity, a time-of-flight camera's grows with the range, and
another renderer's depth has none at all. Losses depend on the light: glare, dark surfaces,
see-through walls, haze.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from models.training.scenes.cameras import Camera
from models.training.scenes.optics import Optics, patches
from models.training.scenes.photo import Photo
from recordings.simulation.stereo_noise import hidden_from_second
from tracking.arrays import Bool

Float32 = NDArray[np.float32]

GLARE = 0.6  # highlight above which imagers saturate
FALSE_SHARE = 0.3  # of glare pixels that give a wrong depth instead of none
FALSE_SPREAD = 0.15  # of such a depth
LOOK_THROUGH_SHARE = 0.5  # of lost see-through pixels that show what is behind
IDEAL_LOOK_THROUGH_SHARE = 0.25  # of noiseless renderings whose depth passes clear walls whole
EDGE_SHARE = 0.02  # step of depth over 3 px, in depths, that a sensor's window smears
SPOT_SIGMA_PX = 1.5  # size of holes, about a matcher's window on the canvas
TOF_NEAR_SHARE = 0.5  # of a time-of-flight camera's noise at 1 m that is there at any range
NO_REACH_MM = 65_535.0  # what a 16-bit millimetre image can hold


def measured_depth(
    photo: Photo, optics: Optics, camera: Camera, rng: np.random.Generator
) -> Float32:
    """Depth (height, width) in mm as the camera delivers it; 0 is none."""
    if camera.sensor.principle == "ideal":
        sees_through = (photo.depth_loss > 0) & (rng.random() < IDEAL_LOOK_THROUGH_SHARE)
        return _rounded(np.where(sees_through, photo.behind_mm, photo.depth_mm), camera)
    spots = _spots(photo.depth_mm.shape, rng)
    depth, is_lost = _looked_through(photo, spots)
    is_lost |= depth <= 0
    if camera.sensor.principle == "stereo":
        is_lost |= _shadowed(depth, camera)
    depth = _smeared_edges(depth, camera, rng)
    is_lost |= _dark_or_hazy(photo, optics, spots, rng)
    is_lost |= spots > 1 - camera.dropout_share
    if rng.random() < 0.12:
        is_lost |= patches(rng, depth.shape) > np.float32(rng.uniform(0.1, 1.2))
    is_glare = photo.highlight > GLARE
    if is_glare.any():
        is_false = is_glare & (rng.random(depth.shape, dtype=np.float32) < FALSE_SHARE)
        wrong = 1 + FALSE_SPREAD * rng.standard_normal(depth.shape, dtype=np.float32)
        depth = np.where(is_false, depth * wrong, depth)
        is_lost |= is_glare & ~is_false
    depth = _noisy(depth, camera, rng)
    is_lost |= (depth < camera.sensor.min_z_mm) | (depth > camera.sensor.max_z_mm)
    depth = np.where(is_lost, np.float32(0), depth)
    return _rounded(_post_processed(depth, rng), camera)


def _looked_through(photo: Photo, spots: Float32) -> tuple[Float32, Bool]:
    """Depth with see-through walls passed where their signal is lost, and what is lost."""
    if not photo.depth_loss.any():
        return photo.depth_mm, np.zeros(photo.depth_mm.shape, np.bool_)
    is_weak = spots < photo.depth_loss
    passes = is_weak & (spots < LOOK_THROUGH_SHARE * photo.depth_loss)
    return np.where(passes, photo.behind_mm, photo.depth_mm), is_weak & ~passes


def _shadowed(depth_mm: Float32, camera: Camera) -> Bool:
    disparity = np.float32(camera.focal_baseline) / np.maximum(depth_mm, 1)
    return hidden_from_second(np.where(depth_mm > 0, disparity, np.float32(0)))


def _smeared_edges(depth_mm: Float32, camera: Camera, rng: np.random.Generator) -> Float32:
    """Some pixels on steps of depth come to lie between the two surfaces."""
    if camera.flying_share == 0:
        return depth_mm
    kernel = np.ones((3, 3), np.uint8)
    step = np.asarray(cv2.dilate(depth_mm, kernel) - cv2.erode(depth_mm, kernel), np.float32)
    draw = rng.random(depth_mm.shape, dtype=np.float32)
    is_smeared = (step > EDGE_SHARE * depth_mm) & (draw < camera.flying_share) & (depth_mm > 0)
    return np.where(is_smeared, cv2.blur(depth_mm, (3, 3)), depth_mm)


def _dark_or_hazy(photo: Photo, optics: Optics, spots: Float32, rng: np.random.Generator) -> Bool:
    """Where too little of the projected light comes back."""
    lost = np.zeros(spots.shape, np.bool_)
    if rng.random() < 0.25:  # this camera needs its projector, and dark things swallow its light
        darkest = np.float32(rng.uniform(0.01, 0.08))
        lost |= photo.albedo < darkest * 2 * spots
    if optics.haze is not None:
        fine = rng.random(spots.shape, dtype=np.float32)
        lost |= fine < (optics.haze - 0.3) * np.float32(0.8)
    if optics.smear is not None:
        lost |= rng.random(spots.shape, dtype=np.float32) < 0.7 * optics.smear
    return lost


def _noisy(depth_mm: Float32, camera: Camera, rng: np.random.Generator) -> Float32:
    noise = _noise(depth_mm.shape, camera.correlation_px, rng)
    if camera.sensor.principle == "time_of_flight":
        share = TOF_NEAR_SHARE + (1 - TOF_NEAR_SHARE) * np.square(depth_mm * np.float32(1e-3))
        ranged: Float32 = depth_mm + noise * share * np.float32(camera.range_sigma_mm)
        return ranged
    focal_baseline = np.float32(camera.focal_baseline)
    error_px = noise * np.float32(camera.disparity_sigma_px)
    disparity = np.divide(focal_baseline, np.maximum(depth_mm, 1), dtype=np.float32) + error_px
    steps = np.maximum(np.round(disparity * np.float32(camera.steps_per_px)), 1)
    noisy: Float32 = focal_baseline * np.float32(camera.steps_per_px) / steps
    return noisy


def _post_processed(depth_mm: Float32, rng: np.random.Generator) -> Float32:
    """Now and then what filters in a camera's software do: smoothing, holes filled from beside."""
    kind = rng.random()
    if kind < 0.15:
        smooth = cv2.medianBlur(depth_mm, 5)
        return np.where(depth_mm > 0, smooth, np.float32(0))
    if kind < 0.22:  # each hole takes the last depth to its left
        columns = np.where(depth_mm > 0, np.arange(depth_mm.shape[1]), 0)
        last = np.maximum.accumulate(columns, axis=1)
        return np.take_along_axis(depth_mm, last, axis=1)
    if kind < 0.27:  # or the farthest depth around
        far = cv2.dilate(depth_mm, np.ones((9, 9), np.uint8))
        return np.where(depth_mm > 0, depth_mm, np.asarray(far, np.float32))
    return depth_mm


def _rounded(depth_mm: Float32, camera: Camera) -> Float32:
    depth = np.where(depth_mm < NO_REACH_MM, depth_mm, np.float32(0))
    if not camera.is_rounded:
        return depth.astype(np.float32)
    unit = np.float32(camera.sensor.unit_mm)
    return (np.round(depth / unit) * unit).astype(np.float32)


def _noise(shape: tuple[int, ...], sigma_px: float, rng: np.random.Generator) -> Float32:
    """Gaussian noise of unit standard deviation, smoothed by a Gaussian of `sigma_px`."""
    white = rng.standard_normal(shape, dtype=np.float32)
    size = 2 * int(3 * sigma_px + 0.5) + 1
    if size == 1:
        return white
    kernel = np.asarray(cv2.getGaussianKernel(size, sigma_px, cv2.CV_32F), np.float32)
    kernel = kernel / np.linalg.norm(kernel)  # keeps the variance of white noise
    return np.asarray(cv2.sepFilter2D(white, -1, kernel, kernel), np.float32)


def _spots(shape: tuple[int, ...], rng: np.random.Generator) -> Float32:
    """Random field, uniform in 0..1, of spots of about `SPOT_SIGMA_PX`."""
    coarse = _noise((-(-shape[0] // 2), -(-shape[1] // 2)), SPOT_SIGMA_PX / 2, rng)
    # Logistic approximation of the normal distribution function, within 0.01.
    uniform = 1 / (1 + np.exp(-1.702 * coarse))
    grown = cv2.resize(uniform, (shape[1], shape[0]), interpolation=cv2.INTER_NEAREST)
    return np.asarray(grown, np.float32)

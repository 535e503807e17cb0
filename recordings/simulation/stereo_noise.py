"""What a stereo depth camera makes of a true depth image.

The disparity carries noise of constant standard deviation that is correlated over neighbouring
pixels, and is quantised; then come the artefacts: the band that the second imager cannot see,
flying pixels on depth edges, glare, look-through and drop-outs. Every draw comes from one
generator in one order, whatever the content, so the same seed gives the same bytes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from recordings.simulation.render import Rendering
from tracking.arrays import Bool, UInt16
from tracking.camera import CameraIntrinsics

Float32 = NDArray[np.float32]

DISPARITY_STEPS_PER_PX = 32  # RealSense D4 matchers deliver 1/32 px
TRUNCATE_SIGMAS = 4.0  # of the correlation filter: what is cut weighs 6e-5
BLOB_SIGMA_PX = 3.0  # size of holes and drop-outs, about the matcher's window
EDGE_STEP_PX = 1.0  # disparity step over 3 px that the matcher's window smears
EDGE_SMEAR_PX = 1.0  # standard deviation of the smear: a band of about 2 px each side
GLARE_THRESHOLD = 0.6  # highlight above which the imagers saturate
FALSE_GLARE_SHARE = 0.3  # of glare pixels that match wrongly instead of not at all
FALSE_GLARE_PX = 6.0  # standard deviation of such a false disparity
LOOK_THROUGH_SHARE = 0.5  # of lost transparent pixels that show what is behind, not a hole
UINT16_MAX = 65535


@dataclass(frozen=True)
class DepthCamera:
    """A rectified stereo camera whose second imager sits `baseline_mm` along camera +x.

    Attributes
    ----------
    subpixel_px, correlation_px
        Standard deviation of the disparity noise and of the Gaussian that correlates it:
        autocorrelation exp(-r^2 / (4 c^2)).
    depth_unit_mm, min_z_mm, max_z_mm
        Unit of the raw depth and its range; outside it there is no depth.
    flying_share
        Share of the pixels on depth edges that lie between the two surfaces.
    dropout_share
        Share of the image lost to random blobs.
    has_artefacts
        False leaves noise, quantisation and range only.
    """

    baseline_mm: float
    subpixel_px: float
    correlation_px: float
    depth_unit_mm: float = 1.0
    min_z_mm: float = 100.0
    max_z_mm: float = 3000.0
    flying_share: float = 0.4
    dropout_share: float = 0.003
    has_artefacts: bool = True

    def __post_init__(self) -> None:
        for name in ("baseline_mm", "depth_unit_mm", "min_z_mm", "max_z_mm"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} must be positive, got {getattr(self, name)}")
        for name in ("subpixel_px", "correlation_px"):
            if not getattr(self, name) >= 0:
                raise ValueError(f"{name} must not be negative, got {getattr(self, name)}")


def measure(
    rendering: Rendering,
    intrinsics: CameraIntrinsics,
    camera: DepthCamera,
    rng: np.random.Generator,
) -> UInt16:
    """Return the raw depth (height, width) that `camera` delivers; 0 means none."""
    focal_baseline = np.float32(intrinsics.fx * camera.baseline_mm)
    draws = _draw(rendering.depth_mm.shape, camera, rng)
    disparity = _disparity(rendering.depth_mm, focal_baseline)
    is_lost = rendering.depth_mm <= 0
    if camera.has_artefacts:
        disparity, is_lost = _with_artefacts(rendering, camera, focal_baseline, draws)
    steps = np.round((disparity + draws.noise_px) * DISPARITY_STEPS_PER_PX)
    measured_px = np.maximum(steps, 1) / np.float32(DISPARITY_STEPS_PER_PX)
    measured_mm = focal_baseline / measured_px
    is_lost |= (steps < 1) | (measured_mm < camera.min_z_mm) | (measured_mm > camera.max_z_mm)
    raw = np.where(is_lost, 0, np.round(measured_mm / np.float32(camera.depth_unit_mm)))
    return np.where(raw > UINT16_MAX, 0, raw).astype(np.uint16)


def correlated_noise(
    shape: tuple[int, ...], correlation_px: float, rng: np.random.Generator
) -> Float32:
    """Gaussian noise of unit standard deviation, autocorrelation exp(-r^2 / (4 c^2))."""
    white = rng.standard_normal(shape, dtype=np.float32)
    if correlation_px == 0:
        return white
    reach = int(TRUNCATE_SIGMAS * correlation_px + 0.5)
    kernel = np.exp(-0.5 * np.square(np.arange(-reach, reach + 1) / correlation_px))
    kernel /= np.sqrt(np.sum(np.square(kernel)))  # keeps the variance of white noise
    for axis in range(white.ndim):
        white = ndimage.correlate1d(white, kernel, axis=axis, mode="wrap")
    return white


def hidden_from_second(disparity_px: Float32) -> Bool:
    """Pixels that the second imager cannot see: occluded there, or outside its image.

    A pixel u lands at u - d in the second image. Something nearer covers it exactly where a
    pixel further right lands at or left of it: the hidden band lies left of a near surface.
    """
    landing = np.arange(disparity_px.shape[1], dtype=np.float32) - disparity_px
    smallest_from_here = np.minimum.accumulate(landing[:, ::-1], axis=1)[:, ::-1]
    hidden = landing < 0
    hidden[:, :-1] |= smallest_from_here[:, 1:] <= landing[:, :-1]
    return hidden


@dataclass(frozen=True, eq=False)
class _Draws:
    """Everything random of one frame: noise, two blob fields, false matches, smeared pixels."""

    noise_px: Float32
    choice: Float32
    hole: Float32
    false_match_px: Float32
    is_smeared: Bool


def _draw(shape: tuple[int, ...], camera: DepthCamera, rng: np.random.Generator) -> _Draws:
    return _Draws(
        noise_px=correlated_noise(shape, camera.correlation_px, rng)
        * np.float32(camera.subpixel_px),
        choice=_blobs(shape, rng),
        hole=_blobs(shape, rng),
        false_match_px=rng.standard_normal(shape, dtype=np.float32) * np.float32(FALSE_GLARE_PX),
        is_smeared=rng.random(shape, dtype=np.float32) < camera.flying_share,
    )


def _with_artefacts(
    rendering: Rendering, camera: DepthCamera, focal_baseline: np.float32, draws: _Draws
) -> tuple[Float32, Bool]:
    """Disparity that is matched, still without noise, and what is lost."""
    front = _disparity(rendering.depth_mm, focal_baseline)
    behind = _disparity(rendering.depth_behind_mm, focal_baseline)
    is_transparent = draws.choice < rendering.depth_loss
    looks_through = is_transparent & (draws.hole < LOOK_THROUGH_SHARE)
    is_lost = is_transparent & ~looks_through
    is_lost |= np.where(looks_through, hidden_from_second(behind), hidden_from_second(front))
    is_lost |= draws.hole > 1 - camera.dropout_share
    disparity = np.where(looks_through, behind, front)
    is_lost |= disparity == 0

    smeared = ndimage.gaussian_filter(disparity, EDGE_SMEAR_PX, mode="nearest")
    step = ndimage.maximum_filter(disparity, 3) - ndimage.minimum_filter(disparity, 3)
    disparity = np.where((step > EDGE_STEP_PX) & draws.is_smeared, smeared, disparity)

    is_glare = rendering.highlight > GLARE_THRESHOLD
    is_false = is_glare & (draws.choice < FALSE_GLARE_SHARE)
    is_lost |= is_glare & ~is_false
    return disparity + np.where(is_false, draws.false_match_px, np.float32(0)), is_lost


def _disparity(depth_mm: Float32, focal_baseline: np.float32) -> Float32:
    """Disparity in px; what has no depth lies at infinity."""
    return np.where(depth_mm > 0, focal_baseline / np.maximum(depth_mm, 1.0), 0).astype(np.float32)


def _blobs(shape: tuple[int, ...], rng: np.random.Generator) -> Float32:
    """Smooth random field, uniform in 0..1, of blobs of about `BLOB_SIGMA_PX`."""
    coarse = tuple(-(-size // 2) for size in shape)  # half resolution: blobs are wide
    normal = correlated_noise(coarse, BLOB_SIGMA_PX / 2, rng)
    field = np.repeat(np.repeat(normal, 2, axis=0), 2, axis=1)[: shape[0], : shape[1]]
    # Logistic approximation of the normal distribution function, within 0.01.
    uniform: Float32 = 1 / (1 + np.exp(-1.702 * field))
    return uniform

"""What a disturbance of a simulated frame is: changes of scene, view and depth, in five steps.

A disturbed frame has its undisturbed twin's pose, truth and sensor noise; only what disturbs is
added. Its own random pattern is the same at every severity, so that worse contains less bad.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from recordings.simulation.render import Rendering
from recordings.simulation.scene import Part
from recordings.simulation.stereo_noise import correlated_noise
from recordings.simulation.story import Story
from tracking.arrays import Bool, Float
from tracking.camera import CameraIntrinsics

Float32 = NDArray[np.float32]

SEVERITIES = (1, 2, 3, 4, 5)
COARSE_PX = 8  # patterns are drawn on a grid this much coarser: they are wide


@dataclass(frozen=True, eq=False)
class Setting:
    """Where and how badly a frame is disturbed.

    Attributes
    ----------
    severity
        1 slight .. 5 as bad as it gets.
    seed
        Of the pattern: the same at every severity.
    """

    story: Story
    time_s: float
    intrinsics: CameraIntrinsics
    camera_from_world: Float
    camera_azimuth_rad: float
    severity: int
    seed: int

    @property
    def step(self) -> int:
        """Index of the severity in a table of five."""
        return self.severity - 1

    @property
    def rng(self) -> np.random.Generator:
        """A fresh generator of the pattern's seed."""
        return np.random.default_rng([self.seed, 0xD157])


@dataclass(frozen=True, eq=False)
class View:
    """A rendering, and which of its pixels (height, width) the depth camera loses."""

    rendering: Rendering
    is_lost: Bool


@dataclass(frozen=True)
class Disturbance:
    """One kind of disturbance.

    Attributes
    ----------
    parts
        Things that come into the scene, world space.
    view
        What the rendered view becomes: colour, highlights, lost depth.
    noise_factor
        Of the depth's disparity noise, by severity.
    """

    name: str
    summary: str
    parts: Callable[[Setting], tuple[Part, ...]] | None = None
    view: Callable[[Rendering, Setting], View] | None = None
    noise_factor: tuple[float, float, float, float, float] = (1.0, 1.0, 1.0, 1.0, 1.0)


def pattern(setting: Setting, size_px: float, stream: int = 0) -> Float32:
    """Smooth random field (height, width), uniform in 0..1, of blobs of about `size_px`."""
    rng = np.random.default_rng([setting.seed, 0xD157, stream])
    shape = setting.intrinsics.shape
    coarse = tuple(-(-size // COARSE_PX) for size in shape)
    field = correlated_noise(coarse, size_px / COARSE_PX, rng)
    rank = np.argsort(np.argsort(field, axis=None)).reshape(coarse)
    uniform = (rank.astype(np.float32) + np.float32(0.5)) / np.float32(rank.size)
    return _enlarged(uniform, shape)


def fine_pattern(setting: Setting, stream: int = 0) -> Float32:
    """White noise (height, width), uniform in 0..1, in cells of 2 px: single failed matches."""
    rng = np.random.default_rng([setting.seed, 0xF17E, stream])
    height, width = setting.intrinsics.shape
    cells = rng.random((-(-height // 2), -(-width // 2)), dtype=np.float32)
    return np.repeat(np.repeat(cells, 2, axis=0), 2, axis=1)[:height, :width]


def _enlarged(field: Float32, shape: tuple[int, int]) -> Float32:
    grown = cv2.resize(field, shape[::-1], interpolation=cv2.INTER_LINEAR)
    return np.asarray(grown, np.float32)

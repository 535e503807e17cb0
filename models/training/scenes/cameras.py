"""Random depth cameras at the size of the network's canvas: optics, range and noise.

A frame of full size is shrunk to the canvas by area before the network sees it. Frames are
rendered at that size, with the noise that the shrinking leaves.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from tracking.camera import CameraIntrinsics

HEIGHT_PX = 240  # of a rendered frame: the canvas's height
PRINCIPAL_SPREAD = 0.01  # of the image's size: how far lens and imager are off each other
NATIVE_CORRELATION_PX = (0.5, 2.5)  # of a matcher's disparity noise
STEPS_PER_NATIVE_PX = 32  # disparity resolution of the D4 matchers

Principle = Literal["stereo", "time_of_flight", "ideal"]


@dataclass(frozen=True)
class Sensor:
    """Nominal data of one depth camera; field of view horizontal, size in its usual mode."""

    name: str
    principle: Principle
    fov_deg: float
    width_px: int
    height_px: int
    baseline_mm: float = 0.0
    min_z_mm: float = 1.0
    max_z_mm: float = 10_000.0
    unit_mm: float = 1.0


SENSORS = (
    Sensor("D405", "stereo", 84, 848, 480, 18, 70, 2000, 0.1),
    Sensor("D405", "stereo", 71, 640, 480, 18, 70, 2000, 0.1),
    Sensor("D415", "stereo", 65, 848, 480, 55, 230),
    Sensor("D415", "stereo", 50, 640, 480, 55, 230),
    Sensor("D435", "stereo", 87, 848, 480, 50, 140),
    Sensor("D435", "stereo", 75, 640, 480, 50, 140),
    Sensor("D435i", "stereo", 87, 640, 360, 50, 120),
    Sensor("D455", "stereo", 87, 848, 480, 95, 260),
    Sensor("D457", "stereo", 87, 640, 360, 95, 260),
    Sensor("L515", "time_of_flight", 70, 640, 480, min_z_mm=180, unit_mm=0.25),
    Sensor("kinect", "time_of_flight", 75, 640, 576, min_z_mm=250),
    Sensor("structured", "stereo", 58, 640, 480, 75, 300),
    Sensor("ideal", "ideal", 70, 640, 480),
    Sensor("ideal", "ideal", 60, 848, 480),
    Sensor("ideal", "ideal", 75, 640, 360),
)
SHARES = (2, 1, 2, 1, 3, 2, 1, 2, 1, 1, 1, 1, 2, 2, 2)  # ideal: as other renderers deliver it


@dataclass(frozen=True)
class Camera:
    """One camera of a scene, in pixels of the rendered image.

    Attributes
    ----------
    disparity_sigma_px, correlation_px, steps_per_px
        Of a stereo camera: noise, its Gaussian's width, and the disparity's resolution.
    range_sigma_mm
        Of a time-of-flight camera: noise at 1 m; half of it stays at short range.
    flying_share, dropout_share
        Share of edge pixels between two surfaces; share of the image lost in blobs.
    is_rounded
        Whether depth is rounded to the sensor's unit.
    """

    sensor: Sensor
    intrinsics: CameraIntrinsics
    disparity_sigma_px: float
    correlation_px: float
    steps_per_px: float
    range_sigma_mm: float
    flying_share: float
    dropout_share: float
    is_rounded: bool

    @property
    def focal_baseline(self) -> float:
        """Disparity in px times depth in mm."""
        return self.intrinsics.fx * self.sensor.baseline_mm


def random_camera(rng: np.random.Generator, height_px: int = HEIGHT_PX) -> Camera:
    """Draw a sensor, lenses near its nominal ones, and how good an example of it this is."""
    shares = np.array(SHARES, dtype=np.float64)
    sensor = SENSORS[int(rng.choice(len(SENSORS), p=shares / shares.sum()))]
    width = round(height_px * sensor.width_px / sensor.height_px)
    shrink = height_px / sensor.height_px
    focal = width / 2 / np.tan(np.radians(sensor.fov_deg) / 2) * rng.uniform(0.88, 1.25)
    is_ideal = sensor.principle == "ideal"
    spread = 0.0 if is_ideal and rng.random() < 0.5 else PRINCIPAL_SPREAD
    intrinsics = CameraIntrinsics(
        width, height_px, float(focal), float(focal),
        float(width / 2 - 0.5 + rng.normal(0, spread * width)),
        float(height_px / 2 - 0.5 + rng.normal(0, spread * height_px)),
    )  # fmt: skip
    native_correlation = float(rng.uniform(*NATIVE_CORRELATION_PX))
    return Camera(
        sensor=sensor,
        intrinsics=intrinsics,
        disparity_sigma_px=float(rng.uniform(0.02, 0.15)) * shrink
        * averaged(native_correlation, shrink),
        correlation_px=native_correlation * shrink,
        steps_per_px=STEPS_PER_NATIVE_PX / shrink,
        range_sigma_mm=float(rng.uniform(0.5, 6.0)),
        flying_share=0.0 if is_ideal else float(rng.uniform(0.0, 0.8)),
        dropout_share=0.0 if is_ideal else float(rng.choice([0.0, 0.003, rng.uniform(0, 0.08)])),
        is_rounded=not is_ideal or rng.random() < 0.3,
    )  # fmt: skip


def averaged(correlation_px: float, shrink: float) -> float:
    """Share of a noise's standard deviation that is left after area-shrinking.

    A box of 1 / shrink pixels and a Gaussian autocorrelation exp(-r^2 / (4 c^2)): the variance
    along one axis falls to about 1 / sqrt(1 + (box / c)^2 / 12), and there are two axes.
    """
    box = 1.0 / shrink
    return float((1.0 + (box / correlation_px) ** 2 / 12.0) ** -0.5)

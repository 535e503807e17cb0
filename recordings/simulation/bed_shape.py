"""The true tumor bed: a smooth height function in its own space."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import Protocol

import numpy as np

from tracking.arrays import Float, finite_array

BED_RADIUS_MM = 100.0
MIN_CURVATURE_RADIUS_MM = 450.0
MAX_CURVATURE_RADIUS_MM = 1200.0
N_BUMPS = 6
BUMP_WAVELENGTHS_MM = (20.0, 45.0)
BUMP_SUM_MM = 0.3  # the bumps' amplitudes add up to at most this
MAX_SINE = 0.95  # of a round bed's slope: beyond lies no bed, only a value for iterations


class BedHeight(Protocol):
    """A bed as whoever renders or measures it needs it: height over its own x, y, mm."""

    def height_mm(self, x_mm: Float, y_mm: Float) -> Float:
        """Height at x, y (any shape); outward is +z."""
        ...


@dataclass(frozen=True)
class RoundBed:
    """Part of a sphere that touches the plane z = 0 at the origin.

    `radius_mm` is positive where it is concave (a bowl), negative where it is convex.
    """

    radius_mm: float

    def __post_init__(self) -> None:
        if not (isfinite(self.radius_mm) and self.radius_mm != 0):
            raise ValueError(f"radius_mm must be finite and not 0, got {self.radius_mm}")

    def height_mm(self, x_mm: Float, y_mm: Float) -> Float:
        """Height at x, y (any shape)."""
        sine2 = np.minimum((x_mm**2 + y_mm**2) / self.radius_mm**2, MAX_SINE**2)
        height: Float = self.radius_mm * (1 - np.sqrt(1 - sine2))
        return height


@dataclass(frozen=True, eq=False)
class BedShape:
    """z = a x^2 + b y^2 + bumps in bed space, mm; outward normal about +z, z(0, 0) = 0.

    Attributes
    ----------
    curvature_per_mm : (2,)
        a and b; positive is concave.
    wave_vectors_per_mm : (n, 2)
        Direction and 2 pi / wavelength of each bump wave.
    amplitudes_mm, phases_rad : (n,)
    """

    curvature_per_mm: Float
    wave_vectors_per_mm: Float
    amplitudes_mm: Float
    phases_rad: Float

    def __post_init__(self) -> None:
        n_waves = len(self.amplitudes_mm)
        for name, shape in (
            ("curvature_per_mm", (2,)),
            ("wave_vectors_per_mm", (n_waves, 2)),
            ("amplitudes_mm", (n_waves,)),
            ("phases_rad", (n_waves,)),
        ):
            object.__setattr__(self, name, finite_array(name, getattr(self, name), shape))

    def height_mm(self, x_mm: Float, y_mm: Float) -> Float:
        """Height at x, y (any shape)."""
        height: Float = self.curvature_per_mm[0] * x_mm**2 + self.curvature_per_mm[1] * y_mm**2
        for (kx, ky), amplitude, phase in zip(
            self.wave_vectors_per_mm, self.amplitudes_mm, self.phases_rad, strict=True
        ):
            wave = np.cos(kx * x_mm + ky * y_mm + phase) - np.cos(phase)
            height = height + amplitude * wave
        return height


def flat_bed() -> BedShape:
    """Return a plane: for checks by hand."""
    return BedShape(np.zeros(2), np.zeros((0, 2)), np.zeros(0), np.zeros(0))


def random_bed(rng: np.random.Generator) -> BedShape:
    """Draw a gently curved bed, concave or convex, with small bumps."""
    radii = rng.uniform(MIN_CURVATURE_RADIUS_MM, MAX_CURVATURE_RADIUS_MM, 2)
    sign = rng.choice([-1.0, 1.0])
    angles = rng.uniform(0, np.pi, N_BUMPS)
    wave_numbers = 2 * np.pi / rng.uniform(*BUMP_WAVELENGTHS_MM, N_BUMPS)
    weights = rng.uniform(0.3, 1.0, N_BUMPS)
    return BedShape(
        curvature_per_mm=sign / (2 * radii),
        wave_vectors_per_mm=np.stack([np.cos(angles), np.sin(angles)], 1) * wave_numbers[:, None],
        amplitudes_mm=BUMP_SUM_MM * weights / weights.sum(),
        phases_rad=rng.uniform(0, 2 * np.pi, N_BUMPS),
    )

"""Closed outlines about the z axis: openings, incisions, edges of drapes and of patches."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.training.families import Families
from tracking.arrays import Float, frozen

N_ANGLES = 96  # corners of an outline: 6.5 mm apart at 100 mm
ANGLES_RAD: Float = np.arange(N_ANGLES, dtype=np.float64) * (2 * np.pi / N_ANGLES)
OPENINGS = (
    "opening:round",
    "opening:ellipse",
    "opening:irregular",
    "opening:irregular",
    "opening:rectangle",
    "opening:slit",
    "opening:lens",
)


@dataclass(frozen=True, eq=False)
class Outline:
    """Star-shaped curve: its radius in mm at each of `ANGLES_RAD`, shape (N_ANGLES,)."""

    radius_mm: Float

    @property
    def mean_mm(self) -> float:
        """Mean radius."""
        return float(self.radius_mm.mean())

    def at(self, angle_rad: Float) -> Float:
        """Radius at any angles."""
        return np.asarray(np.interp(angle_rad, ANGLES_RAD, self.radius_mm, period=2 * np.pi))

    def grown(self, by_mm: float) -> Outline:
        """The same curve, every radius longer by `by_mm`."""
        return Outline(frozen(self.radius_mm + by_mm))

    def outside(self, inner: Outline, margin_mm: float) -> Outline:
        """The curve, pushed outwards where it comes nearer than `margin_mm` to `inner`."""
        return Outline(frozen(np.maximum(self.radius_mm, inner.radius_mm + margin_mm)))


def superellipse(a_mm: float, b_mm: float, power: float, turn_rad: float) -> Outline:
    """|x/a|^p + |y/b|^p = 1: p = 2 an ellipse, above a rounded rectangle, below a lens."""
    cos, sin = np.abs(np.cos(ANGLES_RAD - turn_rad)), np.abs(np.sin(ANGLES_RAD - turn_rad))
    return Outline(frozen(((cos / a_mm) ** power + (sin / b_mm) ** power) ** (-1 / power)))


def random_outline(rng: np.random.Generator, families: Families, radius_mm: float) -> Outline:
    """An opening whose size is about `radius_mm`: round, long, angular or ragged."""
    family = families.pick(rng, OPENINGS)
    turn = float(rng.uniform(0, np.pi))
    waviness = float(rng.uniform(0, 0.03))
    long, power = 1.0, 2.0
    if family == "opening:ellipse":
        long = float(rng.uniform(1.1, 1.5))
    elif family == "opening:irregular":
        waviness = float(rng.uniform(0.06, 0.13))
    elif family == "opening:rectangle":
        long, power = float(rng.uniform(1.0, 1.5)), float(rng.uniform(5, 14))
    elif family == "opening:slit":
        long, power = float(rng.uniform(1.4, 1.8)), float(rng.uniform(2, 4))
    elif family == "opening:lens":
        long, power = float(rng.uniform(1.2, 1.6)), float(rng.uniform(1.2, 1.6))
    outline = superellipse(radius_mm * long, radius_mm / long, power, turn)
    return ragged(rng, outline, waviness)


def ragged(rng: np.random.Generator, outline: Outline, waviness: float) -> Outline:
    """The curve times an angular wave of a standard deviation of about `waviness`."""
    wave = np.zeros(N_ANGLES)
    for k in (1, 2, 3, 5, 8):
        wave += rng.normal(0, waviness / np.sqrt(k)) * np.cos(k * ANGLES_RAD + rng.uniform(0, 7))
    return Outline(frozen(outline.radius_mm * (1 + np.clip(wave, -0.35, 0.35))))


def share(outline: Outline, x_mm: Float, y_mm: Float) -> Float:
    """Distance from the z axis over the outline's radius there: 0 middle, 1 on the curve."""
    return np.asarray(np.hypot(x_mm, y_mm) / outline.at(np.arctan2(y_mm, x_mm)))

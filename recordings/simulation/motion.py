"""Smooth, repeatable motion as functions of time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tracking.arrays import Float, finite_array


def eased(time_s: float, start_s: float, end_s: float) -> float:
    """Go from 0 at `start_s` to 1 at `end_s` with zero speed and acceleration at both."""
    u = float(np.clip((time_s - start_s) / (end_s - start_s), 0.0, 1.0))
    return u * u * u * (u * (6 * u - 15) + 10)


@dataclass(frozen=True, eq=False)
class Tremor:
    """Sum of a few sines per component, bounded by `amplitude` in each."""

    amplitude: Float
    frequencies_hz: Float
    phases_rad: Float

    def __post_init__(self) -> None:
        n = len(self.amplitude)
        object.__setattr__(self, "amplitude", finite_array("amplitude", self.amplitude, (n,)))
        for name in ("frequencies_hz", "phases_rad"):
            object.__setattr__(self, name, finite_array(name, getattr(self, name), (n, 3)))

    def at(self, time_s: float) -> Float:
        """Value of every component."""
        waves = np.sin(2 * np.pi * self.frequencies_hz * time_s + self.phases_rad)
        value: Float = self.amplitude * waves.mean(axis=1)
        return value


def random_tremor(rng: np.random.Generator, amplitude: Float) -> Tremor:
    """Draw a tremor of 0.5 to 6 Hz, as structures and hands have."""
    shape = (len(amplitude), 3)
    return Tremor(amplitude, rng.uniform(0.5, 6.0, shape), rng.uniform(0, 2 * np.pi, shape))

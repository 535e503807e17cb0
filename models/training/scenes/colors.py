"""Random colours and patterns, wide enough that no single hue tells a class.

All colours are linear red, green, blue.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast, get_args

import numpy as np

from models.training.families import Families
from recordings.simulation.scene import Rgb, Texture, TextureKind
from tracking.arrays import Float

N_PATTERNS_PER_KIND = 3  # volumes of a kind that the renderer builds once and keeps in memory
KINDS: tuple[TextureKind, ...] = get_args(TextureKind)


def any_color(rng: np.random.Generator) -> Rgb:
    """Any hue, any brightness."""
    hue = rng.random(3)
    hue = hue / max(hue.max(), 1e-6)
    saturation, value = rng.random(), rng.uniform(0.02, 0.9)
    return rgb((1 - saturation * (1 - hue)) * value)


def near(color: Rgb, rng: np.random.Generator, spread: float = 0.35) -> Rgb:
    """A colour like the given one: brightness and each channel vary by about `spread`."""
    factor = np.exp(rng.normal(0, spread) + rng.normal(0, spread / 3, 3))
    return rgb(np.array(color) * factor)


def pick(colors: Sequence[Rgb], rng: np.random.Generator) -> Rgb:
    """One of the colours, varied."""
    return near(colors[int(rng.integers(len(colors)))], rng)


def gray(rng: np.random.Generator, low: float, high: float) -> Rgb:
    """A grey of a brightness between the two, with a breath of a tint."""
    return rgb(rng.uniform(low, high) * np.exp(rng.normal(0, 0.03, 3)))


def pattern(
    rng: np.random.Generator,
    families: Families,
    second_rgb: Rgb,
    scale_mm: tuple[float, float],
    kinds: Sequence[TextureKind] = KINDS,
) -> Texture:
    """A random pattern that mixes in `second_rgb`; its kind is the family "texture:<kind>"."""
    family = families.pick(rng, [f"texture:{kind}" for kind in kinds])
    return Texture(
        kind=cast(TextureKind, family.removeprefix("texture:")),
        scale_mm=float(np.exp(rng.uniform(*np.log(scale_mm)))),
        contrast=float(rng.uniform(0.2, 1.0)),
        second_rgb=second_rgb,
        seed=int(rng.integers(N_PATTERNS_PER_KIND)),
    )


def rgb(values: Float) -> Rgb:
    """Clip to 0..1."""
    red, green, blue = np.clip(values, 0.0, 1.0)
    return float(red), float(green), float(blue)

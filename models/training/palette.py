"""Random colours and materials, wide enough that no single hue tells a class.

All colours are linear red, green, blue.
"""

from __future__ import annotations

import numpy as np

from recordings.simulation.scene import Material, Rgb, Texture, TextureKind

N_PATTERNS_PER_KIND = 3  # the renderer keeps twelve noise volumes in memory: 4 kinds x 3
KINDS: tuple[TextureKind, ...] = ("clouds", "blobs", "veins", "weave")

TISSUE: tuple[Rgb, ...] = (
    (0.42, 0.06, 0.05),  # muscle
    (0.55, 0.22, 0.18),  # pink mucosa
    (0.16, 0.01, 0.01),  # clotted blood
    (0.30, 0.02, 0.02),  # fresh blood
    (0.75, 0.55, 0.22),  # fat
    (0.70, 0.52, 0.42),  # fascia
    (0.28, 0.09, 0.07),  # liver
    (0.48, 0.30, 0.22),  # bowel
    (0.35, 0.18, 0.14),  # cautery brown
)
SKIN: tuple[Rgb, ...] = (
    (0.68, 0.42, 0.31),
    (0.50, 0.28, 0.18),
    (0.26, 0.13, 0.08),
    (0.12, 0.06, 0.04),
    (0.60, 0.34, 0.10),  # iodine
)
CLOTH: tuple[Rgb, ...] = (
    (0.05, 0.18, 0.35),
    (0.04, 0.28, 0.22),
    (0.10, 0.35, 0.42),
    (0.30, 0.45, 0.55),
    (0.70, 0.72, 0.72),
    (0.20, 0.22, 0.25),
)
GLOVE: tuple[Rgb, ...] = (
    (0.78, 0.70, 0.55),  # latex
    (0.80, 0.80, 0.78),
    (0.15, 0.25, 0.60),  # nitrile
    (0.30, 0.15, 0.45),
    (0.10, 0.35, 0.25),
    (0.25, 0.10, 0.05),  # bloody
    (0.03, 0.03, 0.03),
)
METAL: tuple[Rgb, ...] = ((0.45, 0.46, 0.48), (0.30, 0.31, 0.33), (0.60, 0.60, 0.60))


def any_color(rng: np.random.Generator) -> Rgb:
    """Any hue, any brightness."""
    hue = rng.random(3)
    hue = hue / max(hue.max(), 1e-6)
    saturation, value = rng.random(), rng.uniform(0.02, 0.9)
    return _rgb((1 - saturation * (1 - hue)) * value)


def near(color: Rgb, rng: np.random.Generator, spread: float = 0.35) -> Rgb:
    """A colour like the given one: brightness and each channel vary by about `spread`."""
    factor = np.exp(rng.normal(0, spread) + rng.normal(0, spread / 3, 3))
    return _rgb(np.array(color) * factor)


def pick(colors: tuple[Rgb, ...], rng: np.random.Generator) -> Rgb:
    """One of the colours, varied."""
    return near(colors[int(rng.integers(len(colors)))], rng)


def pattern(
    rng: np.random.Generator,
    second_rgb: Rgb,
    scale_mm: tuple[float, float],
    kinds: tuple[TextureKind, ...] = KINDS,
) -> Texture:
    """A random pattern that mixes in `second_rgb`."""
    return Texture(
        kind=kinds[int(rng.integers(len(kinds)))],
        scale_mm=float(np.exp(rng.uniform(*np.log(scale_mm)))),
        contrast=float(rng.uniform(0.2, 1.0)),
        second_rgb=second_rgb,
        seed=int(rng.integers(N_PATTERNS_PER_KIND)),
    )


def tissue(rng: np.random.Generator) -> Material:
    """Wet tissue of any tone; now and then a phantom's plain colour."""
    is_phantom = rng.random() < 0.12
    base = any_color(rng) if is_phantom else pick(TISSUE, rng)
    second = near(base, rng) if is_phantom else pick(TISSUE, rng)
    return Material(
        albedo_rgb=base,
        specular=float(rng.uniform(0.0, 0.7)),
        roughness=float(rng.uniform(0.2, 0.9)),
        texture=pattern(rng, second, (4.0, 60.0), ("clouds", "blobs", "veins")),
    )


def skin(rng: np.random.Generator) -> Material:
    """Skin of any tone."""
    base = pick(SKIN, rng)
    return Material(
        albedo_rgb=base,
        specular=float(rng.uniform(0.0, 0.2)),
        roughness=0.8,
        texture=pattern(rng, near(base, rng), (5.0, 80.0), ("clouds", "blobs")),
    )


def cloth(rng: np.random.Generator) -> Material:
    """Drape, sheet or gown: mostly hospital colours, any other too."""
    base = pick(CLOTH, rng) if rng.random() < 0.7 else any_color(rng)
    is_stained = rng.random() < 0.2
    second = pick(TISSUE, rng) if is_stained else near(base, rng, 0.2)
    return Material(
        albedo_rgb=base,
        specular=float(rng.uniform(0.0, 0.15)),
        roughness=0.9,
        texture=pattern(rng, second, (2.0, 120.0), ("weave", "clouds", "blobs")),
    )


def glove(rng: np.random.Generator) -> Material:
    """Rubber glove, often stained."""
    base = pick(GLOVE, rng)
    second = pick(TISSUE, rng) if rng.random() < 0.4 else near(base, rng, 0.2)
    return Material(
        albedo_rgb=base,
        specular=float(rng.uniform(0.0, 0.4)),
        roughness=float(rng.uniform(0.4, 0.9)),
        texture=pattern(rng, second, (8.0, 60.0), ("clouds", "blobs")),
    )


def metal(rng: np.random.Generator) -> Material:
    """Bare or brushed metal."""
    base = pick(METAL, rng)
    return Material(
        albedo_rgb=base,
        specular=float(rng.uniform(0.1, 0.9)),
        roughness=float(rng.uniform(0.1, 0.8)),
        texture=pattern(rng, near(base, rng, 0.2), (3.0, 80.0), ("clouds",)),
    )


def solid(rng: np.random.Generator) -> Material:
    """Painted, printed or plastic thing of any colour."""
    base = any_color(rng)
    second = near(base, rng) if rng.random() < 0.5 else any_color(rng)
    return Material(
        albedo_rgb=base,
        specular=float(rng.uniform(0.0, 0.8)),
        roughness=float(rng.uniform(0.1, 1.0)),
        texture=pattern(rng, second, (3.0, 150.0)) if rng.random() < 0.7 else None,
    )


def applicator_surface(rng: np.random.Generator) -> Material:
    """Metal, white, painted, or tinted plastic that loses some of its depth."""
    kind = rng.choice(["metal", "white", "painted", "tinted"], p=[0.55, 0.15, 0.15, 0.15])
    if kind == "metal":
        return metal(rng)
    base = _rgb(np.full(3, rng.uniform(0.55, 0.9))) if kind == "white" else any_color(rng)
    return Material(
        albedo_rgb=base,
        specular=float(rng.uniform(0.0, 0.8)),
        roughness=float(rng.uniform(0.1, 0.9)),
        transparent_depth=float(rng.uniform(0.05, 0.5)) if kind == "tinted" else 0.0,
    )


def _rgb(values: np.ndarray[tuple[int], np.dtype[np.float64]]) -> Rgb:
    red, green, blue = np.clip(values, 0.0, 1.0)
    return float(red), float(green), float(blue)

"""Materials of things that are not the patient: metal, plastic, rubber, cloth, paper."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from models.training.families import Families
from models.training.scenes.colors import any_color, gray, near, pattern, pick, rgb
from recordings.simulation.scene import Material, Rgb

GLOVE: dict[str, tuple[Rgb, ...]] = {
    "glove:latex": ((0.78, 0.70, 0.55), (0.72, 0.60, 0.42)),
    "glove:white": ((0.80, 0.80, 0.78),),
    "glove:blue": ((0.15, 0.25, 0.60), (0.20, 0.45, 0.75)),
    "glove:purple": ((0.30, 0.15, 0.45),),
    "glove:green": ((0.10, 0.35, 0.25), (0.25, 0.50, 0.35)),
    "glove:brown": ((0.28, 0.14, 0.06),),
    "glove:black": ((0.03, 0.03, 0.03),),
    "glove:bloody": ((0.30, 0.03, 0.02), (0.25, 0.10, 0.05)),
}
SKIN: tuple[Rgb, ...] = ((0.68, 0.42, 0.31), (0.50, 0.28, 0.18), (0.26, 0.13, 0.08))
GOWN: tuple[Rgb, ...] = (
    (0.05, 0.18, 0.35),
    (0.04, 0.28, 0.22),
    (0.10, 0.35, 0.42),
    (0.30, 0.45, 0.55),
    (0.70, 0.72, 0.72),
)
METAL: tuple[Rgb, ...] = (
    (0.45, 0.46, 0.48),
    (0.30, 0.31, 0.33),
    (0.60, 0.60, 0.60),
    (0.75, 0.76, 0.78),
)
GILT: tuple[Rgb, ...] = ((0.62, 0.42, 0.12), (0.48, 0.30, 0.12))  # brass, gilded handles
BLOOD: tuple[Rgb, ...] = ((0.30, 0.02, 0.02), (0.16, 0.01, 0.01), (0.22, 0.06, 0.03))


def metal(rng: np.random.Generator, families: Families) -> Material:
    """Bare metal: polished, satin, gilded or blackened."""
    finish = families.pick(
        rng, ["metal:polished", "metal:satin", "metal:satin", "metal:gilt", "metal:black"]
    )
    if finish == "metal:black":
        base = gray(rng, 0.02, 0.12)
    else:
        base = pick(GILT if finish == "metal:gilt" else METAL, rng)
    is_polished = finish == "metal:polished"
    return Material(
        albedo_rgb=base,
        specular=float(rng.uniform(0.4, 1.0) if is_polished else rng.uniform(0.05, 0.6)),
        roughness=float(rng.uniform(0.0, 0.35) if is_polished else rng.uniform(0.3, 0.9)),
        texture=pattern(rng, families, near(base, rng, 0.3), (2.0, 80.0))
        if rng.random() < 0.7
        else None,
    )


def solid(rng: np.random.Generator, families: Families) -> Material:
    """Painted, printed or plastic thing of any colour."""
    base = any_color(rng) if rng.random() < 0.75 else gray(rng, 0.02, 0.95)
    second = near(base, rng) if rng.random() < 0.5 else any_color(rng)
    return Material(
        albedo_rgb=base,
        specular=float(rng.uniform(0.0, 0.8)),
        roughness=float(rng.uniform(0.1, 1.0)),
        texture=pattern(rng, families, second, (3.0, 150.0)) if rng.random() < 0.6 else None,
    )


def plain(rng: np.random.Generator, base: Rgb, gloss: float = 0.4) -> Material:
    """One flat colour like the given one, up to `gloss` shiny."""
    return Material(near(base, rng, 0.15), float(rng.uniform(0, gloss)), float(rng.uniform(0.2, 1)))


def glove(rng: np.random.Generator, families: Families) -> Material:
    """Rubber glove, often stained, sometimes of no colour that is sold."""
    family = families.pick(rng, [*GLOVE, "glove:any"])
    base = any_color(rng) if family == "glove:any" else pick(GLOVE[family], rng)
    second = pick(BLOOD, rng) if rng.random() < 0.4 else near(base, rng, 0.25)
    return Material(
        albedo_rgb=base,
        specular=float(rng.uniform(0.0, 0.5)),
        roughness=float(rng.uniform(0.3, 0.9)),
        texture=pattern(rng, families, second, (8.0, 60.0)) if rng.random() < 0.75 else None,
    )


def sleeve(rng: np.random.Generator, families: Families) -> Material:
    """A gown's sleeve, or a bare arm."""
    is_bare = families.pick(rng, ["arm:gown", "arm:gown", "arm:gown", "arm:bare"]) == "arm:bare"
    colors = SKIN if is_bare else GOWN
    base = pick(colors, rng) if is_bare or rng.random() < 0.7 else any_color(rng)
    second = pick(BLOOD, rng) if rng.random() < 0.2 else near(base, rng, 0.25)
    return Material(
        albedo_rgb=base,
        specular=float(rng.uniform(0.0, 0.15)),
        roughness=0.9,
        texture=pattern(rng, families, second, (2.0, 90.0)),
    )


def paper(rng: np.random.Generator, families: Families) -> Material:
    """White, cream or brown card and tissue paper, dull; sometimes printed."""
    base = gray(rng, 0.6, 0.95) if rng.random() < 0.6 else pick(((0.5, 0.36, 0.2),), rng)
    second = near(base, rng, 0.1) if rng.random() < 0.6 else any_color(rng)
    return Material(base, 0.0, 1.0, pattern(rng, families, second, (5.0, 120.0)))


def blood(rng: np.random.Generator) -> Material:
    """Wet or dried blood."""
    return Material(pick(BLOOD, rng), float(rng.uniform(0, 0.7)), float(rng.uniform(0.1, 0.9)))


def cone_wall(rng: np.random.Generator, families: Families, look: str) -> Material:
    """The tube of an applicator; `look` is one of `CONE_LOOKS`."""
    if look == "cone:steel":
        return metal(rng, families)
    if look in ("cone:tinted", "cone:milky", "cone:clear"):
        return _see_through(rng, look)
    if look == "cone:printed":
        return solid(rng, families)
    base = _CONE_BASE[look](rng)
    is_scratched = rng.random() < 0.5
    second = near(base, rng, 0.4)
    return Material(
        albedo_rgb=base,
        specular=float(rng.uniform(0.0, 0.9)),
        roughness=float(rng.uniform(0.05, 0.9)),
        texture=pattern(rng, families, second, (2.0, 60.0)) if is_scratched else None,
    )


CONE_LOOKS = (
    "cone:steel",
    "cone:steel",
    "cone:brushed",
    "cone:anodised",
    "cone:white",
    "cone:painted",
    "cone:black",
    "cone:printed",
    "cone:tinted",
    "cone:milky",
    "cone:clear",
    "cone:clear",
    "cone:clear",
    "cone:sleeved",
)
_CONE_BASE: dict[str, Callable[[np.random.Generator], Rgb]] = {
    "cone:brushed": lambda rng: gray(rng, 0.25, 0.85),
    "cone:anodised": lambda rng: rgb(np.array(any_color(rng)) * 0.6 + 0.12),
    "cone:white": lambda rng: gray(rng, 0.55, 0.95),
    "cone:painted": any_color,
    "cone:black": lambda rng: gray(rng, 0.01, 0.1),
    "cone:sleeved": lambda rng: gray(rng, 0.5, 0.9),
}


def _see_through(rng: np.random.Generator, look: str) -> Material:
    """PMMA: tinted and milky walls keep most of their depth, clear ones lose much of it."""
    least, most = {"cone:tinted": (0.05, 0.5), "cone:milky": (0.0, 0.15), "cone:clear": (0.2, 0.8)}[
        look
    ]
    base = any_color(rng) if look == "cone:tinted" else gray(rng, 0.5, 0.95)
    return Material(
        albedo_rgb=base,
        specular=float(rng.uniform(0.2, 1.0)),
        roughness=float(rng.uniform(0.0, 0.5)),
        transparent_depth=float(rng.uniform(least, most)),
        transparency=float(rng.uniform(0.0, 0.3 if look == "cone:milky" else 0.85)),
    )

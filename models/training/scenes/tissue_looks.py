"""Materials of the patient and of what covers him: tissue, blood, skin, cloth and film."""

from __future__ import annotations

import numpy as np

from models.training.families import Families
from models.training.scenes.colors import any_color, gray, near, pattern, pick
from recordings.simulation.scene import Material, Rgb, TextureKind

TISSUE: dict[str, tuple[Rgb, ...]] = {
    "tissue:muscle": ((0.42, 0.06, 0.05), (0.30, 0.10, 0.08)),
    "tissue:mucosa": ((0.55, 0.22, 0.18), (0.65, 0.35, 0.28)),
    "tissue:blood": ((0.30, 0.02, 0.02), (0.16, 0.01, 0.01)),
    "tissue:fat": ((0.75, 0.55, 0.22), (0.80, 0.68, 0.40)),
    "tissue:fascia": ((0.70, 0.52, 0.42), (0.62, 0.56, 0.50)),
    "tissue:organ": ((0.28, 0.09, 0.07), (0.20, 0.06, 0.06), (0.30, 0.14, 0.06)),
    "tissue:bowel": ((0.48, 0.30, 0.22), (0.60, 0.40, 0.34)),
    "tissue:char": ((0.35, 0.18, 0.14), (0.06, 0.03, 0.02)),
}
PHANTOM = "tissue:phantom"  # silicone or plastic of any colour
SKIN: tuple[Rgb, ...] = (
    (0.68, 0.42, 0.31),
    (0.80, 0.58, 0.46),
    (0.50, 0.28, 0.18),
    (0.26, 0.13, 0.08),
    (0.12, 0.06, 0.04),
)
IODINE: Rgb = (0.60, 0.34, 0.10)
CLOTH: tuple[Rgb, ...] = (
    (0.05, 0.18, 0.35),
    (0.04, 0.28, 0.22),
    (0.10, 0.35, 0.42),
    (0.30, 0.45, 0.55),
    (0.70, 0.72, 0.72),
    (0.20, 0.22, 0.25),
)
_SOFT: tuple[TextureKind, ...] = ("clouds", "blobs", "veins", "cells", "speckle", "gradient")


def tissue(rng: np.random.Generator, families: Families) -> Material:
    """Tissue of any tone, dull to streaming wet; now and then a phantom's plain colour."""
    names = [*TISSUE, *TISSUE, PHANTOM]
    family = families.pick(rng, names)
    if family == PHANTOM:
        base = any_color(rng)
        second = near(base, rng)
    else:
        base = pick(TISSUE[family], rng)
        other = families.pick(rng, list(TISSUE))
        second = pick(TISSUE[other], rng)
    is_wet = rng.random() < 0.4
    return Material(
        albedo_rgb=base,
        specular=float(rng.uniform(0.4, 1.0) if is_wet else rng.uniform(0.0, 0.5)),
        roughness=float(rng.uniform(0.02, 0.4) if is_wet else rng.uniform(0.2, 0.9)),
        texture=pattern(rng, families, second, (4.0, 80.0), _SOFT) if rng.random() < 0.9 else None,
    )


def patch(rng: np.random.Generator, families: Families, name: str) -> Material:
    """One plain tissue of `TISSUE`: fat, char, clot."""
    base = pick(TISSUE[name], rng)
    return Material(
        albedo_rgb=base,
        specular=float(rng.uniform(0.0, 0.8)),
        roughness=float(rng.uniform(0.1, 0.9)),
        texture=pattern(rng, families, near(base, rng), (3.0, 30.0), _SOFT),
    )


def liquid(rng: np.random.Generator) -> Material:
    """Blood or rinsing water in a pool: a dark mirror."""
    base = pick(TISSUE["tissue:blood"], rng) if rng.random() < 0.8 else gray(rng, 0.05, 0.5)
    return Material(base, float(rng.uniform(0.5, 1.0)), float(rng.uniform(0.0, 0.25)))


def skin(rng: np.random.Generator, families: Families) -> Material:
    """Skin of any tone, bare or painted with disinfectant."""
    paint = families.pick(rng, ["skin:bare", "skin:bare", "skin:bare", "skin:iodine", "skin:any"])
    if paint == "skin:any":
        base = any_color(rng)
    else:
        base = near(IODINE, rng) if paint == "skin:iodine" else pick(SKIN, rng)
    return Material(
        albedo_rgb=base,
        specular=float(rng.uniform(0.0, 0.4)),
        roughness=float(rng.uniform(0.4, 0.9)),
        texture=pattern(rng, families, near(base, rng), (3.0, 80.0), _SOFT),
    )


def cloth(rng: np.random.Generator, families: Families) -> Material:
    """Drape, sheet, towel or gauze: mostly hospital colours, any other too."""
    look = families.pick(
        rng,
        [
            "drape:plain",
            "drape:woven",
            "drape:woven",
            "drape:striped",
            "drape:printed",
            "drape:stained",
            "drape:glossy",
        ],
    )
    base = pick(CLOTH, rng) if rng.random() < 0.65 else any_color(rng)
    second = near(base, rng, 0.25)
    kinds: tuple[TextureKind, ...] = ("clouds", "gradient", "speckle")
    if look == "drape:woven":
        kinds = ("weave",)
    elif look == "drape:striped":
        second, kinds = any_color(rng), ("stripes",)
    elif look == "drape:printed":
        second, kinds = any_color(rng), ("checks", "cells", "veins", "blobs")
    elif look == "drape:stained":
        second, kinds = pick(TISSUE["tissue:blood"], rng), ("blobs", "clouds")
    is_glossy = look == "drape:glossy"
    return Material(
        albedo_rgb=base,
        specular=float(rng.uniform(0.3, 0.9) if is_glossy else rng.uniform(0.0, 0.15)),
        roughness=float(rng.uniform(0.1, 0.5) if is_glossy else rng.uniform(0.7, 1.0)),
        texture=pattern(rng, families, second, (2.0, 120.0), kinds),
    )


def gauze(rng: np.random.Generator, families: Families) -> Material:
    """White to yellowish woven cotton, often soaked."""
    base = gray(rng, 0.5, 0.95) if rng.random() < 0.75 else any_color(rng)
    is_soaked = rng.random() < 0.5
    second = pick(TISSUE["tissue:blood"], rng) if is_soaked else near(base, rng, 0.2)
    kinds: tuple[TextureKind, ...] = ("blobs", "clouds") if is_soaked else ("weave", "clouds")
    return Material(base, 0.02, 0.95, pattern(rng, families, second, (3.0, 60.0), kinds))


def film(rng: np.random.Generator) -> Material:
    """Adhesive incision film: glossy, clear over skin or brown with iodine."""
    base = pick((*SKIN, IODINE), rng)
    return Material(base, float(rng.uniform(0.4, 1.0)), float(rng.uniform(0.02, 0.35)))


def anything(rng: np.random.Generator, families: Families) -> Material:
    """Tops, floors and furniture: any colour, finish and pattern."""
    base = any_color(rng) if rng.random() < 0.6 else gray(rng, 0.02, 0.9)
    second = near(base, rng) if rng.random() < 0.6 else any_color(rng)
    return Material(
        albedo_rgb=base,
        specular=float(rng.uniform(0.0, 0.7)),
        roughness=float(rng.uniform(0.1, 1.0)),
        texture=pattern(rng, families, second, (4.0, 250.0)) if rng.random() < 0.7 else None,
    )

"""What is rendered: parts with a mesh, a label and a material, lit in world space.

Arrays and plain values only; no renderer is imported here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from recordings.simulation.collar_ink import CollarInk
from tracking.applicator_mesh import TriangleMesh
from tracking.arrays import Float
from tracking.segmentation import Label
from tracking.transforms import check_transform

Rgb = tuple[float, float, float]
"""Linear red, green, blue in 0..1."""

TextureKind = Literal[
    "clouds", "blobs", "veins", "weave", "cells", "stripes", "checks", "speckle", "gradient"
]


@dataclass(frozen=True)
class Texture:
    """Procedural albedo evaluated at the hit point in part space.

    Attributes
    ----------
    kind
        "clouds": soft noise; "blobs": spots with edges; "veins": thin branching lines;
        "weave": a cloth's grid of threads, with noise; "cells": rounded cells with walls;
        "stripes", "checks": a print; "speckle": single grains; "gradient": a slow change.
    scale_mm
        Size of one feature.
    contrast
        0: none; 1: albedo runs from `albedo_rgb` to `second_rgb` in full.
    second_rgb
        What the albedo is mixed with.
    seed
        Chooses the pattern.
    """

    kind: TextureKind
    scale_mm: float
    contrast: float
    second_rgb: Rgb
    seed: int = 0

    def __post_init__(self) -> None:
        if not self.scale_mm > 0:
            raise ValueError(f"scale_mm must be positive, got {self.scale_mm}")
        if not 0 <= self.contrast <= 1:
            raise ValueError(f"contrast must be in 0..1, got {self.contrast}")


@dataclass(frozen=True)
class Material:
    """How a surface looks to the colour camera and to the stereo matcher.

    Attributes
    ----------
    specular
        Strength of the Blinn highlight, 0 dull .. 1 polished steel.
    roughness
        Width of the highlight, 0 mirror-like .. 1 broad.
    texture
        None: one flat colour.
    transparent_depth
        Share of the surface at which the depth camera looks through it (clear PMMA): holes or
        the depth of what lies behind.
    transparency
        Share of the light from behind in colour; the scenes of training show it, `render` does not.
    ink
        A printed collar worn by the part, dull; None: none.
    """

    albedo_rgb: Rgb
    specular: float = 0.0
    roughness: float = 0.5
    texture: Texture | None = None
    transparent_depth: float = 0.0
    transparency: float = 0.0
    ink: CollarInk | None = None

    def __post_init__(self) -> None:
        for name in ("specular", "roughness", "transparent_depth", "transparency"):
            value = getattr(self, name)
            if not 0 <= value <= 1:
                raise ValueError(f"{name} must be in 0..1, got {value}")
        if not all(0 <= channel <= 1 for channel in self.albedo_rgb):
            raise ValueError(f"albedo_rgb must be in 0..1, got {self.albedo_rgb}")


@dataclass(frozen=True, eq=False)
class Part:
    """One rigid thing: its mesh in its own space, where it is, what it is and how it looks."""

    name: str
    mesh: TriangleMesh
    world_from_part: Float
    label: Label
    material: Material

    def __post_init__(self) -> None:
        pose = check_transform("world_from_part", self.world_from_part)
        object.__setattr__(self, "world_from_part", pose)


@dataclass(frozen=True)
class Light:
    """A point light in world space, without fall-off (operating lights are far and focused).

    `follows_camera`: the position is given in camera space instead (a light on the head).
    """

    position_mm: tuple[float, float, float]
    intensity: float = 1.0
    color_rgb: Rgb = (1.0, 1.0, 1.0)
    follows_camera: bool = False
    casts_shadow: bool = False


@dataclass(frozen=True, eq=False)
class Scene:
    """Everything that is seen, in world space, mm.

    `background_rgb` fills pixels whose ray meets nothing; their depth is 0.
    """

    parts: tuple[Part, ...]
    lights: tuple[Light, ...] = (Light((0.0, 0.0, 0.0), follows_camera=True),)
    ambient: float = 0.25
    background_rgb: Rgb = (0.03, 0.04, 0.05)
    label_codes: np.ndarray[tuple[int], np.dtype[np.uint8]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        codes = np.array([part.label for part in self.parts], dtype=np.uint8)
        codes.setflags(write=False)
        object.__setattr__(self, "label_codes", codes)

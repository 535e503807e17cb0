"""Random lights, and the ways in which renderers light a scene."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from models.training.scenes.colors import any_color, near
from recordings.simulation.scene import Light, Rgb

Style = Literal["lit", "matt", "headlight", "flat", "facing"]
STYLES: tuple[Style, ...] = ("lit", "matt", "headlight", "flat", "facing")
STYLE_SHARES = (0.68, 0.12, 0.10, 0.05, 0.05)
DARK: Rgb = (0.05, 0.05, 0.05)


@dataclass(frozen=True)
class Lighting:
    """All light of one view.

    Attributes
    ----------
    style
        "lit": lamps with highlights; "matt": without; "headlight": one lamp at the camera;
        "flat": albedo alone; "facing": brightness by the angle of view, as viewers of meshes draw.
    ambient, sky
        Light from everywhere; how much more of it comes from above (-1 below .. 1 above).
    mirrored
        Strength of the surroundings' reflection in shiny things.
    crevices
        Darkening of what lies deep between nearer things, 0 none.
    """

    style: Style
    lamps: tuple[Light, ...]
    ambient: float
    sky: float
    mirrored: float
    crevices: float
    background_rgb: Rgb


def random_lighting(rng: np.random.Generator) -> Lighting:
    """Operating lights and room light, or what another renderer would use in their place."""
    style = STYLES[int(rng.choice(len(STYLES), p=STYLE_SHARES))]
    lamps = _lamps(rng) if style in ("lit", "matt") else (_headlight(rng, 1.0),)
    return Lighting(
        style=style,
        lamps=lamps,
        ambient=float(rng.uniform(0.05, 0.5)),
        sky=float(rng.choice([0.0, rng.uniform(-0.3, 1.0)])),
        mirrored=float(rng.choice([0.0, rng.uniform(0.1, 0.8)])),
        crevices=float(rng.choice([0.0, rng.uniform(0.1, 0.8)])),
        background_rgb=near(DARK, rng, 1.0) if rng.random() < 0.6 else any_color(rng),
    )


def _lamps(rng: np.random.Generator) -> tuple[Light, ...]:
    lamps = []
    for index in range(int(rng.choice([1, 2, 3], p=[0.45, 0.4, 0.15]))):
        x, y = rng.normal(0, 700, 2).tolist()
        tint = np.exp(rng.normal(0, 0.12, 3))
        red, green, blue = (tint / tint.max()).tolist()
        lamps.append(
            Light(
                (x, y, float(rng.uniform(500, 1800))),
                intensity=float(rng.uniform(0.2, 1.1)),
                color_rgb=(red, green, blue),
                casts_shadow=index == 0 and rng.random() < 0.5,
            )
        )
    if rng.random() < 0.25:
        lamps.append(_headlight(rng, 0.6))
    return tuple(lamps)


def _headlight(rng: np.random.Generator, most: float) -> Light:
    x, y = rng.normal(0, 40, 2).tolist()
    return Light((x, y, 0.0), float(rng.uniform(0.35, 1.0)) * most, follows_camera=True)

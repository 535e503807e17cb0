"""Surgical instruments, their working end at the origin, their handle along -x. All OCCLUDER."""

from __future__ import annotations

import numpy as np

from models.training.families import Families
from models.training.scenes import tool_shapes
from models.training.scenes.colors import any_color, gray
from models.training.scenes.groups import Shapes, about_z, group, placed, turn
from models.training.scenes.object_looks import metal, paper, plain, solid
from recordings.simulation.scene import Material, Part
from recordings.simulation.shapes import HeightFunction
from tracking.applicator import Applicator
from tracking.segmentation import Label
from tracking.transforms import rigid, rotation_from_vector

LAID_LENGTH_MM = 180.0  # of what lies under a tool that is laid down
TOOLS = (
    "tool:tweezers",
    "tool:scissors",
    "tool:clamp",
    "tool:needle_holder",
    "tool:sucker",
    "tool:cautery",
    "tool:scalpel",
    "tool:sponge_stick",
    "tool:ruler",
    "tool:syringe",
    "tool:probe",
    "tool:spoon",
)


def instrument(rng: np.random.Generator, families: Families) -> list[Part]:
    """One of `TOOLS`, turned about its own axis."""
    kind = families.pick(rng, TOOLS)
    shapes = _shapes(rng, families, kind)
    roll = rotation_from_vector([rng.uniform(0, 2 * np.pi), 0.0, 0.0])
    return placed(group("instrument", Label.OCCLUDER, shapes), rigid(roll, np.zeros(3)))


def near_rim(rng: np.random.Generator, families: Families, applicator: Applicator) -> list[Part]:
    """An instrument that works at the exit's rim, in applicator space, handle up and outwards."""
    radius = applicator.outer_radius_mm + float(rng.uniform(-8, 30))
    return _pointing_at(rng, instrument(rng, families), radius, float(rng.uniform(-5, 35)))


def over_ring(rng: np.random.Generator, families: Families, applicator: Applicator) -> list[Part]:
    """An instrument or its shaft across the upper end, in applicator space."""
    radius = float(rng.uniform(-0.6, 1.2)) * applicator.outer_radius_mm
    height = applicator.length_mm + float(rng.uniform(-0.3, 0.25) * applicator.length_mm)
    height = max(height, applicator.length_mm - applicator.ring_height_mm - 40.0)
    parts = instrument(rng, families)
    ahead = rigid(np.eye(3), (float(rng.uniform(0, 120)), 0.0, 12.0))  # the tip beyond the axis
    return _pointing_at(rng, placed(parts, ahead), radius, height, steepest=0.5)


def laid_down(
    rng: np.random.Generator, families: Families, top: HeightFunction, reach_mm: float
) -> list[Part]:
    """One to three on the cloth or skin about an opening, flat on whatever is uppermost there."""
    parts: list[Part] = []
    for _ in range(int(rng.integers(1, 4))):
        angle, away = rng.uniform(0, 2 * np.pi), reach_mm * rng.uniform(0.8, 2.0)
        tip = away * np.array([np.cos(angle), np.sin(angle)])
        heading = rng.uniform(0, 2 * np.pi)
        back = np.linspace(0.0, LAID_LENGTH_MM, 8)
        under = tip[:, None] - back * np.array([[np.cos(heading)], [np.sin(heading)]])
        height = top(under[0], under[1])
        chord = np.interp(back, back[[0, -1]], height[[0, -1]])
        rise = float(np.arctan2(height[-1] - height[0], LAID_LENGTH_MM))
        clear = float((height - chord).max())
        at = np.append(tip, height[0] + clear + float(rng.uniform(2.0, 8.0)))
        pose = rigid(about_z(heading) @ rotation_from_vector([0.0, rise, 0.0]), at)
        parts += placed(instrument(rng, families), pose)
    return parts


def _pointing_at(
    rng: np.random.Generator,
    parts: list[Part],
    radius_mm: float,
    height_mm: float,
    steepest: float = 1.3,
) -> list[Part]:
    """Tip at a radius and height of the applicator, the handle outwards and up."""
    down = rotation_from_vector([0.0, rng.uniform(0.1, steepest), 0.0])
    inwards = turn(rng, 0.6) @ about_z(np.pi) @ down
    around = rigid(about_z(rng.uniform(0, 2 * np.pi)), np.zeros(3))
    return placed(parts, around @ rigid(inwards, (radius_mm, 0.0, height_mm)))


def _shapes(rng: np.random.Generator, families: Families, kind: str) -> Shapes:
    """Meshes and looks of one tool."""
    steel: Material = metal(rng, families) if rng.random() < 0.85 else solid(rng, families)
    if kind == "tool:tweezers":
        return [(tool_shapes.tweezers(rng), steel)]
    if kind in ("tool:scissors", "tool:clamp", "tool:needle_holder", "tool:sponge_stick"):
        shanks, tip = tool_shapes.ringed(rng, kind.removeprefix("tool:"))
        return [(shanks, steel), (tip, paper(rng, families))]
    if kind == "tool:sucker":
        pipe, hose = tool_shapes.sucker(rng)
        return [(pipe, steel), (hose, plain(rng, gray(rng, 0.3, 0.9), 0.8))]
    if kind == "tool:cautery":
        body, tip, cable = tool_shapes.cautery(rng)
        handle = solid(rng, families)
        return [(body, handle), (tip, steel), (cable, plain(rng, any_color(rng)))]
    if kind == "tool:syringe":
        barrel, needle = tool_shapes.syringe(rng)
        return [(barrel, plain(rng, gray(rng, 0.5, 0.95), 0.9)), (needle, steel)]
    if kind == "tool:ruler":
        strip, ticks = tool_shapes.ruler(rng)
        base = steel if rng.random() < 0.5 else solid(rng, families)
        return [(strip, base), (ticks, plain(rng, gray(rng, 0.01, 0.2)))]
    if kind == "tool:probe":
        return [(tool_shapes.probe(rng), solid(rng, families))]
    if kind == "tool:spoon":
        return [(tool_shapes.spoon(rng), steel)]
    handle_meshes, blade = tool_shapes.scalpel(rng)
    handle = steel if rng.random() < 0.5 else solid(rng, families)
    return [(handle_meshes, handle), (blade, metal(rng, families))]

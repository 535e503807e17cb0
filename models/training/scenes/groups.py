"""Short forms for things made of several parts: one label, a space of their own, moved as one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from recordings.simulation.scene import Material, Part
from recordings.simulation.shapes import merged
from tracking.applicator_mesh import TriangleMesh
from tracking.arrays import Float
from tracking.segmentation import Label
from tracking.transforms import rotation_from_vector

Shapes = Sequence[tuple[Sequence[TriangleMesh], Material]]
"""Meshes of one space, gathered by how they look."""


def group(name: str, label: Label, shapes: Shapes) -> list[Part]:
    """One part per look: few parts keep the renderer quick."""
    return [
        Part(name, merged(list(meshes)), np.eye(4), label, material)
        for meshes, material in shapes
        if meshes
    ]


def placed(parts: Sequence[Part], world_from_group: Float) -> list[Part]:
    """Move a group of parts as one."""
    return [
        Part(p.name, p.mesh, world_from_group @ p.world_from_part, p.label, p.material)
        for p in parts
    ]


def turn(rng: np.random.Generator, largest_rad: float) -> Float:
    """A random rotation by at most `largest_rad` about a random axis."""
    axis = rng.normal(size=3)
    return rotation_from_vector(axis / np.linalg.norm(axis) * rng.uniform(0, largest_rad))


def about_z(angle_rad: float) -> Float:
    """Rotation about +z."""
    return rotation_from_vector([0.0, 0.0, angle_rad])

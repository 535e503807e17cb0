"""Tissue with no body around it: a slab or a whole organ, on a cloth, a table, or on nothing.

What phantoms show, and the plain scenes of other renderers.
"""

from __future__ import annotations

import numpy as np

from models.training.families import Families
from models.training.scenes import tissue_looks
from models.training.scenes.beds import N_BED, random_bed
from models.training.scenes.groups import turn
from models.training.scenes.meshes import grid_mesh
from models.training.scenes.outlines import random_outline
from models.training.scenes.reliefs import disc, level
from recordings.simulation.scene import Part
from recordings.simulation.shapes import sheet
from tracking.applicator_mesh import TriangleMesh
from tracking.arrays import Float
from tracking.segmentation import Label

N_TURNS, N_AROUND = 34, 48  # rows and columns of an organ's vertices
MOST_BOW = 0.9  # of half its length
TOP_MM = 10.0  # from the axis: the organ's height there is the world's origin
ORGAN_SHARE, GROUND_SHARE = 0.65, 0.6


def island(rng: np.random.Generator, families: Families) -> tuple[list[Part], float]:
    """Its parts, the bed first, and about how far it reaches from the axis, mm.

    The bed's middle is at the world's origin, its normal about +z.
    """
    mesh, reach = _organ(rng) if rng.random() < ORGAN_SHARE else _slab(rng, families)
    look = tissue_looks.tissue(rng, families)
    parts = [Part("bed", mesh, np.eye(4), Label.TUMOR_BED, look)]
    if rng.random() < GROUND_SHARE:
        parts.append(_ground(rng, families, mesh))
    return parts, reach


def _slab(rng: np.random.Generator, families: Families) -> tuple[TriangleMesh, float]:
    outline = random_outline(rng, families, float(rng.uniform(48, 150)))
    return disc(random_bed(rng, families, outline), outline, N_BED), outline.mean_mm


def _organ(rng: np.random.Generator) -> tuple[TriangleMesh, float]:
    """A closed body: an ellipsoid with lobes and hollows."""
    polar = np.linspace(0, np.pi, N_TURNS)[:, None]
    around = np.arange(N_AROUND) * (2 * np.pi / N_AROUND)
    towards = np.stack(
        np.broadcast_arrays(
            np.sin(polar) * np.cos(around), np.sin(polar) * np.sin(around), np.cos(polar)
        ),
        axis=-1,
    )
    swelling = np.zeros(towards.shape[:2])
    for _ in range(int(rng.integers(2, 8))):
        centre = rng.normal(size=3)
        nearness = towards @ (centre / np.linalg.norm(centre)) - 1
        swelling += rng.normal(0, 0.3) * np.exp(nearness / rng.uniform(0.1, 0.5))
    axes = rng.uniform(40, 120) * rng.uniform(0.35, 1.3, 3)
    body = towards * np.exp(np.clip(swelling, -0.6, 0.6))[..., None] * axes
    vertices: Float = _bent(rng, body) @ turn(rng, np.pi).T
    near = np.hypot(vertices[..., 0], vertices[..., 1]) < TOP_MM
    top = vertices[..., 2][near].max() if near.any() else vertices[..., 2].max()
    vertices = vertices - np.array([0.0, 0.0, float(top)])
    reach = float(np.sqrt(np.prod(np.ptp(vertices[..., :2], axis=(0, 1))) / 4))
    return grid_mesh(vertices, wraps=True), reach


def _bent(rng: np.random.Generator, body_mm: Float) -> Float:
    """Its ends pulled to one side, as a kidney's or a liver's are: a closed body stays one."""
    half = np.abs(body_mm[..., 0]).max()
    bow = float(rng.uniform(0.0, MOST_BOW)) * half
    vertices = body_mm.copy()
    vertices[..., 1] += bow * (body_mm[..., 0] / half) ** 2
    return vertices


def _ground(rng: np.random.Generator, families: Families, body: TriangleMesh) -> Part:
    """A cloth or table top, into which the body may have sunk a little."""
    low, high = body.vertices_mm[:, 2].min(), body.vertices_mm[:, 2].max()
    z = float(low + rng.uniform(-2.0, 0.35 * (high - low)))
    spread = float(rng.uniform(180, 450))
    mesh = sheet(level(z), (-spread, spread), (-spread, spread), spread / 12)
    make = tissue_looks.cloth if rng.random() < 0.7 else tissue_looks.anything
    return Part("ground", mesh, np.eye(4), Label.OTHER, make(rng, families))

"""Random things that are not tissue: applicators, occluders and distractors.

Each is a list of parts in a space of its own, +z up; the caller places it in the world.
"""

from __future__ import annotations

import numpy as np

from models.training import palette
from recordings.simulation.scene import Material, Part
from recordings.simulation.shapes import blade, box, capsule, tube
from tracking.applicator import Applicator
from tracking.applicator_mesh import TriangleMesh, build_mesh
from tracking.arrays import Float, frozen
from tracking.segmentation import Label
from tracking.transforms import rigid, rotation_from_vector

KINDS_OF_THING = (
    "box",
    "mug",
    "mug",
    "cup",
    "cup",
    "bottle",
    "bowl",
    "ball",
    "can",
    "block",
    "hose",
)
N_SECTORS = 40  # of turned household things; nobody measures them


def part(name: str, mesh: TriangleMesh, pose: Float, label: Label, material: Material) -> Part:
    """Short form that keeps the builders readable."""
    return Part(name, mesh, pose, label, material)


def placed(parts: list[Part], world_from_group: Float) -> list[Part]:
    """Move a group of parts as one."""
    return [
        Part(p.name, p.mesh, world_from_group @ p.world_from_part, p.label, p.material)
        for p in parts
    ]


def random_applicator(rng: np.random.Generator) -> Applicator:
    """Any cone that a catalogue might hold, and some that none does."""
    inner = float(rng.uniform(30, 120))
    wall = float(rng.uniform(1.5, 6.0))
    bevel = float(rng.choice([0.0, 15.0, 30.0, 45.0, rng.uniform(0, 45)]))
    has_ring = rng.random() < 0.65
    ring = inner + 2 * wall + float(rng.uniform(8, 70)) if has_ring else 0.0
    shortest = 0.6 * inner + (inner / 2 + wall) * np.tan(np.radians(bevel)) + 60
    return Applicator(
        id="random",
        machine="any",
        inner_diameter_mm=inner,
        wall_mm=wall,
        length_mm=float(rng.uniform(max(110.0, shortest), max(400.0, shortest + 50))),
        bevel_deg=bevel,
        ring_diameter_mm=ring,
        ring_height_mm=float(rng.uniform(5, 40)) if has_ring else 0.0,
    )


def applicator_parts(rng: np.random.Generator, applicator: Applicator) -> list[Part]:
    """The cone in applicator space, sometimes with a collar of another look."""
    mesh = build_mesh(applicator, 72)
    parts = [part("applicator", mesh, np.eye(4), Label.APPLICATOR, palette.applicator_surface(rng))]
    if rng.random() < 0.25:  # a band of tape, paint or a marker collar around the tube
        top = applicator.length_mm - applicator.ring_height_mm
        height = float(rng.uniform(10, min(60, 0.4 * top)))
        low = float(rng.uniform(applicator.bevel_rise_mm + 5, max(top - height, 10.0) + 6))
        radius = applicator.outer_radius_mm + float(rng.uniform(0.2, 1.5))
        profile = [(radius, low), (radius, low + height)]
        parts.append(
            part("collar", turned(profile), np.eye(4), Label.APPLICATOR, palette.solid(rng))
        )
    return parts


def turned(profile: list[tuple[float, float]]) -> TriangleMesh:
    """Revolve an open profile of (radius_mm, z_mm) about z."""
    angles = np.arange(N_SECTORS) * (2 * np.pi / N_SECTORS)
    radius, z = np.array(profile).T
    vertices = np.stack(
        [
            radius[:, None] * np.cos(angles),
            radius[:, None] * np.sin(angles),
            np.broadcast_to(z[:, None], (len(z), N_SECTORS)),
        ],
        axis=-1,
    ).reshape(-1, 3)
    row, column = np.meshgrid(np.arange(len(z) - 1), np.arange(N_SECTORS), indexing="ij")
    a, b = row * N_SECTORS + column, row * N_SECTORS + (column + 1) % N_SECTORS
    c, d = b + N_SECTORS, a + N_SECTORS
    quads = np.stack([a, b, c, d], -1).reshape(-1, 4)
    triangles = np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]]).astype(np.int64)
    return TriangleMesh(frozen(vertices), frozen(triangles))


def hand(rng: np.random.Generator) -> list[Part]:
    """A gloved hand reaching along +x from the origin, with its sleeve behind."""
    size = rng.uniform(0.85, 1.2)
    parts: list[tuple[str, TriangleMesh, bool]] = [
        (
            "palm",
            tube(
                np.array([[-90, 0, 0], [-45, 0, 4], [0, 0, 0.0]]) * size,
                np.array([34, 40, 34]) * size * 0.62,
                n_segments=16,
            ),
            True,
        )
    ]
    curl, spread = rng.uniform(0.0, 1.3), rng.uniform(0.05, 0.3)
    for finger in range(5):
        is_thumb = finger == 4
        root = np.array([-50, -28, -4]) if is_thumb else np.array([-5, (finger - 1.5) * 17, 0])
        heading = -0.9 if is_thumb else (finger - 1.5) * spread
        bend = curl * rng.uniform(0.6, 1.2) * (0.5 if is_thumb else 1.0)
        path, pitch = [root * size], 0.0
        for length in (42.0, 28.0, 20.0):
            step = np.array(
                [np.cos(pitch) * np.cos(heading), np.cos(pitch) * np.sin(heading), -np.sin(pitch)]
            )
            path.append(path[-1] + step * length * size)
            pitch += bend * 0.6
        parts.append(("finger", tube(np.array(path), 9.0 * size, n_segments=12), True))
    parts.append(
        (
            "sleeve",
            tube(
                np.array([[-500, 0, 60], [-300, 0, 30], [-100, 0, 0.0]]) * size,
                np.array([60, 52, 36.0]) * size,
                n_segments=16,
            ),
            False,
        )
    )
    rubber, gown = palette.glove(rng), palette.cloth(rng)
    return [
        part(name, mesh, np.eye(4), Label.OCCLUDER, rubber if is_rubber else gown)
        for name, mesh, is_rubber in parts
    ]


def instrument(rng: np.random.Generator) -> list[Part]:
    """Forceps, scissors, sucker or clamp: thin shafts that reach along +x to the origin."""
    length, radius = rng.uniform(120, 320), rng.uniform(2.0, 7.0)
    opening = rng.uniform(0.0, 0.12)
    material = palette.metal(rng) if rng.random() < 0.75 else palette.solid(rng)
    meshes = []
    for side in (-1, 1) if rng.random() < 0.6 else (0,):
        path = np.array(
            [
                [-length, side * (radius + length * opening), 0],
                [-0.4 * length, side * radius, 0],
                [0, side * radius * 0.6, 0],
            ]
        )
        meshes.append(tube(path, np.array([radius, radius, radius * 0.6]), n_segments=10))
    if rng.random() < 0.5:  # finger ring
        angle = np.linspace(0, 1.9 * np.pi, 16)
        ring = 14 * np.stack([np.cos(angle), np.sin(angle), 0 * angle], 1)
        meshes.append(tube(ring + np.array([-length - 12, 10, 0]), 3.0, n_segments=8))
    return [part("instrument", m, np.eye(4), Label.OCCLUDER, material) for m in meshes]


def retractor(rng: np.random.Generator) -> list[Part]:
    """A blade hooked at the origin with its handle along -x."""
    length = float(rng.uniform(60, 220))
    mesh = blade(
        float(rng.uniform(12, 70)), length, float(rng.uniform(10, 90)), float(rng.uniform(1.5, 4))
    )
    material = palette.metal(rng) if rng.random() < 0.8 else palette.solid(rng)
    handle = tube(
        np.array([[-200, 0, 10], [-60, 0, 0], [5, 0, 0.0]]) * rng.uniform(0.5, 1.2),
        float(rng.uniform(4, 14)),
        n_segments=12,
    )
    pose = rigid(np.eye(3), (-length, 0.0, 0.0))
    return [part("retractor", m, pose, Label.OCCLUDER, material) for m in (mesh, handle)]


def distractor(rng: np.random.Generator) -> list[Part]:
    """A thing on a table or in the field that is neither applicator, bed nor in the way."""
    kind = rng.choice(KINDS_OF_THING)
    return [
        part(str(kind), mesh, np.eye(4), Label.OTHER, material)
        for mesh, material in _distractor_meshes(str(kind), rng)
    ]


def _distractor_meshes(kind: str, rng: np.random.Generator) -> list[tuple[TriangleMesh, Material]]:
    look = palette.solid(rng) if rng.random() < 0.8 else palette.metal(rng)
    radius, height = rng.uniform(22, 50), rng.uniform(50, 130)
    if kind in ("box", "block"):
        low, high = (30, 250) if kind == "box" else (8, 60)
        size = rng.uniform(low, high, 3)
        return [(box((float(size[0]), float(size[1]), float(size[2]))), look)]
    if kind == "mug":
        inner = radius - rng.uniform(2.5, 5)
        height = min(height, 2.6 * radius)
        wall = turned([(0, 0), (radius, 0), (radius, height), (inner, height), (inner, 5), (0, 5)])
        angle = np.linspace(-np.pi / 2, np.pi / 2, 12)
        loop = np.stack([np.cos(angle), 0 * angle, np.sin(angle)], 1)
        handle = tube(
            loop * [height * 0.3, 1, height * 0.32] + [radius - 2, 0, height / 2],
            5.0,
            n_segments=10,
        )
        return [(wall, look), (handle, look)] if rng.random() < 0.7 else [(wall, look)]
    if kind == "cup":  # open and tapered, without a handle
        tall, foot = rng.uniform(1.5, 3.2) * radius, radius * rng.uniform(0.55, 0.95)
        inner = radius - rng.uniform(0.8, 4)
        profile = [(0, 0), (foot, 0), (radius, tall), (inner, tall), (foot - radius + inner, 3)]
        return [(turned([*profile, (0, 3)]), look)]
    if kind == "bottle":
        neck, tall = radius * rng.uniform(0.25, 0.5), rng.uniform(140, 280)
        profile = [(0, 0), (radius, 0), (radius, tall * 0.65), (neck, tall * 0.8), (neck, tall)]
        return [(turned([*profile, (0, tall)]), look)]
    if kind == "bowl":
        radius = rng.uniform(50, 110)
        angle = np.linspace(0, np.pi / 2 * rng.uniform(0.7, 1.0), 10)
        outer = [(radius * np.sin(a), radius * 0.6 * (1 - np.cos(a))) for a in angle]
        inner_side = [((r - 3) if r > 3 else 0.0, z + 3) for r, z in reversed(outer)]
        return [(turned([*outer, *inner_side]), look)]
    if kind == "can":
        height = min(height, 3.5 * radius)
        return [(turned([(0, 0), (radius, 0), (radius, height), (0, height)]), look)]
    if kind == "hose":
        path = np.cumsum(rng.normal(0, 40, (6, 3)) + np.array([50, 0, 0]), axis=0)
        path[:, 2] = np.abs(path[:, 2]) * 0.3 + 6
        return [(tube(path, float(rng.uniform(3, 14)), n_segments=10), look)]
    return [(capsule(1.0, float(rng.uniform(15, 70))), look)]


def turn(rng: np.random.Generator, largest_rad: float) -> Float:
    """A random rotation by at most `largest_rad` about a random axis."""
    axis = rng.normal(size=3)
    return rotation_from_vector(axis / np.linalg.norm(axis) * rng.uniform(0, largest_rad))

"""Meshes of surgical instruments: working end at the origin, handle along -x, flat in xy."""

from __future__ import annotations

import numpy as np

from models.training.scenes.meshes import curve, swept
from recordings.simulation.shapes import box, tube
from tracking.applicator_mesh import TriangleMesh
from tracking.arrays import Float, frozen

Meshes = list[TriangleMesh]


def tweezers(rng: np.random.Generator) -> Meshes:
    """Two springy legs joined at the back."""
    length, gap = float(rng.uniform(110, 260)), float(rng.uniform(3, 16))
    width, thick = float(rng.uniform(4, 11)), float(rng.uniform(1.2, 2.5))
    taper = np.linspace(1.0, 0.3, 8) * width
    meshes = []
    for side in (-1, 1):
        tip = float(rng.uniform(0.2, 0.6)) * gap
        path = curve([[-length, 0, 0], [-0.5 * length, 0, side * gap], [0, 0, side * tip]], 8)
        meshes.append(swept(path, taper, thick, up=(0, 0, 1)))
    return meshes


def ringed(rng: np.random.Generator, kind: str) -> tuple[Meshes, Meshes]:
    """Two crossing shanks with finger rings; a swab in the jaws of a "sponge_stick"."""
    length = float(rng.uniform(120, 280))
    jaw = length * float(rng.uniform(0.35, 0.5) if kind == "scissors" else rng.uniform(0.15, 0.3))
    opening = float(rng.choice([rng.uniform(0.0, 0.06), rng.uniform(0.06, 0.4)]))
    bend = float(rng.choice([0.0, rng.uniform(-0.5, 0.5)])) * jaw  # curved jaws
    thick = float(rng.uniform(2.0, 5.0))
    radius = float(rng.uniform(9, 15))
    meshes = []
    for side in (-1.0, 1.0):
        back = side * (radius + 2 + (length - jaw) * np.sin(opening / 2))
        line = [
            [-length, back, 0.0],
            [-jaw - 0.35 * (length - jaw), 0.45 * back, 0.0],
            [-jaw, 0.0, 0.0],
            [-0.5 * jaw, -side * (1.0 + 0.5 * jaw * np.sin(opening / 2)), 0.3 * bend],
            [0.0, -side * jaw * np.sin(opening / 2), bend],
        ]
        wide = np.array([1.0, 1.0, 1.1, 1.2, 1.6, 1.2, 1.0, 0.5]) * thick * rng.uniform(1.1, 1.6)
        meshes.append(swept(curve(line, 8), wide, thick))
        meshes.append(_loop((-length - radius, back + side * 2, 0.0), radius, 2.2))
    if kind in ("clamp", "needle_holder", "sponge_stick"):  # the ratchet between the shanks
        at = np.array([-length + 8.0, 0.0, 0.0])
        meshes.append(_shifted(box((5.0, 2 * radius, 3.0)), at))
    swab: Meshes = []
    if kind == "sponge_stick":
        size = float(rng.uniform(9, 20))
        swab = [tube(np.array([[-size, 0, 0], [0, 0, bend], [size, 0, bend]]), size * 0.8, 12)]
    return meshes, swab


def sucker(rng: np.random.Generator) -> tuple[Meshes, Meshes]:
    """A bent suction pipe, its bulb, and the hose that goes on."""
    length, radius = float(rng.uniform(120, 260)), float(rng.uniform(2, 6))
    bend = float(rng.uniform(0, 70))
    path = curve([[-length, 0, bend], [-0.5 * length, 0, 0.7 * bend], [0, 0, 0]], 10)
    tip = tube(np.array([[-10.0, 0, 0], [-4, 0, 0], [0, 0, 0]]), radius * 1.5, 12)
    way = np.cumsum(
        np.array([[-60.0, 0, 0]] * 5) + rng.normal(0, 35, (5, 3)) * [0.5, 1, 0.6], axis=0
    )
    hose_path = np.concatenate([path[:1] + np.array([[20.0, 0, 0]]), path[:1] + way])
    hose = tube(curve(hose_path, 16), radius * float(rng.uniform(1.3, 2.2)), 10)
    return [tube(path, np.linspace(1.6, 1.0, 10) * radius, 12), tip], [hose]


def cautery(rng: np.random.Generator) -> tuple[Meshes, Meshes, Meshes]:
    """Pencil, tip and cable."""
    length, radius = float(rng.uniform(120, 170)), float(rng.uniform(4.5, 8))
    tip = float(rng.uniform(10, 60))
    x = np.linspace(-tip - length, -tip, 6)
    body = swept(np.stack([x, 0 * x, 0 * x], 1), 2 * radius, 2.3 * radius, squareness=0.2)
    button = _shifted(box((14.0, 6.0, 3.0)), np.array([-tip - 0.2 * length, 0, 1.3 * radius]))
    needle = swept(np.array([[-tip, 0, 0], [-tip / 2, 0, 0], [0.0, 0, 0]]), 2.5, 1.0)
    way = np.cumsum(
        np.array([[-70.0, 0, 0]] * 5) + rng.normal(0, 45, (5, 3)) * [0.6, 1, 0.6], axis=0
    )
    start = np.array([[-tip - length + 5, 0, 0]])
    cable = tube(curve(np.concatenate([start, start + way]), 18), float(rng.uniform(1.5, 3.5)), 8)
    return [body, button], [needle], [cable]


def syringe(rng: np.random.Generator) -> tuple[Meshes, Meshes]:
    """Barrel with flange and plunger, and a needle or catheter tip."""
    length, radius = float(rng.uniform(60, 130)), float(rng.uniform(5, 16))
    tip, pulled = float(rng.uniform(12, 45)), float(rng.uniform(10, 80))
    barrel = _rod(-tip - length, -tip, radius)
    flange = _shifted(box((3.0, 3.4 * radius, 2.0 * radius)), np.array([-tip - length, 0.0, 0.0]))
    plunger = _rod(-tip - length - pulled, -tip - length, 0.45 * radius)
    thumb = _rod(-tip - length - pulled - 3, -tip - length - pulled, 0.9 * radius)
    return [barrel, flange, plunger, thumb], [_rod(-tip, 0.0, float(rng.uniform(0.8, 2.5)))]


def ruler(rng: np.random.Generator) -> tuple[Meshes, Meshes]:
    """A flat strip with ticks along an edge."""
    length, width = float(rng.uniform(100, 260)), float(rng.uniform(12, 32))
    x = np.linspace(-length, 0, 4)
    strip = swept(np.stack([x, 0 * x, 0 * x], 1), width, 1.2, squareness=0.95)
    ticks = [
        _shifted(
            box((1.0, width * (0.4 if i % 5 == 0 else 0.22), 2.2)),
            np.array([-3.0 - 5.0 * i, width * 0.35, 0.0]),
        )
        for i in range(int(length / 5) - 1)
    ]
    return [strip], ticks


def probe(rng: np.random.Generator) -> Meshes:
    """A hand-held detector: thick handle, bent thinner neck, round head; its cable."""
    thick, neck = float(rng.uniform(10, 19)), float(rng.uniform(50, 120))
    bend = float(rng.uniform(-40, 40))
    path = curve([[-neck - 160, 0, 0], [-neck, 0, 0], [-neck / 2, 0, bend / 4], [0, 0, bend]], 12)
    radii = np.where(path[:, 0] < -neck, thick, thick * 0.5)
    cable = curve(
        path[:1] + np.cumsum(np.array([[20.0, 0, 0], *rng.normal((-60, 0, 0), 30, (4, 3))]), 0), 14
    )
    return [tube(path, radii, 14), tube(cable, 3.5, 8)]


def spoon(rng: np.random.Generator) -> Meshes:
    """A curette or spatula: a rod with a flat end."""
    length, radius = float(rng.uniform(140, 280)), float(rng.uniform(2.5, 6))
    flat = float(rng.uniform(20, 60))
    x = np.array([-flat, -0.7 * flat, -0.3 * flat, 0.0])
    leaf = swept(
        np.stack([x, 0 * x, 0.1 * x], 1), np.array([0.6, 1.6, 1.8, 0.8]) * flat * 0.35, 2.0
    )
    return [_rod(-length, -flat, radius), leaf]


def scalpel(rng: np.random.Generator) -> tuple[Meshes, Meshes]:
    """Flat handle and a blade."""
    length, edge = float(rng.uniform(110, 170)), float(rng.uniform(25, 50))
    x = np.linspace(-length, -edge, 4)
    handle = swept(np.stack([x, 0 * x, 0 * x], 1), float(rng.uniform(6, 12)), 3.5, squareness=0.7)
    tip = np.linspace(-edge - 8, 0, 4)
    blade = swept(np.stack([tip, 0 * tip, 0 * tip], 1), np.array([6, 7, 6, 0.5]), 0.8)
    return [handle], [blade]


def _rod(start_mm: float, end_mm: float, radius_mm: float) -> TriangleMesh:
    x = np.array([start_mm, (start_mm + end_mm) / 2, end_mm])
    return tube(np.stack([x, 0 * x, 0 * x], axis=1), radius_mm, n_segments=12, n_cap=2)


def _loop(centre_mm: tuple[float, float, float], radius_mm: float, thick_mm: float) -> TriangleMesh:
    """A finger ring in the xy plane."""
    angle = np.linspace(0, 2 * np.pi, 14)
    ring = radius_mm * np.stack([1.2 * np.cos(angle), np.sin(angle), 0 * angle], axis=1)
    return tube(ring + np.array(centre_mm), thick_mm, n_segments=6, n_cap=1)


def _shifted(mesh: TriangleMesh, by_mm: Float) -> TriangleMesh:
    return TriangleMesh(frozen(mesh.vertices_mm + by_mm), mesh.triangles)

"""Retractors: held ones with their blade at the origin, and frames that stand in an opening."""

from __future__ import annotations

import numpy as np

from models.training.families import Families
from models.training.scenes.groups import about_z, group, placed
from models.training.scenes.meshes import curve, swept
from models.training.scenes.object_looks import metal, solid
from recordings.simulation.scene import Material, Part
from recordings.simulation.shapes import tube
from tracking.applicator_mesh import TriangleMesh
from tracking.arrays import frozen
from tracking.segmentation import Label
from tracking.transforms import rigid, transform_points

Meshes = list[TriangleMesh]

HELD = (
    "retractor:blade",
    "retractor:blade",
    "retractor:army_navy",
    "retractor:ribbon",
    "retractor:flat",
    "retractor:flat",
    "retractor:langenbeck",
    "retractor:rake",
)
FRAMES = ("frame:two_arms", "frame:two_arms", "frame:jaws", "frame:ring")


def retractor(rng: np.random.Generator, families: Families) -> list[Part]:
    """A held one: its blade hooks down (-z) at the origin, its handle leaves along -x."""
    meshes = _HELD_BUILDERS[families.pick(rng, HELD)](rng)
    return group("retractor", Label.OCCLUDER, [(meshes, metal_or_solid(rng, families))])


def retractor_frame(rng: np.random.Generator, families: Families, opening_mm: float) -> list[Part]:
    """A self-holding one over an opening of that radius at the origin, its blades inside."""
    meshes = _FRAME_BUILDERS[families.pick(rng, FRAMES)](rng, opening_mm)
    parts = group("retractor", Label.OCCLUDER, [(meshes, metal_or_solid(rng, families))])
    pose = rigid(about_z(rng.uniform(0, 2 * np.pi)), (0.0, 0.0, float(rng.uniform(6, 25))))
    return placed(parts, pose)


def metal_or_solid(rng: np.random.Generator, families: Families) -> Material:
    """Steel, or now and then a painted or plastic one."""
    return metal(rng, families) if rng.random() < 0.65 else solid(rng, families)


def _strip(
    points: list[tuple[float, float]], width: float, thick: float, n: int = 14
) -> TriangleMesh:
    """Metal strip bent in the xz plane, through (x, z)."""
    path = curve([[x, 0.0, z] for x, z in points], n)
    return _bent(path, width, thick)


def _bent(path: np.ndarray[tuple[int, int], np.dtype[np.float64]], width: float, thick: float) -> (
    TriangleMesh
):  # fmt: skip
    # "up" across the strip: the bend in xz may then turn any way without a twist
    return swept(path, thick, width, up=(0.0, 1.0, 0.0), squareness=0.8)


def _blade(rng: np.random.Generator) -> Meshes:
    """A wide blade, hooked gently or sharply, and a round handle."""
    width, reach = float(rng.uniform(14, 75)), float(rng.uniform(50, 180))
    depth, thick = float(rng.uniform(15, 90)), float(rng.uniform(1.5, 4))
    hook = [(-reach, 0.0), (-0.3 * reach, 2.0), (-3.0, -0.25 * depth), (0.0, -depth)]
    handle = np.array([[-reach - rng.uniform(80, 200), 0, rng.uniform(0, 40)], [-reach, 0, 0]])
    middle = handle.mean(axis=0)
    path = np.stack([handle[0], middle, handle[1] + [15, 0, 0]])
    return [_strip(hook, width, thick), tube(path, float(rng.uniform(4, 14)), n_segments=12)]


def _army_navy(rng: np.random.Generator) -> Meshes:
    """One strip, hooked the same way at both ends."""
    length, width = float(rng.uniform(170, 240)), float(rng.uniform(12, 20))
    near, far = float(rng.uniform(20, 50)), float(rng.uniform(15, 50))
    bar = swept(np.array([[-length, 0, 0], [-length / 2, 0, 0], [0.0, 0, 0]]), width, 2.5)
    hooks = [
        _bent(np.array([[0.0, 0, 1], [0.5, 0, -near / 2], [sign * 4.0, 0, -near]]), width, 2.5)
        for sign in (-1.0,)
    ]
    away = np.array([[-length, 0, 1.0], [-length, 0, -far / 2], [-length + 3.0, 0, -far]])
    return [bar, *hooks, _bent(away, width, 2.5)]


def _ribbon(rng: np.random.Generator) -> Meshes:
    """A malleable strip, bent by hand."""
    length, width = float(rng.uniform(200, 330)), float(rng.uniform(18, 55))
    z = rng.normal(0, 25, 4)
    line = [
        (-length, float(z[0])), (-0.7 * length, float(z[1])), (-0.3 * length, float(z[2])),
        (-10.0, 0.0), (0.0, -float(rng.uniform(20, 80))),
    ]  # fmt: skip
    return [_strip(line, width, 1.5, n=20)]


def _flat(rng: np.random.Generator) -> Meshes:
    """A straight strip, its end in the wound: a blade without a handle, a spatula."""
    length, width = float(rng.uniform(30, 230)), float(rng.uniform(8, 55))
    dip, depth = float(rng.uniform(0.0, 1.2)), float(rng.uniform(0.1, 0.6)) * length
    along = np.array([np.cos(dip), 0.0, -np.sin(dip)])
    path = np.linspace(depth - length, depth, 4)[:, None] * along
    return [swept(path, width, float(rng.uniform(1.0, 7.0)), squareness=float(rng.uniform(0.5, 1)))]


def _langenbeck(rng: np.random.Generator) -> Meshes:
    """A handle with a hole's look, a thin neck and a right-angled blade."""
    width, depth = float(rng.uniform(10, 40)), float(rng.uniform(25, 90))
    neck, length = float(rng.uniform(60, 120)), float(rng.uniform(80, 130))
    x = np.array([-neck - length, -neck - 0.6 * length, -neck - 0.2 * length, -neck])
    flat = np.array([26, 30, 24, 10]) * rng.uniform(0.7, 1.2)
    handle = swept(np.stack([x, 0 * x, 0 * x], axis=1), flat, 4.0, squareness=0.7)
    rod = tube(np.array([[-neck - 5, 0, 0], [-neck / 2, 0, 0], [0.0, 0, 0]]), 4.0, n_segments=10)
    path = np.array([[0.0, 0, 3], [1, 0, -depth / 2], [0, 0, -0.9 * depth], [-8.0, 0, -depth]])
    return [handle, rod, _bent(path, width, 2.5)]


def _rake(rng: np.random.Generator) -> Meshes:
    """Two to six hooked prongs on a shaft."""
    n, pitch = int(rng.integers(2, 7)), float(rng.uniform(6, 11))
    depth, length = float(rng.uniform(12, 35)), float(rng.uniform(130, 220))
    meshes: Meshes = [
        tube(np.array([[-length, 0, 0], [-80.0, 0, 0], [-30.0, 0, 0]]), 4.5, n_segments=10)
    ]
    for index in range(n):
        y = (index - (n - 1) / 2) * pitch
        prong = [[-30, 0.2 * y, 0], [-18, y, 0], [-2, y, 0], [2, y, -0.6 * depth], [-4, y, -depth]]
        meshes.append(tube(curve(prong, 12), 1.8, n_segments=8, n_cap=2))
    return meshes


def _two_arms(rng: np.random.Generator, opening_mm: float) -> Meshes:
    """Two arms with blades on a toothed bar: one arm slides."""
    reach, offset = opening_mm * float(rng.uniform(0.7, 1.0)), opening_mm * rng.uniform(1.1, 1.4)
    width, depth = float(rng.uniform(25, 80)), float(rng.uniform(15, 60))
    size = float(rng.uniform(7, 16))
    half = reach + 40
    bar = np.array([[-half, -offset, 0], [0, -offset, 0], [half, -offset, 0.0]])
    meshes = [swept(bar, size, size * 0.7, squareness=0.8)]
    teeth = np.linspace(-half, half, 30)
    meshes += [
        swept(np.array([[x, -offset, 0], [x + 1.5, -offset, 0]]), size * 1.25, size * 0.5)
        for x in teeth[::2]
    ]
    for side in (-1.0, 1.0):
        arm = [
            [side * reach, -offset - 10, 0],
            [side * reach, -0.4 * offset, 6],
            [side * reach, 0, 0],
        ]
        meshes.append(swept(curve(arm, 8), size * 0.9, size * 0.7, squareness=0.7))
        blade = np.array(
            [[side * reach, 0, 4], [side * reach, 0, -depth / 2], [side * (reach + 8), 0, -depth]]
        )
        meshes.append(_bent(blade, width, 2.5))
    return meshes


def _jaws(rng: np.random.Generator, opening_mm: float) -> Meshes:
    """A hinged one like scissors, with finger rings outside and prongs within."""
    reach, length = opening_mm * float(rng.uniform(0.5, 0.95)), opening_mm + rng.uniform(40, 120)
    hinge = -opening_mm - 0.3 * (length - opening_mm)
    meshes: Meshes = []
    for side in (-1.0, 1.0):
        line = [[hinge - 90, -side * 35, 15], [hinge, 0, 12], [-0.3 * reach, side * reach, 8],
                [0.3 * reach, side * reach, 0]]  # fmt: skip
        meshes.append(swept(curve(line, 10), 9.0, 5.0, squareness=0.6))
        for x in np.linspace(-0.3, 0.3, 4) * reach:
            prong = np.array(
                [[x, side * reach, 4], [x, side * reach, -10.0], [x, side * (reach + 6), -20]]
            )
            meshes.append(tube(prong, 1.8, n_segments=8, n_cap=2))
        angle = np.linspace(0, 2 * np.pi, 14)
        loop = 13 * np.stack([np.cos(angle), np.sin(angle), 0 * angle], axis=1)
        meshes.append(
            tube(loop + np.array([hinge - 103, -side * 38, 15]), 2.5, n_segments=6, n_cap=1)
        )
    return meshes


def _ring(rng: np.random.Generator, opening_mm: float) -> Meshes:
    """A ring or oval above the opening, with several blades hung from it."""
    radius, oval = opening_mm * float(rng.uniform(1.15, 1.6)), float(rng.uniform(0.75, 1.3))
    angle = np.linspace(0, 2 * np.pi, 49)
    loop = radius * np.stack([np.cos(angle), oval * np.sin(angle), 0 * angle], axis=1)
    meshes = [swept(loop, float(rng.uniform(8, 20)), float(rng.uniform(3, 7)), squareness=0.6)]
    for at in rng.permutation(8)[: int(rng.integers(2, 7))] * (np.pi / 4):
        far = radius * np.hypot(np.cos(at), oval * np.sin(at))
        reach = opening_mm * float(rng.uniform(0.7, 1.0))
        depth = float(rng.uniform(15, 70))
        line = [
            (far + 30.0, 6.0),
            (0.6 * far + 0.4 * reach, 4.0),
            (reach, 0.0),
            (reach + 4, -depth),
        ]
        mesh = _strip(line, float(rng.uniform(12, 50)), 2.0)
        heading = rigid(about_z(float(np.arctan2(oval * np.sin(at), np.cos(at)))), np.zeros(3))
        meshes.append(
            TriangleMesh(frozen(transform_points(heading, mesh.vertices_mm)), mesh.triangles)
        )
    return meshes


_HELD_BUILDERS = {
    "retractor:blade": _blade,
    "retractor:army_navy": _army_navy,
    "retractor:ribbon": _ribbon,
    "retractor:flat": _flat,
    "retractor:langenbeck": _langenbeck,
    "retractor:rake": _rake,
}
_FRAME_BUILDERS = {"frame:two_arms": _two_arms, "frame:jaws": _jaws, "frame:ring": _ring}

"""Solid things between the camera and the cone that hide a wanted share of it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from recordings.simulation.raycast import RayTarget
from recordings.simulation.scene import Material, Part
from recordings.simulation.shapes import blade, box, heightfield, tube
from recordings.simulation.theatre import hand
from tracking.applicator_mesh import TriangleMesh
from tracking.arrays import Float
from tracking.segmentation import Label
from tracking.transforms import rigid, rotation_between, rotation_from_vector

Float32 = NDArray[np.float32]

DULL = Material((0.4, 0.45, 0.5))
DISTANCE_SHARES = (0.45, 0.8)  # of the way to the cone: a hand or an instrument in between
MAX_LEAN_RAD = np.radians(40.0)  # of the thing's long axis against the image plane
N_BISECTIONS = 9  # of the way in: the share to about 1/500 of the thing's own
LEAST_SHARE = 0.01  # less is not worth a thing
N_ATTEMPTS = 3  # with other things and sides, where one cannot hide enough
GOOD_ENOUGH = 0.9


def hiding_obstacle(
    rays_camera: Float32, depth_mm: Float32, share: float, rng: np.random.Generator
) -> tuple[Part, float] | None:
    """Return a thing in camera space and the share of the rays that it hides, at most `share`.

    Parameters
    ----------
    rays_camera, depth_mm : (n, 3), (n,)
        Rays (z = 1) that meet the cone, and where.
    """
    if share < LEAST_SHARE:
        return None
    best: tuple[Part, float] | None = None
    for _ in range(N_ATTEMPTS):
        placed = _placed(rays_camera, depth_mm, share, rng)
        best = max(filter(None, (best, placed)), key=lambda pair: pair[1], default=None)
        if best is not None and best[1] >= GOOD_ENOUGH * share:
            break
    return best


def _placed(
    rays_camera: Float32, depth_mm: Float32, share: float, rng: np.random.Generator
) -> tuple[Part, float] | None:
    """Push a thing in from a side until it hides the share, or all that it can."""
    mesh = _KINDS[int(rng.integers(len(_KINDS)))](rng)
    distance_mm = float(rng.uniform(*DISTANCE_SHARES) * np.percentile(depth_mm, 5))
    goal = rays_camera[int(rng.integers(len(rays_camera)))].astype(np.float64) * distance_mm
    angle = rng.uniform(0, 2 * np.pi)
    away = np.array([np.cos(angle), np.sin(angle), 0.0])
    rotation = _pointing_inwards(away, rng)

    def at(way_mm: float) -> tuple[Part, float]:
        pose = rigid(rotation, goal + away * way_mm)
        part = Part("obstacle", mesh, pose, Label.OCCLUDER, DULL)
        distance = RayTarget([part], np.eye(4)).cast(rays_camera).distance
        return part, float(np.mean((distance > 0) & (distance < depth_mm)))

    tried = [at(0.0)]
    inside, outside = 0.0, _clear_way_mm(mesh, rays_camera, distance_mm)
    while tried[0][1] > share and len(tried) <= N_BISECTIONS:
        middle = (inside + outside) / 2
        tried.append(at(middle))
        if tried[-1][1] > share:
            inside = middle
        else:
            outside = middle
    fitting = [pair for pair in tried if LEAST_SHARE <= pair[1] <= share]
    return max(fitting, key=lambda pair: pair[1], default=None)


def _clear_way_mm(mesh: TriangleMesh, rays_camera: Float32, distance_mm: float) -> float:
    """How far out a thing hides nothing, whatever its orientation."""
    reach = float(np.linalg.norm(mesh.vertices_mm, axis=1).max())
    spread = float(np.ptp(rays_camera[:, :2], axis=0).max())
    return 2 * (reach + spread * distance_mm)


def _pointing_inwards(away: Float, rng: np.random.Generator) -> Float:
    """Rotation that points the thing's +x from outside the image towards the cone."""
    lean = rng.uniform(-MAX_LEAN_RAD, MAX_LEAN_RAD)
    forward = -away * np.cos(lean) + np.array([0.0, 0.0, np.sin(lean)])
    turn = rotation_from_vector([rng.uniform(0, 2 * np.pi), 0.0, 0.0])
    return rotation_between(np.array([1.0, 0.0, 0.0]), forward) @ turn


def _slab(rng: np.random.Generator) -> TriangleMesh:
    length, width, thickness = rng.uniform((80.0, 20.0, 2.0), (260.0, 120.0, 25.0))
    return box((float(length), float(width), float(thickness)))


def _disc(rng: np.random.Generator) -> TriangleMesh:
    return heightfield(lambda x, _: np.zeros_like(x), 0.0, float(rng.uniform(20.0, 90.0)), 8.0)


def _hand(_: np.random.Generator) -> TriangleMesh:
    return hand("hand", np.eye(4), DULL.albedo_rgb).mesh


def _hose(rng: np.random.Generator) -> TriangleMesh:
    sag, radius = rng.uniform((-80.0, 4.0), (80.0, 25.0))
    path = np.array([[-400.0, 0.0, 0.0], [-130.0, sag / 2, 0.0], [0.0, 0.0, 0.0]])
    return tube(path, float(radius))


def _retractor(rng: np.random.Generator) -> TriangleMesh:
    width, bend = rng.uniform((15.0, 5.0), (50.0, 40.0))
    return blade(float(width), 180.0, float(bend), 2.0)


_KINDS: tuple[Callable[[np.random.Generator], TriangleMesh], ...] = (
    _slab,
    _disc,
    _hand,
    _hose,
    _retractor,
)

"""Meshes of a hand: a palm and five jointed fingers, fingertips towards +x, palm facing -z.

The knuckles are at the origin, the wrist at -x, the thumb at -y.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.training.scenes.meshes import curve, swept
from recordings.simulation.shapes import tube
from tracking.applicator_mesh import TriangleMesh
from tracking.arrays import Float, frozen

FINGER_LENGTHS_MM = ((44, 27, 21), (48, 31, 22), (45, 28, 22), (36, 22, 19))  # index to little
FINGER_ROOTS_MM = ((-4, -29, 0), (0, -10, 2), (-3, 9, 1), (-9, 26, -2))
FINGER_RADII_MM = (9.8, 10.1, 9.6, 8.5)  # at the root; the tips are a fifth slimmer
THUMB_LENGTHS_MM = (46, 33, 27)
THUMB_ROOT_MM, THUMB_RADIUS_MM = (-66, -26, -6), 11.0
JOINT_SHARES = (0.36, 0.42, 0.22)  # of a finger's curl at its three joints
WRIST_X_MM = -98.0
N_ARM = 16  # rings of the forearm: creases about 25 mm apart
N_PALM = 17


@dataclass(frozen=True)
class Pose:
    """How the joints stand, in rad.

    Attributes
    ----------
    curls
        Sum over the three joints, from index to little finger: 0 straight, 4 a fist.
    spread
        Between neighbouring fingers.
    thumb_out, thumb_down, thumb_curl
        The thumb's angle away from the fingers, out of the palm's plane, and its own curl.
    """

    curls: tuple[float, float, float, float]
    spread: float
    thumb_out: float
    thumb_down: float
    thumb_curl: float


def hand_meshes(pose: Pose, size: float) -> list[TriangleMesh]:
    """Palm, four fingers and thumb of a right hand; `size` is 1 for an average one."""
    meshes = [_palm(size)]
    for index, curl in enumerate(pose.curls):
        heading = (index - 1.4) * pose.spread
        path = _finger(FINGER_ROOTS_MM[index], FINGER_LENGTHS_MM[index], heading, 0.0, curl)
        radii = np.linspace(1.0, 0.8, len(path)) * FINGER_RADII_MM[index]
        meshes.append(tube(path * size, radii * size, n_segments=14, n_cap=3))
    path = _finger(
        THUMB_ROOT_MM, THUMB_LENGTHS_MM, -pose.thumb_out, pose.thumb_down, pose.thumb_curl
    )
    radii = np.linspace(1.35, 0.8, len(path)) * THUMB_RADIUS_MM  # its root is the ball of the thumb
    meshes.append(tube(path * size, radii * size, n_segments=14, n_cap=3))
    return meshes


def forearm(
    rng: np.random.Generator, size: float, bend: float = 0.25
) -> tuple[TriangleMesh, TriangleMesh]:
    """The glove's cuff, and the sleeve that leaves it along -x, bent sideways and creased."""
    cuff_mm, length = float(rng.uniform(15, 110)), float(rng.uniform(250, 480))
    side = rng.uniform(-bend, bend, 2) * length
    x = np.array([WRIST_X_MM, WRIST_X_MM - 0.45 * length, WRIST_X_MM - length])
    line = np.stack([x, np.array([0, 0.3, 1]) * side[0], np.array([0, 0.3, 1]) * side[1]], axis=1)
    path = curve(line, N_ARM)
    share = (path[:, 0] - WRIST_X_MM) / -length
    slim = (27 + 17 * np.clip(share * 1.3, 0, 1)) * size
    is_cuff = path[:, 0] > WRIST_X_MM - cuff_mm
    end = max(3, int(is_cuff.sum()) + 1)
    glove = tube(path[:end], slim[:end] + 2.0, n_segments=20, n_cap=2)
    loose = slim * rng.uniform(1.05, 1.35) * np.exp(rng.normal(0, 0.04, N_ARM))
    first = end - 2
    return glove, tube(path[first:], loose[first:], n_segments=22, n_cap=2)


def rolled(
    mesh: TriangleMesh, radius_mm: float, slant_rad: float, height_mm: float, leaves_mm: float
) -> TriangleMesh:
    """Wrap what lies in z >= 0 around a cylinder about z: x runs around it, z away from it.

    Parameters
    ----------
    slant_rad
        Turn about z before: positive lifts the wrist.
    height_mm
        Where on the cylinder the origin comes to lie.
    leaves_mm
        x below which the surface goes on straight, along the tangent there.
    """
    x, y, z = mesh.vertices_mm.T
    around = x * np.cos(slant_rad) + y * np.sin(slant_rad)
    along = -x * np.sin(slant_rad) + y * np.cos(slant_rad)
    wrapped, straight = np.maximum(around, leaves_mm), np.minimum(around - leaves_mm, 0.0)
    angle = wrapped / (radius_mm + 10.0)  # of a finger's middle: lengths there stay true
    out = radius_mm + z
    vertices = np.stack(
        [
            out * np.cos(angle) - straight * np.sin(angle),
            out * np.sin(angle) + straight * np.cos(angle),
            height_mm + along,
        ],
        axis=1,
    )
    return TriangleMesh(frozen(vertices), mesh.triangles)


def moved(mesh: TriangleMesh, scale: tuple[float, float, float], z_mm: float) -> TriangleMesh:
    """Scale about the origin (-1 mirrors), then lift."""
    return TriangleMesh(frozen(mesh.vertices_mm * scale + np.array([0, 0, z_mm])), mesh.triangles)


def _palm(size: float) -> TriangleMesh:
    x = np.array([WRIST_X_MM - 12, WRIST_X_MM, -72, -40, -12, 4, 9])
    width = np.array([48, 54, 72, 82, 84, 74, 40.0])
    thickness = np.array([34, 36, 36, 31, 26, 20, 10.0])
    outline = curve(np.stack([x, width, thickness], axis=1) * size, N_PALM)
    path = outline * [1.0, 0.0, 0.0]
    return swept(path, outline[:, 1], outline[:, 2], squareness=0.25, n_section=20)


def _finger(
    root_mm: tuple[int, int, int],
    lengths_mm: tuple[int, int, int],
    heading: float,
    pitch: float,
    curl: float,
) -> Float:
    """Joints of a finger, each bend in two halves so that the skin stays round: (7, 3)."""
    points = [np.array(root_mm, dtype=np.float64)]
    for length, share in zip(lengths_mm, JOINT_SHARES, strict=True):
        for part in (0.22, 0.78):
            pitch += curl * share / 2
            step = (
                np.cos(pitch) * np.cos(heading),
                np.cos(pitch) * np.sin(heading),
                -np.sin(pitch),
            )
            points.append(points[-1] + length * part * np.array(step))
    return np.array(points)

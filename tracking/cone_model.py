"""The applicator's geometry ready for measuring: ray casting, surface samples, sharp edges.

The only place where `tracking` meets Open3D's ray casting; built once per applicator.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import open3d as o3d

from tracking.applicator import Applicator
from tracking.applicator_mesh import (
    TriangleMesh,
    build_mesh,
    is_revolved_triangle,
    is_thin_triangle,
)
from tracking.arrays import Bool, Float, frozen
from tracking.transforms import invert

N_CURVE_POINTS = 96  # one every 2-4 px on a 60 mm cone at 0.5 m
N_SURFACE_POINTS = 12_000  # about 3 mm apart on a 60 mm cone: below the ICP's smallest radius
SURFACE_SEED = 7


@dataclass(frozen=True, eq=False)
class RayHits:
    """Where rays with z = 1 meet the model: depth z (inf: miss), outward normal in camera space.

    `is_thin`: on an end face of the wall, too narrow for a stereo camera to tell its depth.
    """

    z_mm: Float
    normals_camera: Float
    is_thin: Bool

    @property
    def is_hit(self) -> Bool:
        """Rays that meet the model in front of the camera."""
        return np.isfinite(self.z_mm)


@dataclass(frozen=True, eq=False)
class EdgeCurve:
    """A sharp circular edge in applicator space, points (n, 3) and unit tangents (n, 3)."""

    name: str
    points_mm: Float
    tangents: Float


class ConeModel:
    """Immutable geometry of one applicator.

    Parameters
    ----------
    applicator : Applicator
    mesh : TriangleMesh, optional
        The catalogue entry's own mesh; default: the parametric tube.
    """

    def __init__(self, applicator: Applicator, mesh: TriangleMesh | None = None) -> None:
        self.applicator = applicator
        self.mesh = mesh or build_mesh(applicator)
        self._is_revolved = (
            is_revolved_triangle(applicator)
            if mesh is None
            else np.zeros(len(mesh.triangles), bool)
        )
        self.edges = _edges(applicator) if mesh is None else ()  # a mesh need not have them
        self.surface_mm, self.surface_normals = _surface_samples(self.mesh)
        self._is_thin = (
            is_thin_triangle(applicator)
            if mesh is None
            else np.zeros(len(self.mesh.triangles), bool)
        )
        self._scene = o3d.t.geometry.RaycastingScene()
        self._scene.add_triangles(
            o3d.core.Tensor(self.mesh.vertices_mm.astype(np.float32)),
            o3d.core.Tensor(self.mesh.triangles.astype(np.uint32)),
        )

    def cast(self, camera_from_applicator: Float, rays_camera: Float) -> RayHits:
        """Cast rays (n, 3) with z = 1 from the camera's centre at the posed model."""
        applicator_from_camera = invert(camera_from_applicator)
        rays = np.empty((len(rays_camera), 6), dtype=np.float32)
        rays[:, :3] = applicator_from_camera[:3, 3]
        rays[:, 3:] = rays_camera @ applicator_from_camera[:3, :3].T
        answer = self._scene.cast_rays(o3d.core.Tensor(rays))
        z = answer["t_hit"].numpy().astype(np.float64)
        normals = answer["primitive_normals"].numpy().astype(np.float64)
        triangle = np.where(np.isfinite(z), answer["primitive_ids"].numpy(), 0)
        revolved = np.isfinite(z) & self._is_revolved[triangle]
        hits = rays[revolved, :3] + rays[revolved, 3:] * z[revolved, None]
        normals[revolved] = _without_tangential(normals[revolved], hits)
        is_thin = np.isfinite(z) & self._is_thin[triangle]
        return RayHits(z, normals @ camera_from_applicator[:3, :3].T, is_thin)


def _without_tangential(normals: Float, points: Float) -> Float:
    """Normals of a surface of revolution: a facet's own tilt would feign a known roll."""
    radial = points[:, :2] / np.linalg.norm(points[:, :2], axis=1, keepdims=True)
    outward = np.einsum("ij,ij->i", normals[:, :2], radial)
    exact = np.concatenate([radial * outward[:, None], normals[:, 2:]], axis=1)
    exact /= np.linalg.norm(exact, axis=1, keepdims=True)
    return exact


def _edges(applicator: Applicator) -> tuple[EdgeCurve, ...]:
    """Outer edges that can bound the applicator in an image: exit rim, top, ring's underside."""
    circles = [("exit", applicator.outer_radius_mm, 0.0, applicator.bevel_slope)]
    top_radius = (
        applicator.ring_diameter_mm / 2 if applicator.has_ring else applicator.outer_radius_mm
    )
    circles.append(("top", top_radius, applicator.length_mm, 0.0))
    if applicator.has_ring:
        underside = applicator.length_mm - applicator.ring_height_mm
        circles.append(("underside", top_radius, underside, 0.0))
    return tuple(_circle(*circle) for circle in circles)


def _circle(name: str, radius_mm: float, z_mm: float, slope: float) -> EdgeCurve:
    angle = np.arange(N_CURVE_POINTS) * (2 * np.pi / N_CURVE_POINTS)
    cosine, sine = np.cos(angle), np.sin(angle)
    points = np.stack([radius_mm * cosine, radius_mm * sine, z_mm - radius_mm * cosine * slope], 1)
    tangents = np.stack([-sine, cosine, sine * slope], axis=1)
    tangents /= np.linalg.norm(tangents, axis=1, keepdims=True)
    return EdgeCurve(name, frozen(points), frozen(tangents))


def _surface_samples(mesh: TriangleMesh) -> tuple[Float, Float]:
    """Points uniform over the mesh's area with the normals of their triangles, seeded."""
    corners = mesh.vertices_mm[mesh.triangles]
    cross = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    double_area = np.linalg.norm(cross, axis=1)
    rng = np.random.default_rng(SURFACE_SEED)
    chosen = rng.choice(len(corners), N_SURFACE_POINTS, p=double_area / double_area.sum())
    first, second = rng.random((2, N_SURFACE_POINTS, 1))
    folded = first + second > 1
    first, second = np.where(folded, 1 - first, first), np.where(folded, 1 - second, second)
    a, b, c = np.moveaxis(corners[chosen], 1, 0)
    points = a + first * (b - a) + second * (c - a)
    return frozen(points), frozen(cross[chosen] / double_area[chosen, None])

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
from tracking.ray_hits import hits_of, posed_rays
from tracking.transforms import invert

N_CURVE_POINTS = 72  # one every 3-5 px on a 60 mm cone at 0.5 m: as labels' noise is correlated
N_SURFACE_POINTS = 12_000  # about 3 mm apart on a 60 mm cone: below the ICP's smallest radius
SURFACE_SEED = 7
EXIT = "exit"  # name of the edge that tissue may cover, and that tells a bevel's roll


@dataclass(frozen=True, eq=False)
class RayHits:
    """Where rays with z = 1 meet the model, in applicator space; rows of a miss mean nothing.

    Attributes
    ----------
    z_mm : (n,) depth in camera space, inf: miss
    is_hit : (n,)
    is_thin : (n,) on an end face of the wall, too narrow for a depth camera to tell its depth
    points_mm, normals, rays : (n, 3) hit points, outward unit normals, the rays themselves
    """

    z_mm: Float
    is_hit: Bool
    is_thin: Bool
    points_mm: Float
    normals: Float
    rays: Float


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
        n_triangles = len(self.mesh.triangles)
        nothing = np.zeros(n_triangles, bool)
        is_revolved = is_revolved_triangle(applicator) if mesh is None else nothing
        self._normals = _triangle_normals(self.mesh, is_revolved)
        self.edges = _edges(applicator) if mesh is None else ()  # a mesh need not have them
        self.edge_points_mm, self.edge_tangents = (
            np.array([getattr(edge, name) for edge in self.edges]).reshape(-1, N_CURVE_POINTS, 3)
            for name in ("points_mm", "tangents")
        )
        self.surface_mm, self.surface_normals = _surface_samples(self.mesh)
        self._is_thin = is_thin_triangle(applicator) if mesh is None else nothing
        self._scene = o3d.t.geometry.RaycastingScene()
        self._scene.add_triangles(
            o3d.core.Tensor(self.mesh.vertices_mm.astype(np.float32)),
            o3d.core.Tensor(self.mesh.triangles.astype(np.uint32)),
        )

    def meets(self, camera_from_applicator: Float, rays_camera: Float) -> Bool:
        """Which rays (n, 3) from the camera's centre meet the posed model."""
        rays = posed_rays(invert(camera_from_applicator), rays_camera)
        meets: Bool = self._scene.test_occlusions(o3d.core.Tensor(rays)).numpy().astype(bool)
        return meets

    def depths_mm(self, camera_from_applicator: Float, rays_camera: Float) -> Float:
        """Depth z at which rays (n, 3) with z = 1 meet the posed model, inf: not at all."""
        rays = posed_rays(invert(camera_from_applicator), rays_camera)
        z: Float = self._scene.cast_rays(o3d.core.Tensor(rays))["t_hit"].numpy().astype(np.float64)
        return z

    def cast(self, camera_from_applicator: Float, rays_camera: Float) -> RayHits:
        """Cast rays (n, 3) with z = 1 from the camera's centre at the posed model."""
        rays = posed_rays(invert(camera_from_applicator), rays_camera)
        answer = self._scene.cast_rays(o3d.core.Tensor(rays))
        z, triangles = answer["t_hit"].numpy(), answer["primitive_ids"].numpy()
        return RayHits(*hits_of(rays, z, triangles, self._normals, self._is_thin))


def _triangle_normals(mesh: TriangleMesh, is_revolved: Bool) -> Float:
    """Outward unit normals as a sum, (m, 4): x, y, z, and how far radially away from the axis.

    A triangle of a surface of revolution has only the axial and the radial part.
    """
    corners = mesh.vertices_mm[mesh.triangles]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    middle = corners.mean(axis=1)[:, :2]
    middle /= np.maximum(np.linalg.norm(middle, axis=1, keepdims=True), 1e-9)
    outward = np.einsum("ij,ij->i", normals[:, :2], middle)
    length = np.maximum(np.hypot(outward, normals[:, 2]), 1e-12)
    revolved = np.stack([np.zeros_like(length), np.zeros_like(length), normals[:, 2], outward])
    parts = np.where(is_revolved, revolved / length, [*normals.T, np.zeros_like(length)])
    return frozen(np.ascontiguousarray(parts.T))


def _edges(applicator: Applicator) -> tuple[EdgeCurve, ...]:
    """Outer edges that can bound the applicator in an image: exit rim, top, ring's underside."""
    circles = [(EXIT, applicator.outer_radius_mm, 0.0, applicator.bevel_slope)]
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

"""The mesh of an applicator: its own where the catalogue names one, else the parametric tube."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tracking.applicator import Applicator
from tracking.applicator_mesh import TriangleMesh, build_mesh
from tracking.arrays import frozen
from tracking.errors import ConfigurationError

SIZE_RATIO_MAX = 2.0  # between mesh and entry: far below metres or inches taken for mm


def applicator_mesh(applicator: Applicator) -> TriangleMesh:
    """Return the applicator's mesh in applicator space, mm.

    Raises
    ------
    ConfigurationError
        The entry's mesh cannot be read, or is of another size than the entry.
    """
    parametric = build_mesh(applicator)
    if not applicator.mesh_path:
        return parametric
    mesh = read_mesh(Path(applicator.mesh_path))
    ratio = _diagonal_mm(mesh) / _diagonal_mm(parametric)
    if not 1 / SIZE_RATIO_MAX <= ratio <= SIZE_RATIO_MAX:
        raise ConfigurationError(
            f"The mesh of {applicator.id} is of another size than its catalogue entry.",
            expected=f"a diagonal near {_diagonal_mm(parametric):.0f} mm",
            actual=f"{_diagonal_mm(mesh):.3g} mm",
            remedy="Export the mesh in mm, or correct the entry's lengths.",
        )
    return mesh


def read_mesh(path: Path) -> TriangleMesh:
    """Read an STL or PLY file; corners at one place become one vertex.

    Raises
    ------
    ConfigurationError
        Not a mesh, empty, or with vertices that are not finite.
    """
    import open3d as o3d

    with o3d.utility.VerbosityContextManager(o3d.utility.VerbosityLevel.Error):
        mesh = o3d.io.read_triangle_mesh(path).remove_duplicated_vertices()
    vertices = np.asarray(mesh.vertices, dtype=np.float64)
    triangles = np.asarray(mesh.triangles, dtype=np.int64)
    if not len(triangles) or not np.isfinite(vertices).all():
        raise ConfigurationError(
            "The applicator's mesh cannot be used.",
            expected="a PLY or STL file with triangles and finite vertices",
            actual=f"{path}: {len(triangles)} triangles, {len(vertices)} vertices",
            remedy="Export the mesh again.",
        )
    return TriangleMesh(frozen(vertices.copy()), frozen(triangles.copy()))


def _diagonal_mm(mesh: TriangleMesh) -> float:
    return float(np.linalg.norm(np.ptp(mesh.vertices_mm, axis=0)))

"""Triangle meshes as binary PLY files."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tracking.applicator_mesh import TriangleMesh
from tracking.errors import UsageError

FACE = np.dtype([("count", "u1"), ("vertices", "<i4", (3,))])


def ply_bytes(mesh: TriangleMesh) -> bytes:
    """Return `mesh` as binary little-endian PLY, vertices in mm as doubles."""
    header = (
        "ply\n"
        "format binary_little_endian 1.0\n"
        "comment applicator space, mm: origin at the exit's centre, +z towards the source\n"
        f"element vertex {len(mesh.vertices_mm)}\n"
        "property double x\nproperty double y\nproperty double z\n"
        f"element face {len(mesh.triangles)}\n"
        "property list uchar int vertex_indices\n"
        "end_header\n"
    )
    faces = np.empty(len(mesh.triangles), FACE)
    faces["count"] = 3
    faces["vertices"] = mesh.triangles
    return header.encode() + mesh.vertices_mm.astype("<f8").tobytes() + faces.tobytes()


def write_ply(path: Path, mesh: TriangleMesh) -> None:
    """Write `mesh`; the file appears whole or not at all.

    Raises
    ------
    UsageError
        Its folder does not exist.
    """
    if not path.parent.is_dir():
        raise UsageError(
            "The mesh cannot be written: its folder does not exist.",
            actual=str(path.parent),
            remedy="Create the folder, or write elsewhere.",
        )
    unfinished = path.with_name(f".{path.name}.unfinished")
    try:
        unfinished.write_bytes(ply_bytes(mesh))
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)

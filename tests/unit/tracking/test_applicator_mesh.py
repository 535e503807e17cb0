from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from tests.builders import make_applicator
from tests.tolerances import ROUNDING
from tracking.applicator import Applicator
from tracking.applicator_mesh import TriangleMesh, build_mesh, is_revolved_triangle
from tracking.arrays import Float

CONES = [
    make_applicator(diameter, bevel, has_ring=has_ring)
    for diameter in (30.0, 60.0, 100.0)
    for bevel in (0.0, 15.0, 30.0, 45.0)
    for has_ring in (True, False)
]
cones = pytest.mark.parametrize("cone", CONES, ids=lambda cone: cone.id)


def signed_volume(mesh: TriangleMesh) -> float:
    a, b, c = np.moveaxis(mesh.vertices_mm[mesh.triangles], 1, 0)
    return float(np.einsum("ij,ij->i", a, np.cross(b, c)).sum() / 6)


def normals_and_centres(mesh: TriangleMesh) -> tuple[Float, Float]:
    a, b, c = np.moveaxis(mesh.vertices_mm[mesh.triangles], 1, 0)
    cross = np.cross(b - a, c - a)
    return cross / np.linalg.norm(cross, axis=1, keepdims=True), (a + b + c) / 3


@cones
def test_watertight_every_edge_once_in_each_direction(cone: Applicator) -> None:
    triangles = build_mesh(cone).triangles
    edges = Counter((int(t[i]), int(t[(i + 1) % 3])) for t in triangles for i in range(3))
    assert max(edges.values()) == 1
    assert all((b, a) in edges for a, b in edges)


@cones
def test_volume_is_the_closed_form_and_outward(cone: Applicator) -> None:
    inner, outer = cone.inner_radius_mm, cone.outer_radius_mm
    tube = np.pi * (outer**2 - inner**2) * cone.length_mm
    ring = np.pi * ((cone.ring_diameter_mm / 2) ** 2 - outer**2) * cone.ring_height_mm
    expected = tube + (ring if cone.has_ring else 0.0)
    assert signed_volume(build_mesh(cone)) == pytest.approx(expected, rel=ROUNDING)


@cones
def test_the_lowest_corners_lie_on_the_exit_plane(cone: Applicator) -> None:
    vertices = build_mesh(cone).vertices_mm
    exit_vertices = vertices[: 2 * (len(vertices) // (6 if cone.has_ring else 4))]
    np.testing.assert_allclose(
        exit_vertices[:, 2], -exit_vertices[:, 0] * np.tan(np.radians(cone.bevel_deg)), atol=1e-9
    )
    assert exit_vertices[np.argmin(exit_vertices[:, 2])][0] > 0 or cone.bevel_deg == 0


@cones
def test_the_top_is_flat_at_the_length(cone: Applicator) -> None:
    vertices = build_mesh(cone).vertices_mm
    assert vertices[:, 2].max() == pytest.approx(cone.length_mm)
    top = vertices[vertices[:, 2] > cone.length_mm - 1e-6]
    widest = np.hypot(top[:, 0], top[:, 1]).max()
    radius = cone.ring_diameter_mm / 2 if cone.has_ring else cone.outer_radius_mm
    assert widest == pytest.approx(radius, rel=1e-3)  # equal area: vertices 0.04 % outside


def test_the_ring_reaches_down_by_its_height() -> None:
    cone = make_applicator()
    vertices = build_mesh(cone).vertices_mm
    wide = vertices[np.hypot(vertices[:, 0], vertices[:, 1]) > cone.outer_radius_mm + 5]
    assert sorted({round(float(z), 6) for z in wide[:, 2]}) == [280.0, 300.0]


def test_a_tube_without_ring_has_no_wide_vertices() -> None:
    cone = make_applicator(has_ring=False)
    vertices = build_mesh(cone).vertices_mm
    assert np.hypot(vertices[:, 0], vertices[:, 1]).max() < cone.outer_radius_mm * 1.001


@cones
def test_wall_normals_point_away_from_the_metal(cone: Applicator) -> None:
    normals, centres = normals_and_centres(build_mesh(cone))
    radius = np.hypot(centres[:, 0], centres[:, 1])
    outward = np.einsum("ij,ij->i", normals[:, :2], centres[:, :2]) / radius
    wall = np.abs(normals[:, 2]) < 1e-6
    on_inside = wall & (radius < (cone.inner_radius_mm + cone.outer_radius_mm) / 2)
    assert np.all(outward[on_inside] < -0.99)
    assert np.all(outward[wall & ~on_inside] > 0.99)


@cones
def test_all_triangles_but_a_bevelled_exit_are_revolved(cone: Applicator) -> None:
    normals, _ = normals_and_centres(build_mesh(cone))
    is_revolved = is_revolved_triangle(cone)
    exit_normal = np.array([-cone.bevel_slope, 0.0, -1.0]) / np.hypot(cone.bevel_slope, 1.0)
    is_exit = normals @ exit_normal > 1 - 1e-9
    if cone.bevel_deg == 0:
        assert is_revolved.all()
    else:
        np.testing.assert_array_equal(is_revolved, ~is_exit)

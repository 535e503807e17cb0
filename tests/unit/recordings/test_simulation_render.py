"""Rendering: pixel centres, depth, labels, textures, transparency, and the same bytes again."""

from __future__ import annotations

import numpy as np
import pytest

from recordings.simulation.photograph import photograph
from recordings.simulation.render import render
from recordings.simulation.scene import Light, Material, Part, Scene, Texture
from recordings.simulation.shapes import (
    blade,
    box,
    capsule,
    heightfield,
    merged,
    sheet,
    tube,
)
from tracking.applicator_mesh import TriangleMesh
from tracking.camera import CameraIntrinsics
from tracking.segmentation import Label
from tracking.transforms import rigid, rotation_from_vector, transform_points

CAMERA = CameraIntrinsics(160, 120, 150.0, 140.0, 80.3, 59.6)
AT_REST = np.eye(4)
FLOAT32_MM = 1e-3  # float32 rays and vertices at 500 mm
GREY = Material((0.5, 0.5, 0.5))


def _plane(z_mm: float, material: Material = GREY, tilt_rad: float = 0.0) -> Part:
    flat = sheet(lambda x, _: np.zeros_like(x), (-900.0, 900.0), (-900.0, 900.0), 1800.0)
    pose = rigid(rotation_from_vector([tilt_rad, 0, 0]), [0, 0, z_mm])
    return Part("plane", flat, pose, Label.TUMOR_BED, material)


def test_tilted_plane_has_the_depth_of_rays_through_integer_pixels() -> None:
    tilt, distance = 0.4, 500.0
    rendering = render(Scene((_plane(distance, tilt_rad=tilt),)), CAMERA, AT_REST)
    normal = rotation_from_vector([tilt, 0, 0])[:, 2]
    expected = normal[2] * distance / (CAMERA.ray_grid @ normal)
    assert np.abs(rendering.depth_mm - expected).max() < FLOAT32_MM


def test_small_box_appears_where_its_centre_projects() -> None:
    centre = np.array([33.0, -21.0, 400.0])
    size = 4.0 * 400 / 150
    cube = Part("box", box((size, size, 2.0)), rigid(np.eye(3), centre), Label.OCCLUDER, GREY)
    rendering = render(Scene((cube,)), CAMERA, AT_REST)
    v, u = np.nonzero(rendering.labels == Label.OCCLUDER)
    expected = CAMERA.project(centre)
    assert abs(u.mean() - expected[0]) < 0.5  # 4 px wide: the mean is within half a pixel
    assert abs(v.mean() - expected[1]) < 0.5


def test_edge_between_two_pixel_centres_separates_them() -> None:
    """A half-plane whose edge projects to u = 40.25 holds pixel 40 and not pixel 41."""
    edge_mm = (40.25 - CAMERA.cx) / CAMERA.fx * 300.0
    half = sheet(lambda x, _: np.zeros_like(x), (-900.0, edge_mm), (-900.0, 900.0), 2000.0)
    part = Part("half", half, rigid(np.eye(3), [0, 0, 300]), Label.OTHER, GREY)
    depth = render(Scene((part,)), CAMERA, AT_REST).depth_mm
    assert depth[:, 40].all()
    assert not depth[:, 41].any()


def test_nearest_part_wins_and_nothing_is_zero() -> None:
    near = Part("near", box((60.0, 60, 2)), rigid(np.eye(3), [0, 0, 300]), Label.OCCLUDER, GREY)
    far = Part("far", box((200.0, 100, 2)), rigid(np.eye(3), [0, 0, 500]), Label.APPLICATOR, GREY)
    rendering = render(Scene((far, near)), CAMERA, AT_REST)
    assert rendering.labels[60, 80] == Label.OCCLUDER
    assert rendering.part_index[60, 80] == 1
    assert rendering.labels[60, 58] == Label.APPLICATOR
    assert (rendering.depth_mm[0, 0], rendering.labels[0, 0]) == (0, Label.OTHER)
    assert rendering.part_index[0, 0] == -1
    assert np.allclose(rendering.normals_camera[60, 80], [0, 0, -1])


def test_empty_scene_renders_background_only() -> None:
    rendering = render(Scene(()), CAMERA, AT_REST)
    assert not rendering.depth_mm.any()
    assert len(np.unique(rendering.color_rgb.reshape(-1, 3), axis=0)) == 1


def test_view_moves_with_the_camera() -> None:
    camera_from_world = rigid(rotation_from_vector([0.1, -0.2, 0.3]), [10.0, 20, 30])
    point = np.array([20.0, 10.0, 450.0])
    part = Part("box", box((6.0, 6, 6)), rigid(np.eye(3), point), Label.APPLICATOR, GREY)
    rendering = render(Scene((part,)), CAMERA, camera_from_world)
    v, u = np.nonzero(rendering.labels)
    expected = CAMERA.project(transform_points(camera_from_world, point))
    assert np.hypot(u.mean() - expected[0], v.mean() - expected[1]) < 0.7


def test_texture_contrasts_follow_the_part_and_not_the_camera() -> None:
    texture = Texture("blobs", 20.0, 1.0, (0.0, 0.0, 0.0), seed=3)
    textured = Material((0.9, 0.9, 0.9), texture=texture)
    lights = (Light((0, 0, 0), 0.0),)
    first = render(Scene((_plane(400.0, textured),), lights, 1.0), CAMERA, AT_REST).color_rgb
    assert first[..., 0].std() > 30
    shift_mm = 4 * 400.0 / CAMERA.fx  # 4 px exactly
    moved_camera = rigid(np.eye(3), [shift_mm, 0, 0])
    second = render(Scene((_plane(400.0, textured),), lights, 1.0), CAMERA, moved_camera).color_rgb
    same = np.abs(second[:, 4:].astype(int) - first[:, :-4]) <= 8
    assert same.mean() > 0.97  # nearest lookup may land in the next cell


def test_shadow_darkens_what_lies_behind() -> None:
    blocker = Part("box", box((40.0, 40, 2)), rigid(np.eye(3), [100, 0, 300]), Label.OTHER, GREY)
    lamp = Light((300.0, 0.0, -200.0), 1.0, casts_shadow=True)
    scene = Scene((_plane(500.0), blocker), (lamp,), 0.1)
    lit = Scene(scene.parts, (Light(lamp.position_mm, 1.0),), 0.1)
    darker = (
        render(lit, CAMERA, AT_REST).color_rgb.astype(int)
        - render(scene, CAMERA, AT_REST).color_rgb
    )
    expected_mm = np.array([300 + (100 - 300) * 700 / 500, 0.0, 500.0])  # along the lamp's ray
    u, v = np.round(CAMERA.project(expected_mm)).astype(int)
    assert darker[v, u].min() > 30
    assert not darker[v, u + 50].any()


def test_transparent_part_shows_what_is_behind() -> None:
    clear = Material((0.8, 0.8, 0.8), transparent_depth=0.7)
    window = Part("w", box((80.0, 80, 2)), rigid(np.eye(3), [0, 0, 301]), Label.APPLICATOR, clear)
    rendering = render(Scene((window, _plane(500.0))), CAMERA, AT_REST)
    assert rendering.depth_mm[60, 80] == pytest.approx(300, abs=FLOAT32_MM)
    assert rendering.depth_behind_mm[60, 80] == pytest.approx(500, abs=FLOAT32_MM)
    assert rendering.depth_loss[60, 80] == pytest.approx(0.7)
    assert rendering.depth_loss[5, 5] == 0


def test_same_scene_gives_the_same_bytes() -> None:
    material = Material((0.6, 0.4, 0.3), 0.5, 0.3, Texture("veins", 12.0, 0.8, (0.1, 0.1, 0.1)))
    scene = Scene((_plane(450.0, material, 0.3),))
    first, second = (render(scene, CAMERA, AT_REST) for _ in range(2))
    assert first.color_rgb.tobytes() == second.color_rgb.tobytes()
    assert first.depth_mm.tobytes() == second.depth_mm.tobytes()
    pictures = [photograph(first.color_rgb, np.random.default_rng(4)) for _ in range(2)]
    assert pictures[0].tobytes() == pictures[1].tobytes()


def _signed_volume_mm3(mesh: TriangleMesh) -> float:
    a, b, c = (mesh.vertices_mm[mesh.triangles[:, i]] for i in range(3))
    return float(np.einsum("ij,ij->", a, np.cross(b, c)) / 6)


@pytest.mark.parametrize(
    ("mesh", "volume_mm3", "tolerance"),
    [
        (box((10.0, 20.0, 30.0)), 6000.0, 1e-9),
        (capsule(50.0, 10.0), np.pi * 100 * 50 + 4 / 3 * np.pi * 1000, 0.05),  # polygons
        (blade(20.0, 80.0, 10.0, 2.0), 20.0 * 80 * 2, 1e-6),
        (merged([box((10.0, 20, 30)), box((10.0, 20, 30))]), 12000.0, 1e-9),
    ],
)
def test_closed_shapes_have_outward_triangles(
    mesh: TriangleMesh, volume_mm3: float, tolerance: float
) -> None:
    assert _signed_volume_mm3(mesh) == pytest.approx(volume_mm3, rel=tolerance)


def test_height_fields_face_up() -> None:
    for mesh in (
        heightfield(lambda x, y: 0.1 * x + 0.05 * y, 0.0, 50.0, 5.0),
        sheet(lambda x, y: 0.1 * x + 0.05 * y, (-20.0, 20.0), (-10.0, 10.0), 5.0),
    ):
        a, b, c = (mesh.vertices_mm[mesh.triangles[:, i]] for i in range(3))
        assert (np.cross(b - a, c - a)[:, 2] >= 0).all()


def test_tube_follows_its_path() -> None:
    path = np.array([[0.0, 0, 0], [30, 10, 0], [60, 0, 20]])
    vertices = tube(path, 5.0).vertices_mm
    for point in path:
        assert np.linalg.norm(vertices - point, axis=1).min() <= 5.0 + 1e-9


@pytest.mark.parametrize(
    "build",
    [
        lambda: Material((1.2, 0, 0)),
        lambda: Material((0.5, 0, 0), specular=2.0),
        lambda: Texture("clouds", 0.0, 0.5, (0, 0, 0)),
        lambda: Texture("clouds", 1.0, 1.5, (0, 0, 0)),
        lambda: Part("p", box((1.0, 1, 1)), 2 * np.eye(4), Label.OTHER, GREY),
    ],
)
def test_impossible_values_are_refused(build: object) -> None:
    assert callable(build)
    with pytest.raises(ValueError, match=r"must|expected|orthonormal"):
        build()

"""Cameras of training scenes: valid, outside the cone, and what they show is true."""

from __future__ import annotations

import numpy as np
import pytest

from models.training.families import Families
from models.training.scenes.applicators import random_applicator
from models.training.scenes.cameras import HEIGHT_PX, Camera, averaged, random_camera
from models.training.scenes.compose import random_scenery
from models.training.scenes.depth_sensor import measured_depth
from models.training.scenes.lights import Lighting, random_lighting
from models.training.scenes.optics import Optics, encoded, picture
from models.training.scenes.photo import Cover, Photo, Studio, world_rays
from models.training.scenes.tracing import traced
from models.training.scenes.viewpoint import FRAMINGS, Subject, look_at, random_view
from recordings.simulation.raycast import RayTarget
from recordings.simulation.render import render_shape
from recordings.simulation.scene import Light, Material, Part, Scene
from recordings.simulation.shapes import box
from tracking.camera import CameraIntrinsics
from tracking.segmentation import Label
from tracking.transforms import check_transform, invert, rigid, transform_points

EPSILON_MM = 1e-9  # rounding of a few products
TRACED_MM = 0.5  # what interpolation between rays 2 px apart may err by: half a unit
CAST_MM = 0.05  # float32 rays in world space against camera space, at 0.5 m
INTRINSICS = CameraIntrinsics(96, 64, 80.0, 80.0, 47.5, 31.5)
ABOVE = look_at(np.array([0.0, 1.0, 500.0]), np.zeros(3), 0.3)
EVEN = Lighting(
    "lit", (Light((0.0, 0.0, 900.0), casts_shadow=True),), 0.3, 0.0, 0.0, 0.0, (0.0, 0.0, 0.0)
)
CLEAN = Optics(None, np.zeros(3, np.float32), None, 1.0, 0.0, 1 / 2.2)


def block(label: Label, height_mm: float, material: Material) -> Part:
    pose = rigid(np.eye(3), (0.0, 0.0, height_mm))
    return Part("block", box((80.0, 80.0, 20.0)), pose, label, material)


def ground() -> Part:
    pose = rigid(np.eye(3), (0.0, 0.0, -10.0))
    return Part("ground", box((2000.0, 2000.0, 20.0)), pose, Label.OTHER, Material((0.2, 0.2, 0.2)))


def clean_photo() -> Photo:
    parts = [ground(), block(Label.APPLICATOR, 40.0, Material((0.5, 0.1, 0.1)))]
    return Studio(parts).photograph(INTRINSICS, ABOVE, EVEN)


@pytest.mark.parametrize("roll_rad", [0.0, 1.0])
@pytest.mark.parametrize("eye", [(300.0, -200.0, 500.0), (0.0, 1.0, 700.0), (0.0, 0.0, 600.0)])
def test_look_at_puts_the_target_on_the_optical_axis(
    eye: tuple[float, float, float], roll_rad: float
) -> None:
    target = np.array([10.0, 20.0, 30.0])
    camera_from_world = check_transform("camera", look_at(np.array(eye), target, roll_rad))
    seen = transform_points(camera_from_world, target)
    assert np.abs(seen[:2]).max() < EPSILON_MM
    assert seen[2] == pytest.approx(np.linalg.norm(target - eye))


def test_random_cameras_are_valid() -> None:
    rng = np.random.default_rng(0)
    cameras = [random_camera(rng) for _ in range(200)]
    for camera in cameras:
        assert camera.intrinsics.height == HEIGHT_PX
        assert 0.3 < camera.intrinsics.fx / camera.intrinsics.width < 1.5
        if camera.sensor.principle == "stereo":
            assert camera.disparity_sigma_px > 0
    assert {camera.sensor.principle for camera in cameras} == {"stereo", "time_of_flight", "ideal"}


def test_shrinking_averages_fine_noise_more_than_wide_noise() -> None:
    assert averaged(0.5, 0.5) < averaged(2.5, 0.5) < 1.0


@pytest.mark.parametrize("framing", FRAMINGS)
def test_cameras_stay_out_of_the_cone(framing: str) -> None:
    rng = np.random.default_rng(1)
    for _ in range(30):
        cone = random_applicator(rng, Families("training"))
        camera = random_camera(rng)
        subject = Subject(np.array([0.0, 0.0, cone.length_mm / 2]), cone, np.eye(4))
        pose = random_view(rng, camera, subject, next(f for f in FRAMINGS if f == framing))
        eye = invert(check_transform("view", pose))[:3, 3]
        assert np.hypot(*eye[:2]) > cone.outer_radius_mm or eye[2] > cone.length_mm
        if framing == "usual":
            at = transform_points(pose, subject.target_mm)
            u = camera.intrinsics.fx * at[0] / at[2] + camera.intrinsics.cx
            assert 0 < u < camera.intrinsics.width


def test_photo_agrees_with_the_exact_renderer() -> None:
    parts = [ground(), block(Label.APPLICATOR, 40.0, Material((0.5, 0.1, 0.1)))]
    photo = Studio(parts).photograph(INTRINSICS, ABOVE, EVEN)
    exact = render_shape(Scene(tuple(parts)), INTRINSICS, ABOVE)
    is_same = photo.labels == exact.labels
    assert is_same.mean() > 0.995  # but for rays that graze an edge
    assert np.abs(photo.depth_mm - exact.depth_mm)[is_same].max() < CAST_MM
    red = photo.light_rgb[photo.labels == Label.APPLICATOR]
    assert (red[:, 0] > 2 * red[:, 1]).all()


def test_traced_rays_agree_with_rays_through_every_pixel() -> None:
    scenery = random_scenery(np.random.default_rng(3), Families("training"))
    camera = random_camera(np.random.default_rng(3))
    pose = random_view(np.random.default_rng(3), camera, scenery.subject)
    rays = world_rays(camera.intrinsics, invert(pose))
    eye = invert(pose)[:3, 3].astype(np.float32)
    target = RayTarget(scenery.parts, np.eye(4))
    quick, every = traced(target, rays, eye), target.cast(rays, eye)
    is_same = quick.part_index == every.part_index
    assert is_same.mean() > 0.999
    assert np.quantile(np.abs(quick.distance - every.distance)[is_same], 0.99) < TRACED_MM
    assert not quick.distance[quick.part_index < 0].any()


def test_clear_things_show_what_is_behind() -> None:
    glass = Material((0.0, 0.0, 0.9), transparent_depth=0.5, transparency=1.0)
    photo = Studio([ground(), block(Label.APPLICATOR, 40.0, glass)]).photograph(
        INTRINSICS, ABOVE, EVEN
    )
    is_glass = photo.labels == Label.APPLICATOR
    assert (photo.behind_mm[is_glass] > photo.depth_mm[is_glass] + 40).all()
    assert np.ptp(photo.light_rgb[is_glass], axis=1).max() < 0.01  # grey ground, no blue
    assert (photo.depth_loss[is_glass] == 0.5).all()
    assert np.array_equal(photo.behind_mm[~is_glass], photo.depth_mm[~is_glass])


def test_hidden_fraction_of_a_half_covered_block() -> None:
    cone = [block(Label.APPLICATOR, 40.0, Material((0.5, 0.5, 0.5)))]
    pose = rigid(np.eye(3), (40.0, 0.0, 70.0))
    cover = Part("cover", box((80.0, 300.0, 5.0)), pose, Label.OCCLUDER, Material((0.1, 0.1, 0.1)))
    for parts, low, high in ((cone, 0.0, 0.0), ([*cone, cover], 0.3, 0.7)):
        photo = Studio([ground(), *parts]).photograph(INTRINSICS, ABOVE, EVEN)
        hidden = Cover(cone).hidden_fraction(INTRINSICS, ABOVE, photo.depth_mm)
        assert hidden is not None
        assert low <= hidden <= high
    away = look_at(np.array([0.0, 1.0, 500.0]), np.array([0.0, 0.0, 900.0]), 0.0)
    assert Cover(cone).hidden_fraction(INTRINSICS, away, clean_photo().depth_mm) is None


def test_a_view_into_a_sleeve_shows_nothing() -> None:
    wall = block(Label.OCCLUDER, 460.0, Material((0.1, 0.1, 0.1)))
    assert Studio([ground()]).shows(INTRINSICS, ABOVE)
    assert not Studio([ground(), wall]).shows(INTRINSICS, ABOVE)


def test_every_lighting_gives_finite_light() -> None:
    rng = np.random.default_rng(4)
    parts = [ground(), block(Label.APPLICATOR, 40.0, Material((0.5, 0.1, 0.1), 0.9, 0.1))]
    studio, styles = Studio(parts), set()
    for _ in range(40):
        lighting = random_lighting(rng)
        styles.add(lighting.style)
        light = studio.photograph(INTRINSICS, ABOVE, lighting).light_rgb
        assert light.dtype == np.float32
        assert np.isfinite(light).all()
    assert len(styles) >= 4


def cameras_of(principle: str) -> list[Camera]:
    rng = np.random.default_rng(7)
    drawn = [random_camera(rng) for _ in range(60)]
    return [camera for camera in drawn if camera.sensor.principle == principle][:5]


def test_ideal_depth_is_the_true_depth() -> None:
    photo = clean_photo()
    for camera in cameras_of("ideal"):
        depth = measured_depth(photo, CLEAN, camera, np.random.default_rng(0))
        assert np.abs(depth - photo.depth_mm).max() <= camera.sensor.unit_mm


@pytest.mark.parametrize("principle", ["stereo", "time_of_flight"])
def test_sensors_err_and_lose_depth_but_not_much(principle: str) -> None:
    photo = clean_photo()
    for camera in cameras_of(principle):
        depth = measured_depth(photo, CLEAN, camera, np.random.default_rng(0))
        has_depth = depth > 0
        assert depth.dtype == np.float32
        error = np.abs(depth - photo.depth_mm)[has_depth]
        assert has_depth.mean() > 0.2
        assert 0 < np.median(error) < 30


def test_haze_veils_and_exposure_brightens() -> None:
    photo = clean_photo()
    haze = np.full(photo.depth_mm.shape, 0.9, np.float32)
    white = np.ones(3, np.float32)
    hazy = Optics(haze, white, None, 1.0, 0.0, 1 / 2.2)
    bright = Optics(None, white, None, 3.0, 0.0, 1 / 2.2)
    plain = picture(photo, CLEAN, np.random.default_rng(1))
    assert picture(photo, hazy, np.random.default_rng(1)).std() < 0.5 * plain.std()
    assert picture(photo, bright, np.random.default_rng(1)).mean() > plain.mean()


def test_encoding_ends_at_black_and_white() -> None:
    light = np.array([[[-1.0, 0.0, 0.5], [1.0, 2.0, 100.0]]], np.float32)
    assert encoded(light, 1.0)[0].tolist() == [[0, 0, 127], [255, 255, 255]]

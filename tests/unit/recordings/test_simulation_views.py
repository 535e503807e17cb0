"""Random views: in their ranges, true to their truth, the same for the same seed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from recordings.simulation import views
from recordings.simulation.bound import noise_bound, plain_bound
from recordings.simulation.device import WIDE
from recordings.simulation.raycast import RayTarget
from recordings.simulation.stereo_noise import DepthCamera
from recordings.simulation.views import (
    MAX_GAP_MM,
    View,
    ViewKind,
    made_up_cone,
    random_view,
    without_ring,
)
from tracking.camera import CameraIntrinsics
from tracking.cone_model import ConeModel
from tracking.segmentation import Label
from tracking.transforms import angle_between_deg, invert, transform_points

SMALL = CameraIntrinsics(212, 120, 106.25, 106.25, 105.5, 59.5)
KIND = ViewKind(intrinsics=SMALL)
N_VIEWS = 12
SHARE_TOLERANCE = 1e-6  # the obstacle was placed by these very pixels
AIM_MM = 60.0  # six standard deviations of how far beside the axis the camera looks
SIGMA_RATIO = 0.1  # standard deviation over 1e4 pixels of noise correlated over 1.5 px


@pytest.fixture(scope="module")
def drawn() -> list[View]:
    return [random_view(KIND, 7, index) for index in range(N_VIEWS)]


def test_the_same_seed_gives_the_same_bytes(drawn: list[View]) -> None:
    again = random_view(KIND, 7, 3)
    assert again.rendering.labels.tobytes() == drawn[3].rendering.labels.tobytes()
    assert again.depth_mm().tobytes() == drawn[3].depth_mm().tobytes()
    assert again.depth_mm(1).tobytes() != drawn[3].depth_mm().tobytes()
    assert random_view(KIND, 8, 3).depth_mm().tobytes() != drawn[3].depth_mm().tobytes()


def test_the_camera_looks_from_the_sources_side_in_its_ranges(drawn: list[View]) -> None:
    for view in drawn:
        eye = invert(view.camera_from_applicator)[:3, 3]
        middle = view.kind.intrinsics.rays(np.array(105.5), np.array(59.5))
        ray = invert(view.camera_from_applicator)[:3, :3] @ middle
        assert 350 <= view.distance_mm <= 800
        assert 25 <= angle_between_deg(-ray, np.array([0.0, 0.0, 1.0])) <= 60
        aim = eye + ray * view.distance_mm
        assert np.hypot(*aim[:2]) < AIM_MM
        assert 60 <= aim[2] <= 200


def test_rendered_depth_is_the_cones_at_its_true_pose(drawn: list[View]) -> None:
    for view in drawn[:4]:
        rows, columns = np.nonzero(view.rendering.labels == Label.APPLICATOR)
        rays = SMALL.ray_grid[rows, columns]
        hits = ConeModel(view.applicator).cast(view.camera_from_applicator, rays)
        # float32 rays may miss each other's edges by a hair: a few pixels in a thousand
        agree = np.abs(hits.z_mm - view.rendering.depth_mm[rows, columns]) < 0.01
        assert agree.mean() > 0.99


def test_an_obstacle_hides_what_it_says(drawn: list[View]) -> None:
    free = replace(KIND, max_hidden=0.0)
    n_hidden = 0
    for view in drawn:
        whole = random_view(free, 7, view.index)
        assert (whole.rendering.labels != Label.OCCLUDER).all()
        counts = [np.sum(v.rendering.labels == Label.APPLICATOR) for v in (view, whole)]
        assert view.hidden_fraction == pytest.approx(1 - counts[0] / counts[1], abs=SHARE_TOLERANCE)
        assert view.hidden_fraction <= KIND.max_hidden
        assert view.rim_fraction <= whole.rim_fraction
        n_hidden += view.hidden_fraction > 0
    assert n_hidden > N_VIEWS / 2


def test_the_whole_rim_is_seen_where_nothing_hides_it(drawn: list[View]) -> None:
    whole = [random_view(replace(KIND, max_hidden=0.0), 7, view.index) for view in drawn]
    # A bowl's wall may hide a part of the rim; the tangent points are a matter of rounding.
    assert np.median([view.rim_fraction for view in whole]) > 0.9


@pytest.mark.parametrize("seed", range(4))
def test_the_rim_stands_just_above_the_bed(seed: int) -> None:
    cone = made_up_cone(70.0, 30.0)
    parts = views._standing_parts(cone, np.random.default_rng(seed))
    bed = parts[1]
    bed_from_world = invert(bed.world_from_part)
    rim_bed = transform_points(bed_from_world, views._rim_points(cone))
    looking_down = np.broadcast_to(np.array([0.0, 0.0, -1.0], np.float32), (1, 3))
    drops = []
    for point in rim_bed[::5]:
        origin = np.eye(4)
        origin[:3, 3] = -point - [0.0, 0.0, 50.0]  # casts start at the origin: move the bed there
        at_origin = replace(bed, world_from_part=np.eye(4))
        drops.append(float(RayTarget([at_origin], origin).cast(looking_down).distance[0]) - 50.0)
    # The facets of the bed's mesh, and the lowest point between two that are cast.
    assert -0.05 < min(drops) <= MAX_GAP_MM + 0.1


def test_the_noise_is_the_rigs() -> None:
    camera = replace(WIDE.depth_camera, has_artefacts=False)
    kind = ViewKind(camera=camera, max_hidden=0.0)
    view = random_view(kind, 1, 0)
    used = view.rendering.labels == Label.TUMOR_BED
    focal_baseline = kind.noise.focal_baseline(kind.intrinsics.fx)
    error = focal_baseline / view.depth_mm()[used] - focal_baseline / view.rendering.depth_mm[used]
    assert np.std(error) == pytest.approx(camera.subpixel_px, rel=SIGMA_RATIO)
    louder = replace(camera, subpixel_px=0.2)
    error = (
        focal_baseline / view.depth_mm(0, louder)[used]
        - focal_baseline / view.rendering.depth_mm[used]
    )
    assert np.std(error) == pytest.approx(0.2, rel=SIGMA_RATIO)


def test_cones_come_from_where_the_kind_says() -> None:
    only = made_up_cone(45.0, 15.0)
    kind = replace(KIND, applicators=(only,), ringless_share=1.0)
    assert random_view(kind, 0, 0).applicator == without_ring(only)
    assert not without_ring(only).has_ring
    assert random_view(KIND, 0, 0, made_up_cone(90.0, 0.0)).applicator.inner_diameter_mm == 90.0
    made_up = {random_view(KIND, 0, index).applicator for index in range(6)}
    assert len(made_up) > 1
    assert all(cone.has_ring for cone in made_up)


def test_the_plain_bound_is_the_plain_half_of_the_whole(drawn: list[View]) -> None:
    camera = DepthCamera(50.0, 0.08, 1.0)
    view = drawn[0]
    pose, rendering = view.camera_from_applicator, view.rendering
    whole = noise_bound(rendering, SMALL, camera, pose)
    plain = plain_bound(rendering, SMALL, camera, pose)
    assert whole is not None
    assert plain is not None
    assert (plain.axis_deg, plain.exit_mm) == (whole.plain_axis_deg, whole.plain_exit_mm)
    assert plain.axis_deg is not None
    assert plain.axis_rms_deg is not None
    assert plain.axis_deg <= plain.axis_rms_deg <= plain.axis_deg * np.sqrt(2)

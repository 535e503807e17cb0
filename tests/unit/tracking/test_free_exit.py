"""A free exit is proven by depth that falls away all along its rim; anything less hides it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.builders import View, bed_coefficients, make_applicator, make_view, pose_looking_at
from tests.builders_views import make_frame_view, model_of, sure_registration
from tracking.arrays import Float
from tracking.contour import measure_edges
from tracking.frame_view import FrameView
from tracking.free_exit import BEYOND_PX, GAP_MM, exit_is_free, with_free_exit
from tracking.judge import judge
from tracking.pose_covariance import slide_sigma_mm
from tracking.registration import RegistrationStatus
from tracking.segmentation import EdgeQuality

NETWORK = EdgeQuality(sigma_px=1.0, correlation_px=12.0, bias_px=3.0, free_bias_px=1.0)
CONES = [make_applicator(60.0, 15.0), make_applicator(40.0, 0.0, has_ring=False)]


def _view(gap_mm: float, cone_index: int = 0, azimuth_deg: float = 60.0) -> View:
    cone = CONES[cone_index]
    bed = bed_coefficients(cone, gap_mm)
    pose = pose_looking_at(480.0, 35.0, azimuth_deg, target_z_mm=60.0)
    return make_view(cone, pose, seed=3, bed=bed)


def _is_free(view: View) -> bool:
    return exit_is_free(make_frame_view(view), view.camera_from_applicator)


def _beyond(view: View, px: float) -> tuple[Float, Float]:
    """Rows and columns a few px beyond the exit's outline."""
    seen, pose = make_frame_view(view), view.camera_from_applicator
    edges = measure_edges(model_of(view.applicator), pose, seen.outline, view.intrinsics)
    rim = next(edge for edge in edges if edge.name == "exit")
    at = view.intrinsics.project(rim.points_camera_mm) + px * rim.normals_px
    column, row = np.rint(at).astype(np.int64).T
    return row, column


@pytest.mark.parametrize("cone_index", [0, 1])
@pytest.mark.parametrize("azimuth_deg", [0.0, 60.0, 200.0])
def test_a_cone_in_the_air_has_a_free_exit(cone_index: int, azimuth_deg: float) -> None:
    assert _is_free(_view(70.0, cone_index, azimuth_deg))


@pytest.mark.parametrize("cone_index", [0, 1])
@pytest.mark.parametrize("gap_mm", [-2.0, 0.0, 3.0, 8.0])
def test_tissue_at_the_rim_may_hide_it(cone_index: int, gap_mm: float) -> None:
    assert not _is_free(_view(gap_mm, cone_index))


def test_what_stands_before_a_part_of_the_rim_may_hide_it() -> None:
    view = _view(70.0)
    depth_mm = view.depth_mm.copy()
    for px in BEYOND_PX[:3]:
        row, column = _beyond(view, px)
        part = slice(0, len(row) // 4)
        depth_mm[row[part], column[part]] = view.camera_from_applicator[2, 3] - 20.0
    assert _is_free(view)
    assert not _is_free(replace(view, depth_mm=depth_mm))


def test_what_is_hardly_farther_than_the_rim_may_belong_to_it() -> None:
    """A patch of the wall that was taken for bed: the cone goes on beyond the outline."""
    view = _view(70.0)
    depth_mm = view.depth_mm.copy()
    for px in BEYOND_PX[:3]:
        row, column = _beyond(view, px)
        depth_mm[row, column] = view.camera_from_applicator[2, 3] + GAP_MM / 2
    assert not _is_free(replace(view, depth_mm=depth_mm))


def test_a_shadow_beside_the_rim_is_passed_over_and_depth_nowhere_proves_nothing() -> None:
    view = _view(70.0)
    shadow, nothing = view.depth_mm.copy(), view.depth_mm.copy()
    for px in BEYOND_PX:
        row, column = _beyond(view, px)
        nothing[row, column] = 0.0
        if px < BEYOND_PX[-2]:
            shadow[row, column] = 0.0
    assert _is_free(replace(view, depth_mm=shadow))
    assert not _is_free(replace(view, depth_mm=nothing))


def test_depth_beyond_the_image_proves_nothing() -> None:
    view = _view(70.0)
    row, _ = _beyond(view, BEYOND_PX[0])
    cropped = replace(
        view,
        intrinsics=replace(view.intrinsics, height=int(row.min()) - 2),
        depth_mm=view.depth_mm[: row.min() - 2],
        labels=view.labels[: row.min() - 2],
    )
    assert not _is_free(cropped)


def _as_a_network_sees(view: View) -> FrameView:
    return replace(make_frame_view(view), quality=NETWORK)


def test_a_free_exit_tells_the_slide_where_no_ring_is_in_the_picture() -> None:
    cone = make_applicator(60.0, 0.0)
    pose = pose_looking_at(300.0, 55.0, 60.0, target_z_mm=20.0)
    view = make_view(cone, pose, seed=3, bed=bed_coefficients(cone, 70.0))
    seen = _as_a_network_sees(view)
    before = judge(seen, seen.refine(view.camera_from_applicator))
    after_view, after = with_free_exit(seen, before)
    assert after_view.has_free_exit
    assert after.is_ok
    assert slide_sigma_mm(after) < 0.95 * slide_sigma_mm(before)
    pose = after.camera_from_applicator
    assert pose is not None
    off_mm = (pose[:3, 3] - view.camera_from_applicator[:3, 3]) @ pose[:3, 2]
    assert abs(off_mm) < 3 * slide_sigma_mm(after)


def test_an_exit_at_the_bed_is_registered_as_before() -> None:
    view = _view(1.0)
    seen = _as_a_network_sees(view)
    before = judge(seen, seen.refine(view.camera_from_applicator))
    assert with_free_exit(seen, before) == (seen, before)


def test_a_registration_that_is_not_ok_is_not_made_so() -> None:
    view = _view(70.0)
    seen = make_frame_view(view)
    lost = sure_registration(view).with_status(RegistrationStatus.POOR_FIT)
    assert with_free_exit(seen, lost) == (seen, lost)

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from recordings.simulation.scenarios import COLLAR
from tests.builders import INTRINSICS, make_registration
from tests.collar_views import CollarView, collar_view, collared, collared_catalogue
from tracking.arrays import UInt8
from tracking.collar_estimate import estimate_from_collar
from tracking.collar_marks import find_markers
from tracking.frame import RgbdFrame, SourceFrame
from tracking.picture import ColorPicture
from tracking.registration import Registration, RegistrationStatus
from tracking.second_estimate import SecondEstimate, Status
from tracking.second_opinion import second_opinion
from tracking.transforms import angle_between_deg, rigid, transform_points

OTHER = collared(50.0, replace(COLLAR, first_id=100))
CATALOGUE = collared_catalogue(collared(), OTHER)


def estimate(picture: ColorPicture, view: CollarView) -> SecondEstimate | None:
    markers = find_markers(picture, "4x4_1000")
    return estimate_from_collar(picture, markers, CATALOGUE, view.applicator)


def errors(found: SecondEstimate, view: CollarView) -> tuple[float, float, float]:
    truth, pose = view.camera_from_applicator, found.camera_from_applicator
    top = np.array([0.0, 0.0, 300.0])
    return (
        float(np.linalg.norm(transform_points(pose, top) - transform_points(truth, top))),
        angle_between_deg(pose[:3, 2], truth[:3, 2]),
        float(np.linalg.norm(pose[:3, 3] - truth[:3, 3])),
    )


def repainted(view: CollarView, grey: UInt8) -> ColorPicture:
    return replace(view.picture, grey=np.ascontiguousarray(grey))


@pytest.mark.parametrize(("distance_mm", "off_axis_deg"), [(350, 60), (500, 45), (800, 60)])
def test_the_collar_tells_ring_axis_and_exit_far_inside_its_bounds(
    distance_mm: float, off_axis_deg: float
) -> None:
    view = collar_view(distance_mm, off_axis_deg)
    found = estimate(view.picture, view)
    assert found is not None
    ring_mm, axis_deg, exit_mm = errors(found, view)
    assert ring_mm < 0.3
    assert axis_deg < 0.1
    assert exit_mm < 0.6
    assert found.applicator_ids == (view.applicator.id,)
    assert 0.5 < found.ring_bound_mm <= 2.0  # paper and calibration are most of it
    assert 0.2 < found.axis_bound_deg <= 1.0
    assert found.exit_bound_mm > found.ring_bound_mm


def test_what_lies_over_part_of_the_collar_does_not_move_the_rest() -> None:
    view = collar_view()
    grey = view.picture.grey.copy()
    grey[:, : grey.shape[1] // 3] = 90
    found = estimate(repainted(view, grey), view)
    assert found is not None
    assert errors(found, view)[0] < 0.5


def test_a_mirrored_picture_shows_no_collar() -> None:
    view = collar_view()
    assert estimate(repainted(view, view.picture.grey[:, ::-1]), view) is None


def test_nothing_is_told_by_an_empty_picture_or_by_one_marker() -> None:
    view = collar_view()
    assert estimate(repainted(view, np.full_like(view.picture.grey, 128)), view) is None
    markers = find_markers(view.picture, "4x4_1000")
    assert len(markers) > 6
    assert estimate_from_collar(view.picture, markers[:1], CATALOGUE, view.applicator) is None


def test_codes_at_wrong_places_are_left_out() -> None:
    view = collar_view()
    markers = list(find_markers(view.picture, "4x4_1000"))
    markers[2] = replace(markers[2], corners_px=markers[2].corners_px + 40.0)
    found = estimate_from_collar(view.picture, markers, CATALOGUE, view.applicator)
    assert found is not None
    assert errors(found, view)[0] < 0.5


def source_frame(picture: ColorPicture | None) -> SourceFrame:
    depth = np.zeros(INTRINSICS.shape, np.uint16)
    return SourceFrame(RgbdFrame(0, "", 0, 0, INTRINSICS, depth, 0.1), picture=picture)


def test_a_frame_is_compared_at_the_ring() -> None:
    view = collar_view()
    aside = make_registration(view.camera_from_applicator @ rigid(np.eye(3), [0.0, 4.0, 0.0]))
    found = second_opinion(source_frame(view.picture), aside, view.applicator, CATALOGUE)
    assert found.status is Status.MADE
    assert found.distance_mm == pytest.approx(4.0, abs=0.2)
    assert found.angle_deg == pytest.approx(0.0, abs=0.1)


def test_another_cones_collar_names_that_cone() -> None:
    view = collar_view()
    truth = make_registration(view.camera_from_applicator)
    found = second_opinion(source_frame(view.picture), truth, OTHER, CATALOGUE)
    assert found.applicator_ids == (view.applicator.id,)
    assert found.status is Status.MADE


def test_the_code_is_read_even_where_there_is_no_pose() -> None:
    view = collar_view()
    nothing = Registration(RegistrationStatus.DEPTH_MISSING)
    found = second_opinion(source_frame(view.picture), nothing, view.applicator, CATALOGUE)
    assert (found.status, found.applicator_ids) == (Status.NONE, (view.applicator.id,))


def test_a_collar_elsewhere_than_the_registration_is_not_seen() -> None:
    view = collar_view()
    far = make_registration(view.camera_from_applicator @ rigid(np.eye(3), [400.0, 0.0, 0.0]))
    found = second_opinion(source_frame(view.picture), far, view.applicator, CATALOGUE)
    assert found.status is Status.NOT_SEEN


def test_without_a_picture_or_without_a_catalogued_collar_there_is_none() -> None:
    view = collar_view()
    truth = make_registration(view.camera_from_applicator)
    assert second_opinion(source_frame(None), truth, view.applicator, CATALOGUE).status is (
        Status.NONE
    )
    bare = collared_catalogue()
    plain = bare[view.applicator.id]
    assert second_opinion(source_frame(view.picture), truth, plain, bare).status is Status.NONE

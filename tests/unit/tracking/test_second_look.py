"""The second look confirms the first or leaves the frame unsure; it never passes one by itself."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.builders import View, make_applicator, make_view, pose_looking_at
from tests.builders_views import inner_patch, model_of, sure_registration
from tracking.arrays import Float
from tracking.registration import Dimensions, PoseStart, Registration, RegistrationStatus
from tracking.second_look import SecondLook, second_look
from tracking.segmentation import EXACT_LABELS, EdgeQuality, Label, Segmentation

CONE = make_applicator()
NETWORK = EdgeQuality(sigma_px=1.0, correlation_px=12.0, bias_px=3.0)
OWN = Dimensions(60.0, 0.1, 15.0, 0.3)
OTHER = Dimensions(65.0, 0.1, 15.0, 0.3)


@pytest.fixture(scope="module")
def view() -> View:
    return make_view(CONE, pose_looking_at(), seed=1)


class _Again:
    """Answers with a given registration and remembers what it was asked."""

    def __init__(self, answer: Registration) -> None:
        self.answer = answer
        self.asked: list[Segmentation] = []

    def __call__(self, segmentation: Segmentation, start: Float) -> Registration:
        self.asked.append(segmentation)
        return self.answer


def _look(
    view: View,
    first: Registration,
    again: _Again,
    *,
    is_gripped: bool = True,
    quality: EdgeQuality = NETWORK,
) -> SecondLook:
    patch = inner_patch(view)
    labels = np.where(patch & is_gripped, Label.OCCLUDER, view.labels).astype(np.uint8)
    segmentation = Segmentation(labels, "test", edge_quality=quality)
    return second_look(
        model_of(CONE), first, segmentation, view.depth_mm, view.intrinsics, view.noise, again
    )


def _moved(registration: Registration, along_mm: float) -> Registration:
    pose = registration.camera_from_applicator
    assert pose is not None
    moved = pose.copy()
    moved[0, 3] += along_mm
    return replace(registration, camera_from_applicator=moved)


@pytest.fixture
def first(view: View) -> Registration:
    return replace(sure_registration(view), dimensions=OWN, start=PoseStart.TRACKED)


def test_labels_corrected_materially_are_registered_again(view: View, first: Registration) -> None:
    again = _Again(_moved(first, 0.05))
    look = _look(view, first, again)
    assert look.registration.is_ok
    assert look.registration.camera_from_applicator is not first.camera_from_applicator
    assert (again.asked[0].labels[inner_patch(view)] == Label.APPLICATOR).mean() > 0.9
    assert look.told is again.asked[0]


def test_labels_that_hardly_change_are_not_registered_again(
    view: View, first: Registration
) -> None:
    again = _Again(first)
    assert _look(view, first, again, is_gripped=False).registration is first
    assert again.asked == []


def test_stored_labels_are_not_touched(view: View, first: Registration) -> None:
    again = _Again(first)
    look = _look(view, first, again, quality=EXACT_LABELS)
    assert look.registration is first
    assert look.drawn is look.told
    assert (look.drawn.labels[inner_patch(view)] == Label.OCCLUDER).all()
    assert again.asked == []


@pytest.mark.parametrize("status", [s for s in RegistrationStatus if s.value != "OK"])
def test_a_first_look_that_is_not_ok_is_not_mended(
    view: View, first: Registration, status: RegistrationStatus
) -> None:
    again = _Again(first)
    look = _look(view, replace(first, status=status), again)
    assert look.registration.status is status
    assert again.asked == []


def test_a_second_look_that_fails_leaves_the_frame_unsure(view: View, first: Registration) -> None:
    failed = Registration(RegistrationStatus.SEVERAL_APPLICATORS, first.camera_from_applicator,
                          first.covariance)  # fmt: skip
    assert _look(view, first, _Again(failed)).registration is failed


@pytest.mark.parametrize("moved_mm", [0.5, 20.0, float("nan")])
def test_a_pose_that_moves_further_than_its_sigma_is_unsure(
    view: View, first: Registration, moved_mm: float
) -> None:
    if np.isnan(moved_mm):
        far = replace(_moved(first, 0.0), start=PoseStart.SEARCHED)
    else:
        far = _moved(first, moved_mm)
    look = _look(view, first, _Again(far))
    assert look.registration.status is RegistrationStatus.POOR_FIT


def test_a_start_that_was_searched_stays_so(view: View, first: Registration) -> None:
    searched = replace(first, start=PoseStart.SEARCHED)
    look = _look(view, searched, _Again(_moved(first, 0.05)))
    assert look.registration.is_ok
    assert look.registration.start is PoseStart.SEARCHED


def test_an_identity_that_the_first_look_left_open_stays_open(
    view: View, first: Registration
) -> None:
    look = _look(view, replace(first, dimensions=None), _Again(_moved(first, 0.05)))
    assert look.registration.is_ok
    assert look.registration.dimensions is None


def test_another_cones_surface_corrects_nothing(view: View, first: Registration) -> None:
    again = _Again(first)
    look = _look(view, replace(first, dimensions=OTHER), again)
    assert look.drawn is look.told
    assert again.asked == []

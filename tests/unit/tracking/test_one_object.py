"""One whole cone is told from two, from something beside it and from a thing that lacks a part."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.builders import (
    View,
    bed_coefficients,
    make_applicator,
    make_registration,
    make_view,
    pose_looking_at,
    with_occluder,
)
from tracking.cone_model import ConeModel
from tracking.depth_noise import StereoNoise
from tracking.one_object import Explanation, explain
from tracking.registration import Registration, RegistrationStatus
from tracking.segmentation import Label
from tracking.transforms import rigid, rotation_from_vector

CONE = make_applicator()
SEVERAL = RegistrationStatus.SEVERAL_APPLICATORS
NOT_IT = RegistrationStatus.NOT_THE_APPLICATOR


@pytest.fixture(scope="module")
def model() -> ConeModel:
    return ConeModel(CONE)


@pytest.fixture(scope="module")
def view() -> View:
    return make_view(CONE, pose_looking_at(), seed=1)


def _explain(model: ConeModel, view: View, registration: Registration | None = None) -> Explanation:
    registration = registration or make_registration(view.camera_from_applicator)
    return explain(
        model, registration, view.segmentation, view.depth_mm, view.intrinsics, view.noise
    )


def _together(first: View, second: View) -> View:
    """Both cones in one picture, the nearer one in front."""
    is_second = (second.labels == Label.APPLICATOR) & (second.depth_mm < first.depth_mm)
    return replace(
        first,
        labels=np.where(is_second, second.labels, first.labels),
        depth_mm=np.where(is_second, second.depth_mm, first.depth_mm),
    )


@pytest.mark.parametrize("subpixel_px", [0.03, 0.08, 0.2])
def test_one_whole_cone_is_explained(subpixel_px: float) -> None:
    noise = StereoNoise(50.0, subpixel_px, 1.5)
    for index, (diameter, bevel) in enumerate([(40.0, 0.0), (60.0, 30.0), (100.0, 15.0)]):
        applicator = make_applicator(diameter, bevel, has_ring=index != 1)
        pose = pose_looking_at(380.0 + 190.0 * index, 25.0 + 17.0 * index, 80.0 * index)
        seen = make_view(applicator, pose, seed=index, noise=noise)
        explanation = _explain(ConeModel(applicator), seen)
        assert explanation.status is None
        assert explanation.unexplained_px < 0.05 * explanation.explained_px
        assert explanation.lacking_px < 0.02 * explanation.explained_px


def test_an_occluder_parts_one_cone(model: ConeModel, view: View) -> None:
    middle = view.camera_from_applicator @ np.array([0.0, 0.0, 130.0, 1.0])
    centre = view.intrinsics.project(middle[None, :3])[0]
    parted = with_occluder(view, (centre[0], centre[1]), (200, 40))
    explanation = _explain(model, parted)
    assert explanation.status is None
    assert explanation.unexplained_px == 0.0


@pytest.mark.parametrize("beside_mm", [90.0, 140.0, 200.0])
def test_a_second_cone_is_told_beside_it_and_overlapping(
    model: ConeModel, view: View, beside_mm: float
) -> None:
    shift = rigid(np.eye(3), np.array([0.0, beside_mm, 0.0]))
    second = make_view(CONE, view.camera_from_applicator @ shift, seed=2)
    assert _explain(model, _together(view, second)).status is SEVERAL


def test_a_second_cone_that_leans_over_the_first_is_told(model: ConeModel, view: View) -> None:
    lean = rigid(rotation_from_vector([0.5, 0.0, 0.0]), np.array([0.0, 160.0, 0.0]))
    second = make_view(CONE, view.camera_from_applicator @ lean, seed=2)
    assert _explain(model, _together(view, second)).status is SEVERAL


def test_background_that_is_labelled_applicator_is_told(model: ConeModel, view: View) -> None:
    labels = view.labels.copy()
    rows = np.flatnonzero((labels == Label.APPLICATOR).any(axis=1))
    labels[rows[0] : rows[-1], :60] = Label.APPLICATOR
    assert _explain(model, replace(view, labels=labels)).status is SEVERAL


def test_a_patch_that_sticks_to_the_cone_is_borne(model: ConeModel, view: View) -> None:
    """A handle, a clamp: a tenth of the cone, touching it at its depth."""
    labels, depth = view.labels.copy(), view.depth_mm.copy()
    row = int(np.flatnonzero((labels == Label.APPLICATOR).any(axis=1)).mean())
    last = int(np.flatnonzero(labels[row] == Label.APPLICATOR)[-1])
    patch = np.s_[row - 20 : row + 20, last + 1 : last + 31]
    labels[patch], depth[patch] = Label.APPLICATOR, depth[row, last - 2]
    assert _explain(model, replace(view, labels=labels, depth_mm=depth)).status is None


@pytest.mark.parametrize("azimuth_deg", [0.0, 120.0])
def test_a_tube_without_the_ring_of_the_model_lacks_a_part(
    model: ConeModel, azimuth_deg: float
) -> None:
    tube = make_view(
        make_applicator(has_ring=False), pose_looking_at(500.0, 35.0, azimuth_deg), seed=3
    )
    assert _explain(model, tube).status is NOT_IT


def test_a_ring_that_would_lie_under_the_bed_is_lacking() -> None:
    """A short tube is fitted best by a cone upside down whose ring is in the patient."""
    cone = make_applicator(bevel_deg=0.0)
    short = replace(make_applicator(bevel_deg=0.0, has_ring=False), length_mm=160.0)
    view = make_view(short, pose_looking_at(target_z_mm=80.0), seed=4, bed=bed_coefficients(short))
    upside_down = rigid(rotation_from_vector([np.pi, 0.0, 0.0]), np.array([0.0, 0.0, 160.0]))
    buried = make_registration(view.camera_from_applicator @ upside_down)
    assert _explain(ConeModel(cone), view, buried).status is NOT_IT


def test_a_rim_pressed_into_tissue_is_borne(model: ConeModel) -> None:
    bed = bed_coefficients(CONE, gap_mm=-15.0)
    assert _explain(model, make_view(CONE, pose_looking_at(), seed=5, bed=bed)).status is None


def test_an_unlabelled_hand_in_front_is_no_lack(model: ConeModel, view: View) -> None:
    """Labels miss occluders: what is nearer than the model only hides it."""
    middle = view.camera_from_applicator @ np.array([0.0, 0.0, 280.0, 1.0])
    centre = view.intrinsics.project(middle[None, :3])[0]
    hidden = with_occluder(view, (centre[0], centre[1]), (90, 50))
    labels = np.where(hidden.labels == Label.OCCLUDER, Label.OTHER, hidden.labels)
    assert _explain(model, replace(hidden, labels=labels.astype(np.uint8))).status is None


def test_a_part_that_was_not_labelled_is_no_lack(model: ConeModel, view: View) -> None:
    """The depth is the model's: only the label is missing."""
    labels = view.labels.copy()
    rows = np.flatnonzero((labels == Label.APPLICATOR).any(axis=1))
    labels[: rows[0] + len(rows) // 3] = Label.OTHER
    assert _explain(model, replace(view, labels=labels)).status is None


def test_without_a_pose_there_is_nothing_to_explain(model: ConeModel, view: View) -> None:
    with pytest.raises(ValueError, match="NOT_CONVERGED"):
        _explain(model, view, Registration(RegistrationStatus.NOT_CONVERGED))


def test_nothing_explained_is_not_the_applicator(model: ConeModel, view: View) -> None:
    """A pose far outside the picture explains nothing."""
    away = view.camera_from_applicator.copy()
    away[0, 3] += 5000.0
    assert _explain(model, view, make_registration(away)).status is SEVERAL

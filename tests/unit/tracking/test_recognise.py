"""Another cone than the planned one is named at once, and nothing where the rim is hidden."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.builders import View, make_applicator, make_catalogue, make_view, pose_looking_at
from tests.builders_views import make_frame_view, model_of
from tracking.alignment import ApplicatorIdentity
from tracking.applicator import Applicator
from tracking.cone_models import ConeModels
from tracking.dimensions import measure_dimensions
from tracking.identity import identify, peers_of
from tracking.judge import judge
from tracking.recognise import recognised
from tracking.register import register
from tracking.registration import Registration, RegistrationStatus
from tracking.segmentation import Label

CATALOGUE = make_catalogue()
MODELS = ConeModels(CATALOGUE.values())
VIEWS = [(500.0, 35.0, 0.0), (420.0, 25.0, 100.0)]
views = pytest.mark.parametrize("where", VIEWS)
FLANK_PX, LOWER_PX = 5.0, 32.0  # from the axis's middle in the image: depth is left beyond
RING_MM = 0.3  # of the diameter: what it may move by because another ring was planned


def _register(view: View, planned: Applicator) -> Registration:
    return register(
        model_of(planned),
        view.segmentation,
        view.depth_mm,
        view.intrinsics,
        view.noise,
        models=MODELS,
    )


def _identity(view: View, planned: Applicator) -> ApplicatorIdentity:
    return identify(_register(view, planned).dimensions, planned, peers_of(planned, CATALOGUE))


def _without_rim(view: View) -> View:
    """A glove before the lower third of the cone and the bed beside it."""
    labels, depth = view.labels.copy(), view.depth_mm.copy()
    rows = np.nonzero(labels == Label.APPLICATOR)[0]
    hidden = np.s_[int(np.quantile(rows, 0.7)) :]
    labels[hidden], depth[hidden] = Label.OCCLUDER, 220.0
    return replace(view, labels=labels, depth_mm=depth)


@views
@pytest.mark.parametrize(
    ("planned", "shown"),
    [
        ("D60-B15", "D65-B15"),
        ("D60-B15", "D55-B15"),
        ("D60-B15", "D60-B0"),
        ("D60-B15", "D60-B30"),
        ("D60-B0", "D60-B15"),
        ("D60-B30", "D60-B15"),
        ("D80-B30", "D75-B30"),
        ("D40-B0", "D45-B0"),
    ],
)
def test_a_neighbour_of_the_planned_cone_is_named_in_one_frame(
    planned: str, shown: str, where: tuple[float, float, float]
) -> None:
    view = make_view(CATALOGUE[shown], pose_looking_at(*where), seed=22)
    found = _identity(view, CATALOGUE[planned])
    assert (found.value, found.decided) == (shown, True)


@views
def test_the_planned_cone_is_named_as_before(where: tuple[float, float, float]) -> None:
    cone = CATALOGUE["D60-B15"]
    view = make_view(cone, pose_looking_at(*where), seed=22)
    found = _register(view, cone)
    alone = register(model_of(cone), view.segmentation, view.depth_mm, view.intrinsics, view.noise)
    assert found.dimensions == alone.dimensions
    assert identify(found.dimensions, cone, peers_of(cone, CATALOGUE)).value == "D60-B15"


@views
@pytest.mark.parametrize("shown", ["D60-B15", "D60-B0", "D65-B15"])
def test_nothing_is_named_where_the_rim_is_hidden(
    shown: str, where: tuple[float, float, float]
) -> None:
    view = _without_rim(make_view(CATALOGUE[shown], pose_looking_at(*where), seed=23))
    found = _identity(view, CATALOGUE["D60-B15"])
    assert (found.value, found.decided) == (None, False)


@views
@pytest.mark.parametrize("ring_mm", [104.0, 108.0, 112.0, 130.0])
def test_a_ring_of_another_size_does_not_shift_the_diameter(
    ring_mm: float, where: tuple[float, float, float]
) -> None:
    cone = CATALOGUE["D60-B15"]
    view = make_view(replace(cone, ring_diameter_mm=ring_mm), pose_looking_at(*where), seed=3)
    seen = make_frame_view(view, cone)
    refined = seen.refine(view.camera_from_applicator)
    found = measure_dimensions(cone, refined, seen.quality, view.intrinsics)
    assert found.diameter_mm == pytest.approx(cone.inner_diameter_mm, abs=RING_MM)


def test_without_a_pose_nothing_is_recognised() -> None:
    view = make_view(CATALOGUE["D65-B15"], pose_looking_at(), seed=24)
    failed = Registration(RegistrationStatus.TOO_FEW_POINTS)
    assert recognised(make_frame_view(view), failed, MODELS, view.camera_from_applicator) is failed


@pytest.mark.parametrize("has_prior", [True, False])
def test_another_cone_is_named_where_the_planned_one_did_not_converge(has_prior: bool) -> None:
    view = make_view(CATALOGUE["D55-B15"], pose_looking_at(), seed=24)
    failed = Registration(RegistrationStatus.NOT_CONVERGED)
    prior = view.camera_from_applicator if has_prior else None
    found = recognised(make_frame_view(view, CATALOGUE["D60-B15"]), failed, MODELS, prior)
    planned = CATALOGUE["D60-B15"]
    assert identify(found.dimensions, planned, peers_of(planned, CATALOGUE)).value == "D55-B15"
    assert (found.status, found.camera_from_applicator) == (failed.status, None)


@pytest.mark.parametrize(("row", "to_mm"), [(2, -500.0), (0, 900.0), (2, 5000.0)])
def test_nothing_is_named_where_the_prior_holds_nothing_like_a_cone(row: int, to_mm: float) -> None:
    view = make_view(CATALOGUE["D55-B15"], pose_looking_at(), seed=24)
    prior = view.camera_from_applicator.copy()
    prior[row, 3] = to_mm
    failed = Registration(RegistrationStatus.NOT_CONVERGED)
    assert recognised(make_frame_view(view, CATALOGUE["D60-B15"]), failed, MODELS, prior) is failed


@views
@pytest.mark.parametrize(
    ("planned", "shown"), [("D80-B30", "D70-B30"), ("D70-B30", "D60-B15"), ("D60-B15", "D70-B15")]
)
def test_one_rival_leads_on_to_the_next(
    planned: str, shown: str, where: tuple[float, float, float]
) -> None:
    view = make_view(CATALOGUE[shown], pose_looking_at(*where), seed=26)
    assert _identity(view, CATALOGUE[planned]).value == shown


class TestConeModels:
    def test_rivals_are_the_other_sizes_of_the_machine(self) -> None:
        planned = CATALOGUE["D60-B15"]
        extra = [
            replace(planned, id="TWIN"),
            replace(CATALOGUE["D65-B15"], id="D65-TWIN"),
            replace(make_applicator(62.0), machine="other"),
            replace(make_applicator(63.0), id="MESH", mesh_path="mesh.stl"),
        ]
        rivals = ConeModels([*CATALOGUE.values(), *extra]).rivals(planned)
        assert {a.id for a in rivals} == set(CATALOGUE) - {"D60-B15"}
        assert len(rivals) == len(CATALOGUE) - 1

    def test_each_model_is_built_once_and_is_the_entry_s_own(self) -> None:
        models = ConeModels(CATALOGUE.values())
        first = models.model(CATALOGUE["D65-B15"])
        assert models.model(CATALOGUE["D65-B15"]) is first
        assert first.applicator is CATALOGUE["D65-B15"]
        assert models.model(CATALOGUE["D60-B0"]).applicator.id == "D60-B0"

    def test_an_empty_catalogue_has_no_rivals(self) -> None:
        assert ConeModels().rivals(CATALOGUE["D60-B15"]) == []


def test_the_sides_decide_where_depth_alone_does_not() -> None:
    """A hand's shadow leaves the depth of one flank of the tube's lower end."""
    cone, pose = CATALOGUE["D60-B15"], pose_looking_at(620.0, 35.0, 40.0)
    view = make_view(cone, pose, seed=25)
    axis_px = view.intrinsics.project(pose[:3, 3] + pose[:3, 2] * cone.length_mm / 2)
    v, u = np.indices(view.depth_mm.shape)
    is_flank = (u < axis_px[0] - FLANK_PX) & (v > axis_px[1] + LOWER_PX)
    seen = make_frame_view(replace(view, depth_mm=np.where(is_flank, view.depth_mm, 0.0)))
    depth_alone = judge(seen, seen.refine(pose))
    assert not identify(depth_alone.dimensions, cone, peers_of(cone, CATALOGUE)).decided
    found = recognised(seen, depth_alone, MODELS)
    assert identify(found.dimensions, cone, peers_of(cone, CATALOGUE)).value == cone.id

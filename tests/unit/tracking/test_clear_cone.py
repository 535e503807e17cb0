from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from recordings.simulation.device import WIDE
from tests.clear_cone_views import CLEAR, NOISE, ClearView, Depth, clear_view
from tracking.clear_cone import ClearCone, is_clear, register_clear_cone
from tracking.collar_band import expected_band
from tracking.cone_model import ConeModel
from tracking.docking import ring_centre_camera_mm, ring_motion
from tracking.registration import RegistrationStatus
from tracking.second_estimate import CHI_99, Status
from tracking.segmentation import Label
from tracking.sigmas import largest_sigma
from tracking.transforms import transform_points

MODEL = ConeModel(CLEAR)
TOP_MM = np.array([0.0, 0.0, CLEAR.length_mm])
EXACT_MM, EXACT_DEG = 2.0, 1.0  # the kernel's, beyond which a second estimate is weak


def register(view: ClearView, depth_mm: Depth | None = None) -> ClearCone:
    depth = view.depth_mm if depth_mm is None else depth_mm
    return register_clear_cone(MODEL, view.collar, view.segmentation, depth, WIDE.intrinsics, NOISE)


@pytest.mark.parametrize(("distance_mm", "seed"), [(350, 0), (450, 1), (550, 2), (650, 3)])
def test_ring_and_exit_lie_within_their_99_percent_bounds(distance_mm: int, seed: int) -> None:
    view = clear_view(distance_mm, seed)
    found = register(view).registration
    assert found.status is RegistrationStatus.OK
    assert found.covariance is not None
    assert found.exit_sigma_mm is not None
    motion = ring_motion(CLEAR, found)
    ring_bound_mm = CHI_99[3] * largest_sigma(motion @ found.covariance @ motion.T)
    ring_mm = transform_points(view.camera_from_applicator, TOP_MM)
    assert np.linalg.norm(ring_centre_camera_mm(CLEAR, found) - ring_mm) <= ring_bound_mm
    exit_bound_mm = CHI_99[3] * found.exit_sigma_mm
    apart = found.exit_centre_camera_mm - view.camera_from_applicator[:3, 3]
    assert np.linalg.norm(apart) <= exit_bound_mm
    assert ring_bound_mm < view.collar.ring_bound_mm  # the depth adds to what the collar knows
    assert exit_bound_mm < view.collar.exit_bound_mm
    assert found.roll_observable
    assert found.axial_observable
    assert found.dimensions is None


def test_the_opinion_holds_the_papers_depth_against_the_collar() -> None:
    view = clear_view()
    opinion = register(view).opinion
    assert opinion.status is Status.MADE
    assert opinion.applicator_ids == (CLEAR.id,)
    assert opinion.first_ring_bound_mm == view.collar.ring_bound_mm
    assert opinion.ring_bound_mm is not None
    assert opinion.axis_bound_deg is not None
    assert opinion.ring_bound_mm < EXACT_MM
    assert opinion.axis_bound_deg < EXACT_DEG


def test_far_away_the_depth_alone_says_that_it_is_weak() -> None:
    bound_deg = register(clear_view(650, 3)).opinion.axis_bound_deg
    assert bound_deg is not None
    assert bound_deg > EXACT_DEG


@pytest.mark.parametrize("offset_mm", [-4.0, 4.0])
def test_depth_that_puts_the_paper_elsewhere_is_refused(offset_mm: float) -> None:
    view = clear_view()
    shifted = np.where(view.depth_mm > 0, view.depth_mm + np.float32(offset_mm), np.float32(0))
    found = register(view, shifted.astype(np.float32))
    assert found.registration.status is RegistrationStatus.DEPTH_FALSE
    assert found.registration.camera_from_applicator is None
    assert found.opinion.distance_mm == pytest.approx(4.0, abs=1.0)


def test_depth_of_another_scale_is_refused() -> None:
    view = clear_view()
    found = register(view, (view.depth_mm * np.float32(1.01)).astype(np.float32))
    assert found.registration.status is RegistrationStatus.DEPTH_FALSE


@pytest.mark.parametrize("value", [0.0, np.nan])
def test_paper_without_depth_is_refused(value: float) -> None:
    view = clear_view()
    found = register(view, np.full_like(view.depth_mm, value))
    assert found.registration.status is RegistrationStatus.DEPTH_MISSING
    assert found.opinion.status is Status.NONE
    assert found.opinion.distance_mm is None


def test_depth_that_looks_through_the_paper_is_refused() -> None:
    found = register(clear_view(paper=False)).registration
    assert found.status in {RegistrationStatus.DEPTH_MISSING, RegistrationStatus.DEPTH_FALSE}
    assert found.camera_from_applicator is None


def test_hidden_paper_gives_too_few_points() -> None:
    view = clear_view()
    labels = np.full_like(view.segmentation.labels, Label.OCCLUDER)
    hidden = replace(view, segmentation=replace(view.segmentation, labels=labels))
    assert register(hidden).registration.status is RegistrationStatus.TOO_FEW_POINTS


def test_the_band_lies_on_the_ring_and_nowhere_else() -> None:
    view = clear_view()
    pose = view.camera_from_applicator
    band = expected_band(MODEL, pose, view.segmentation.labels, WIDE.intrinsics)
    v, u = np.nonzero(band)
    points = MODEL.cast(pose, WIDE.intrinsics.rays(u.astype(float), v.astype(float))).points_mm
    assert len(points) > 500
    assert points[:, 2].min() >= CLEAR.length_mm - CLEAR.ring_height_mm


def test_an_estimate_without_covariance_is_no_collar() -> None:
    view = clear_view()
    edges = replace(view, collar=replace(view.collar, method="edges", ring_covariance=None))
    with pytest.raises(ValueError, match="covariance"):
        register(edges)


def test_metal_a_sleeve_or_no_collar_make_no_clear_cone() -> None:
    assert is_clear(CLEAR)
    assert not is_clear(replace(CLEAR, material="metal"))
    assert not is_clear(replace(CLEAR, collar=None))
    assert not is_clear(replace(CLEAR, sleeve_diameter_mm=CLEAR.outer_diameter_mm))

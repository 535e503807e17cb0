"""The likelihood's iteration: reaches its maximum from afar, and says what it left there."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from tests.builders import View, make_applicator, make_view, pose_looking_at
from tests.builders_views import make_frame_view, model_of
from tracking.applicator import Applicator
from tracking.arrays import Float
from tracking.contour import measure_edges
from tracking.depth_noise import StereoNoise
from tracking.matting import MATTED, PartlyMatted
from tracking.segmentation import EdgeQuality, Label
from tracking.slide import slid
from tracking.transforms import angle_between_deg, rigid, rotation_from_vector

QUIET = StereoNoise(50.0, 0.03, 1.5)  # 0.35 mm at 0.5 m: 8 mm off is 23 sigma
SAME_MM, SAME_DEG = 0.05, 0.02  # two starts end in the same maximum, within their last steps
LINEAR_PX = 0.04  # mean offset carried along the last step against the one read off anew
CONES = [make_applicator(60.0, 15.0), make_applicator(40.0, 30.0), make_applicator(90.0, 0.0)]
cones = pytest.mark.parametrize("cone", CONES, ids=lambda cone: cone.id)


@cache
def _view(cone: Applicator, noise: StereoNoise = QUIET) -> View:
    return make_view(cone, pose_looking_at(500.0, 35.0, 60.0), seed=6, noise=noise)


def _apart(first: Float, second: Float) -> tuple[float, float]:
    """Degrees between the axes and mm between the exits."""
    off_mm = float(np.linalg.norm(first[:3, 3] - second[:3, 3]))
    return angle_between_deg(first[:3, 2], second[:3, 2]), off_mm


@cones
@pytest.mark.parametrize("slide_mm", [-7.0, -4.0, 4.0, 7.0])
def test_a_slid_start_finds_the_ring_s_face(cone: Applicator, slide_mm: float) -> None:
    """Its depth is an outlier at the start, many times over: the wide first step lets it speak."""
    view = _view(cone)
    refined = make_frame_view(view).refine(slid(view.camera_from_applicator, slide_mm))
    assert refined.converged
    axis_deg, off_mm = _apart(refined.pose, view.camera_from_applicator)
    assert axis_deg < 0.1
    assert off_mm < 0.3


@pytest.mark.parametrize("seed", [6, 7, 8])
def test_the_ring_s_face_alone_is_enough(seed: int) -> None:
    """Gloves all around: no outline pulls, and the wall fits as well wherever it slides."""
    cone = make_applicator(60.0, 0.0)
    view = make_view(cone, pose_looking_at(500.0, 50.0, 60.0), seed=seed, noise=QUIET)
    among = np.where(view.labels == Label.APPLICATOR, Label.APPLICATOR, Label.OCCLUDER)
    seen = make_frame_view(replace(view, labels=among.astype(np.uint8)))
    refined = seen.refine(slid(view.camera_from_applicator, -5.0))
    assert refined.edges == ()
    axis_deg, off_mm = _apart(refined.pose, view.camera_from_applicator)
    assert axis_deg < 0.1
    assert off_mm < 0.3


@cones
@pytest.mark.parametrize("subpixel_px", [0.03, 0.08, 0.2])
def test_starts_in_reach_end_in_one_maximum(cone: Applicator, subpixel_px: float) -> None:
    view = _view(cone, StereoNoise(50.0, subpixel_px, 1.5))
    seen = make_frame_view(view)
    truth = view.camera_from_applicator
    ends = []
    for turn_deg, shift_mm in (
        ((0.0, 0.0, 0.0), (0.0, 0.0, 0.0)),
        ((1.0, -1.0, 4.0), (2.0, 3.0, -4.0)),
        ((-1.5, 0.5, -5.0), (-3.0, 1.0, 5.0)),
    ):
        off = rigid(rotation_from_vector(np.radians(turn_deg)), shift_mm)
        refined = seen.refine(truth @ off)
        assert refined.converged
        ends.append(refined.pose)
    grain = subpixel_px / 0.08
    for end in ends[1:]:
        axis_deg, off_mm = _apart(end, ends[0])
        assert axis_deg < SAME_DEG * max(1.0, grain)
        assert off_mm < SAME_MM * max(1.0, grain)


@cones
@pytest.mark.parametrize("slide_mm", [-0.3, 0.3])
def test_the_edges_offsets_are_those_at_the_end(cone: Applicator, slide_mm: float) -> None:
    """A start a quarter of a pixel off settles in one round: read off once, carried along."""
    view = _view(cone)
    seen = make_frame_view(view)
    settled = seen.refine(view.camera_from_applicator).pose
    start = slid(settled, slide_mm)
    refined = seen.refine(start)

    def means(pose: Float) -> dict[str, float]:
        edges = measure_edges(model_of(cone), pose, seen.outline, view.intrinsics)
        return {edge.name: float(edge.offsets_px.mean()) for edge in edges}

    at_start, at_end = means(start), means(refined.pose)
    assert max(abs(at_start[name] - at_end[name]) for name in at_end) > 3 * LINEAR_PX
    for edge in refined.edges:
        assert edge.offsets_px.mean() == pytest.approx(at_end[edge.name], abs=LINEAR_PX)


def test_a_rim_that_is_hidden_leaves_the_roll_open() -> None:
    cone = CONES[1]
    view = _view(cone)
    rim = next(edge for edge in model_of(cone).edges if edge.name == "exit")
    hidden = np.ones(len(rim.points_mm), bool)
    told = make_frame_view(view).refine(view.camera_from_applicator)
    untold = make_frame_view(view, hidden_rim=hidden).refine(view.camera_from_applicator)
    assert "exit" in [edge.name for edge in told.edges]
    assert "exit" not in [edge.name for edge in untold.edges]
    assert untold.edge_information[2, 2] < 0.01 * told.edge_information[2, 2]


def test_of_a_matted_outline_only_the_exit_is_as_good_as_colour() -> None:
    """The ring's edge stays the labels' own, of which half a dozen points on a line say little."""
    view, coarse = _view(CONES[0]), EdgeQuality(sigma_px=1.0, correlation_px=12.0, bias_px=3.0)
    seen, truth = make_frame_view(view), view.camera_from_applicator
    kinds = (MATTED, PartlyMatted(coarse), coarse)
    matted, partly, labels = (replace(seen, quality=kind).refine(truth) for kind in kinds)
    assert {edge.name for edge in partly.edges} > {"exit"}
    roll, slide = (2, 2), (5, 5)  # the bevel's edge tells the one, the ring's most of the other
    assert partly.edge_information[roll] > 0.9 * matted.edge_information[roll]
    assert labels.edge_information[roll] < 0.5 * matted.edge_information[roll]
    assert partly.edge_information[slide] < 0.5 * matted.edge_information[slide]


def test_far_out_of_reach_it_says_so_or_leaves_outliers() -> None:
    """A start 60 mm beside the cone: whatever it ends on, the depth is not explained."""
    view = _view(CONES[0])
    start = view.camera_from_applicator.copy()
    start[0, 3] += 60.0
    refined = make_frame_view(view).refine(start)
    axis_deg, off_mm = _apart(refined.pose, view.camera_from_applicator)
    usable = np.isfinite(refined.depth.residuals)
    is_explained = usable.mean() > 0.5 and refined.depth.spread < 4.0
    assert (axis_deg < 0.1 and off_mm < 0.3) or not (refined.converged and is_explained)

"""Where a search without a prior starts: in reach of the truth, whatever part of it is hidden."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest

from tests.builders import View, make_applicator, make_view, pose_looking_at
from tests.builders_views import make_frame_view, model_of
from tests.tolerances import CONFIDENTLY_WRONG_AXIS_DEG, CONFIDENTLY_WRONG_EXIT_MM, K_SAFE
from tracking.arrays import Bool, Float
from tracking.first_search import find_starts
from tracking.register import register
from tracking.registration import Registration, RegistrationStatus
from tracking.segmentation import Label
from tracking.transforms import angle_between_deg

GLOVE_MM = 220.0  # nearer than any of the cone
AXIS_REACH_DEG, ACROSS_REACH_MM, SLIDE_REACH_MM = 4.0, 8.0, 8.0  # of one refinement
ROLL_REACH_DEG = 20.0
VISIBLE = 0.2  # share of the cone's pixels


@dataclass(frozen=True)
class Off:
    """How far a pose is from the truth, along and about the true axis."""

    axis_deg: float
    across_mm: float
    slide_mm: float
    roll_deg: float

    @classmethod
    def of(cls, view: View, pose: Float) -> Off:
        truth = view.camera_from_applicator
        turn = truth[:3, :3].T @ pose[:3, :3]
        shift = truth[:3, :3].T @ (pose[:3, 3] - truth[:3, 3])
        return cls(
            angle_between_deg(pose[:3, 2], truth[:3, 2]),
            float(np.hypot(*shift[:2])),
            abs(float(shift[2])),
            abs(float(np.degrees(np.arctan2(turn[1, 0], turn[0, 0])))),
        )

    def is_in_reach(self, *, has_roll: bool) -> bool:
        return (
            self.axis_deg < AXIS_REACH_DEG
            and self.across_mm < ACROSS_REACH_MM
            and self.slide_mm < SLIDE_REACH_MM
            and (self.roll_deg < ROLL_REACH_DEG or not has_roll)
        )


def _behind_glove(view: View, hidden: Bool) -> View:
    """The view with a labelled glove before these of the applicator's pixels."""
    behind = hidden & (view.labels == Label.APPLICATOR)
    return replace(
        view,
        labels=np.where(behind, np.uint8(Label.OCCLUDER), view.labels),
        depth_mm=np.where(behind, np.float32(GLOVE_MM), view.depth_mm),
    )


def _heights_mm(view: View) -> Float:
    """Height of every pixel's point above the exit, along the true axis."""
    points = view.intrinsics.ray_grid * view.depth_mm[..., None]
    truth = view.camera_from_applicator
    heights: Float = (points - truth[:3, 3]) @ truth[:3, 2]
    return heights


def _register(view: View) -> Registration:
    return register(
        model_of(view.applicator), view.segmentation, view.depth_mm, view.intrinsics, view.noise
    )


def _assert_true(view: View, found: Registration) -> None:
    """OK, near the truth, and as near as it says."""
    assert found.status is RegistrationStatus.OK
    assert found.camera_from_applicator is not None
    assert found.axis_sigma_deg is not None
    assert found.exit_sigma_mm is not None
    off = Off.of(view, found.camera_from_applicator)
    assert off.axis_deg < min(CONFIDENTLY_WRONG_AXIS_DEG, K_SAFE * found.axis_sigma_deg)
    off_mm = float(np.hypot(off.across_mm, off.slide_mm if found.axial_observable else 0.0))
    assert off_mm < min(CONFIDENTLY_WRONG_EXIT_MM, K_SAFE * found.exit_sigma_mm)


@pytest.mark.parametrize(
    ("diameter_mm", "bevel_deg", "azimuth_deg"),
    [(60, 15, 0), (60, 30, 90), (80, 30, 210), (40, 15, 300), (60, 0, 30)],
)
def test_behind_a_hidden_ring_slide_and_roll_are_found_together(
    diameter_mm: float, bevel_deg: float, azimuth_deg: float
) -> None:
    cone = make_applicator(diameter_mm, bevel_deg)
    whole = make_view(cone, pose_looking_at(500.0, 40.0, azimuth_deg), seed=5)
    view = _behind_glove(whole, _heights_mm(whole) > 225.0)
    starts = [Off.of(view, start) for start in find_starts(make_frame_view(view))]
    assert any(off.is_in_reach(has_roll=bevel_deg > 0) for off in starts)
    _assert_true(view, _register(view))


def test_with_the_ring_in_view_no_slide_is_tried() -> None:
    """Its face fixes it: two rolls of one place, or one start where there is no roll."""
    for bevel_deg, n_starts in ((0.0, 1), (15.0, 2)):
        cone = make_applicator(60.0, bevel_deg)
        view = make_view(cone, pose_looking_at(500.0, 35.0, 60.0), seed=7)
        starts = find_starts(make_frame_view(view))
        assert len(starts) == n_starts
        assert all(Off.of(view, start).slide_mm < 3.0 for start in starts)


@pytest.mark.parametrize("side", ["left", "right", "near", "far"])
@pytest.mark.parametrize(("diameter_mm", "bevel_deg"), [(40.0, 15.0), (30.0, 0.0)])
def test_half_a_ring_seen_from_above_tells_the_axis(
    diameter_mm: float, bevel_deg: float, side: str
) -> None:
    """The ring hides most of the wall: its middle is that of a circle, not of what is seen."""
    cone = make_applicator(diameter_mm, bevel_deg)
    whole = make_view(cone, pose_looking_at(450.0, 20.0, 200.0), seed=8)
    ring = whole.camera_from_applicator @ np.array([0.0, 0.0, cone.length_mm, 1.0])
    middle_u, middle_v = whole.intrinsics.project(ring[:3])
    v, u = np.indices(whole.labels.shape)
    hidden = {
        "left": u < middle_u,
        "right": u > middle_u,
        "near": v > middle_v,
        "far": v < middle_v,
    }[side] & (_heights_mm(whole) > 250.0)
    view = _behind_glove(whole, hidden)
    starts = [Off.of(view, start) for start in find_starts(make_frame_view(view))]
    assert any(off.is_in_reach(has_roll=False) for off in starts)  # the ring hides the rim
    _assert_true(view, _register(view))


BANDS = {  # which quantiles of the cone's pixels stay in view
    "left": ("u", 0.0),
    "middle strip": ("u", 0.4),
    "right": ("u", 0.8),
    "top": ("v", 0.0),
    "under the top": ("v", 0.2),
    "middle": ("v", 0.4),
    "foot": ("v", 0.8),
}


@pytest.mark.parametrize("band", BANDS)
@pytest.mark.parametrize(
    ("diameter_mm", "bevel_deg", "elevation_deg", "azimuth_deg"),
    [(60, 15, 35, 0), (60, 30, 45, 90), (80, 15, 25, 210), (40, 0, 40, 300)],
)
def test_a_fifth_of_the_cone_is_enough(
    diameter_mm: float, bevel_deg: float, elevation_deg: float, azimuth_deg: float, band: str
) -> None:
    cone = make_applicator(diameter_mm, bevel_deg)
    whole = make_view(cone, pose_looking_at(500.0, elevation_deg, azimuth_deg), seed=5)
    axis, low = BANDS[band]
    v, u = np.nonzero(whole.labels == Label.APPLICATOR)
    values = u if axis == "u" else v
    first, last = np.quantile(values, [low, low + VISIBLE])
    grid = np.indices(whole.labels.shape)[1 if axis == "u" else 0]
    view = _behind_glove(whole, (grid < first) | (grid > last))
    seen = np.count_nonzero(view.labels == Label.APPLICATOR)
    assert seen < 1.2 * VISIBLE * len(u)
    _assert_true(view, _register(view))


def test_nothing_to_start_from_gives_no_start() -> None:
    view = make_view(make_applicator(), pose_looking_at(), seed=9)
    seen = make_frame_view(view)
    few = replace(
        seen.pixels,
        uv_px=seen.pixels.uv_px[:10],
        rays_camera=seen.pixels.rays_camera[:10],
        depth_mm=seen.pixels.depth_mm[:10],
        is_border=seen.pixels.is_border[:10],
    )
    assert find_starts(replace(seen, pixels=few)) == []

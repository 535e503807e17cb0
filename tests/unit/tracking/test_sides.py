"""The tube's sides in the outline: where they are, what they tell, and where they say nothing."""

from __future__ import annotations

import numpy as np
import pytest

from tests.builders import make_applicator, make_view, pose_looking_at, with_occluder
from tests.builders_views import make_frame_view, model_of
from tracking.applicator_mesh import build_mesh
from tracking.arrays import Float
from tracking.cone_model import ConeModel
from tracking.contour import EdgeOffsets, outline_of
from tracking.dimensions import measure_dimensions
from tracking.sides import measure_sides
from tracking.transforms import rigid

CONE = make_applicator()
POSE = pose_looking_at(500.0, 35.0, 40.0)
MEAN_PX = 0.1  # of sixty points on a straight line: what the pixel grid's steps leave
FIRST_ORDER = 0.15  # a wider tube is touched elsewhere: share that the first order leaves
WIDER_MM = 2.0


def _sides(
    shown_mm: float = 60.0, pose: Float = POSE, planned: ConeModel | None = None
) -> tuple[EdgeOffsets, ...]:
    view = make_view(make_applicator(shown_mm), pose, seed=None)
    outline = outline_of(view.labels)
    assert outline is not None
    return tuple(measure_sides(planned or model_of(CONE), pose, outline, view.intrinsics))


@pytest.mark.parametrize("where", [(500.0, 35.0, 40.0), (420.0, 25.0, 100.0), (560.0, 45.0, 215.0)])
def test_both_sides_lie_where_the_true_cone_has_them(where: tuple[float, float, float]) -> None:
    sides = _sides(pose=pose_looking_at(*where))
    assert len(sides) == 2
    for side in sides:
        assert float(np.mean(side.offsets_px)) == pytest.approx(0.0, abs=MEAN_PX)
    assert float(sides[0].normals_px[0] @ sides[1].normals_px[0]) < -0.5


def test_a_wider_tube_lies_outside_on_both_sides() -> None:
    view = make_view(CONE, POSE, seed=None)
    for side in _sides(60.0 + 2 * WIDER_MM):
        expected_px = view.intrinsics.fx * WIDER_MM / side.points_camera_mm[:, 2].mean()
        found_px = float(np.mean(side.offsets_px))
        assert found_px == pytest.approx(expected_px, rel=FIRST_ORDER, abs=MEAN_PX)


def test_a_hidden_side_says_nothing() -> None:
    view = make_view(CONE, POSE, seed=None)
    middle = view.intrinsics.project(_sides()[0].points_camera_mm).mean(axis=0)
    hidden = with_occluder(view, (float(middle[0]), float(middle[1])), (60, 400))
    outline = outline_of(hidden.labels)
    assert outline is not None
    found = measure_sides(model_of(CONE), POSE, outline, view.intrinsics)
    assert sum(len(side.offsets_px) for side in found) < sum(len(s.offsets_px) for s in _sides())


def test_a_camera_on_the_axis_sees_no_side() -> None:
    from_above = rigid(np.diag([1.0, -1.0, -1.0]), np.array([0.0, 0.0, 500.0]))
    assert _sides(pose=from_above) == ()


def test_a_model_with_its_own_mesh_has_none() -> None:
    assert _sides(planned=ConeModel(CONE, build_mesh(CONE))) == ()


@pytest.mark.parametrize("diameter_mm", [40.0, 60.0])
def test_the_sides_tell_the_diameter_better(diameter_mm: float) -> None:
    cone = make_applicator(diameter_mm)
    seen = make_frame_view(make_view(cone, pose_looking_at(750.0, 35.0, 40.0), seed=6))
    refined = seen.refine(pose_looking_at(750.0, 35.0, 40.0))
    sides = measure_sides(seen.model, refined.pose, seen.outline, seen.intrinsics)
    rough = measure_dimensions(cone, refined, seen.quality, seen.intrinsics)
    closer = measure_dimensions(cone, refined, seen.quality, seen.intrinsics, sides)
    assert closer.diameter_sigma_mm < rough.diameter_sigma_mm
    error_mm = abs(closer.diameter_mm - diameter_mm)
    assert error_mm < 3 * closer.diameter_sigma_mm

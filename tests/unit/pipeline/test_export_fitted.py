"""Shapes of what was fitted: where they lie, in camera space."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.config.catalogue_file import read_catalogue
from pipeline.export.fitted import RINGS, SPOKES, bed_triangles, bed_vertices_mm, cone_residuals
from pipeline.export.rerun_file import BEFORE, BEHIND, BESIDE, ON, residual_colours
from tracking.bed import BedStatus, BedSurface, exit_axes
from tracking.camera import CameraIntrinsics
from tracking.cone_model import ConeModel
from tracking.frame import RgbdFrame
from tracking.segmentation import Label, Segmentation

APPLICATOR = read_catalogue(None).find("MOB-D60-B15")
CAMERA = CameraIntrinsics(width=120, height=90, fx=100.0, fy=100.0, cx=59.5, cy=44.5)
# exit at 500 mm, the axis towards the camera, 25 deg aslant
AXIS = np.array([0.0, np.sin(np.radians(25)), -np.cos(np.radians(25))])
POSE = np.eye(4)
POSE[:3, :3] = np.column_stack(([1.0, 0.0, 0.0], np.cross(AXIS, [1.0, 0.0, 0.0]), AXIS))
POSE[:3, 3] = (5.0, -10.0, 500.0)


def seen(model: ConeModel) -> tuple[RgbdFrame, Segmentation]:
    rays = CAMERA.ray_grid.reshape(-1, 3)
    depth = model.depths_mm(POSE, rays).reshape(CAMERA.shape)
    is_cone = np.isfinite(depth)
    raw = np.where(is_cone, np.round(depth / 0.01), 0).astype(np.uint16)
    frame = RgbdFrame(0, "", 0, 0, CAMERA, raw, 0.01)
    labels = np.where(is_cone, Label.APPLICATOR.value, Label.OTHER.value).astype(np.uint8)
    return frame, Segmentation(labels, "made")


@pytest.mark.parametrize("shift_mm", [0.0, 2.0, -1.5])
def test_residuals_are_how_far_a_point_lies_behind_the_model(shift_mm: float) -> None:
    model = ConeModel(APPLICATOR)
    frame, segmentation = seen(model)
    moved = POSE.copy()
    moved[2, 3] -= shift_mm  # the model nearer to the camera: what was seen lies behind it
    depth = frame.depth_mm
    points, residuals = cone_residuals(model, moved, frame, segmentation, depth)
    assert len(points) == len(residuals) > 50
    hits = np.isfinite(residuals)
    assert hits.mean() > 0.9
    if shift_mm == 0.0:
        assert np.abs(residuals[hits]).max() < 0.01
    else:
        assert np.median(residuals[hits]) * shift_mm > 0
    assert np.allclose(CAMERA.project(points) % 2, 0.0, atol=1e-6) or points[:, 2].min() > 300


def test_a_ray_beside_the_model_has_no_residual() -> None:
    model = ConeModel(APPLICATOR)
    frame, segmentation = seen(model)
    moved = POSE.copy()
    moved[0, 3] += 1000.0
    _, residuals = cone_residuals(model, moved, frame, segmentation, frame.depth_mm)
    assert np.isnan(residuals).all()


def test_the_bed_lies_where_it_was_fitted() -> None:
    """A plane 4 mm below the exit along the exit's normal."""
    axes = exit_axes(APPLICATOR)
    bed = BedSurface(
        BedStatus.OK,
        coefficients=np.array([-4.0, 0.0, 0.0, 0.0, 0.0, 0.0]),
        covariance=np.eye(6) * 1e-4,
        fit_from_applicator=axes,
    )
    points = bed_vertices_mm(bed, POSE, 39.0)
    assert points.shape == (1 + RINGS * SPOKES, 3)
    normal = POSE[:3, :3] @ axes[2]
    heights = (points - POSE[:3, 3]) @ normal
    assert np.allclose(heights, -4.0)
    away = np.linalg.norm(points - points[0], axis=1)
    assert away.max() == pytest.approx(39.0)
    triangles = bed_triangles()
    assert triangles.max() == len(points) - 1
    corners = points[triangles]
    areas = np.linalg.norm(
        np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1
    )
    assert areas.sum() / 2 == pytest.approx(np.pi * 39.0**2, rel=0.01)  # once, without holes


def test_a_bed_that_was_not_fitted_has_no_surface() -> None:
    with pytest.raises(ValueError, match="no surface"):
        bed_vertices_mm(BedSurface(BedStatus.NO_POSE), POSE, 39.0)


def test_colours_tell_before_from_behind() -> None:
    colours = residual_colours(np.array([0.0, -3.0, 9.0, np.nan, -1.5]))
    assert [tuple(row) for row in colours[:4]] == [ON, BEFORE, BEHIND, BESIDE]
    assert all(min(a, b) <= c <= max(a, b) for a, b, c in zip(ON, BEFORE, colours[4], strict=True))

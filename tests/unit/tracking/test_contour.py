"""Offsets of the outline: unbiased on curved edges, blind where something hides them."""

from __future__ import annotations

import numpy as np
import pytest

from tests.builders import INTRINSICS, make_applicator, make_view, pose_looking_at
from tests.builders_views import model_of
from tracking.arrays import Bool, UInt8
from tracking.cone_model import N_CURVE_POINTS
from tracking.contour import EdgeOffsets, measure_edges, outline_of
from tracking.segmentation import Label
from tracking.transforms import rigid

RING_CONE = make_applicator(20.0)  # a wide ring: its face is what a probe inside the edge meets
CONE = make_applicator()
RING_RADIUS_MM = RING_CONE.ring_diameter_mm / 2
N_CENTRES = 60  # of a circle on the pixel grid
MEAN_PX = 0.02  # of a hundred points on 60 circles; the blur alone shifts a 5 px circle by 0.1


def _disc(centre_px: tuple[float, float], radius_px: float, aspect: float = 1.0) -> UInt8:
    """Label image whose applicator is every pixel with its centre inside an ellipse."""
    v, u = np.mgrid[: INTRINSICS.height, : INTRINSICS.width]
    off = np.hypot((u - centre_px[0]) / radius_px, (v - centre_px[1]) / (radius_px * aspect))
    return np.where(off <= 1, Label.APPLICATOR, Label.TUMOR_BED).astype(np.uint8)


def _top_edge(labels: UInt8, centre_px: tuple[float, float], radius_px: float) -> EdgeOffsets:
    """The edge of the ring's top, seen straight down as a circle of `radius_px`."""
    distance_mm = INTRINSICS.fx * RING_RADIUS_MM / radius_px
    centre = INTRINSICS.rays(np.array([centre_px[0]]), np.array([centre_px[1]]))[0] * distance_mm
    axis = -centre / np.linalg.norm(centre)
    x = np.cross([0.0, 1.0, 0.0], axis)
    x /= np.linalg.norm(x)
    rotation = np.stack([x, np.cross(axis, x), axis], axis=1)
    pose = rigid(rotation, centre - RING_CONE.length_mm * axis)
    outline = outline_of(labels)
    assert outline is not None
    edges = measure_edges(model_of(RING_CONE), pose, outline, INTRINSICS)
    return next(edge for edge in edges if edge.name == "top")


@pytest.mark.parametrize("radius_px", [5.0, 8.0, 20.0, 60.0])
def test_a_circle_is_measured_unbiased_whatever_its_radius(radius_px: float) -> None:
    rng = np.random.default_rng(1)
    means = []
    for du, dv in rng.uniform(-0.5, 0.5, (N_CENTRES, 2)):
        centre = (INTRINSICS.cx + du, INTRINSICS.cy + dv)
        edge = _top_edge(_disc(centre, radius_px), centre, radius_px)
        assert len(edge.offsets_px) > 0.9 * N_CURVE_POINTS
        means.append(edge.offsets_px.mean())
    assert abs(np.mean(means)) < MEAN_PX


@pytest.mark.parametrize("thicker_px", [-1.5, 0.5, 2.0])
def test_offsets_are_measured_outwards(thicker_px: float) -> None:
    centre = (INTRINSICS.cx + 0.3, INTRINSICS.cy - 0.2)
    edge = _top_edge(_disc(centre, 30.0 + thicker_px), centre, 30.0)
    assert edge.offsets_px.mean() == pytest.approx(thicker_px, abs=0.05)
    outward = INTRINSICS.project(edge.points_camera_mm) - centre
    assert (np.einsum("ij,ij->i", outward, edge.normals_px) > 0).all()


@pytest.mark.parametrize("has_ring", [True, False])
def test_edges_of_a_true_view_lie_where_the_model_has_them(has_ring: bool) -> None:
    offsets: dict[str, list[float]] = {}
    for azimuth_deg in range(0, 360, 40):
        cone = make_applicator(has_ring=has_ring)
        pose = pose_looking_at(480.0, 40.0, azimuth_deg, camera_roll_deg=7.0 + azimuth_deg / 11)
        view = make_view(cone, pose, seed=None)
        outline = outline_of(view.labels)
        assert outline is not None
        for edge in measure_edges(model_of(cone), pose, outline, view.intrinsics):
            offsets.setdefault(edge.name, []).extend(edge.offsets_px)
    assert set(offsets) == ({"exit", "top", "underside"} if has_ring else {"exit", "top"})
    for values in offsets.values():
        assert abs(np.mean(values)) < 0.05  # of some 300 points of 0.15 px each
        assert np.std(values) < 0.3


def test_a_hidden_part_of_the_rim_gives_no_offsets() -> None:
    pose = pose_looking_at(500.0, 40.0, azimuth_deg=90.0)
    view = make_view(CONE, pose, seed=None)
    outline = outline_of(view.labels)
    assert outline is not None

    def exit_y_mm(hidden: Bool | None) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        edges = measure_edges(model_of(CONE), pose, outline, view.intrinsics, hidden)
        points = [edge.points_camera_mm for edge in edges if edge.name == "exit"]
        return (points[0] - pose[:3, 3]) @ pose[:3, 0] if points else np.zeros(0)

    rim = next(edge.points_mm for edge in model_of(CONE).edges if edge.name == "exit")
    everywhere = exit_y_mm(None)
    assert everywhere.min() < -20.0
    assert everywhere.max() > 20.0
    half = exit_y_mm(rim[:, 0] > 0)
    assert len(half) > 0
    assert half.max() < 0
    assert len(exit_y_mm(np.ones(N_CURVE_POINTS, bool))) == 0

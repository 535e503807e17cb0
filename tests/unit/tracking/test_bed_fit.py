"""The bed's quadratic in the bed's own axes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.builders import make_applicator
from tracking.arrays import Float
from tracking.bed_fit import BedPoints, fit_quadratic
from tracking.bed_fit_loops import quartic_mm
from tracking.bed_ring import fit_ring, inside_covariance, seen_deg

NO_PRIOR = np.zeros((6, 6))
RADIUS_MM = 150.0
AXIS_DEG = 0.05  # the turn stops at 0.2 deg of slope; the quadratic's own slope takes the rest


def sphere_points(
    tilt_deg: tuple[float, float], radii_mm: tuple[float, float], sign: float
) -> tuple[BedPoints, Float]:
    """Points of a sphere below the exit, in a ring about the axis, and its normal there."""
    tilt = np.radians(tilt_deg)
    normal = np.array([np.tan(tilt[0]), np.tan(tilt[1]), 1.0])
    normal /= np.linalg.norm(normal)
    foot = np.array([0.0, 0.0, -1.5])
    centre = foot + sign * RADIUS_MM * normal  # sign +1: hollow
    radius, angle = np.meshgrid(np.linspace(*radii_mm, 14), np.arange(72) * (2 * np.pi / 72))
    x, y = (radius * np.cos(angle)).ravel(), (radius * np.sin(angle)).ravel()
    flat = RADIUS_MM**2 - (x - centre[0]) ** 2 - (y - centre[1]) ** 2
    z = centre[2] - sign * np.sqrt(flat)
    rays = np.broadcast_to([0.2, 0.1, -1.0], (len(x), 3))
    return BedPoints(np.stack([x, y, z], 1), rays, np.full(len(x), 0.5), 7.0), normal


@pytest.mark.parametrize("sign", [1.0, -1.0], ids=["hollow", "round"])
@pytest.mark.parametrize("tilt_deg", [(0.0, 0.0), (15.0, 3.0), (28.0, -6.0)])
def test_axes_turn_onto_the_normal_where_the_axis_meets_the_bed(
    tilt_deg: tuple[float, float], sign: float
) -> None:
    cone = make_applicator(60.0, 0.0)
    bed, normal = sphere_points(tilt_deg, (0.0, 30.0), sign)
    fit = fit_quadratic(cone, bed, NO_PRIOR, quartic_share=0.0)
    assert fit is not None
    slope = fit.normals[0]  # the first points lie on the axis
    found = (slope / np.linalg.norm(slope)) @ fit.axes
    off = np.degrees(np.arccos(min(1.0, float(found @ normal))))
    assert off < AXIS_DEG
    assert fit.coefficients[3] == pytest.approx(sign / (2 * RADIUS_MM), rel=0.03)


@pytest.mark.parametrize("sign", [1.0, -1.0], ids=["hollow", "round"])
@pytest.mark.parametrize("bevel_deg", [0.0, 15.0, 30.0])
def test_a_ring_tells_a_round_bed_inside_it_within_its_sigma(bevel_deg: float, sign: float) -> None:
    cone = make_applicator(60.0, bevel_deg)
    outer = cone.outer_radius_mm
    bed, _ = sphere_points((bevel_deg, 0.0), (outer + 3, 2 * outer), sign)
    fit = fit_ring(cone, bed)
    assert fit is not None
    at_axis = np.array([0.0, 0.0, -1.5]) @ fit.axes.T
    basis = np.array([1.0, at_axis[0], at_axis[1], 0.0, 0.0, 0.0])
    basis[3:] = at_axis[0] ** 2, at_axis[0] * at_axis[1], at_axis[1] ** 2
    error = float(basis @ fit.coefficients - at_axis[2])
    sigma = float(np.sqrt(basis @ inside_covariance(cone, fit) @ basis))
    assert abs(error) <= sigma
    assert sigma < 1.0


def test_the_quartic_is_the_spheres() -> None:
    curved = np.array([0.0, 0.0, 0.0, 0.5 / RADIUS_MM, 0.0, 0.5 / RADIUS_MM])
    r = 60.0
    exact = RADIUS_MM - np.sqrt(RADIUS_MM**2 - r**2) - r**2 / (2 * RADIUS_MM)
    found = quartic_mm(curved, r, 0.0)
    assert found == pytest.approx(exact, rel=0.12)  # the next term is 8 % of it


def test_points_on_a_line_are_no_surface() -> None:
    cone = make_applicator(60.0, 0.0)
    bed, _ = sphere_points((0.0, 0.0), (10.0, 60.0), 1.0)
    line = replace(bed, points_mm=bed.points_mm * [1.0, 0.0, 1.0])
    assert fit_quadratic(cone, line, NO_PRIOR, quartic_share=0.0) is None


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_points_that_are_no_numbers_are_no_surface(value: float) -> None:
    cone = make_applicator(60.0, 0.0)
    bed, _ = sphere_points((0.0, 0.0), (10.0, 60.0), 1.0)
    points = bed.points_mm.copy()
    points[5] = value
    assert fit_quadratic(cone, replace(bed, points_mm=points), NO_PRIOR, quartic_share=0.0) is None


def test_seen_degrees_count_sectors() -> None:
    angle = np.radians(np.arange(0.0, 180.0, 1.0))
    half = np.stack([40 * np.cos(angle), 40 * np.sin(angle), 0 * angle], axis=1)
    assert seen_deg(half) == pytest.approx(180.0, abs=10.0)
    assert seen_deg(half[:0]) == 0.0

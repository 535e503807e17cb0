"""Depth against the model's, as plain NumPy would say it."""

from __future__ import annotations

import numpy as np
import pytest

from tests.builders import View, make_applicator, make_view, pose_looking_at
from tests.builders_views import model_of
from tracking.arrays import Float
from tracking.depth_comparison import (
    BORDER,
    GRAZING_COSINE,
    HOLLOW,
    MAX_BORDER_SCALE,
    MIN_FACE_PIXELS,
    MIN_GROUP_PIXELS,
    MIN_REFERENCE_PIXELS,
    NORMAL_MAD,
    REST,
    calm_noisy_groups,
    compared,
    faces_off,
    robust_equations,
    silence_few_faces,
)
from tracking.depth_noise import DepthDomainNoise, DepthNoise, StereoNoise
from tracking.robust import tukey

STEREO = StereoNoise(50.0, 0.08, 0.4)
NOISES = [STEREO, DepthDomainNoise((0.4, 1e-3, 2e-6), 1.0)]


@pytest.fixture(scope="module")
def view() -> View:
    cone = make_applicator(80.0, has_ring=True)
    return make_view(cone, pose_looking_at(450.0, 35.0), seed=4, noise=STEREO)


def _rays(view: View) -> Float:
    """Of the whole image: hits, misses, and what is too flat."""
    v, u = np.mgrid[: view.depth_mm.shape[0] : 3, : view.depth_mm.shape[1] : 3].reshape(2, -1)
    return view.intrinsics.rays(u.astype(float), v.astype(float))


@pytest.mark.parametrize("noise", NOISES, ids=["stereo", "depth"])
def test_residuals_and_derivatives(view: View, noise: DepthNoise) -> None:
    rays, rng, fx = _rays(view), np.random.default_rng(5), view.intrinsics.fx
    hits = model_of(view.applicator).cast(view.camera_from_applicator, rays)
    depth_mm = np.where(hits.is_hit, hits.z_mm, 500.0) + rng.standard_normal(len(rays))
    depth_mm[::50] = np.nan
    is_border, lengths = rng.random(len(rays)) < 0.2, np.linalg.norm(rays, axis=1)
    residuals, jacobian, gains, groups, n_hits, n_grazing = compared(
        hits.z_mm,
        hits.is_hit,
        hits.is_thin,
        hits.points_mm,
        hits.normals,
        hits.rays,
        depth_mm,
        is_border,
        noise.sigma_coefficients(fx),
    )
    along = (hits.normals * hits.rays).sum(axis=1)
    usable = hits.is_hit & ~hits.is_thin & (np.abs(along) > GRAZING_COSINE * lengths)
    assert 100 < usable.sum() < hits.is_hit.sum() < len(usable)
    assert (n_hits, n_grazing) == (hits.is_hit.sum(), (hits.is_hit & ~usable).sum())
    z = np.where(usable, hits.z_mm, 1.0)
    expected = np.where(usable, noise.residuals(depth_mm, z, fx), np.nan)
    np.testing.assert_allclose(residuals, expected, rtol=1e-12)
    np.testing.assert_allclose(
        gains, np.where(usable, -1 / noise.sigma_mm(z, fx) / along, 0.0), rtol=1e-12
    )
    levers = np.cross(hits.points_mm, hits.normals)
    motion = np.concatenate([levers, hits.normals], axis=1) * gains[:, None]
    np.testing.assert_allclose(jacobian, np.where(usable[:, None], motion, 0.0), rtol=1e-12)
    outward = (hits.normals[:, :2] * hits.points_mm[:, :2]).sum(axis=1)
    is_hollow = (outward < 0) & (np.abs(hits.normals[:, 2]) < 0.3)
    assert is_hollow.any()
    np.testing.assert_array_equal(
        groups, np.where(is_hollow, HOLLOW, np.where(is_border, BORDER, REST))
    )


class TestGroups:
    """A wall of scatter 1, an outline of 2 and a hollow of 8."""

    groups = np.repeat(np.array([REST, BORDER, HOLLOW], np.uint8), 200)

    def noisy(self, border: float, hollow: float) -> Float:
        residuals: Float = np.random.default_rng(1).standard_normal(600)
        residuals[::9] = np.nan
        residuals *= np.repeat([1.0, border, hollow], 200)
        return residuals

    def test_noisier_groups_are_calmed_to_the_wall(self) -> None:
        before = self.noisy(2.0, 8.0)
        residuals, gains, jacobian = before.copy(), np.ones(600), np.ones((600, 6))
        scales = calm_noisy_groups(residuals, jacobian, gains, self.groups)
        sizes = [np.sort(np.abs(part[np.isfinite(part)])) for part in np.split(before, 3)]
        scatter = [NORMAL_MAD * part[len(part) // 2] for part in sizes]
        wall = max(1.0, scatter[0])
        np.testing.assert_allclose(scales, [1.0, scatter[1] / wall, scatter[2] / wall])
        np.testing.assert_array_equal(residuals, before / scales[self.groups])
        np.testing.assert_array_equal(gains, 1.0 / scales[self.groups])
        np.testing.assert_array_equal(jacobian, gains[:, None] * np.ones((1, 6)))

    def test_an_outline_is_calmed_so_far_and_a_hollow_without_bound(self) -> None:
        scales = calm_noisy_groups(
            self.noisy(30.0, 30.0), np.ones((600, 6)), np.ones(600), self.groups
        )
        assert scales[BORDER] == MAX_BORDER_SCALE
        assert scales[HOLLOW] > 20.0

    @pytest.mark.parametrize(("border", "hollow"), [(1.1, 1.1), (0.1, 0.0)])
    def test_what_scatters_alike_or_less_stays(self, border: float, hollow: float) -> None:
        before = self.noisy(border, hollow)
        residuals = before.copy()
        scales = calm_noisy_groups(residuals, np.ones((600, 6)), np.ones(600), self.groups)
        np.testing.assert_array_equal(scales, 1.0)
        np.testing.assert_array_equal(residuals, before)

    def test_few_pixels_tell_no_noise(self) -> None:
        groups = self.groups.copy()
        groups[: 200 - MIN_REFERENCE_PIXELS] = HOLLOW  # of those left some have no residual
        jacobian, gains = np.ones((600, 6)), np.ones(600)
        assert calm_noisy_groups(self.noisy(2.0, 8.0), jacobian, gains, groups).max() == 1.0
        groups = self.groups.copy()
        groups[400 + MIN_GROUP_PIXELS - 1 :] = BORDER
        scales = calm_noisy_groups(self.noisy(2.0, 2.0), jacobian, gains, groups)
        assert scales[HOLLOW] == 1.0 < scales[BORDER]


def test_faces_that_lie_off_are_counted() -> None:
    normals = np.array([[0, 0, 1], [0, 0, -1], [0, 0, 1], [1, 0, 0], [0, 0, 1.0]])
    residuals = np.array([4.0, -4.0, 1.0, 9.0, np.nan])
    gains = np.array([1.0, 1.0, 1.0, 1.0, 0.0])
    assert faces_off(residuals, normals, gains, 3.0) == (3, 2)


@pytest.mark.parametrize("n_faces", [0, 1, MIN_FACE_PIXELS - 1, MIN_FACE_PIXELS, 50])
def test_a_few_pixels_of_faces_are_silenced_and_no_others(n_faces: int) -> None:
    n_unusable = MIN_FACE_PIXELS  # they make no face seen
    face, wall = np.array([0.1, 0.1, -0.99]), np.array([0.8, 0.55, 0.2])
    normals = np.array([face] * n_faces + [wall] * 40 + [face] * n_unusable)
    gains = np.repeat([2.0, 0.0], [n_faces + 40, n_unusable])
    residuals, jacobian = np.arange(len(gains), dtype=float), np.ones((len(gains), 6))
    before = residuals.copy()
    assert silence_few_faces(residuals, jacobian, gains, normals) == n_faces
    is_silent = np.zeros(len(gains), bool)
    is_silent[:n_faces] = n_faces < MIN_FACE_PIXELS
    np.testing.assert_array_equal(residuals, np.where(is_silent, np.nan, before))
    np.testing.assert_array_equal(jacobian, np.where(is_silent, 0.0, 1.0)[:, None] * np.ones(6))
    assert (gains != 0).sum() == 40 + n_faces * (n_faces >= MIN_FACE_PIXELS)


def _random(n: int) -> tuple[Float, Float]:
    rng = np.random.default_rng(n)
    jacobian, residuals = rng.standard_normal((n, 6)), rng.standard_normal(n) * 4.0
    residuals[::7], jacobian[::7] = np.nan, 0.0
    return jacobian, residuals


@pytest.mark.parametrize("n", [0, 1, 20, 900])
@pytest.mark.parametrize("cutoff", [5.0, np.inf])
def test_equations_with_robust_weights(n: int, cutoff: float) -> None:
    jacobian, residuals = _random(n)
    information, gradient = robust_equations(jacobian, residuals, cutoff, 3.0)
    known = np.where(np.isnan(residuals), 0.0, residuals)
    weighted = jacobian * (tukey(known, cutoff) / 3.0)[:, None]
    np.testing.assert_allclose(information, weighted.T @ jacobian, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(gradient, weighted.T @ known, rtol=1e-9, atol=1e-12)
    np.testing.assert_array_equal(information, information.T)

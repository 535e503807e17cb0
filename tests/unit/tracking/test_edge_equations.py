"""Terms of the outline: what is noisier, or says the same twice, weighs less."""

from __future__ import annotations

from math import sqrt

import numpy as np
import pytest

from tests.builders import INTRINSICS, pose_looking_at
from tracking.arrays import Float
from tracking.contour import EdgeOffsets
from tracking.edge_equations import (
    BURIAL_CORRELATION_MM,
    BURIAL_SIGMA_MM,
    CHANCE_CORRELATION,
    EDGE_TUKEY,
    NOTABLE_SCATTER,
    edge_jacobians,
    edge_weights,
    shift_marginalised,
)
from tracking.robust import NORMAL_MAD, median, tukey
from tracking.segmentation import EdgeQuality

QUALITY = EdgeQuality(sigma_px=0.15, correlation_px=3.6, bias_px=0.5)
N_POINTS, SPACING_PX = 60, 3.6


def _edge(offsets_px: Float, name: str = "top") -> EdgeOffsets:
    n = len(offsets_px)
    angle = np.linspace(0, np.pi, n)
    normals = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    points = np.concatenate([60.0 * normals, np.full((n, 1), 500.0)], axis=1)
    return EdgeOffsets(name, points, normals, offsets_px, SPACING_PX)


def _total(offsets_px: Float, name: str = "top") -> float:
    return float(edge_weights(_edge(offsets_px, name), QUALITY, INTRINSICS).sum())


def _jitter(sigma_px: float) -> Float:
    return np.random.default_rng(8).standard_normal(N_POINTS) * sigma_px


class TestEdgeWeights:
    def test_labels_as_good_as_they_say_weigh_what_they_say(self) -> None:
        expected = N_POINTS / QUALITY.sigma_px**2
        assert _total(_jitter(0.1)) == pytest.approx(expected, rel=0.1)  # less Tukey's few percent

    @pytest.mark.parametrize("n_waves", [2, 3, 5])
    @pytest.mark.parametrize("amplitude_px", [0.15, 0.6])
    def test_a_wavy_outline_weighs_less_than_a_ragged_one(
        self, n_waves: int, amplitude_px: float
    ) -> None:
        wave = amplitude_px * np.sin(np.arange(N_POINTS) * (2 * np.pi * n_waves / N_POINTS))
        ragged = np.random.default_rng(3).permutation(wave)
        # half a wave says the same: what is left are twice as many points as waves
        assert _total(wave) < 0.5 * _total(ragged)
        assert _total(wave) > 0.02 * _total(ragged)

    @pytest.mark.parametrize("sigma_px", [0.5, 1.5])
    def test_a_ragged_outline_weighs_as_it_scatters(self, sigma_px: float) -> None:
        assert _total(_jitter(sigma_px)) < 1.2 * N_POINTS / sigma_px**2

    def test_a_common_shift_is_no_scatter(self) -> None:
        assert _total(_jitter(0.1) + 3.0) == pytest.approx(_total(_jitter(0.1)))

    def test_a_blemish_does_not_speak(self) -> None:
        offsets = _jitter(0.1)
        offsets[20:24] = 5.0
        weights = edge_weights(_edge(offsets), QUALITY, INTRINSICS)
        assert (weights[20:24] == 0).all()
        assert (np.delete(weights, slice(20, 24)) > 0).all()

    def test_the_exit_weighs_less_by_what_tissue_covers(self) -> None:
        exit_total, top_total = _total(_jitter(0.1), "exit"), _total(_jitter(0.1))
        assert exit_total < 0.9 * top_total
        burial_px = BURIAL_SIGMA_MM * INTRINSICS.fx / 500.0
        assert exit_total > N_POINTS * SPACING_PX / 20 / (QUALITY.sigma_px + burial_px) ** 2

    def test_the_shift_of_an_edge_is_not_information(self) -> None:
        """A motion that moves every point alike is told only as far as the bias is known."""
        weights = np.full(N_POINTS, 40.0)
        jacobian = np.zeros((N_POINTS, 6))
        jacobian[:, 0] = 1.0
        jacobian[:, 1] = np.linspace(-1, 1, N_POINTS)
        information, gradient = shift_marginalised(jacobian, weights, np.ones(N_POINTS), 0.5)
        total = weights.sum()
        assert information[0, 0] == pytest.approx(1 / (1 / total + 0.5**2))
        assert gradient[0] == pytest.approx(1 / (1 / total + 0.5**2))
        assert information[1, 1] == pytest.approx(float(weights @ jacobian[:, 1] ** 2))


def _plain_weights(edge: EdgeOffsets, offsets_px: Float) -> Float:
    """As NumPy would say it."""
    deviations = offsets_px - median(offsets_px)
    scatter = NORMAL_MAD * median(np.abs(deviations))
    sigma = max(QUALITY.sigma_px, scatter)
    bounded = np.clip(deviations, -EDGE_TUKEY * sigma, EDGE_TUKEY * sigma)
    bounded = bounded - bounded.mean()
    power = np.correlate(bounded, bounded, mode="full")[len(bounded) - 1 :]
    chance = 0.0 if scatter > NOTABLE_SCATTER * QUALITY.sigma_px else CHANCE_CORRELATION
    is_faded = power <= chance / sqrt(len(power)) * power[0]
    end = int(is_faded.argmax()) if is_faded.any() else len(power)
    alike = 1 + 2 * power[1:end].sum() / power[0] if power[0] > 0 else 1.0
    length_px = max(QUALITY.correlation_px, SPACING_PX * alike)
    per_length = sigma**2 * max(SPACING_PX, length_px)
    if edge.name == "exit":
        px_per_mm = INTRINSICS.fx / median(edge.points_camera_mm[:, 2])
        burial_px = max(SPACING_PX, BURIAL_CORRELATION_MM * px_per_mm)
        per_length += (BURIAL_SIGMA_MM * px_per_mm) ** 2 * burial_px
    weights: Float = tukey(deviations, EDGE_TUKEY * sigma) * SPACING_PX / per_length
    return weights


def _offsets(n: int, waves_px: float) -> Float:
    rng = np.random.default_rng(n)
    offsets: Float = 0.2 * rng.standard_normal(n) + waves_px * np.sin(np.arange(n) / 6)
    offsets[::9] += 4.0
    return offsets


@pytest.mark.parametrize("name", ["exit", "top"])
@pytest.mark.parametrize("waves_px", [0.0, 0.1, 2.0])
@pytest.mark.parametrize("n", [1, 2, 7, 72])
def test_weights_as_plain_numpy_has_them(n: int, waves_px: float, name: str) -> None:
    offsets = _offsets(n, waves_px)
    edge = _edge(offsets, name)
    expected = _plain_weights(edge, offsets)
    np.testing.assert_allclose(edge_weights(edge, QUALITY, INTRINSICS), expected, rtol=1e-10)
    left = edge_weights(_edge(np.zeros(n), name), QUALITY, INTRINSICS, offsets)
    np.testing.assert_allclose(left, expected, rtol=1e-10)


def test_offsets_that_are_all_alike_have_the_labels_weight() -> None:
    edge = _edge(np.full(N_POINTS, 2.5))
    weights = edge_weights(edge, QUALITY, INTRINSICS)
    np.testing.assert_allclose(weights, _plain_weights(edge, edge.offsets_px), rtol=1e-12)


def test_no_offsets_have_no_weights() -> None:
    with pytest.raises(IndexError):
        edge_weights(_edge(np.zeros(0)), QUALITY, INTRINSICS)


@pytest.mark.parametrize("n_unknowns", [6, 10])
@pytest.mark.parametrize("n", [0, 1, 72])
def test_equations_without_the_shift(n: int, n_unknowns: int) -> None:
    rng = np.random.default_rng(n)
    jacobian, offsets = rng.standard_normal((n, n_unknowns)), rng.standard_normal(n)
    weights = np.where(rng.random(n) < 0.1, 0.0, rng.random(n))
    information, gradient = shift_marginalised(jacobian, weights, offsets, 0.7)
    coupling, total = jacobian.T @ weights, weights.sum() + 1 / 0.7**2
    expected = (jacobian.T * weights) @ jacobian - np.outer(coupling, coupling) / total
    np.testing.assert_allclose(information, expected, rtol=1e-10, atol=1e-12)
    expected = jacobian.T @ (weights * offsets) - coupling * (weights @ offsets) / total
    np.testing.assert_allclose(gradient, expected, rtol=1e-10, atol=1e-12)
    np.testing.assert_array_equal(information, information.T)


def test_jacobians_are_derivatives_of_the_place_in_the_image() -> None:
    pose, edges = pose_looking_at(450.0, 30.0), [_edge(_jitter(0.1)), _edge(_jitter(0.1)[:9])]
    motions = edge_jacobians(pose, edges, INTRINSICS)
    assert len(motions) == 2
    rotation, step = pose[:3, :3], 1e-4
    for edge, (jacobian, shift) in zip(edges, motions, strict=True):
        levers = (edge.points_camera_mm - pose[:3, 3]) @ rotation
        for axis in range(3):
            unit = np.eye(3)[axis]
            for move, column in (
                (np.broadcast_to(unit, levers.shape), shift[:, axis]),
                (np.broadcast_to(unit, levers.shape), jacobian[:, 3 + axis]),
                (np.cross(unit, levers), jacobian[:, axis]),
            ):
                ahead, behind = (
                    INTRINSICS.project(edge.points_camera_mm + way * step * move @ rotation.T)
                    for way in (0.5, -0.5)
                )
                per_step = ((ahead - behind) * edge.normals_px).sum(axis=1) / step
                np.testing.assert_allclose(column, per_step, rtol=1e-6, atol=1e-6)


def test_no_edges_have_no_jacobians() -> None:
    assert edge_jacobians(np.eye(4), [], INTRINSICS) == []

"""Live pixels against the survey map, as plain NumPy would say it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.survey_scene import (
    INTRINSICS,
    NOISE,
    camera_pose,
    cone_pose,
    hollow,
    shoot,
    with_folds,
)
from tracking.arrays import Float
from tracking.depth_noise import DepthDomainNoise, DepthNoise
from tracking.segmentation import Label
from tracking.survey_fusion import started
from tracking.survey_samples import SurveySamples, survey_samples
from tracking.survey_terms import LiveView, SurveyTerms, survey_terms
from tracking.survey_terms_loops import MIN_COSINE, MIN_DEPTH_MM
from tracking.transforms import invert

HOME, MOVED = camera_pose(), camera_pose((0.6, -0.8, 0.5, 4.0, -3.0, 6.0))
AWAY = camera_pose((20.0, 5.0, 0.0, 90.0, -60.0, 0.0))  # much of the map lies beyond the frame
PIVOT = np.array([2.0, -3.0, 470.0])
ROUNDING = 1e-10


@pytest.fixture(scope="module")
def samples() -> SurveySamples:
    bed = with_folds(hollow(1 / 200.0))
    return survey_samples(started(0, shoot(bed, HOME, 1).view), NOISE)


def view_from(pose: Float, noise: DepthNoise) -> LiveView:
    """A frame with a cone, holes, and depth that is none."""
    view = shoot(with_folds(hollow(1 / 200.0)), pose, 2, cone_pose()).view
    depth_mm = view.depth_mm.copy()
    depth_mm[::7, ::5], depth_mm[::11, ::3], depth_mm[::13, ::3] = 0.0, np.nan, np.inf
    return replace(view, depth_mm=depth_mm, noise=noise)


def by_numpy(samples: SurveySamples, survey_from_camera: Float, view: LiveView) -> SurveyTerms:
    camera_from_survey = invert(survey_from_camera)
    rotation, shift = camera_from_survey[:3, :3], camera_from_survey[:3, 3]
    points = samples.points_mm @ rotation.T + shift
    u, v = np.rint(INTRINSICS.project(points)).T
    seen = (points[:, 2] > MIN_DEPTH_MM) & (u >= 0) & (v >= 0)
    seen &= (u < INTRINSICS.width) & (v < INTRINSICS.height)
    row, column = np.where(seen, v, 0).astype(int), np.where(seen, u, 0).astype(int)
    depth = view.depth_mm[row, column].astype(np.float64)
    wanted = np.where(samples.is_bed, Label.TUMOR_BED, Label.OTHER)
    seen &= (depth > 0) & np.isfinite(depth) & (view.hidden[row, column] == 0)
    seen &= view.labels[row, column] == wanted
    normals = samples.planes_per_mm @ rotation.T
    normals /= (1.0 + normals @ shift)[:, None]
    rays, length = INTRINSICS.rays(u, v), np.linalg.norm(normals, axis=1)
    inverse = (normals * rays).sum(axis=1)
    seen &= inverse > MIN_COSINE * length * np.linalg.norm(rays, axis=1)
    depth, rays, predicted = depth[seen], rays[seen], 1.0 / inverse[seen]
    normals = normals[seen] / length[seen, None]
    along, places = (normals * rays).sum(axis=1), rays * predicted[:, None]
    together = np.sqrt(1.0 + samples.noise_share[seen])
    sigma = view.noise.sigma_mm(predicted, INTRINSICS.fx) * together
    gain = 1.0 / (along * sigma)
    return SurveyTerms(
        view.noise.residuals(depth, predicted, INTRINSICS.fx) / together,
        gain[:, None] * np.hstack([np.cross(places - PIVOT, normals), normals]),
        gain**2 * samples.tilt_variance[seen],
        1.0 / samples.inflation[seen],
        (predicted - depth) * along,
        sigma * along,
        places,
    )


@pytest.mark.parametrize("noise", [NOISE, DepthDomainNoise((0.4, 1e-3, 2e-6), 1.0)])
@pytest.mark.parametrize("pose", [HOME, MOVED, AWAY], ids=["home", "moved", "away"])
def test_terms(samples: SurveySamples, pose: Float, noise: DepthNoise) -> None:
    view, survey_from_camera = view_from(pose, noise), invert(HOME) @ pose
    found = survey_terms(samples, survey_from_camera, PIVOT, view)
    wanted = by_numpy(samples, survey_from_camera, view)
    assert 50 < len(wanted.residuals) < len(samples.points_mm)
    for name, values in vars(wanted).items():
        size = float(np.abs(values).max())
        np.testing.assert_allclose(
            getattr(found, name), values, ROUNDING, ROUNDING * size, err_msg=name
        )


def test_a_map_behind_the_camera_is_not_seen(samples: SurveySamples) -> None:
    turned = np.diag([-1.0, 1.0, -1.0, 1.0])
    found = survey_terms(samples, turned, PIVOT, view_from(HOME, NOISE))
    assert found.jacobian.shape == (0, 6)
    assert found.points_mm.shape == (0, 3)


def test_of_no_samples_nothing_is_seen(samples: SurveySamples) -> None:
    none = SurveySamples(*(values[:0] for values in vars(samples.bed).values()))
    assert len(survey_terms(none, np.eye(4), PIVOT, view_from(HOME, NOISE)).residuals) == 0

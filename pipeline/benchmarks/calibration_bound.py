"""How well a simulated rig could be found at best: the Cramer-Rao bound of its good pairs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from calibration.hand_eye_closed import Chain
from calibration.hand_eye_refine import cramer_rao
from calibration.hand_eye_sight import make_sights
from pipeline.benchmarks.calibration_scene import (
    CORNER_NOISE_PX,
    ROBOT_SIGMA_DEG,
    ROBOT_SIGMA_MM,
    RigTrial,
)
from tracking.arrays import Float

N_DRAWS = 20  # of each trial: their percentiles then scatter less than the trials' own


def bound_covariance(trial: RigTrial) -> Float:
    """Covariance (6, 6) of head_from_camera by the best estimator, told which pairs are good."""
    good = [i for i, view in enumerate(trial.views) if view.name not in trial.wrong]
    sights, noise_px = make_sights(
        [trial.views[i] for i in good], [trial.motions[i] for i in good], trial.lens
    )
    ratio = (CORNER_NOISE_PX / noise_px) ** 2  # the true noise, not the one found
    exact = [replace(sight, covariance=ratio * sight.covariance) for sight in sights]
    chain = Chain("true", trial.mount_from_camera, trial.other_from_board)
    sigma = (float(np.radians(ROBOT_SIGMA_DEG)), ROBOT_SIGMA_MM)
    return cramer_rao(exact, chain, trial.mount, *sigma)[:6, :6]


def bound_errors_mm(trial: RigTrial, seed: list[int]) -> tuple[float, ...]:
    """Errors of the head's origin as that estimator would make them."""
    rng = np.random.default_rng(seed)
    covariance = bound_covariance(trial)[3:, 3:]
    drawn = rng.multivariate_normal(np.zeros(3), covariance, N_DRAWS)
    return tuple(np.linalg.norm(drawn, axis=1).tolist())

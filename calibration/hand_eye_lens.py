"""Hand-eye refinement with a lens that is itself uncertain.

A wrong lens moves the boards of all views together, each by what its pose makes of it: their errors
are correlated, e_i = own noise + M_i z with z ~ N(0, 1) along the lens's independent directions.
Generalised least squares over all views at once weighs that (Aitken 1936): a robot that knows its
lengths then tells the lens's error and the rig's apart, and the covariance holds both.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from scipy.linalg import block_diag
from scipy.optimize import minimize

from calibration.board_view import BoardView
from calibration.hand_eye_refine import (
    NOISE_OPTIONS,
    NOISE_RANGE,
    Linear,
    Refined,
    linearise,
    moved_chain,
    total_covariance,
)
from calibration.hand_eye_sight import Mount, Sight, make_sights
from calibration.lens import Lens
from calibration.lens_sigma import lens_steps
from calibration.twist import twist_between
from tracking.arrays import Float

N_ROUNDS = 3


def lens_twists(
    views: Sequence[BoardView], used: Sequence[Sight], lens: Lens, covariance: Float
) -> Float:
    """By how much each sight's pose moves (n, 6, k) along the lens's k independent directions."""
    motions = [sight.motion for sight in used]

    def poses(moved_lens: Lens) -> Float:
        moved, _ = make_sights(views, motions, moved_lens, used[0].turned_from_board)
        return np.array(
            [
                twist_between(_nearest(m, u).camera_from_board, u.camera_from_board)
                for m, u in zip(moved, used, strict=True)
            ]
        )

    steps = [(poses(a) - poses(b)) / 2 for a, b in lens_steps(lens, covariance)]
    return np.stack(steps, axis=2) if steps else np.zeros((len(used), 6, 0))


def refine_with_lens(
    sights: Sequence[Sight], start: Refined, mount: Mount, twists: Float
) -> Refined:
    """The most likely chain with the lens's error as a common part of all residuals."""
    own = np.array([sight.covariance for sight in sights])
    common = twists.reshape(6 * len(sights), -1)
    common = common @ common.T
    chain = start.chain
    noise = np.log([start.robot_sigma_rad, start.robot_sigma_mm])
    covariance = start.covariance
    for _ in range(N_ROUNDS):
        linear = linearise(sights, chain, mount)

        def loss(logs: Float, linear: Linear = linear) -> float:
            return _restricted_loss(_whole(linear, own, logs, common), linear)

        found = minimize(loss, noise, method="Nelder-Mead", options=NOISE_OPTIONS)
        noise = np.clip(np.asarray(found.x, dtype=np.float64), *NOISE_RANGE)
        information, gradient, _ = _normal(_whole(linear, own, noise, common), linear)
        covariance = np.asarray(np.linalg.inv(information), dtype=np.float64)
        chain = moved_chain(chain, -covariance @ gradient)
    return replace(
        start,
        chain=chain,
        covariance=np.asarray(covariance),
        robot_sigma_rad=float(np.exp(noise[0])),
        robot_sigma_mm=float(np.exp(noise[1])),
    )


def _whole(linear: Linear, own: Float, logs: Float, common: Float) -> Float:
    """Covariance (6 n, 6 n) of all residuals together."""
    blocks = total_covariance(linear, own, np.clip(logs, *NOISE_RANGE))
    return np.asarray(block_diag(*blocks) + common, dtype=np.float64)


def _normal(whole: Float, linear: Linear) -> tuple[Float, Float, float]:
    """Information (12, 12), gradient (12,), and the squares of the residuals as they stand."""
    jacobian, e = linear.jacobian.reshape(-1, 12), linear.residuals.ravel()
    weighted = np.linalg.solve(whole, np.column_stack([jacobian, e]))
    information: Float = jacobian.T @ weighted[:, :-1]
    gradient: Float = jacobian.T @ weighted[:, -1]
    return information, gradient, float(e @ weighted[:, -1])


def _restricted_loss(whole: Float, linear: Linear) -> float:
    """Restricted likelihood's negative logarithm (Patterson and Thompson 1971)."""
    information, gradient, squares = _normal(whole, linear)
    squares -= float(gradient @ np.linalg.solve(information, gradient))
    logs = np.linalg.slogdet(whole)[1] + np.linalg.slogdet(information)[1]
    return 0.5 * (squares + float(logs))


def _nearest(moved: Sight, used: Sight) -> Sight:
    """The moved sight with the half turn that was chosen before."""
    if moved.turned_from_board is None:
        return moved
    other = moved.camera_from_board @ moved.turned_from_board
    gap = np.abs(moved.camera_from_board - used.camera_from_board)[:3, :3].max()
    other_gap = np.abs(other - used.camera_from_board)[:3, :3].max()
    return moved if gap <= other_gap else replace(moved, camera_from_board=other)

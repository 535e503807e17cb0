"""Hand-eye refinement on reprojection, with the robot's own noise estimated beside it.

Minimising the reprojection error of a view is, to first order, weighing the six numbers by which
the expected pose of its board misses the pose fitted to its corners with that fit's information
matrix. The robot's error moves all corners of a view together; so it is added to each view's
covariance as two unknown variances (rotation, translation, isotropic, at the gripper), which are
estimated by restricted maximum likelihood (Patterson and Thompson 1971). The weights and the stated
covariance then come from the same model, and hold for a perfect robot and for a poor one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from calibration.hand_eye_closed import Chain
from calibration.hand_eye_errors import disagreeing
from calibration.hand_eye_sight import Mount, Sight
from calibration.twist import adjoint, motion, twist_between
from tracking.arrays import Float
from tracking.transforms import invert, orthonormalise

MAX_STEPS = 30
CONVERGED = 1e-9  # of the twist's largest number
N_ROUNDS = 3  # of noise and pose in turn
FLOOR_RAD, FLOOR_MM = 1e-7, 1e-5  # of the robot's noise: below any robot's
NOISE_RANGE = (-20.0, 6.0)  # of the logarithms
NOISE_OPTIONS = {"xatol": 0.02, "fatol": 0.01, "maxiter": 120}
START_RAD, START_MM = 5e-4, 0.1
MAX_STEP_RAD, MAX_STEP_MM = 1.0, 10_000.0  # of one step: the closed form starts much nearer


@dataclass(frozen=True, eq=False)
class Refined:
    """`covariance` (12, 12): twists of mount_from_camera and other_from_board, from the left.

    `distances2`: each sight's squared Mahalanobis distance; 6 on average.
    """

    chain: Chain
    covariance: Float
    robot_sigma_rad: float
    robot_sigma_mm: float
    distances2: Float


@dataclass(frozen=True, eq=False)
class Linear:
    """Residual twists (n, 6), their Jacobian (n, 6, 12), and how robot noise enters (n, 6, 6)."""

    residuals: Float
    jacobian: Float
    robot: Float


def refine(sights: Sequence[Sight], start: Chain, mount: Mount) -> Refined:
    """Return the most likely chain for these sights, none of them an outlier."""
    own = np.array([sight.covariance for sight in sights])
    noise = np.log([START_RAD, START_MM])
    chain = start
    for _ in range(N_ROUNDS):
        linear = linearise(sights, chain, mount)
        noise = _robot_noise(linear, own, noise)
        chain = _settle(sights, chain, mount, total_covariance(linear, own, noise))
    linear = linearise(sights, chain, mount)
    weights = _inverses(total_covariance(linear, own, noise))
    information = _information(linear, weights)
    e = linear.residuals
    return Refined(
        chain=chain,
        covariance=_inverse(information),
        robot_sigma_rad=float(np.exp(noise[0])),
        robot_sigma_mm=float(np.exp(noise[1])),
        distances2=np.asarray(np.einsum("ni,nij,nj->n", e, weights, e)),
    )


def cramer_rao(
    sights: Sequence[Sight],
    chain: Chain,
    mount: Mount,
    robot_sigma_rad: float,
    robot_sigma_mm: float,
) -> Float:
    """The smallest covariance (12, 12) that an unbiased estimate from these sights can have.

    The inverse of the Fisher information at a true chain and with known noise (Rao 1945).
    """
    own = np.array([sight.covariance for sight in sights])
    linear = linearise(sights, chain, mount)
    noise = np.log([robot_sigma_rad, robot_sigma_mm])
    return _inverse(_information(linear, _inverses(total_covariance(linear, own, noise))))


def distances2_of(sights: Sequence[Sight], fit: Refined, mount: Mount) -> Float:
    """Squared Mahalanobis distance of sights, also of those left out of the fit."""
    own = np.array([sight.covariance for sight in sights])
    linear = linearise(sights, fit.chain, mount)
    noise = np.log([fit.robot_sigma_rad, fit.robot_sigma_mm])
    weights = _inverses(total_covariance(linear, own, noise))
    e = linear.residuals
    return np.asarray(np.einsum("ni,nij,nj->n", e, weights, e))


def left_out_residuals(sights: Sequence[Sight], fit: Refined, mount: Mount) -> Float:
    """Residual twist (n, 6) of each sight under the chain fitted to the others (one step)."""
    own = np.array([sight.covariance for sight in sights])
    linear = linearise(sights, fit.chain, mount)
    noise = np.log([fit.robot_sigma_rad, fit.robot_sigma_mm])
    weights = _inverses(total_covariance(linear, own, noise))
    whole = _information(linear, weights)
    found = []
    for e, j, w in zip(linear.residuals, linear.jacobian, weights, strict=True):
        step = _inverse(whole - j.T @ w @ j) @ (j.T @ w @ e)
        found.append(e + j @ step)
    return np.array(found)


def motion_scale(
    sights: Sequence[Sight], fit: Refined, mount: Mount, lens_twists: Float | None = None
) -> tuple[float, float]:
    """By what to multiply the robot's lengths to fit the board's, and its sigma: 1 if they agree.

    A thirteenth unknown beside the chain, estimated in one step. `lens_twists` (n, 6, k) moves of
    the sights by 1-sigma of the lens.
    """
    own = np.array([sight.covariance for sight in sights])
    linear = linearise(sights, fit.chain, mount)
    noise = np.log([fit.robot_sigma_rad, fit.robot_sigma_mm])
    weights = _inverses(total_covariance(linear, own, noise))
    shifts = np.array([np.concatenate([np.zeros(3), s.motion[:3, 3]]) for s in sights])
    by_scale = -shifts @ adjoint(invert(fit.chain.mount_from_camera)).T
    wide = Linear(
        linear.residuals,
        np.concatenate([linear.jacobian, by_scale[:, :, None]], axis=2),
        linear.robot,
    )
    inverse = _inverse(_information(wide, weights))
    gain = np.einsum("j,nij,nik->nk", inverse[-1], wide.jacobian, weights)
    variance = float(inverse[-1, -1])
    if lens_twists is not None:
        variance += float((np.einsum("nk,nkl->l", gain, lens_twists) ** 2).sum())
    return 1.0 - float(np.einsum("nk,nk->", gain, wide.residuals)), float(np.sqrt(variance))


def linearise(sights: Sequence[Sight], chain: Chain, mount: Mount) -> Linear:
    """Residuals e with seen = motion(e) expected, and their derivatives."""
    camera_from_mount = invert(chain.mount_from_camera)
    by_mount = adjoint(camera_from_mount)
    residuals, jacobians, robots = [], [], []
    for sight in sights:
        residuals.append(twist_between(sight.camera_from_board, chain.expected(sight.motion)))
        by_other = adjoint(camera_from_mount @ sight.motion)
        jacobians.append(np.hstack([by_mount, -by_other]))
        robots.append(by_mount if mount == "hand" else by_other)  # the gripper's own space
    return Linear(np.array(residuals), np.array(jacobians), np.array(robots))


def total_covariance(linear: Linear, own: Float, noise: Float) -> Float:
    """Covariance of each residual (n, 6, 6); `noise` holds the logarithms of the robot's sigmas."""
    sigma = np.maximum(np.exp(noise), [FLOOR_RAD, FLOOR_MM])
    variance = np.repeat(sigma**2, 3)
    return np.asarray(own + np.einsum("nij,j,nkj->nik", linear.robot, variance, linear.robot))


def _settle(sights: Sequence[Sight], chain: Chain, mount: Mount, covariance: Float) -> Chain:
    """Gauss-Newton with the covariances held."""
    weights = _inverses(covariance)
    for _ in range(MAX_STEPS):
        linear = linearise(sights, chain, mount)
        gradient = np.einsum("nij,nik,nk->j", linear.jacobian, weights, linear.residuals)
        step = -_inverse(_information(linear, weights)) @ gradient
        _require_sane(step)
        chain = moved_chain(chain, step)
        if np.abs(step).max() < CONVERGED:
            break
    return chain


def moved_chain(chain: Chain, step: Float) -> Chain:
    """The chain after small motions (12,) of both of its unknown poses."""
    return Chain(
        chain.solver,
        orthonormalise(motion(step[:6]) @ chain.mount_from_camera),
        orthonormalise(motion(step[6:]) @ chain.other_from_board),
    )


def _information(linear: Linear, weights: Float) -> Float:
    return np.asarray(np.einsum("nij,nik,nkl->jl", linear.jacobian, weights, linear.jacobian))


def _inverses(covariances: Float) -> Float:
    return np.asarray(np.linalg.inv(covariances), dtype=np.float64)


def _require_sane(values: Float) -> None:
    """Stop where the poses follow no chain: Gauss-Newton then runs away."""
    turn, shift = np.abs(values.reshape(-1, 2, 3)).max(axis=(0, 2))
    if np.isfinite(values).all() and turn <= MAX_STEP_RAD and shift <= MAX_STEP_MM:
        return
    raise disagreeing("the fit runs away")


def _inverse(matrix: Float) -> Float:
    scale = 1.0 / np.sqrt(np.maximum(np.diag(matrix), 1e-300))
    both = np.outer(scale, scale)
    return np.asarray(np.linalg.pinv(matrix * both, hermitian=True) * both)


def _robot_noise(linear: Linear, own: Float, start: Float) -> Float:
    """Logarithms of the robot's sigmas (rad, mm) by restricted maximum likelihood."""

    def loss(noise: Float) -> float:
        covariance = total_covariance(linear, own, np.clip(noise, *NOISE_RANGE))
        weights = _inverses(covariance)
        information = _information(linear, weights)
        gradient = np.einsum("nij,nik,nk->j", linear.jacobian, weights, linear.residuals)
        e = linear.residuals
        squares = np.einsum("ni,nij,nj->", e, weights, e)
        squares -= gradient @ _inverse(information) @ gradient  # after the step that is to come
        logs = np.linalg.slogdet(covariance)[1].sum() + np.linalg.slogdet(information)[1]
        return 0.5 * float(squares + logs)

    found = minimize(loss, start, method="Nelder-Mead", options=NOISE_OPTIONS)
    return np.clip(np.asarray(found.x, dtype=np.float64), *NOISE_RANGE)

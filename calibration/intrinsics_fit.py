"""Zhang's calibration of one camera from views of a flat board, with its covariance.

The fit is OpenCV's (Zhang 2000, "A flexible new technique for camera calibration"). The covariance
is worked out here from the Jacobian at the solution: s^2 (J^T J)^-1 with s^2 = r^T r / (2 n - p),
the views' poses eliminated (Schur complement). Beside it a delete-one-view jackknife to first
order: it is larger where corners of a view err together (bent board, blur), which corner noise
cannot know. An F test tells whether they do: does a lens of its own for each view fit better than
corner noise explains? Only then the jackknife's sigma counts, where it is the larger one. Always
stating the larger of both would be too wide: the jackknife of 15 views scatters by a fifth.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from scipy.stats import f as f_distribution

from calibration.board_view import BoardView
from calibration.jackknife import jackknife_covariance
from calibration.lens import COEFFICIENTS, N_COEFFICIENTS, N_LENS, N_PINHOLE, Lens, Model
from tracking.arrays import Float
from tracking.errors import CalibrationError
from tracking.transforms import rigid, rotation_from_vector

CRITERIA = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 200, 1e-12)
N_POSE = 6
VIEWS_P = 0.01  # of the F test: as unlikely a difference between views is none of corner noise
RANK = 1e-6  # of the largest singular value: a view tells less of the lens than it has numbers


@dataclass(frozen=True, eq=False)
class IntrinsicsFit:
    """A calibrated lens.

    `covariance` of the free parameters (fx fy cx cy, then the model's coefficients), from corner
    noise; `view_sigma` the jackknife's sigma of each of them. `residuals_px` (n, 2) of each view.
    `views_p`: probability that corner noise alone makes the views differ as much.
    """

    lens: Lens
    model: Model
    camera_from_board: tuple[Float, ...]
    residuals_px: tuple[Float, ...]
    noise_px: float
    covariance: Float
    view_sigma: Float
    views_p: float

    @property
    def is_noise_only(self) -> bool:
        """Whether the views differ by no more than corner noise explains."""
        return self.views_p >= VIEWS_P

    @property
    def stated_covariance(self) -> Float:
        """Corner noise's, widened to the jackknife's sigmas where the views differ by more."""
        if self.is_noise_only:
            return self.covariance
        ratio = np.maximum(1.0, self.view_sigma / self.sigma)
        return np.asarray(self.covariance * np.outer(ratio, ratio))

    @property
    def lens_covariance(self) -> Float:
        """The same of all twelve numbers of the lens; those that were not fitted are exact."""
        place = [*range(N_PINHOLE), *(N_PINHOLE + i for i in COEFFICIENTS[self.model])]
        whole = np.zeros((N_LENS, N_LENS))
        whole[np.ix_(place, place)] = self.stated_covariance
        return whole

    @property
    def stated_sigma(self) -> Float:
        """1-sigma of each free parameter as it is told to others."""
        return np.asarray(np.sqrt(np.diag(self.stated_covariance)))

    @property
    def sigma(self) -> Float:
        """1-sigma of each free parameter from corner noise."""
        return np.sqrt(np.diag(self.covariance))

    @property
    def values(self) -> Float:
        """The free parameters."""
        chosen = list(COEFFICIENTS[self.model])
        return np.concatenate([self.lens.pinhole, self.lens.distortion[chosen]])

    @property
    def rms_px(self) -> float:
        """Root mean square distance of corners from where the fit puts them."""
        return float(np.sqrt(np.mean(np.concatenate([squares(r) for r in self.residuals_px]))))

    @property
    def view_rms_px(self) -> Float:
        """The same of each view."""
        return np.array([np.sqrt(squares(r).mean()) for r in self.residuals_px])


def squares(residuals_px: Float) -> Float:
    """Squared distance of each corner."""
    return np.asarray((residuals_px**2).sum(axis=1))


def fit_intrinsics(
    views: Sequence[BoardView], model: Model, start: Lens | None = None
) -> IntrinsicsFit:
    """Fit the lens and every view's pose.

    Raises
    ------
    CalibrationError
        The views do not determine a camera.
    """
    width, height = views[0].size_px
    flags = _flags(model)
    matrix = np.eye(3)
    coefficients = np.zeros(N_COEFFICIENTS)
    if start is not None:
        flags |= cv2.CALIB_USE_INTRINSIC_GUESS
        matrix, coefficients = start.matrix.copy(), start.distortion.copy()
    try:
        _, fitted, bent, turns, shifts, *_ = cv2.calibrateCameraExtended(
            [np.ascontiguousarray(v.points_mm, dtype=np.float32) for v in views],
            [np.ascontiguousarray(v.points_px, dtype=np.float32) for v in views],
            (width, height),
            matrix,
            coefficients,
            flags=flags,
            criteria=CRITERIA,
        )
        pinhole = np.array([fitted[0, 0], fitted[1, 1], fitted[0, 2], fitted[1, 2]], dtype=float)
        lens = Lens(width, height, pinhole, np.ravel(bent)[:N_COEFFICIENTS].astype(float))
    except (cv2.error, ValueError) as error:
        raise CalibrationError(
            "The pictures do not determine the camera.",
            expected="a board seen from different sides",
            actual=str(error).strip().splitlines()[-1],
            remedy="Check --board against the print, and tilt the board by 20 to 40 degrees, "
            "differently in each picture.",
        ) from error
    poses = [np.concatenate([np.ravel(t), np.ravel(s)]) for t, s in zip(turns, shifts, strict=True)]
    return _with_covariance(views, lens, model, poses)


def _flags(model: Model) -> int:
    free = COEFFICIENTS[model]
    # LU: a 60th of the time for 100 views, the same values to a billionth of their sigma
    flags = cv2.CALIB_USE_LU
    fixed = {
        0: cv2.CALIB_FIX_K1,
        1: cv2.CALIB_FIX_K2,
        4: cv2.CALIB_FIX_K3,
        5: cv2.CALIB_FIX_K4,
        6: cv2.CALIB_FIX_K5,
        7: cv2.CALIB_FIX_K6,
    }
    flags |= sum(flag for index, flag in fixed.items() if index not in free)
    if 2 not in free:
        flags |= cv2.CALIB_ZERO_TANGENT_DIST
    if model == "rational8":
        flags |= cv2.CALIB_RATIONAL_MODEL
    return flags


def _with_covariance(
    views: Sequence[BoardView],
    lens: Lens,
    model: Model,
    pose_vectors: Sequence[Float],
) -> IntrinsicsFit:
    n_lens = N_PINHOLE + len(COEFFICIENTS[model])
    columns = [N_POSE + i for i in range(N_PINHOLE)]
    columns += [N_POSE + N_PINHOLE + i for i in COEFFICIENTS[model]]
    residuals, normals, gradients, poses = [], [], [], []
    by_views, n_by_views = 0.0, -n_lens
    for view, vector in zip(views, pose_vectors, strict=True):
        turn, shift = vector[:3], vector[3:]
        pixels, jacobian = cv2.projectPoints(
            view.points_mm, turn, shift, lens.matrix, lens.distortion
        )
        residual = view.points_px - np.reshape(pixels, (-1, 2))
        by_pose, by_lens = jacobian[:, :N_POSE], jacobian[:, columns]
        basis, _ = np.linalg.qr(by_pose)  # what the view's own pose can take up
        left = by_lens - basis @ (basis.T @ by_lens)
        own, n_own = _explained(left, residual.ravel())
        by_views, n_by_views = by_views + own, n_by_views + n_own
        normals.append(left.T @ left)
        gradients.append(left.T @ residual.ravel())
        residuals.append(residual)
        poses.append(rigid(rotation_from_vector(turn), shift))
    n_free = 2 * sum(v.n_points for v in views) - n_lens - N_POSE * len(views)
    total = float(sum((r**2).sum() for r in residuals))
    variance = total / max(1, n_free)
    normal = np.sum(normals, axis=0)
    scale = 1.0 / np.sqrt(np.diag(normal))
    inverse = np.linalg.pinv(normal * np.outer(scale, scale)) * np.outer(scale, scale)
    return IntrinsicsFit(
        lens=lens,
        model=model,
        camera_from_board=tuple(poses),
        residuals_px=tuple(residuals),
        noise_px=float(np.sqrt(variance)),
        covariance=variance * inverse,
        view_sigma=_jackknife(normal, normals, gradients),
        views_p=_views_p(by_views, n_by_views, total, n_free),
    )


def _explained(by_lens: Float, residual: Float) -> tuple[float, int]:
    """Squares of a view's residuals that a lens of its own would take up, and by how many terms."""
    size = np.linalg.norm(by_lens, axis=0)
    basis, values, _ = np.linalg.svd(by_lens / np.where(size > 0, size, 1.0), full_matrices=False)
    basis = basis[:, values > RANK * values[0]]
    return float(((basis.T @ residual) ** 2).sum()), basis.shape[1]


def _views_p(explained: float, n_explained: int, total: float, n_free: int) -> float:
    """F test: what lenses of the views' own explain, against what is left."""
    n_left = n_free - n_explained
    if n_explained <= 0 or n_left <= 0 or total <= explained:
        return 1.0
    ratio = explained / n_explained / ((total - explained) / n_left)
    return float(f_distribution.sf(ratio, n_explained, n_left))


def _jackknife(normal: Float, normals: Sequence[Float], gradients: Sequence[Float]) -> Float:
    """Sigma from leaving each view out (Efron), each refit by one Gauss-Newton step."""
    scale = 1.0 / np.sqrt(np.diag(normal))
    both = np.outer(scale, scale)
    steps = [
        -scale * (np.linalg.pinv((normal - own) * both) @ (scale * gradient))
        for own, gradient in zip(normals, gradients, strict=True)
    ]
    return np.sqrt(np.diag(jackknife_covariance(np.array(steps))))

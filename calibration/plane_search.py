"""Flat faces of a cloud, largest first, each fitted robustly with the covariance of its place.

Hypotheses are planes through three near points of a thinned cloud, drawn from a seeded generator
(RANSAC, Fischler and Bolles 1981); the best is fitted to all its points by orthogonal least squares
with Tukey's biweight. Neighbouring points of a camera err alike, so the covariance is that of
leaving out one of 16 pieces of the face at a time (delete-a-group jackknife).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from calibration.jackknife import jackknife_covariance
from tracking.arrays import Bool, Float, frozen
from tracking.errors import CalibrationError
from tracking.robust import NORMAL_MAD

SEED = 0
N_HYPOTHESES = 2000
N_THINNED = 4000
N_NEAR = 150  # of the thinned points: the triple of a hypothesis lies among them
MIN_POINTS = 200
MIN_FRACTION = 0.01  # of the cloud: smaller faces are clutter
NOISE_NEIGHBOURS = 30
TOLERANCE_SIGMA = 4.0
MIN_TOLERANCE_FRACTION = 1e-4  # of the cloud's extent: exact clouds have no noise
TUKEY = 4.685
INLIER_SIGMA = 5.0
MAX_GROWTH = 3.0  # of the tolerance: correlated noise looks smaller from nearby than it is
N_ROUNDS = 12
PIECES_ACROSS = 4
MIN_PIECES = 6
MAX_ELONGATION = 30.0  # of a face: narrower is an edge, whose tilt nobody knows


@dataclass(frozen=True, eq=False)
class Face:
    """A plane n . p = offset with the points that lie on it.

    Attributes
    ----------
    normal : (3,)
        Unit; towards the origin, where a camera's cloud was seen from.
    centre_mm : (3,)
        Middle of its points.
    axes : (3, 3)
        Rows: two directions in the plane and the normal.
    covariance : (3, 3)
        Of height at the centre (mm) and slopes along both directions.
    points_mm, residuals_mm
        Its points and their signed distances.
    outlier_fraction
        Of the points near it that the robust fit leaves out.
    """

    normal: Float
    offset_mm: float
    centre_mm: Float
    axes: Float
    covariance: Float
    points_mm: Float
    residuals_mm: Float
    outlier_fraction: float

    @property
    def rms_mm(self) -> float:
        """Root mean square distance of its points."""
        return float(np.sqrt(np.mean(np.square(self.residuals_mm))))

    def height_sigma_mm(self, at_mm: Float) -> float:
        """1-sigma of the plane's height above or below a point."""
        x, y = self.axes[:2] @ (at_mm - self.centre_mm)
        lever = np.array([1.0, x, y])
        return float(np.sqrt(lever @ self.covariance @ lever))

    def tilt_variance(self, direction: Float) -> float:
        """Variance (rad^2) of the plane's tilt that lifts it along `direction`."""
        along = self.axes[:2] @ direction
        return float(along @ self.covariance[1:, 1:] @ along)


def check_cloud(points_mm: Float) -> Float:
    """Return finite points (n, 3) that are enough for a face.

    Raises
    ------
    CalibrationError
        Not finite, or too few.
    """
    points = np.asarray(points_mm, np.float64)
    if points.ndim != 2 or points.shape[1] != 3 or not np.isfinite(points).all():
        raise CalibrationError("Planes are fitted to finite points (n, 3).")
    if len(points) < MIN_POINTS:
        raise CalibrationError(
            "The cloud has too few points.",
            expected=f"at least {MIN_POINTS}",
            actual=str(len(points)),
        )
    return points


def find_faces(points_mm: Float, n_faces: int, *, tolerance_mm: float | None = None) -> list[Face]:
    """Find up to `n_faces` planes, largest first.

    Parameters
    ----------
    tolerance_mm
        Half-thickness of what counts as one plane while searching; None: from the cloud's noise.

    Raises
    ------
    CalibrationError
        The cloud is none (`check_cloud`).
    """
    points = check_cloud(points_mm)
    rng = np.random.default_rng(SEED)
    tolerance = _tolerance(points, rng) if tolerance_mm is None else tolerance_mm
    least = max(MIN_POINTS, int(MIN_FRACTION * len(points)))
    left: Bool = np.ones(len(points), bool)
    faces: list[Face] = []
    while len(faces) < n_faces and left.sum() >= least:
        face = _largest(points[left], tolerance, least, rng)
        if face is None:
            break
        faces.append(face)
        left &= np.abs(points @ face.normal - face.offset_mm) > tolerance
    return _apart(points, faces, tolerance, least)


def _apart(points: Float, faces: list[Face], tolerance: float, least: int) -> list[Face]:
    """Fit each face again without the points that may as well belong to another one."""
    if len(faces) < 2:
        return faces
    off = np.abs(np.stack([points @ f.normal - f.offset_mm for f in faces]))
    is_near: Bool = off <= 2 * tolerance
    again = []
    for k, face in enumerate(faces):
        others = np.delete(is_near, k, axis=0).any(axis=0)
        found = _refined(points[~others], face.normal, face.offset_mm, tolerance, least)
        if found is not None:
            again.append(found)
    return again


def _tolerance(points: Float, rng: np.random.Generator) -> float:
    """A few sigma of what points are off the plane of their neighbours."""
    tree = cKDTree(points)
    chosen = points[rng.integers(0, len(points), min(500, len(points)))]
    _, index = tree.query(chosen, NOISE_NEIGHBOURS)
    around = points[index] - points[index].mean(axis=1, keepdims=True)
    smallest = np.linalg.eigvalsh(np.einsum("nki,nkj->nij", around, around))[:, 0]
    sigma = float(np.sqrt(max(np.median(smallest), 0.0) / (NOISE_NEIGHBOURS - 3)))
    extent = float(np.ptp(points, axis=0).max())
    return max(TOLERANCE_SIGMA * sigma, MIN_TOLERANCE_FRACTION * extent)


def _largest(points: Float, tolerance: float, least: int, rng: np.random.Generator) -> Face | None:
    thin = points[rng.permutation(len(points))[:N_THINNED]]
    first = rng.integers(0, len(thin), N_HYPOTHESES)
    near = min(N_NEAR, len(thin) - 1)
    _, index = cKDTree(thin).query(thin[first], near)
    rows = np.arange(N_HYPOTHESES)
    b, c = (thin[index[rows, rng.integers(1, near, N_HYPOTHESES)]] for _ in range(2))
    normal = np.cross(b - thin[first], c - thin[first])
    length = np.linalg.norm(normal, axis=1)
    is_triangle = length > 1e-9
    normal, a = normal[is_triangle] / length[is_triangle, None], thin[first][is_triangle]
    if not len(normal):
        return None
    offset = np.einsum("ij,ij->i", normal, a)
    counts = (np.abs(thin @ normal.T - offset) <= tolerance).sum(axis=0)
    best = int(np.argmax(counts))
    return _refined(points, normal[best], float(offset[best]), tolerance, least)


def _refined(
    points: Float, normal: Float, offset: float, tolerance: float, least: int
) -> Face | None:
    near: Bool = np.abs(points @ normal - offset) <= tolerance
    centre, axes = points[near].mean(axis=0), np.eye(3)
    for _ in range(N_ROUNDS):
        if near.sum() < least:
            return None
        off = points[near] @ normal - offset
        scale = NORMAL_MAD * float(np.median(np.abs(off - np.median(off)))) + 1e-9
        weight = np.square(np.maximum(1 - np.square(off / (TUKEY * scale)), 0))
        centre = (points[near] * weight[:, None]).sum(axis=0) / weight.sum()
        local = points[near] - centre
        axes = np.linalg.eigh((local * weight[:, None]).T @ local)[1].T[::-1]
        normal = axes[2]
        offset = float(normal @ centre)
        reach = min(max(tolerance, INLIER_SIGMA * scale), MAX_GROWTH * tolerance)
        near = np.abs(points @ normal - offset) <= reach
    if normal @ centre > 0:
        normal, offset = -normal, -offset
    axes = np.stack([axes[0], np.cross(normal, axes[0]), normal])
    return _face(points[near], centre, axes, offset)


def _face(points: Float, centre: Float, axes: Float, offset: float) -> Face | None:
    off = points @ axes[2] - offset
    scale = NORMAL_MAD * float(np.median(np.abs(off))) + 1e-9
    inlier = np.abs(off) <= INLIER_SIGMA * scale
    across = (points[inlier] - centre) @ axes[:2].T
    spread = across.std(axis=0)
    if not spread.max() <= MAX_ELONGATION * spread.min():
        return None
    covariance = _jackknife(across, off[inlier])
    if covariance is None:
        return None
    return Face(
        frozen(axes[2].copy()),
        offset,
        frozen(centre),
        frozen(axes),
        frozen(covariance),
        frozen(points[inlier]),
        frozen(off[inlier]),
        float(1 - inlier.mean()),
    )


def _jackknife(across: Float, off: Float) -> Float | None:
    low, extent = across.min(axis=0), np.ptp(across, axis=0)
    cell = np.minimum((across - low) / extent * PIECES_ACROSS, PIECES_ACROSS - 1).astype(np.int64)
    piece = cell @ np.array([1, PIECES_ACROSS])
    design = np.column_stack([np.ones(len(across)), across])
    n = PIECES_ACROSS**2
    curvature, score = np.zeros((n, 3, 3)), np.zeros((n, 3))
    for k in range(n):
        part = design[piece == k]
        curvature[k], score[k] = part.T @ part, part.T @ off[piece == k]
    used = curvature[:, 0, 0] > 0
    if used.sum() < MIN_PIECES:
        return None
    without = np.linalg.solve(
        curvature.sum(axis=0) - curvature[used], (score.sum(axis=0) - score[used])[:, :, None]
    )[:, :, 0]
    return jackknife_covariance(without)

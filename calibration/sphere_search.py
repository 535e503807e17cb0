"""Spheres of a given radius among clutter.

Every point votes, with its normal, for the two centres at one radius' distance; on a sphere all
votes fall together, on planes and edges they spread. It is the exhaustive form of RANSAC with one
oriented point per hypothesis (Schnabel, Wahl, Klein 2007), so nothing is random and no sphere is
missed by chance. Each peak is then fitted to the full cloud with a free radius and judged.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite

import numpy as np
from scipy.spatial import cKDTree

from calibration.sphere_fit import MIN_POINTS, SphereFit, fit_sphere
from tracking.arrays import Bool, Float
from tracking.errors import CalibrationError

RADIUS_TOLERANCE = 0.15  # relative: a sphere that is measured worse is not the one that is meant
CELL_FRACTIONS = (0.08, 0.12, 0.18)  # of the radius: edge of the cells to thin the cloud to
MAX_CELLS = 1_000_000
N_NEIGHBOURS = 16
MIN_FACING = (
    0.8  # of the points about it: fewer are a cup's, or a sphere's that is deep in a table,
)
MAX_RMS_OF_FEW = 0.03  # which then fit better, of the radius
MAX_SLANT_DEG = 35.0  # of a sphere's surface by its neighbours; a table that it lies in slants more
VOTE_FRACTION = 0.12  # of the radius: votes that near to each other speak of one sphere
MIN_VOTES = 25
MAX_CANDIDATES = 200
MIN_CAP_DEG = 30.0
MAX_INSIDE_FRACTION = 0.15  # of the shell's points: a solid sphere is empty within
INSIDE = 0.75  # of the radius
MAX_RMS_FRACTION = 0.05  # of the radius
MIN_FILL = 0.25  # of the cells of the cap seen that hold points
CAP_CELL = 0.2  # of the radius: edge of those cells


@dataclass(frozen=True, eq=False)
class FoundSphere:
    """A sphere of the cloud; `points_mm` are those taken to be of its surface."""

    fit: SphereFit
    points_mm: Float


def find_spheres(points_mm: Float, radius_mm: float, limit: int | None = None) -> list[FoundSphere]:
    """Find spheres, those with most votes first; `points_mm` (n, 3) are finite, mm.

    Raises
    ------
    CalibrationError
        The radius is none, or the cloud is too small in number or too wide for its scale.
    """
    if not (isfinite(radius_mm) and radius_mm > 0):
        raise CalibrationError("The radius must be positive.", actual=f"{radius_mm} mm")
    if len(points_mm) < MIN_POINTS:
        raise CalibrationError(
            "The cloud has too few points.",
            expected=f"at least {MIN_POINTS}",
            actual=f"{len(points_mm)}",
        )
    surface = _surface(points_mm, radius_mm)
    reach = radius_mm * surface.normals
    votes = np.concatenate([surface.points_mm + reach, surface.points_mm - reach])
    near = VOTE_FRACTION * radius_mm
    tree = cKDTree(votes)
    counts = np.asarray(tree.query_ball_point(votes, near, return_length=True))
    cloud = cKDTree(points_mm)
    free: Bool = np.ones(len(points_mm), bool)
    found: list[FoundSphere] = []
    for _ in range(MAX_CANDIDATES):
        best = int(np.argmax(counts))
        if counts[best] < MIN_VOTES or (limit is not None and len(found) >= limit):
            break
        around = tree.query_ball_point(votes[best], near)
        centre = votes[around].mean(axis=0)
        sphere = _judged(points_mm, cloud, surface, free, centre, radius_mm)
        done = centre if sphere is None else sphere.fit.centre_mm
        counts[tree.query_ball_point(votes[best], 2 * near)] = 0
        if sphere is not None:
            counts[tree.query_ball_point(done, radius_mm)] = 0
            found.append(sphere)
            shell = np.array(cloud.query_ball_point(done, (1 + RADIUS_TOLERANCE) * radius_mm))
            free[shell] = False
    return found


@dataclass(frozen=True, eq=False)
class _Surface:
    """The thinned cloud (n, 3) with unit normals of either sign; `tree` finds its points."""

    points_mm: Float
    normals: Float
    tree: cKDTree

    def faces_away(self, points_mm: Float, centre_mm: Float) -> Bool:
        """Whether the surface at points (k, 3) lies across the direction from a centre, (k,)."""
        _, nearest = self.tree.query(points_mm)
        away = points_mm - centre_mm
        away /= np.maximum(np.linalg.norm(away, axis=1, keepdims=True), 1e-9)
        cosine = np.abs(np.einsum("ij,ij->i", away, self.normals[nearest]))
        faces: Bool = cosine >= np.cos(np.radians(MAX_SLANT_DEG))
        return faces


def _surface(points: Float, radius: float) -> _Surface:
    thin = _thinned(points, radius)
    if len(thin) < N_NEIGHBOURS:
        raise CalibrationError(
            "The cloud is smaller than the sphere.",
            expected=f"a surface of radius {radius:g} mm",
            actual=f"{np.ptp(points, axis=0).max():g} mm from end to end",
            remedy="Check the unit (--unit) and the radius.",
        )
    tree = cKDTree(thin)
    _, index = tree.query(thin, N_NEIGHBOURS)
    around = thin[index] - thin[index].mean(axis=1, keepdims=True)
    normals = np.linalg.eigh(np.einsum("nki,nkj->nij", around, around))[1][:, :, 0]
    return _Surface(thin, normals, tree)


def _thinned(points: Float, radius: float) -> Float:
    """Means of the points in cells; in wide clouds the cells are larger."""
    for fraction in CELL_FRACTIONS:
        keys = np.floor((points - points.min(axis=0)) / (fraction * radius))
        if not keys.max() < 2**20:
            continue
        flat = keys.astype(np.int64) @ np.array([1, 2**20, 2**40])
        _, inverse, counts = np.unique(flat, return_inverse=True, return_counts=True)
        if len(counts) <= MAX_CELLS:
            index = inverse.reshape(-1)
            return np.column_stack([np.bincount(index, points[:, k]) / counts for k in range(3)])
    raise CalibrationError(
        "The cloud is too wide for spheres of this radius.",
        expected=f"a target some {radius:g} mm in radius",
        actual=f"{np.ptp(points, axis=0).max():g} mm from end to end",
        remedy="Check the unit (--unit) and the radius, or cut the cloud.",
    )


def _judged(
    points: Float, cloud: cKDTree, surface: _Surface, free: Bool, centre: Float, radius: float
) -> FoundSphere | None:
    """The sphere about a peak, or None where the points there are none."""
    fit: SphereFit | None = None
    shell = points[:0]
    tolerance = RADIUS_TOLERANCE * radius
    expected = radius
    n_facing = n_around = 0
    for _ in range(4):
        near = np.array(cloud.query_ball_point(centre, expected + tolerance), np.int64)
        near = near[free[near]]
        distance = np.linalg.norm(points[near] - centre, axis=1)
        shell = points[near[np.abs(distance - expected) <= tolerance]]
        faces = surface.faces_away(shell, centre)
        if fit is None:
            n_facing, n_around = int(np.count_nonzero(faces)), len(shell)
        shell = shell[faces]
        inside = int((distance < INSIDE * expected).sum())
        if len(shell) < MIN_POINTS or inside > MAX_INSIDE_FRACTION * len(shell):
            return None
        try:
            fit = fit_sphere(shell, start_centre_mm=centre)
        except CalibrationError:
            return None
        if np.linalg.norm(fit.centre_mm - centre) > radius:
            return None
        centre, expected = fit.centre_mm, fit.radius_mm
        tolerance = max(min(tolerance, 8 * fit.rms_mm), 0.01 * radius)
    if fit is None or not _is_sphere(fit, shell, radius):
        return None
    if n_facing < MIN_FACING * n_around and fit.rms_mm > MAX_RMS_OF_FEW * radius:
        return None
    return FoundSphere(fit, shell)


def _is_sphere(fit: SphereFit, shell: Float, radius: float) -> bool:
    if abs(fit.radius_mm - radius) > RADIUS_TOLERANCE * radius or fit.cap_deg < MIN_CAP_DEG:
        return False
    if fit.rms_mm > MAX_RMS_FRACTION * radius:
        return False
    return _fill(fit, shell) >= MIN_FILL


def _fill(fit: SphereFit, shell: Float) -> float:
    """Share of the seen cap's surface cells that hold points: a ring or two walls are no cap."""
    directions = shell[fit.is_inlier] - fit.centre_mm
    directions /= np.linalg.norm(directions, axis=1)[:, None]
    cells = len(np.unique(np.floor(directions / CAP_CELL).astype(np.int64), axis=0))
    cap_area = 2 * np.pi * (1 - np.cos(np.radians(fit.cap_deg)))
    return float(cells * CAP_CELL**2 / cap_area)

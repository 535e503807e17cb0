"""What a set of views can tell: how much of the picture, which tilts, which distances.

Near-parallel views leave focal length and distance to trade against each other (Zhang 2000, 5.1;
Tsai asks for 30 degrees), and a corner of the picture without points leaves its distortion a guess.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from calibration.board_view import BoardView
from calibration.intrinsics_fit import IntrinsicsFit
from tracking.arrays import Float

GRID = (8, 6)  # cells of the picture that are counted
MIN_COVERAGE = 0.6
FEW_VIEWS = 10
TILTED_DEG = 15.0
MIN_TILTED = 4  # views
MIN_DIRECTIONS = 2  # of four quarters, into which the board leans
MIN_DISTANCE_RATIO = 1.15
MAX_FOCAL_SIGMA = 0.004  # of fx: 1.6 mm at 400 mm
MAX_DISAGREEMENT = 4.0  # view sigma over corner sigma of fx


@dataclass(frozen=True)
class ViewSet:
    """Figures of the set.

    `n_directions`: of four quarters into which tilted boards lean. `distance_ratio`: farthest over
    nearest. `focal_sigma_fraction`: sigma of fx over fx, views against each other.
    """

    n_views: int
    coverage_fraction: float
    tilts_deg: tuple[float, ...]
    n_tilted: int
    n_directions: int
    distance_ratio: float
    focal_sigma_fraction: float
    warnings: tuple[str, ...]

    @property
    def is_weak(self) -> bool:
        """Whether something is missing."""
        return bool(self.warnings)


def judge_views(views: Sequence[BoardView], fit: IntrinsicsFit) -> ViewSet:
    """Measure the set and say what is missing, in words."""
    normals = np.array([pose[:3, 2] for pose in fit.camera_from_board])
    tilts = np.degrees(np.arccos(np.clip(np.abs(normals[:, 2]), 0, 1)))
    leaning = normals[tilts >= TILTED_DEG] * np.sign(normals[tilts >= TILTED_DEG][:, 2:])
    quarters = {int(np.floor(np.arctan2(n[1], n[0]) / (np.pi / 2) + 0.5)) % 4 for n in leaning}
    distances = np.array([pose[2, 3] for pose in fit.camera_from_board])
    coverage = coverage_fraction(views)
    ratio = float(distances.max() / distances.min())
    corner_sigma, view_sigma = float(fit.sigma[0]), float(fit.view_sigma[0])
    focal = max(view_sigma, corner_sigma) / float(fit.lens.pinhole[0])
    is_flat = len(leaning) < MIN_TILTED or bool(np.median(tilts) < TILTED_DEG)
    found = (
        (len(views) < FEW_VIEWS, f"only {len(views)} views: take at least {FEW_VIEWS}"),
        (
            coverage < MIN_COVERAGE,
            f"points cover {coverage:.0%} of the picture: bring the board to its edges and corners",
        ),
        (
            is_flat,
            (
                f"weak pose spread: {len(leaning)} views are tilted by {TILTED_DEG:g} deg or more "
                f"(median tilt {np.median(tilts):.0f} deg): tilt the board by 20 to 40 deg"
            ),
        ),
        (
            not is_flat and len(quarters) < MIN_DIRECTIONS,
            "weak pose spread: every board leans the same way: tilt it about both of its axes",
        ),
        (
            ratio < MIN_DISTANCE_RATIO,
            f"all views from one distance (ratio {ratio:.2f}): take some nearer and farther",
        ),
        (
            focal > MAX_FOCAL_SIGMA,
            f"weak focal length: fx is known to {focal:.2%} only",
        ),
        (
            view_sigma > MAX_DISAGREEMENT * corner_sigma,
            (
                f"views disagree {view_sigma / corner_sigma:.1f} times more than corner noise "
                "explains: is the board flat, and the picture sharp and still?"
            ),
        ),
    )
    return ViewSet(
        n_views=len(views),
        coverage_fraction=coverage,
        tilts_deg=tuple(tilts.tolist()),
        n_tilted=len(leaning),
        n_directions=len(quarters),
        distance_ratio=ratio,
        focal_sigma_fraction=focal,
        warnings=tuple(text for is_so, text in found if is_so),
    )


def coverage_fraction(views: Sequence[BoardView]) -> float:
    """Share of `GRID` cells of the picture in which any point lies."""
    width, height = views[0].size_px
    pixels: Float = np.concatenate([view.points_px for view in views])
    columns = np.clip(pixels[:, 0] * GRID[0] / width, 0, GRID[0] - 1).astype(int)
    rows = np.clip(pixels[:, 1] * GRID[1] / height, 0, GRID[1] - 1).astype(int)
    return len(set(zip(columns.tolist(), rows.tolist(), strict=True))) / (GRID[0] * GRID[1])

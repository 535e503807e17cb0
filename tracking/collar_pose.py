"""The pose of a collar from all its markers in one picture.

The corners that OpenCV reads give a start (SQPnP), the markers' edges the pose: least squares of
where black squares end in the picture. A flat patch seen from afar looks alike when it is tilted
the other way, so the mirror image of the start is fitted too; where it explains the edges nearly
as well, nothing is told.

Fails to: no pose.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from tracking.arrays import Float
from tracking.collar import Collar, CollarSeat, marker_corners_mm
from tracking.collar_edges import (
    N_HALVES,
    N_SIDES,
    EdgeOffsets,
    MarkerSides,
    edge_offsets,
    marker_sides,
)
from tracking.collar_marks import SeenMarker
from tracking.picture import ColorPicture
from tracking.transforms import (
    angle_between_deg,
    rigid,
    rotation_between,
    rotation_from_vector,
    transform_points,
)

EDGE_SIGMA_PX = 0.06  # of half an edge: rendered edges scatter by 0.02, a printer adds its own
MAX_CORNER_PX = 4.0  # of a corner as read: one farther off belongs to nothing of this collar
MAX_EDGE_PX = 0.6  # of half an edge at the fitted pose: blocked, smeared or another's
MIN_MARKERS = 2
MIN_HALF_EDGES = 12  # twice the unknowns
N_STEPS, N_FREE_STEPS = 7, 2
SETTLED = 1e-4  # of the offsets' sum of squares, px^2, that a further step would take away
SAME_AXIS_DEG = 1.0  # two starts that end nearer than this have found the same pose
AMBIGUITY = 25.0  # of chi-square: a rival that fits less than 5 sigma worse is not ruled out


@dataclass(frozen=True, eq=False)
class CollarPose:
    """Pose in the colour camera's space, and its covariance from the edges alone.

    Attributes
    ----------
    color_from_applicator : (4, 4)
    covariance : (6, 6)
        Small rotation about the pivot (rad), then translation (mm), along the camera's axes.
    pivot_mm : (3,)
        In applicator space: the middle of the applicator's top face.
    marker_ids : tuple of int
        Those that were read and agree with the pose.
    scatter_px : float
        Of the half edges about the pose, root mean square.
    module_px : float
        Median side of a module.
    """

    color_from_applicator: Float
    covariance: Float
    pivot_mm: Float
    marker_ids: tuple[int, ...]
    scatter_px: float
    module_px: float


@dataclass(frozen=True, eq=False)
class _Fit:
    """A pose, the half edges that agree with it, and how many there should be."""

    pose: Float
    offsets: EdgeOffsets
    n_expected: int

    @property
    def cost(self) -> float:
        """Sum of squares, px^2; an edge that is not where it should be counts as `MAX_EDGE_PX`."""
        n_missing = self.n_expected - len(self.offsets.offsets_px)
        return float(np.square(self.offsets.offsets_px).sum()) + n_missing * MAX_EDGE_PX**2


def fit_collar(
    picture: ColorPicture,
    markers: Sequence[SeenMarker],
    collar: Collar,
    seat: CollarSeat,
    pivot_mm: Float,
) -> CollarPose | None:
    """Fit one collar to the markers that wear its ids; None where too few agree."""
    corners_mm = marker_corners_mm(collar, seat)
    used = [m for m in markers if m.marker_id in corners_mm]
    start = None
    while len(used) >= MIN_MARKERS:
        start = _start(picture, used, corners_mm)
        if start is None:
            return None
        off = [_corners_off_px(picture, start, m, corners_mm) for m in used]
        worst = int(np.argmax(off))
        if off[worst] <= MAX_CORNER_PX:
            break
        del used[worst]
    if start is None or len(used) < MIN_MARKERS:
        return None
    sides = marker_sides(collar, seat, [m.marker_id for m in used])
    middle = np.concatenate([corners_mm[m.marker_id] for m in used])
    starts = (start, _mirrored(start, middle))
    fits = [f for f in (_refined(picture, sides, s, pivot_mm) for s in starts) if f is not None]
    if not fits or _is_ambiguous(fits):
        return None
    return _pose(min(fits, key=lambda f: f.cost), used, pivot_mm)


def _pose(fit: _Fit, used: Sequence[SeenMarker], pivot_mm: Float) -> CollarPose | None:
    offsets = fit.offsets
    agreeing = [
        marker.marker_id for i, marker in enumerate(used) if bool(np.any(offsets.marker == i))
    ]
    if len(agreeing) < MIN_MARKERS:
        return None
    return CollarPose(
        color_from_applicator=fit.pose,
        covariance=_covariance(offsets, len(used)),
        pivot_mm=pivot_mm,
        marker_ids=tuple(agreeing),
        scatter_px=float(np.sqrt(np.mean(np.square(offsets.offsets_px)))),
        module_px=float(np.median([m.module_px for m in used])),
    )


def _covariance(offsets: EdgeOffsets, n_markers: int) -> Float:
    """Of the fit: what independent half edges give, plus what each marker shares.

    Edges of one marker err alike (its print, its light): their sums enter as they are, which is
    Huber's sandwich over markers; the floor keeps few lucky edges from being believed.
    """
    inverse = np.linalg.inv(offsets.jacobian.T @ offsets.jacobian).astype(np.float64)
    pulls = offsets.jacobian * offsets.offsets_px[:, None]
    shared = np.zeros((6, 6))
    for i in range(n_markers):
        pull = pulls[offsets.marker == i].sum(axis=0)
        shared += np.outer(pull, pull)
    covariance: Float = inverse * EDGE_SIGMA_PX**2 + inverse @ shared @ inverse
    return covariance


def _is_ambiguous(fits: Sequence[_Fit]) -> bool:
    first, *rest = sorted(fits, key=lambda f: f.cost)
    scatter = first.cost / max(1, len(first.offsets.offsets_px) - 6)
    allowed = AMBIGUITY * max(scatter, EDGE_SIGMA_PX**2)
    axis = first.pose[:3, 2]
    return any(
        angle_between_deg(f.pose[:3, 2], axis) > SAME_AXIS_DEG and f.cost - first.cost < allowed
        for f in rest
    )


def _start(
    picture: ColorPicture, used: Sequence[SeenMarker], corners_mm: Mapping[int, Float]
) -> Float | None:
    places = picture.ideal(np.concatenate([m.corners_px for m in used]))
    points = np.concatenate([corners_mm[m.marker_id] for m in used])
    found, turn, shift = cv2.solvePnP(points, places, np.eye(3), None, flags=cv2.SOLVEPNP_SQPNP)
    if not found or not (np.isfinite(turn).all() and np.isfinite(shift).all()):
        return None
    pose = rigid(rotation_from_vector(turn.ravel()), shift.ravel())
    return pose if _is_before(pose, points) else None


def _is_before(pose: Float, points: Float) -> bool:
    return bool(transform_points(pose, points)[:, 2].min() > 0)


def _corners_off_px(
    picture: ColorPicture, pose: Float, marker: SeenMarker, corners_mm: Mapping[int, Float]
) -> float:
    expected = picture.project(transform_points(pose, corners_mm[marker.marker_id]))
    return float(np.linalg.norm(expected - marker.corners_px, axis=1).max())


def _mirrored(pose: Float, points: Float) -> Float:
    """The pose of the same patch tilted the other way about the line of sight."""
    middle = points.mean(axis=0)
    _, _, axes = np.linalg.svd(points - middle, full_matrices=False)
    centre = transform_points(pose, middle)
    sight = centre / np.linalg.norm(centre)
    normal = pose[:3, :3] @ axes[2]
    turn = rotation_between(normal, 2 * float(normal @ sight) * sight - normal)
    rotation = turn @ pose[:3, :3]
    return rigid(rotation, centre - rotation @ middle)


def _refined(
    picture: ColorPicture, sides: MarkerSides, pose: Float, pivot_mm: Float
) -> _Fit | None:
    """Gauss-Newton on the half edges; None where too few are seen near the pose."""
    n_expected = len(sides.points_mm) * N_SIDES * N_HALVES
    for step_index in range(N_STEPS + 1):
        if not _is_before(pose, sides.points_mm.reshape(-1, 3)):
            return None
        offsets = edge_offsets(picture, sides, pose, pivot_mm)
        if step_index >= N_FREE_STEPS:  # the start may be off by more than an edge may be
            offsets = offsets.within(MAX_EDGE_PX)
        if len(offsets.offsets_px) < MIN_HALF_EDGES:
            return None
        step = np.linalg.lstsq(offsets.jacobian, offsets.offsets_px, rcond=None)[0]
        gained = float(np.square(offsets.jacobian @ step).sum())
        if step_index == N_STEPS or (step_index >= N_FREE_STEPS and gained < SETTLED):
            return _Fit(pose, offsets, n_expected)
        pivot = transform_points(pose, pivot_mm)
        turn = rotation_from_vector(step[:3])
        pose = rigid(turn, pivot - turn @ pivot + step[3:]) @ pose
    return None

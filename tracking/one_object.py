"""Is the registered cone all there is, and all there? What its model does not explain.

Pixels that are labelled applicator and not met by the model, as connected groups, are another
applicator or something else that was taken for one. Where the model should hide what lies
behind it and does not, or where its docking end would lie under the bed, the thing in view
lacks a part. Occluders part one cone into pieces; all of them are explained by the one model.

Fails to: SEVERAL_APPLICATORS or NOT_THE_APPLICATOR.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from tracking.arrays import Bool, Float, UInt8
from tracking.camera import CameraIntrinsics
from tracking.cone_model import ConeModel
from tracking.depth_noise import DepthNoise
from tracking.model_misfits import grid_rays, misfits
from tracking.pixel_groups import grown, largest_group, loose_groups
from tracking.projected import NEAR_MM, projected_ends
from tracking.registration import Registration, RegistrationStatus
from tracking.segmentation import Label, Segmentation
from tracking.surroundings import fit_surroundings

N_RAYS = 1500
MAX_STRIDE_PX = 6  # a ring's face is 8 px high at 1 m
OFF_MM, OFF_SIGMA = 8.0, 6.0  # depth further than both from the model is not the model's
LEVEL_MM = 8.0  # this near to the bed's surface it is bed, not a hand in front of the cone
MAX_UNEXPLAINED = 0.25  # of the explained pixels, grown onto the cone: a mug's handle has 0.15
MAX_APART = 0.12  # the same for a group that does not touch it: a part of something else
MAX_LACKING = 0.08  # a docking ring is a fifth of its cone
MAX_CONTRADICTING = 0.6  # scattered: no group, but too much for a fit


@dataclass(frozen=True)
class Explanation:
    """Pixels of the depth grid: explained by the model, and the largest group of each misfit.

    `unexplained_px` counts all groups, `apart_px` those that do not touch the explained ones;
    `contradicting_px` all pixels, in groups or not.
    """

    explained_px: float
    unexplained_px: float
    apart_px: float
    lacking_px: float
    contradicting_px: float = 0.0

    @property
    def status(self) -> RegistrationStatus | None:
        """What the groups say of the applicator; None: it is one, and whole."""
        if (
            self.unexplained_px > MAX_UNEXPLAINED * self.explained_px
            or self.apart_px > MAX_APART * self.explained_px
        ):
            return RegistrationStatus.SEVERAL_APPLICATORS
        if self.lacking_px > MAX_LACKING * self.explained_px:
            return RegistrationStatus.NOT_THE_APPLICATOR
        if not self.contradicting_px <= MAX_CONTRADICTING * self.explained_px:
            return RegistrationStatus.POOR_FIT
        return None


@dataclass(frozen=True, eq=False)
class _Grid:
    """The frame and the model on a grid of pixels.

    `depth_mm` is 0 where there is none; `rays` and `predicted_mm` are of the cells row by row.
    """

    codes: UInt8
    depth_mm: NDArray[np.float32]
    rays: Float
    predicted_mm: Float
    stride_px: int


def explain(
    model: ConeModel,
    registration: Registration,
    segmentation: Segmentation,
    depth_mm: NDArray[np.float32],
    intrinsics: CameraIntrinsics,
    noise: DepthNoise,
) -> Explanation:
    """Compare the labelled applicator with the registered model, pixel by pixel on a grid.

    Raises
    ------
    ValueError
        The registration has no pose.
    """
    pose = registration.camera_from_applicator
    if pose is None:
        raise ValueError(f"nothing is explained without a pose: {registration.status}")
    grid = _grid(model, pose, segmentation, depth_mm, intrinsics)
    distance_mm = max(float(pose[2, 3]), NEAR_MM)
    sigma_mm = float(noise.sigma_mm(distance_mm, intrinsics.fx))
    tolerance_mm = max(OFF_MM, OFF_SIGMA * sigma_mm * (registration.residual_spread or 1.0))
    explained, unexplained, looked_past, buried = misfits(
        grid.codes,
        grid.depth_mm,
        grid.predicted_mm,
        grid.rays,
        pose,
        model.applicator.length_mm / 2,
        tolerance_mm,
    )
    if np.any(buried):
        buried &= _is_bed(grid, distance_mm)
    loose = loose_groups(unexplained, explained, grid.depth_mm, tolerance_mm)
    area = grid.stride_px**2
    return Explanation(
        explained_px=float(np.count_nonzero(explained)) * area,
        unexplained_px=largest_group(unexplained) * area,
        apart_px=largest_group(loose) * area,
        lacking_px=max(largest_group(looked_past), largest_group(buried)) * area,
        contradicting_px=float(np.count_nonzero(unexplained | looked_past | buried)) * area,
    )


def _grid(
    model: ConeModel,
    pose: Float,
    segmentation: Segmentation,
    depth_mm: NDArray[np.float32],
    intrinsics: CameraIntrinsics,
) -> _Grid:
    rows, columns = _region(model, pose, segmentation, intrinsics)
    area = (rows.stop - rows.start) * (columns.stop - columns.start)
    stride = min(max(round(sqrt(area / N_RAYS)), 1), MAX_STRIDE_PX)
    cells = np.s_[rows.start : rows.stop : stride, columns.start : columns.stop : stride]
    codes = segmentation.labels[cells].copy()
    n_rows, n_columns = codes.shape
    rays = grid_rays(rows.start, columns.start, n_rows, n_columns, stride, intrinsics.pinhole)
    predicted_mm = model.depths_mm(pose, rays)
    return _Grid(codes, depth_mm[cells].copy(), rays, predicted_mm, stride)


def _is_bed(grid: _Grid, distance_mm: float) -> Bool:
    """Cells on the surface that dominates around the applicator; none where there is too little."""
    has_depth = grid.depth_mm > 0
    nearness = np.divide(
        np.float32(distance_mm), grid.depth_mm, out=np.zeros_like(grid.depth_mm), where=has_depth
    )
    background = ~grown(grid.codes == Label.APPLICATOR.value) & (grid.codes != Label.OCCLUDER.value)
    surroundings = fit_surroundings(nearness, background & has_depth)
    if surroundings is None:
        return np.zeros(has_depth.shape, bool)
    off = np.abs(nearness - surroundings.nearness(nearness.shape))
    is_bed: Bool = off < np.float32(LEVEL_MM / distance_mm)
    return is_bed


def _region(
    model: ConeModel, pose: Float, segmentation: Segmentation, intrinsics: CameraIntrinsics
) -> tuple[slice, slice]:
    """Rows and columns that hold the labelled applicator and the projected model."""
    left, right, top, bottom = projected_ends(
        pose, model.mesh.vertices_mm, intrinsics.pinhole, NEAR_MM
    )
    boxes = []
    if left <= right:
        last_row, last_column = intrinsics.height - 1, intrinsics.width - 1
        first, last = (int(min(max(v, 0.0), last_row)) for v in (top, bottom))
        start, stop = (int(min(max(u, 0.0), last_column)) for u in (left, right))
        boxes.append((slice(first, last + 1), slice(start, stop + 1)))
    labelled = segmentation.applicator_box
    if labelled is not None:
        boxes.append(labelled)
    if not boxes:
        return slice(0, 1), slice(0, 1)
    rows, columns = zip(*boxes, strict=True)
    return _together(rows), _together(columns)


def _together(parts: tuple[slice, ...]) -> slice:
    return slice(min(part.start for part in parts), max(part.stop for part in parts))

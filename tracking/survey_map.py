"""The survey map: the bed and its surroundings, fused before the cone hides them.

A value: nothing here looks at a frame. `survey_fusion` builds it, `survey_alignment` finds it
again in later frames.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from tracking.arrays import Bool, Float, frozen
from tracking.camera import CameraIntrinsics

Float32 = NDArray[np.float32]
Indices = tuple[NDArray[np.intp], NDArray[np.intp]]  # rows and columns
Cells = Bool | Indices  # some of a map's: a mask of its grid, or where they are

STRIDE_PX = 2  # a cell every 2 px: 2.5 mm at 0.5 m, and no information lost to correlated noise
MIN_CELL_FRAMES = 3  # a cell that fewer frames agree on is not known
N_INDEPENDENT_FRAMES = 10  # of the depth noise; more frames share its fixed pattern


@dataclass(frozen=True, eq=False)
class SurveyMap:
    """Organised grid in survey space: camera space of the first survey frame.

    Attributes
    ----------
    grid : CameraIntrinsics
        Its pixel (column, row) is a cell's centre; cells are `STRIDE_PX` pixels apart.
    inverse_depth_per_mm : float32 (height, width)
        Mean of 1 / z of the frames that agree, 0 where nothing is known.
    n_agreeing : float32 (height, width)
        Frames that agree, less those that did not; counted up to a limit.
    bed_share, occluder_share : float32 (height, width)
        Share of the agreeing frames that labelled the cell so.
    texture : float32 (height, width)
        Mean of what `bed_texture` shows there, NaN where no frame showed any.
    n_frames : int
        Frames that were fused.
    origin_frame_index : int
        The frame whose camera space is survey space: another one is another space.
    """

    grid: CameraIntrinsics
    inverse_depth_per_mm: Float32
    n_agreeing: Float32
    bed_share: Float32
    occluder_share: Float32
    texture: Float32
    n_frames: int
    origin_frame_index: int

    def __post_init__(self) -> None:
        for name in (
            "inverse_depth_per_mm",
            "n_agreeing",
            "bed_share",
            "occluder_share",
            "texture",
        ):
            array = getattr(self, name)
            if array.shape != self.grid.shape:
                raise ValueError(f"{name}: expected shape {self.grid.shape}, got {array.shape}")
            frozen(array)

    @property
    def is_usable(self) -> bool:
        """Whether enough frames were fused to measure with."""
        return self.n_frames >= MIN_CELL_FRAMES

    @cached_property
    def is_known(self) -> Bool:
        """Cells (height, width) that enough frames agree on."""
        enough = min(MIN_CELL_FRAMES, self.n_frames)
        return frozen((self.n_agreeing >= enough) & (self.inverse_depth_per_mm > 0))

    @cached_property
    def is_bed(self) -> Bool:
        """Known cells (height, width) that most of their frames labelled bed."""
        return frozen(self.is_known & (self.bed_share > 0.5))

    @cached_property
    def is_occluder(self) -> Bool:
        """Known cells (height, width) that most of their frames labelled occluder."""
        return frozen(self.is_known & (self.occluder_share > 0.5))

    def points_survey_mm(self, cells: Cells) -> Float:
        """Points (n, 3) of chosen known cells, row by row, survey space."""
        v, u = cells if isinstance(cells, tuple) else np.nonzero(cells)
        rays = self.grid.rays(u.astype(np.float64), v.astype(np.float64))
        points: Float = rays / self.inverse_depth_per_mm[v, u].astype(np.float64)[:, None]
        return points

    def noise_share(self, cells: Cells) -> Float:
        """Variance (n,) of chosen cells over that of one frame's pixel."""
        count = self.n_agreeing[cells].astype(np.float64)
        count = np.minimum(np.maximum(count, 1.0), N_INDEPENDENT_FRAMES)
        share: Float = 1.0 / count
        return share

    def planes(self, n_cells: int) -> LocalPlanes:
        """Fit a plane to the window of `n_cells` x `n_cells` (odd) around every cell.

        1 / z of a plane is affine in pixel coordinates, so its slopes there are the plane's.
        """
        values = self.inverse_depth_per_mm.astype(np.float64)
        kernel = np.ones((n_cells, n_cells), np.uint8)
        whole = cv2.erode(self.is_known.astype(np.uint8), kernel, borderValue=0).astype(bool)
        flat, ramp = _flat(n_cells), _ramp(n_cells)
        slope_u = cv2.sepFilter2D(values, cv2.CV_64F, ramp, flat)
        slope_v = cv2.sepFilter2D(values, cv2.CV_64F, flat, ramp)
        mean = cv2.sepFilter2D(values, cv2.CV_64F, flat, flat)
        # what the plane leaves of the window's variance
        left = cv2.sepFilter2D(values * values, cv2.CV_64F, flat, flat) - mean * mean
        left -= (slope_u**2 + slope_v**2) * (n_cells**2 - 1) / 12
        grid = self.grid
        u, v = np.arange(grid.width)[None], np.arange(grid.height)[:, None]
        at_centre = values + slope_u * (grid.cx - u) + slope_v * (grid.cy - v)
        normals = np.stack([slope_u * grid.fx, slope_v * grid.fy, at_centre], axis=-1)
        return LocalPlanes(normals, np.maximum(left, 0.0), whole)


@dataclass(frozen=True, eq=False)
class LocalPlanes:
    """Planes n . p = 1 through the cells of a map.

    `per_mm` (height, width, 3) the planes; `roughness` (height, width) the variance of 1 / z
    that they leave in their windows; `is_whole` (height, width) the windows that are all known.
    """

    per_mm: Float
    roughness: Float
    is_whole: Bool


def cells_within(chosen: Bool, window: tuple[slice, slice]) -> Indices:
    """Rows and columns of the chosen cells (height, width) in a part of the grid."""
    rows, columns = np.nonzero(chosen[window])
    return rows + window[0].start, columns + window[1].start


def slope_noise(n_cells: int, correlation_px: float) -> float:
    """Variance of a plane's slope per cell over that of a cell's 1 / z, by correlated noise."""
    steps = np.arange(n_cells) * STRIDE_PX
    width = max(correlation_px, 1e-6)
    agreeing = np.exp(-((steps[:, None] - steps) ** 2) / (4 * width**2))
    flat, ramp = _flat(n_cells), _ramp(n_cells)
    return float((ramp @ agreeing @ ramp) * (flat @ agreeing @ flat))


def _flat(n_cells: int) -> Float:
    return np.full(n_cells, 1.0 / n_cells)


def _ramp(n_cells: int) -> Float:
    """Slope per cell of a window, by least squares."""
    steps = np.arange(n_cells, dtype=np.float64) - n_cells // 2
    ramp: Float = steps / float((steps**2).sum())
    return ramp


def grid_of(intrinsics: CameraIntrinsics) -> CameraIntrinsics:
    """Return the map's grid for frames of these intrinsics."""
    return CameraIntrinsics(
        width=(intrinsics.width + STRIDE_PX - 1) // STRIDE_PX,
        height=(intrinsics.height + STRIDE_PX - 1) // STRIDE_PX,
        fx=intrinsics.fx / STRIDE_PX,
        fy=intrinsics.fy / STRIDE_PX,
        cx=intrinsics.cx / STRIDE_PX,
        cy=intrinsics.cy / STRIDE_PX,
    )

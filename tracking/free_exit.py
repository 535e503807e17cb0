"""A cone whose exit ends in the air: nothing lies before its rim that could hide it.

Tissue at the rim may hide any part of it, so that of an exit's outline its form is believed and
hardly its place. But what hides a rim is nearer to the camera than the rim. Where depth falls away
all along the outline it is the cone's own, and lies where the labels' quality says.

Fails to: an exit that tissue may hide.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tracking.arrays import Bool, Float
from tracking.cone_model import EXIT
from tracking.contour import EdgeOffsets, measure_edges
from tracking.frame_view import FrameView
from tracking.judge import judge
from tracking.registration import Registration

BEYOND_PX = (4.0, 6.0, 8.0, 10.0, 12.0, 16.0, 20.0, 24.0)  # past the outline: nearer, a matcher's
# windows still see the cone; as far as its shadow reaches, where one camera of the two sees nothing
GAP_MM, GAP_SIGMA = 15.0, 4.0  # farther than the rim by this and so many sigma of the depth
FREE_SHARE = 0.9  # of the points along the outline


def with_free_exit(view: FrameView, result: Registration) -> tuple[FrameView, Registration]:
    """The view with a free exit and its registration anew; as they are where none is proven."""
    pose = result.camera_from_applicator
    if pose is None or not result.is_ok or not exit_is_free(view, pose):
        return view, result
    free = replace(view, has_free_exit=True)
    again = judge(free, free.refine(pose))
    return (free, again.with_start(result.start)) if again.is_ok else (view, result)


def exit_is_free(view: FrameView, pose: Float) -> bool:
    """Whether depth falls away all along the exit's outline; `pose`: camera_from_applicator."""
    edges = measure_edges(view.model, pose, view.outline, view.intrinsics, view.hidden_rim)
    rims = [edge for edge in edges if edge.name == EXIT]
    return bool(rims) and bool(_is_free(view, rims[0]).mean() >= FREE_SHARE)


def _is_free(view: FrameView, rim: EdgeOffsets) -> Bool:
    """Of each point of the rim, whether all that is seen beyond it is farther, and some is.

    Depth there is looked for from where the outline is seen, not from where it is predicted.
    """
    z_mm, normals = rim.points_camera_mm[:, 2], rim.normals_px
    seen = view.intrinsics.project(rim.points_camera_mm) + rim.offsets_px[:, None] * normals
    beyond = seen[:, None] + np.array(BEYOND_PX)[:, None] * normals[:, None]
    column, row = np.rint(beyond).astype(np.int64).transpose(2, 0, 1)
    height, width = view.depth_mm.shape
    is_inside = (column >= 0) & (column < width) & (row >= 0) & (row < height)
    depth_mm = view.depth_mm[row.clip(0, height - 1), column.clip(0, width - 1)]
    is_seen = is_inside & (depth_mm > 0)
    sigma_mm = view.noise.sigma_mm(float(np.median(z_mm)), view.intrinsics.fx)
    gap_mm = GAP_MM + GAP_SIGMA * float(sigma_mm)
    is_farther = depth_mm - z_mm[:, None] > gap_mm
    free: Bool = is_seen.any(axis=1) & (is_farther | ~is_seen).all(axis=1)
    return free

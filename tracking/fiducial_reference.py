"""The fiducial's calibrated place, from frames taken while the rig is known to be in order."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tracking.camera import CameraIntrinsics
from tracking.collar_codes import Dictionary
from tracking.collar_marks import find_markers
from tracking.depth_noise import DepthNoise
from tracking.fiducial_sight import MIN_PLANE_FRACTION, region_plane
from tracking.picture import ColorPicture
from tracking.rig import Fiducial, FiducialMarker, FiducialPlane


def reference_fiducial(
    region_px: tuple[int, int, int, int],
    depths_mm: Sequence[NDArray[np.float32]],
    intrinsics: CameraIntrinsics,
    noise: DepthNoise,
    marker: FiducialMarker | None = None,
) -> Fiducial:
    """Mean plane of a region over frames, without the rig's bias; a hundred frames are enough.

    Raises
    ------
    ValueError
        In more than a fifth of the frames the region shows no plane.
    """
    planes = [region_plane(region_px, depth, intrinsics, noise) for depth in depths_mm]
    seen = [plane for plane in planes if plane is not None]
    if not seen or len(seen) < MIN_PLANE_FRACTION * len(planes):
        raise ValueError(f"{len(seen)} of {len(planes)} frames show a plane in {region_px}")
    mean = np.mean([plane.normal / plane.distance_mm for plane in seen], axis=0)
    length = float(np.linalg.norm(mean))
    x, y, z = (mean / length).tolist()
    u0, v0, u1, v1 = region_px
    regions = np.stack([depth[v0:v1, u0:u1] for depth in depths_mm])
    return Fiducial(
        region_px,
        float(np.median(regions[regions > 0])),
        FiducialPlane((x, y, z), 1 / length),
        marker,
    )


def reference_marker(
    dictionary: Dictionary, marker_id: int, side_mm: float, pictures: Sequence[ColorPicture]
) -> FiducialMarker:
    """Mean corners of a marker over pictures of one size.

    Raises
    ------
    ValueError
        It is not read in every picture, or the pictures differ in size.
    """
    corners = []
    for picture in pictures:
        found = [m for m in find_markers(picture, dictionary) if m.marker_id == marker_id]
        if not found:
            raise ValueError(f"marker {marker_id} is not read in every picture")
        corners.append(found[0].corners_px)
    sizes = {(p.intrinsics.width, p.intrinsics.height) for p in pictures}
    if len(sizes) != 1:
        raise ValueError(f"pictures of one size expected, got {sorted(sizes)}")
    mean = np.mean(corners, axis=0).tolist()
    return FiducialMarker(
        dictionary, marker_id, side_mm, tuple((u, v) for u, v in mean), sizes.pop()
    )

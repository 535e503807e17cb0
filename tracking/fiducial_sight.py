"""What one frame shows of the fiducial: how far it is from where it was calibrated.

The plane of its region comes from depth: distance and two tilts. What slides or spins within that
plane comes from a marker on it, where the rig has one. A plane is linear in 1/z over the rays, and
there a stereo camera's noise is the same everywhere.

Fails to: no sight.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import pi

import numpy as np
from numpy.typing import NDArray

from tracking.arrays import Float
from tracking.camera import CameraIntrinsics
from tracking.collar_marks import find_markers
from tracking.depth_noise import DepthNoise
from tracking.picture import ColorPicture
from tracking.rig import Fiducial, FiducialMarker

MIN_VALID_FRACTION = 0.5  # of the region's pixels that must have depth
MIN_PLANE_FRACTION = 0.8  # of those that must lie on one plane: the rest is a hand or a hole's edge
CLIP_SIGMA = 3.5
N_CLIPPINGS = 3
HIDDEN_MM, HIDDEN_DEG = 10.0, 3.0  # farther off, it is something else that is seen there
MARKER_SEARCH_SHARE = 0.5  # of a marker's width to every side
CORNER_SIGMA_PX = 0.1  # of a corner in one frame


@dataclass(frozen=True)
class FiducialSight:
    """Deviations from the calibrated place, and their 1-sigma in one frame.

    Attributes
    ----------
    offset_mm, tilt_1_deg, tilt_2_deg
        Along the plane's normal, and of the normal along two directions across it.
    shift_x_mm, shift_y_mm, spin_deg
        Of the marker within the plane, along the picture's axes; None: not watched.
    """

    offset_mm: float
    tilt_1_deg: float
    tilt_2_deg: float
    offset_sigma_mm: float
    tilt_sigma_deg: float
    shift_x_mm: float | None = None
    shift_y_mm: float | None = None
    spin_deg: float | None = None
    shift_sigma_mm: float = 0.0
    spin_sigma_deg: float = 0.0

    @property
    def lengths(self) -> tuple[tuple[float, ...], ...]:
        """Components in mm, then in deg; with a marker its own too."""
        mm: tuple[float, ...] = (self.offset_mm,)
        deg: tuple[float, ...] = (self.tilt_1_deg, self.tilt_2_deg)
        if self.shift_x_mm is None or self.shift_y_mm is None or self.spin_deg is None:
            return mm, deg
        return (*mm, self.shift_x_mm, self.shift_y_mm), (*deg, self.spin_deg)


@dataclass(frozen=True, eq=False)
class Plane:
    """n . p = distance with n pointing away from the camera, and the covariance of n / distance."""

    normal: Float
    distance_mm: float
    covariance: Float


def see_fiducial(
    fiducial: Fiducial,
    depth_mm: NDArray[np.float32],
    intrinsics: CameraIntrinsics,
    noise: DepthNoise,
    picture: ColorPicture | None,
) -> FiducialSight | None:
    """Measure one frame; None where it is hidden, full of holes, or its marker is not read.

    `depth_mm` is without the rig's bias. The fiducial's plane must be known.
    """
    known = fiducial.plane
    if known is None:
        raise ValueError("the fiducial has no calibrated plane")
    plane = region_plane(fiducial.region_px, depth_mm, intrinsics, noise)
    if plane is None:
        return None
    normal = np.array(known.normal)
    offset_mm = _offset_mm(fiducial.region_px, plane, normal, known.distance_mm, intrinsics)
    tilt = np.degrees(_across(normal) @ plane.normal)
    if not (abs(offset_mm) <= HIDDEN_MM and float(np.hypot(*tilt)) <= HIDDEN_DEG):
        return None
    offset_sigma_mm, tilt_sigma_deg = _sigmas(fiducial.region_px, plane, intrinsics)
    sight = FiducialSight(
        offset_mm, float(tilt[0]), float(tilt[1]), offset_sigma_mm, tilt_sigma_deg
    )
    if fiducial.marker is None:
        return sight
    return _with_marker(sight, fiducial.marker, picture)


def region_plane(
    region_px: tuple[int, int, int, int],
    depth_mm: NDArray[np.float32],
    intrinsics: CameraIntrinsics,
    noise: DepthNoise,
) -> Plane | None:
    """The plane that most of a region's depth lies on; None where there is none."""
    u0, v0, u1, v1 = region_px
    z = depth_mm[v0:v1, u0:u1].astype(np.float64)
    rays = intrinsics.ray_grid[v0:v1, u0:u1][: z.shape[0], : z.shape[1]]
    is_valid = np.isfinite(z) & (z > 0)
    n_pixels = (v1 - v0) * (u1 - u0)
    if is_valid.sum() < max(MIN_VALID_FRACTION * n_pixels, 3):
        return None
    z, rays = z[is_valid], rays[is_valid]
    inverse = 1 / z
    sigma = noise.sigma_mm(z, intrinsics.fx) * inverse**2
    keep = np.abs(inverse - np.median(inverse)) < CLIP_SIGMA * max(
        float(np.median(sigma)), 1.5 * float(np.median(np.abs(inverse - np.median(inverse))))
    )
    fitted, information = np.zeros(3), np.eye(3)
    for _ in range(N_CLIPPINGS):
        if keep.sum() < MIN_PLANE_FRACTION * len(z):
            return None
        rows = rays[keep] / sigma[keep, None]
        information = rows.T @ rows
        fitted = np.linalg.inv(information) @ (rows.T @ (inverse[keep] / sigma[keep]))
        keep = np.abs(inverse - rays @ fitted) < CLIP_SIGMA * sigma
    if keep.sum() < MIN_PLANE_FRACTION * len(z):
        return None
    # neighbouring pixels err alike: exp(-r^2 / (4 c^2)) summed over the grid
    alike = max(1.0, 4 * pi * noise.correlation_px**2)
    length = float(np.linalg.norm(fitted))
    covariance = np.linalg.inv(information).astype(np.float64) * alike
    return Plane(fitted / length, 1 / length, covariance)


def _across(normal: Float) -> Float:
    """Two unit vectors (2, 3) perpendicular to a unit vector and to each other."""
    first = np.cross(normal, np.eye(3)[int(np.argmin(np.abs(normal)))])
    first /= np.linalg.norm(first)
    return np.array([first, np.cross(normal, first)])


def _middle_ray(region_px: tuple[int, int, int, int], intrinsics: CameraIntrinsics) -> Float:
    u0, v0, u1, v1 = region_px
    return intrinsics.rays(np.array((u0 + u1 - 1) / 2), np.array((v0 + v1 - 1) / 2))


def _offset_mm(
    region_px: tuple[int, int, int, int],
    plane: Plane,
    normal: Float,
    distance_mm: float,
    intrinsics: CameraIntrinsics,
) -> float:
    """How much farther the region's middle lies, along the calibrated normal."""
    ray = _middle_ray(region_px, intrinsics)
    z = plane.distance_mm / float(plane.normal @ ray)
    return z * float(normal @ ray) - distance_mm


def _sigmas(
    region_px: tuple[int, int, int, int], plane: Plane, intrinsics: CameraIntrinsics
) -> tuple[float, float]:
    """1-sigma of the offset in the region's middle, and of the larger tilt."""
    ray = _middle_ray(region_px, intrinsics)
    z = plane.distance_mm / float(plane.normal @ ray)
    along = float(plane.normal @ ray)
    offset = z**2 * along * float(np.sqrt(ray @ plane.covariance @ ray))
    across = np.eye(3) - np.outer(plane.normal, plane.normal)
    turned = plane.distance_mm**2 * across @ plane.covariance @ across
    return offset, float(np.degrees(np.sqrt(np.linalg.eigvalsh(turned)[-1])))


def _with_marker(
    sight: FiducialSight, marker: FiducialMarker, picture: ColorPicture | None
) -> FiducialSight | None:
    """Add the marker's shift and spin; None where it is not read."""
    if picture is None or marker.picture_px != (
        picture.intrinsics.width,
        picture.intrinsics.height,
    ):
        return None
    expected = np.array(marker.corners_px)
    low, high = expected.min(axis=0), expected.max(axis=0)
    margin = MARKER_SEARCH_SHARE * float((high - low).max())
    height, width = picture.grey.shape
    first = np.clip(low - margin - picture.corner_px, 0, (width, height)).astype(int)
    last = np.clip(high + margin + 1 - picture.corner_px, 0, (width, height)).astype(int)
    window = slice(int(first[1]), int(last[1])), slice(int(first[0]), int(last[0]))
    found = [
        m for m in find_markers(picture, marker.dictionary, window) if m.marker_id == marker.id
    ]
    if not found:
        return None
    moved = found[0].corners_px - expected
    arms = expected - expected.mean(axis=0)
    side_px = float(np.linalg.norm(expected - np.roll(expected, 1, axis=0), axis=1).mean())
    mm_per_px = marker.side_mm / side_px
    shift = moved.mean(axis=0)
    turned = moved - shift
    reach = float(np.square(arms).sum())
    spin = float((arms[:, 0] * turned[:, 1] - arms[:, 1] * turned[:, 0]).sum() / reach)
    return FiducialSight(
        **{name: getattr(sight, name) for name in _DEPTH_FIELDS},
        shift_x_mm=float(shift[0]) * mm_per_px,
        shift_y_mm=float(shift[1]) * mm_per_px,
        spin_deg=float(np.degrees(spin)),
        shift_sigma_mm=CORNER_SIGMA_PX / 2 * mm_per_px,
        spin_sigma_deg=float(np.degrees(CORNER_SIGMA_PX / np.sqrt(reach))),
    )


_DEPTH_FIELDS = ("offset_mm", "tilt_1_deg", "tilt_2_deg", "offset_sigma_mm", "tilt_sigma_deg")

"""The colour camera's own picture of one exposure: what markers and edges are read from.

Colour warped to the depth grid is too coarse for a marker, and bent by the depth it went through.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tracking.arrays import Float, UInt8, image_array
from tracking.camera import CameraIntrinsics
from tracking.transforms import check_transform

N_COEFFICIENTS = 5  # k1, k2, p1, p2, k3
UNBENDING_STEPS = 8  # each leaves about a tenth of the error; a lens bends by a few percent


@dataclass(frozen=True, eq=False)
class ColorPicture:
    """Brightness in the colour camera's grid, whole or a part of it.

    Attributes
    ----------
    grey : uint8 (height, width)
        As it was encoded, where it was: a replay must see the very pixels.
    intrinsics : CameraIntrinsics
        Of the whole picture.
    camera_from_color : (4, 4)
        From the colour camera's space into the depth camera's, mm.
    corner_px : (u, v)
        Where `grey[0, 0]` lies in the whole picture.
    distortion : (5,)
        k1, k2, p1, p2, k3 as OpenCV defines them (Brown-Conrady); all 0: none.
    encoded : bytes
        The image file that `grey` was decoded from, b"" where there was none; recordings keep it.
    """

    grey: UInt8
    intrinsics: CameraIntrinsics
    camera_from_color: Float
    corner_px: tuple[int, int] = (0, 0)
    distortion: tuple[float, ...] = (0.0,) * N_COEFFICIENTS
    encoded: bytes = b""

    def __post_init__(self) -> None:
        height, width = self.grey.shape
        (u, v), whole = self.corner_px, self.intrinsics
        if not (0 <= u <= whole.width - width and 0 <= v <= whole.height - height):
            raise ValueError(
                f"a part of {width}x{height} at {self.corner_px} does not lie in the picture of "
                f"{whole.width}x{whole.height}"
            )
        object.__setattr__(self, "grey", image_array("grey", self.grey, np.uint8, (height, width)))
        pose = check_transform("camera_from_color", self.camera_from_color)
        object.__setattr__(self, "camera_from_color", pose)
        if len(self.distortion) != N_COEFFICIENTS or not np.all(np.isfinite(self.distortion)):
            raise ValueError(f"five finite coefficients expected, got {self.distortion}")

    def ideal(self, uv_px: Float) -> Float:
        """Undistorted coordinates (n, 2) at z = 1 of places (n, 2) of the whole picture."""
        k = self.intrinsics
        bent = (uv_px - [k.cx, k.cy]) / [k.fx, k.fy]
        if not any(self.distortion):
            return bent
        ideal = bent
        for _ in range(UNBENDING_STEPS):
            ideal = ideal + bent - self._bent(ideal)
        return ideal

    def project(self, points_color_mm: Float) -> Float:
        """Places (n, 2) of the whole picture at which points of the colour camera's space appear.

        The caller ensures z > 0.
        """
        k = self.intrinsics
        bent = self._bent(points_color_mm[..., :2] / points_color_mm[..., 2:])
        return bent * [k.fx, k.fy] + [k.cx, k.cy]

    def _bent(self, ideal: Float) -> Float:
        k1, k2, p1, p2, k3 = self.distortion
        x, y = ideal[..., 0], ideal[..., 1]
        r2 = x * x + y * y
        radial = 1 + r2 * (k1 + r2 * (k2 + r2 * k3))
        return np.stack(
            [
                x * radial + 2 * p1 * x * y + p2 * (r2 + 2 * x * x),
                y * radial + 2 * p2 * x * y + p1 * (r2 + 2 * y * y),
            ],
            axis=-1,
        )

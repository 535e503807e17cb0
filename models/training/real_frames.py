"""Frames of real depth cameras, none of which shows an applicator: for false alarms.

The folder is the shared data beside the project; what is not there is not evaluated.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from models.training.raw_depth import DEPTH_UNIT_MM, raw_depth
from tracking.arrays import UInt8
from tracking.camera import CameraIntrinsics
from tracking.errors import SourceError
from tracking.frame import RgbdFrame, SourceFrame

SHARED_DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
METRE_MM = 1000.0


def real_frames(folder: Path = SHARED_DATA) -> Iterator[tuple[str, SourceFrame]]:
    """Name and frame of every picture found, colour only where it is aligned with depth."""
    depth = folder / "librealsense_bag" / "depth.png"
    if depth.exists():
        yield "D435 room (depth only)", _frame(_read(depth), None, 390.4)
    for path in sorted((folder / "m3t_d435_bottle" / "_sequence").glob("depth_camera_image_*.png")):
        raw = _read(path)
        millimetres = np.where(raw == np.iinfo(np.uint16).max, 0, raw)
        yield f"D435 table, bottle {path.stem[-3:]} (depth only)", _frame(millimetres, None, 425.8)
    for name in ("red_mug", "white_bowl"):
        path = folder / "sixdof_graspnet_mugs" / f"{name}.npz"
        if path.exists():
            with np.load(path) as arrays:
                metres, focal = arrays["depth_m"], float(arrays["K"][0, 0])
            color = _read_rgb(path.with_name(f"{name}_color.png"))
            frame = _frame(np.nan_to_num(metres) * METRE_MM, color, focal)
            yield f"{name.replace('_', ' ')} on a table", frame
    for kind in ("opaque", "transparent"):
        path = folder / "cleargrasp_d435_cups" / f"000000080-{kind}-depth-img.npz"
        if path.exists():
            with np.load(path) as arrays:
                metres = arrays["depth_m"]
            color = _read_rgb(path.with_name(f"000000080-{kind}-rgb-img.jpg"))
            frame = _frame(np.nan_to_num(metres) * METRE_MM, color, 921.0)
            yield f"D435 {kind} cups on a table", frame


def _frame(depth_mm: NDArray[np.generic], color_rgb: UInt8 | None, focal: float) -> SourceFrame:
    height, width = depth_mm.shape
    intrinsics = CameraIntrinsics(width, height, focal, focal, width / 2, height / 2)
    raw = raw_depth(np.maximum(depth_mm, 0))
    return SourceFrame(RgbdFrame(0, "", 0, 0, intrinsics, raw, DEPTH_UNIT_MM, color_rgb))


def _read(path: Path) -> NDArray[np.generic]:
    image = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    if image is None:
        raise SourceError(f"cannot read the picture {path}")
    return np.asarray(image)


def _read_rgb(path: Path) -> UInt8:
    return np.ascontiguousarray(_read(path)[..., 2::-1]).astype(np.uint8)

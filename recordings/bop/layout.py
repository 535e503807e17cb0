"""Names inside a BOP scene folder."""

from __future__ import annotations

from pathlib import Path

CAMERA_FILE = "scene_camera.json"
POSES_FILE = "scene_gt.json"
TRUTH_FILE = "scene_truth.json"  # ours: what the simulator knows beyond the poses

FRAME_RATE_HZ = 30.0
FRAME_RATE_DIVISOR = 30
NS_PER_S = 1e9


def stamp_ns(position: int) -> int:
    """Stamp of the frame at `position`: the folder carries no times of its own."""
    return round(position * NS_PER_S / FRAME_RATE_DIVISOR)


def depth_path(folder: Path, index: int) -> Path:
    """16-bit raw depth."""
    return folder / "depth" / f"{index:06d}.png"


def color_path(folder: Path, index: int) -> Path:
    """Colour as PNG, or as JPEG where only that exists."""
    png = folder / "rgb" / f"{index:06d}.png"
    jpeg = png.with_suffix(".jpg")
    return jpeg if jpeg.exists() and not png.exists() else png


def mask_path(folder: Path, index: int) -> Path:
    """Visible pixels of the applicator."""
    return folder / "mask_visib" / f"{index:06d}_000000.png"


def label_path(folder: Path, index: int) -> Path:
    """Label image: codes of `tracking.segmentation.Label`."""
    return folder / "label" / f"{index:06d}.png"

"""Point clouds in camera space, mm, with colour and label, as binary PLY: one file a frame."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from pipeline.export.folder import NewFolder
from tracking.frame import SourceFrame

POINT = np.dtype(
    [
        *((axis, "<f4") for axis in "xyz"),
        *((channel, "u1") for channel in ("red", "green", "blue", "label")),
    ]
)
GREY = 128  # where there is no colour


class PlyExport:
    """Raises UsageError where the folder exists or cannot be made."""

    def __init__(self, path: Path) -> None:
        self._folder = NewFolder("--ply", path)

    def write(self, source_frame: SourceFrame) -> None:
        """Write the points of one frame."""
        index = source_frame.frame.frame_index
        (self._folder.path / f"{index:06d}.ply").write_bytes(cloud_bytes(source_frame))

    def close(self) -> None:
        """Let the folder appear."""
        self._folder.close()

    def abandon(self) -> None:
        """Remove what was written."""
        self._folder.abandon()


def cloud_bytes(source_frame: SourceFrame) -> bytes:
    """Every pixel with depth: x right, y down, z forward; label as in DESIGN, 255 for none."""
    frame = source_frame.frame
    has_depth = frame.depth_mm > 0
    xyz = frame.intrinsics.ray_grid[has_depth] * frame.depth_mm[has_depth][:, None]
    points = np.empty(len(xyz), POINT)
    for axis, values in zip("xyz", xyz.T, strict=True):
        points[axis] = values
    for channel, name in enumerate(("red", "green", "blue")):
        color = frame.color_rgb
        points[name] = GREY if color is None else color[..., channel][has_depth]
    labels = source_frame.labels
    points["label"] = 255 if labels is None else labels[has_depth]
    header = (
        "ply\nformat binary_little_endian 1.0\n"
        "comment unit mm\ncomment camera space: x right, y down, z forward\n"
        f"element vertex {len(points)}\n"
        "property float x\nproperty float y\nproperty float z\n"
        "property uchar red\nproperty uchar green\nproperty uchar blue\nproperty uchar label\n"
        "end_header\n"
    )
    return header.encode() + points.tobytes()

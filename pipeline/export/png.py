"""PNG images: raw depth (16 bit), colour, labels, and a table that says what they are.

DIR/depth/000012.png  colour/000012.png  labels/000012.png  frames.csv  camera.json
"""

from __future__ import annotations

import csv
import json
from pathlib import Path

from pipeline.export.folder import NewFolder
from recordings.images import encode_png
from tracking.frame import SourceFrame

COLUMNS = (
    "frame_index",
    "stamp_ns",
    "arrival_ns",
    "device_serial",
    "depth_unit_mm",
    "depth_sha256",
)


class PngExport:
    """Raises UsageError where the folder exists or cannot be made."""

    def __init__(self, path: Path) -> None:
        self._folder = NewFolder("--png", path)
        self._table = (self._folder.path / "frames.csv").open("w", encoding="utf-8", newline="")
        self._rows = csv.writer(self._table, lineterminator="\n")
        self._rows.writerow(COLUMNS)
        self._has_camera = False

    def write(self, source_frame: SourceFrame) -> None:
        """Write one frame's images; the raw depth times its unit is mm."""
        frame = source_frame.frame
        if not self._has_camera:
            self._write_camera(source_frame)
        images = (
            ("depth", frame.depth_raw),
            ("colour", frame.color_rgb),
            ("labels", source_frame.labels),
        )
        for name, pixels in images:
            if pixels is not None:
                path = self._folder.path / name / f"{frame.frame_index:06d}.png"
                path.parent.mkdir(exist_ok=True)
                path.write_bytes(encode_png(pixels))
        self._rows.writerow([getattr(frame, column) for column in COLUMNS])

    def close(self) -> None:
        """Let the folder appear."""
        self._table.close()
        self._folder.close()

    def abandon(self) -> None:
        """Remove what was written."""
        self._table.close()
        self._folder.abandon()

    def _write_camera(self, source_frame: SourceFrame) -> None:
        camera = vars(source_frame.frame.intrinsics)
        names = ("width", "height", "fx", "fy", "cx", "cy")
        text = json.dumps({name: camera[name] for name in names}, indent=1)
        (self._folder.path / "camera.json").write_text(text + "\n", encoding="utf-8")
        self._has_camera = True

"""`masks/%06d.png`: the label image of each frame, in the depth grid."""

from __future__ import annotations

from pathlib import Path

from pipeline.sinks.image_file import write_png
from pipeline.sinks.sink import FrameResult


class MasksSink:
    """Writes 8-bit label images (codes of `tracking.segmentation.Label`) by frame index."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder

    def emit(self, result: FrameResult) -> None:
        """Write one label image."""
        name = f"{result.record.frame_index:06d}.png"
        write_png(self._folder / name, result.segmentation.labels)

    def close(self) -> None:
        """Nothing stays open."""

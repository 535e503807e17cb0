"""Labelled frames of a BOP scene folder, however much of them is labelled."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from recordings.bop.check import check_label
from recordings.bop.layout import label_path, mask_path
from recordings.bop.source import BopSource
from recordings.images import decode_png
from tracking.errors import SourceError
from tracking.frame import SourceFrame
from tracking.segmentation import Label

REMEDY = "write label/%06d.png (codes 0-3) or mask_visib/%06d_000000.png (the applicator's pixels)"


class LabelledFolder:
    """Every frame with its true labels.

    The applicator is taken from `mask_visib`, as the contract says; where a frame has no such
    mask, from code 2 of its label image.

    Raises
    ------
    SourceError
        No scene folder, no labels in it, or labels that cannot be used: another size, codes
        above 3, a damaged image.
    """

    def __init__(self, folder: Path) -> None:
        if not folder.is_dir():
            raise SourceError(
                f"there is no folder {folder}",
                remedy="name the folder that holds scene_camera.json",
            )
        if not any(folder.iterdir()):
            raise SourceError(
                f"the folder {folder} is empty", remedy="name a folder with frames and labels"
            )
        self._folder = folder
        self._source = BopSource(folder)
        self.tells_bed = (folder / "label").is_dir()
        if not self.tells_bed and not any((folder / "mask_visib").glob("*.png")):
            raise SourceError(
                f"the frames of {folder} have no labels",
                expected="a folder label or mask_visib",
                actual=", ".join(sorted(path.name for path in folder.iterdir())[:8]),
                remedy=REMEDY,
            )

    @property
    def n_frames(self) -> int:
        """As many as the folder lists."""
        return self._source.header.n_frames or 0

    @property
    def damage(self) -> str | None:
        """Why the frames ended early, None where they did not."""
        return self._source.damage

    def frames(self) -> Iterator[SourceFrame]:
        """Frames in order, each with labels."""
        while (frame := self._source.read()) is not None:
            if frame.labels_fault:
                raise SourceError(
                    f"the labels of frame {frame.frame.frame_index} cannot be used",
                    actual=frame.labels_fault,
                    remedy=REMEDY,
                )
            yield self._completed(frame)

    def _completed(self, frame: SourceFrame) -> SourceFrame:
        index, shape = frame.frame.frame_index, frame.frame.intrinsics.shape
        if not self.tells_bed or mask_path(self._folder, index).exists() or frame.labels is None:
            return frame
        path = label_path(self._folder, index)
        check_label(path, shape)
        codes = decode_png(path.read_bytes(), shape, np.uint8)
        labels = np.where(codes == Label.APPLICATOR, codes, frame.labels)
        return replace(frame, labels=labels.astype(np.uint8))

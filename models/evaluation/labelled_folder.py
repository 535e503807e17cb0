"""Labelled frames of a BOP scene folder, however much of them is labelled."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
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
REACH_MM = (100.0, 1e6)  # of 16 bits: in a unit that reaches less or more no depth camera tells


@dataclass(frozen=True)
class LeftOut:
    """A frame without labels that can be used: why, and whether there are none at all."""

    frame_index: int
    why: str
    is_unlabelled: bool


class LabelledFolder:
    """Every frame that has true labels.

    The applicator is taken from `mask_visib`, as the contract says; where a frame has no such
    mask, from code 2 of its label image. Without a folder `label`, no mask: no applicator.

    Attributes
    ----------
    left_out : list of LeftOut
        Frames so far that have no label image, or none that can be used: another size, codes
        above 3, damaged.

    Raises
    ------
    SourceError
        No scene folder, no labels of its frames in it, or a depth unit in which no camera tells.
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
        self.left_out: list[LeftOut] = []
        indices = self._source.frame_indices
        if not self.tells_bed and not any(mask_path(folder, k).exists() for k in indices):
            raise SourceError(
                f"the frames of {folder} have no labels",
                expected="a folder label, or a folder mask_visib with masks of these frames",
                actual=", ".join(sorted(path.name for path in folder.iterdir())[:8]),
                remedy=REMEDY,
            )
        _check_unit(folder, self._source.header.depth_unit_mm)

    @property
    def n_frames(self) -> int:
        """As many as the folder lists."""
        return self._source.header.n_frames or 0

    @property
    def damage(self) -> str | None:
        """Why the frames ended early, None where they did not."""
        return self._source.damage

    def frames(self) -> Iterator[SourceFrame]:
        """Frames in order, each with labels; the others are left out."""
        while (frame := self._source.read()) is not None:
            index = frame.frame.frame_index
            if frame.labels_fault:
                is_unlabelled = not label_path(self._folder, index).exists()
                self.left_out.append(LeftOut(index, frame.labels_fault, is_unlabelled))
            else:
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


def _check_unit(folder: Path, unit_mm: float) -> None:
    """Figures of depth in a wrong unit would look like those of a bad model."""
    reach_mm = unit_mm * np.iinfo(np.uint16).max
    if not REACH_MM[0] <= reach_mm <= REACH_MM[1]:
        raise SourceError(
            f"{folder}: depth_scale is {unit_mm:g} mm: 16 bits reach {reach_mm:g} mm",
            expected=f"a reach of {REACH_MM[0]:g} to {REACH_MM[1]:g} mm",
            remedy="give depth_scale in mm for each raw step (1.0 or 0.1, not 0.001)",
        )

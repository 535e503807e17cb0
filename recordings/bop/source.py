"""Read a BOP scene folder as a source (origin foreign)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recordings.bop.check import check_images, check_label
from recordings.bop.image_header import read_image_header
from recordings.bop.layout import (
    FRAME_RATE_HZ,
    color_path,
    depth_path,
    label_path,
    mask_path,
    stamp_ns,
)
from recordings.bop.scene import SceneEntry, read_scene
from recordings.images import decode_jpeg, decode_png
from recordings.naming import file_name
from recordings.source import Freshness, SourceHeader
from tracking.arrays import UInt8, frozen
from tracking.camera import CameraIntrinsics
from tracking.errors import SourceError
from tracking.frame import RgbdFrame, SourceFrame
from tracking.segmentation import Label


class BopSource:
    """Frames in the order of their indices, 30 per second; stops at the first damaged image.

    A damaged or missing label image ends nothing: its frame says so (`labels_fault`).

    Raises
    ------
    SourceError
        The scene's JSON or the images' sizes and kinds contradict the contract.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._entries = read_scene(folder)
        self._shape = check_images(folder, self._entries)
        self._has_color = (folder / "rgb").is_dir()
        self._has_labels = (folder / "label").is_dir()
        self._cameras = tuple(self._intrinsics(entry) for entry in self._entries)
        self._position = 0
        self._damage: str | None = None
        self._header = SourceHeader(
            uri=str(folder),
            kind="bop",
            origin="foreign",
            intrinsics=self._cameras[0],
            depth_unit_mm=self._entries[0].depth_unit_mm,
            n_frames=len(self._entries),
            frame_rate_hz=FRAME_RATE_HZ,
        )

    @property
    def header(self) -> SourceHeader:
        """Intrinsics and unit of the first frame; each frame carries its own."""
        return self._header

    @property
    def frame_indices(self) -> tuple[int, ...]:
        """Of every frame that is listed, in order."""
        return tuple(entry.index for entry in self._entries)

    @property
    def freshness(self) -> Freshness:
        """Recordings hand over every frame."""
        return Freshness.EVERY_FRAME

    @property
    def n_skipped(self) -> int:
        """Recordings skip nothing."""
        return 0

    @property
    def damage(self) -> str | None:
        """Why the folder ended early."""
        return self._damage

    def read(self) -> SourceFrame | None:
        """Return the next frame, None at the end or at the first image that cannot be read."""
        if self._damage is not None or self._position == len(self._entries):
            return None
        try:
            frame = self._load(self._position)
        except ValueError as error:
            self._damage = (
                f"{file_name(self._folder)} ends after {self._position} of {len(self._entries)} "
                f"frames: frame {self._entries[self._position].index} is damaged ({error})"
            )
            return None
        self._position += 1
        return frame

    def close(self) -> None:
        """Nothing stays open between frames."""

    def _intrinsics(self, entry: SceneEntry) -> CameraIntrinsics:
        k = entry.camera_matrix
        try:
            return CameraIntrinsics(
                self._shape[1], self._shape[0], *(float(x) for x in k[[0, 1, 0, 1], [0, 1, 2, 2]])
            )
        except ValueError as error:
            raise SourceError(
                f"{self._folder}: frame {entry.index} has invalid intrinsics", actual=str(error)
            ) from error

    def _load(self, position: int) -> SourceFrame:
        """Load one frame; ValueError where its depth or colour is missing or damaged."""
        entry, stamp = self._entries[position], stamp_ns(position)
        frame = RgbdFrame(
            frame_index=entry.index,
            device_serial="",
            stamp_ns=stamp,
            arrival_ns=stamp,
            intrinsics=self._cameras[position],
            depth_raw=self._png(depth_path(self._folder, entry.index), np.uint16),
            depth_unit_mm=entry.depth_unit_mm,
            color_rgb=self._color(entry.index) if self._has_color else None,
        )
        labels, labels_fault = None, ""
        try:
            labels = self._labels(entry.index)
        except ValueError as error:
            labels_fault = str(error)
        return SourceFrame(
            frame=frame,
            labels=labels,
            labels_tell_bed=self._has_labels,
            truth=entry.truth,
            labels_fault=labels_fault,
        )

    def _color(self, index: int) -> UInt8:
        path = color_path(self._folder, index)
        if path.suffix == ".jpg":
            return decode_jpeg(_read(path), self._shape)
        pixels = self._png(path, np.uint8, read_image_header(path).channels)
        return frozen(np.ascontiguousarray(pixels[..., :3]))

    def _labels(self, index: int) -> UInt8:
        """Applicator from its mask (no mask: no applicator), bed and occluders from `label/`."""
        labels = np.zeros(self._shape, np.uint8)
        if self._has_labels:
            path = label_path(self._folder, index)
            codes = self._label_png(path)
            if int(codes.max()) > max(Label):
                name = f"{path.parent.name}/{path.name}"
                raise ValueError(f"{name}: codes are 0..{max(Label)}, got {int(codes.max())}")
            kept = (codes == Label.TUMOR_BED) | (codes == Label.OCCLUDER)
            labels[kept] = codes[kept]
        mask = mask_path(self._folder, index)
        if mask.exists():
            labels[self._label_png(mask) > 0] = Label.APPLICATOR
        return frozen(labels)

    def _label_png(self, path: Path) -> UInt8:
        check_label(path, self._shape)
        return self._png(path, np.uint8)

    def _png(self, path: Path, dtype: type, channels: int = 1) -> NDArray[Any]:
        shape = self._shape if channels == 1 else (*self._shape, channels)
        try:
            return decode_png(_read(path), shape, dtype)
        except ValueError as error:
            raise ValueError(f"{path.parent.name}/{path.name}: {error}") from error


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ValueError(f"{path.parent.name}/{path.name}: {error.strerror}") from error

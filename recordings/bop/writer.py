"""Write a BOP scene folder that appears whole or not at all."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np

from recordings.bop.layout import (
    CAMERA_FILE,
    POSES_FILE,
    TRUTH_FILE,
    color_path,
    depth_path,
    label_path,
    mask_path,
)
from recordings.images import encode_png
from recordings.truth_record import TruthRecord
from tracking.camera import CameraIntrinsics
from tracking.errors import UsageError
from tracking.frame import GroundTruth, SourceFrame
from tracking.segmentation import Label

OBJECT_ID = 1  # BOP numbers objects from 1; there is one applicator


class BopWriter:
    """Writes into a hidden folder beside `folder` and renames it when closed.

    Leaving the context after an error, or `abandon`, leaves nothing behind.

    Parameters
    ----------
    folder : Path
        Must not exist, or be empty.
    intrinsics, depth_unit_mm
        Of every frame.

    Raises
    ------
    UsageError
        The folder holds something or cannot be created; a frame of another camera or unit,
        or an index used twice.
    """

    def __init__(self, folder: Path, intrinsics: CameraIntrinsics, depth_unit_mm: float) -> None:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise UsageError(f"{folder} exists and is not empty", remedy="name a new folder")
        self._folder, self._intrinsics, self._unit_mm = folder, intrinsics, depth_unit_mm
        self._partial = folder.with_name(f".{folder.name}.part")
        self._cameras: dict[str, Any] = {}
        self._poses: dict[str, Any] = {}
        self._truths: dict[str, Any] = {}
        try:
            shutil.rmtree(self._partial, ignore_errors=True)  # of a run that was killed
            self._partial.mkdir(parents=True)
        except OSError as error:
            raise UsageError(f"cannot create {folder}", actual=str(error.strerror)) from error

    def write(self, source_frame: SourceFrame) -> None:
        """Append one frame with its labels and truth; its stamps have no place in a folder."""
        frame = source_frame.frame
        key, index = str(frame.frame_index), frame.frame_index
        if frame.intrinsics != self._intrinsics or frame.depth_unit_mm != self._unit_mm:
            raise UsageError(f"frame {key} is of another camera or depth unit than the folder")
        if index < 0 or key in self._cameras:
            raise UsageError(f"frame index {key} is negative or used twice")
        self._cameras[key] = {
            "cam_K": self._intrinsics.matrix.ravel().tolist(),
            "depth_scale": self._unit_mm,
        }
        _write(depth_path(self._partial, index), encode_png(frame.depth_raw))
        if frame.color_rgb is not None:
            _write(color_path(self._partial, index), encode_png(frame.color_rgb))
        if source_frame.labels is not None:
            mask = np.where(source_frame.labels == Label.APPLICATOR, 255, 0).astype(np.uint8)
            _write(mask_path(self._partial, index), encode_png(mask))
            if source_frame.labels_tell_bed:
                _write(label_path(self._partial, index), encode_png(source_frame.labels))
        if source_frame.truth is not None:
            self._add_truth(key, source_frame.truth)

    def close(self) -> None:
        """Write the JSON files and let the folder appear; safe to call twice."""
        if not self._partial.exists():
            return
        for name, content in (
            (CAMERA_FILE, self._cameras),
            (POSES_FILE, self._poses),
            (TRUTH_FILE, self._truths),
        ):
            if content or name == CAMERA_FILE:
                text = json.dumps(content, indent=1, allow_nan=False) + "\n"
                (self._partial / name).write_text(text, encoding="utf-8")
        self._partial.rename(self._folder)

    def abandon(self) -> None:
        """Remove what was written so far."""
        shutil.rmtree(self._partial, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is None:
            self.close()
        else:
            self.abandon()

    def _add_truth(self, key: str, truth: GroundTruth) -> None:
        pose = truth.camera_from_applicator
        self._poses[key] = []
        if pose is not None:
            self._poses[key].append(
                {
                    "cam_R_m2c": pose[:3, :3].ravel().tolist(),
                    "cam_t_m2c": pose[:3, 3].tolist(),
                    "obj_id": OBJECT_ID,
                }
            )
        record = TruthRecord.of(truth).model_dump(exclude={"camera_from_applicator"})
        self._truths[key] = record


def _write(path: Path, payload: bytes) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(payload)

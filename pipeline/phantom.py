"""`qa phantom`: register a cone phantom in a recording and compare it with its known place."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from calibration.phantom import PhantomResult, judge_phantom
from calibration.poses_file import MM_PER_UNIT
from calibration.rig_check import check_rig_fits_camera
from calibration.rig_file import read_rig
from models.loading import load_segmenter
from pipeline.catalogued_cone import catalogued_cone
from pipeline.config.catalogue_file import read_catalogue
from recordings.opening import open_source
from recordings.source import SourceHeader
from tracking.arrays import Float
from tracking.errors import ConfigurationError
from tracking.register import register
from tracking.registration import Registration
from tracking.rig import Rig

POSE_KEYS = {"unit", "head_from_applicator"}


@dataclass(frozen=True, eq=False)
class MeasuredPhantom:
    """The figures, what they were measured with, and the source they are of."""

    result: PhantomResult
    rig: Rig
    model_id: str
    header: SourceHeader


def measure_phantom(
    source_uri: str,
    rig_path: Path,
    applicator_id: str,
    pose_path: Path,
    *,
    catalogue_path: Path | None = None,
    segmenter_kind: Literal["onnx", "masks"] = "onnx",
    n_frames: int = 40,
) -> MeasuredPhantom:
    """Register the phantom in every frame, each on its own, and judge the mean.

    Raises
    ------
    ConfigurationError, SourceError, CalibrationError
        As the parts say.
    """
    rig = read_rig(rig_path)
    known = read_known_pose(pose_path)
    catalogue = read_catalogue(catalogue_path)
    applicator = catalogue.find(applicator_id)
    model = catalogued_cone(applicator)
    segmenter = load_segmenter(segmenter_kind)
    found: list[Registration] = []
    source = open_source(source_uri, applicators=catalogue.applicators)
    try:
        check_rig_fits_camera(rig, source.header.device_serial, source.header.origin)
        while len(found) < n_frames and (read := source.read()) is not None:
            frame = read.frame
            found.append(
                register(
                    model,
                    segmenter.segment(read),
                    rig.depth.correct(frame.depth_mm),
                    frame.intrinsics,
                    rig.depth,
                    color_rgb=frame.color_rgb,
                )
            )
    finally:
        source.close()
    result = judge_phantom(found, rig, known)
    return MeasuredPhantom(result, rig, segmenter.model_id, source.header)


def read_known_pose(path: Path) -> Float:
    """Read `{"unit": "mm"|"m", "head_from_applicator": 4x4}`; the result is in mm.

    Raises
    ------
    ConfigurationError
        Missing, no JSON, another form, or no unit.
    """
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise _no_pose(path, str(error)) from error
    if not isinstance(value, dict) or set(value) != POSE_KEYS or value["unit"] not in MM_PER_UNIT:
        raise _no_pose(path, str(value)[:80])
    try:
        matrix = np.array(value["head_from_applicator"], dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise _no_pose(path, str(error)) from error
    if matrix.shape != (4, 4):
        raise _no_pose(path, f"a matrix of shape {matrix.shape}")
    matrix[:3, 3] *= MM_PER_UNIT[value["unit"]]
    return matrix


def _no_pose(path: Path, actual: str) -> ConfigurationError:
    return ConfigurationError(
        f"The phantom's known pose {path} cannot be used.",
        expected='{"unit": "mm" or "m", "head_from_applicator": 4x4}',
        actual=actual,
    )

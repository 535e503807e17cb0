"""`calibrate collar`: cone by depth and collar by its codes, frame by frame, and the place between.

Depth registers the cone without any help of the collar; the picture places the collar without any
help of the depth. Neither sees the other's answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from calibration.collar_offset import CollarOffset, collar_offset
from calibration.rig_check import check_rig_fits_camera
from calibration.rig_file import read_rig
from models.loading import load_segmenter
from pipeline.catalogued_cone import catalogued_cone
from pipeline.config.catalogue_file import read_catalogue
from recordings.opening import open_source
from recordings.progress import Report
from tracking.applicator import Applicator
from tracking.arrays import Float
from tracking.collar_estimate import collar_dictionary, estimate_from_collar
from tracking.collar_marks import find_markers
from tracking.errors import CalibrationError, ConfigurationError
from tracking.frame import SourceFrame
from tracking.register import register
from tracking.second_opinion import picture_of


@dataclass(frozen=True, eq=False)
class CollarPlace:
    """`frames` of the views that saw both; `missed`: frames left out, and why."""

    offset: CollarOffset
    frames: tuple[int, ...]
    missed: tuple[tuple[int, str], ...]
    placement_sigma_mm: float


def measure_collar(
    source_uri: str,
    rig_path: Path,
    applicator_id: str,
    report: Report,
    *,
    catalogue_path: Path | None = None,
    segmenter_kind: Literal["onnx", "masks"] = "onnx",
    n_frames: int = 40,
) -> CollarPlace:
    """Measure cone and collar apart in every frame, and where the one sits on the other.

    Raises
    ------
    ConfigurationError
        The applicator has no collar in the catalogue.
    SourceError, CalibrationError
        As the parts say, or too few frames that show both.
    """
    rig = read_rig(rig_path)
    catalogue = read_catalogue(catalogue_path)
    applicator = catalogue.find(applicator_id)
    if applicator.collar is None:
        raise ConfigurationError(
            f"The applicator {applicator_id} has no collar in the catalogue.",
            expected=f"[applicator.{applicator_id}.collar]",
            actual="no such table",
            remedy="Name the catalogue that describes the printed collar (--catalogue).",
        )
    model = catalogued_cone(applicator)
    segmenter = load_segmenter(segmenter_kind)
    cones: list[Float] = []
    collars: list[Float] = []
    frames: list[int] = []
    missed: list[tuple[int, str]] = []
    is_roll_known, n = True, 0
    source = open_source(source_uri, applicators=catalogue.applicators)
    try:
        check_rig_fits_camera(rig, source.header.device_serial, source.header.origin)
        while n < n_frames and (read := source.read()) is not None:
            n += 1
            report(n, n_frames)
            frame = read.frame
            collar = _collar_pose(read, applicator)
            if isinstance(collar, str):
                missed.append((frame.frame_index, collar))
                continue
            cone = register(
                model,
                segmenter.segment(read),
                rig.depth.correct(frame.depth_mm),
                frame.intrinsics,
                rig.depth,
                color_rgb=frame.color_rgb,
            )
            if cone.camera_from_applicator is None or not cone.is_ok or not cone.axial_observable:
                missed.append((frame.frame_index, "the cone is not registered by depth"))
                continue
            is_roll_known &= cone.roll_observable
            cones.append(cone.camera_from_applicator)
            collars.append(collar)
            frames.append(frame.frame_index)
    finally:
        source.close()
    if not frames:
        raise CalibrationError(
            "No frame shows the collar and its applicator.",
            expected=f"{applicator_id} with its printed codes, sharp and well lit",
            actual=f"{n} frames; {missed[0][1] if missed else 'the source is empty'}",
            remedy="Check --applicator and --catalogue, and go nearer.",
        )
    offset = collar_offset(cones, collars, is_roll_known=is_roll_known)
    return CollarPlace(offset, tuple(frames), tuple(missed), applicator.collar.placement_sigma_mm)


def _collar_pose(read: SourceFrame, applicator: Applicator) -> Float | str:
    """`camera_from_applicator` by the codes alone, or why there is none."""
    own = {applicator.id: applicator}
    picture, dictionary = picture_of(read), collar_dictionary(own)
    if picture is None or dictionary is None:
        return "the frame has no picture"
    found = estimate_from_collar(picture, find_markers(picture, dictionary, None), own, applicator)
    return "the collar's codes are not read" if found is None else found.camera_from_applicator

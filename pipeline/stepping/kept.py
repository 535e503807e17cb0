"""What is kept of a frame that was passed: its texts and what its picture needs, no images.

The labels are those that were drawn, packed: the registered cone has corrected them, so labelling
the frame anew would draw others.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, replace

import numpy as np

from pipeline.sinks.records import record_line
from pipeline.sinks.sink import FrameResult
from tracking.applicator import Applicator
from tracking.arrays import Float, UInt8
from tracking.camera import CameraIntrinsics
from tracking.errors import SourceError
from tracking.frame import SourceFrame
from tracking.plan import Plan
from tracking.record import FrameRecord
from tracking.segmentation import Segmentation
from tracking.survey_alignment import AlignedSurvey
from tracking.survey_map import SurveyMap

QUICK = 1  # zlib's level: labels are flat, higher ones save little

_ONE_CELL = CameraIntrinsics(width=1, height=1, fx=1.0, fy=1.0, cx=0.0, cy=0.0)


@dataclass(frozen=True, eq=False)
class KeptFrame:
    """A frame as it was shown, so that it can be shown again.

    Attributes
    ----------
    position : int
        In the recording, from 0.
    record : FrameRecord
        Without the survey's cells.
    line : str
        The whole record, as `records.jsonl` holds it.
    block : str
        What the terminal shows.
    """

    position: int
    record: FrameRecord
    line: str
    block: str
    drawn_pose: Float | None
    packed_labels: bytes
    plan: Plan | None = None
    applicator: Applicator | None = None


def kept(result: FrameResult, position: int, block: str) -> KeptFrame:
    """Keep what `result`, its pose steadied, is shown and drawn from."""
    record = result.record
    return KeptFrame(
        position=position,
        record=replace(record, survey=_without_cells(record.survey)),
        line=record_line(record),
        block=block,
        drawn_pose=result.steadied_pose,
        packed_labels=zlib.compress(result.segmentation.labels.tobytes(), QUICK),
        plan=result.plan,
        applicator=result.applicator,
    )


def restored(frame: KeptFrame, source_frame: SourceFrame) -> FrameResult:
    """The result that draws the same picture.

    Raises
    ------
    SourceError
        `source_frame` is another frame.
    """
    read, record = source_frame.frame, frame.record
    if (read.frame_index, read.stamp_ns) != (record.frame_index, record.stamp_ns):
        raise SourceError(
            f"Another frame lies at position {frame.position} now.",
            expected=f"frame {record.frame_index} of {record.stamp_ns} ns",
            actual=f"frame {read.frame_index} of {read.stamp_ns} ns",
            remedy="Step through the session anew: its file has changed.",
        )
    shape = read.intrinsics.shape
    labels: UInt8 = np.frombuffer(zlib.decompress(frame.packed_labels), np.uint8).reshape(shape)
    segmentation = Segmentation(labels, record.ids.model)
    return FrameResult(
        source_frame,
        segmentation,
        record,
        steadied_pose=frame.drawn_pose,
        plan=frame.plan,
        applicator=frame.applicator,
    )


def _without_cells(survey: AlignedSurvey) -> AlignedSurvey:
    """Status and number of frames alone: a map of its own in each frame takes megabytes."""
    whole = survey.survey
    if whole is None:
        return survey
    cell = np.zeros((1, 1), np.float32)
    names = ("inverse_depth_per_mm", "n_agreeing", "bed_share", "occluder_share", "texture")
    cells = dict.fromkeys(names, cell)
    small = SurveyMap(
        grid=_ONE_CELL,
        n_frames=whole.n_frames,
        origin_frame_index=whole.origin_frame_index,
        **cells,
    )
    return replace(survey, survey=small, stretches=None)

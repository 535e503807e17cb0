"""The file for viewers as an export: of results, or of frames with what was decided live."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from pipeline.sinks.sink import FrameResult
from recordings.session.foxglove import LEVELS
from recordings.session.notes import json_object
from recordings.session.viewer_file import ViewerFile
from tracking.arrays import Float
from tracking.frame import LiveNotes, SourceFrame
from tracking.transforms import check_transform


class ViewerExport:
    """Raises UsageError where the file exists or cannot be created."""

    def __init__(self, path: Path) -> None:
        self._file = ViewerFile(path)

    def emit(self, result: FrameResult) -> None:
        """Take one result; its labels are the segmenter's."""
        decision = result.record.decision
        self._file.write(
            replace(result.source_frame, labels=result.segmentation.labels),
            result.record.registration.camera_from_applicator,
            str(decision.verdict),
            [str(reason) for reason in decision.reasons],
        )

    def write(self, source_frame: SourceFrame) -> None:
        """Take one frame without results; of a live recording with what was decided then."""
        self._file.write(source_frame, *decided_live(source_frame.live))

    def abandon(self) -> None:
        """Close the file: whoever named it removes it."""
        self._file.close()

    def close(self) -> None:
        """Finish the file."""
        self._file.close()


def decided_live(notes: LiveNotes | None) -> tuple[Float | None, str, list[str]]:
    """`camera_from_applicator`, verdict and reasons of a live recording's frame.

    What is none of ours is left out: None, "" and nothing.
    """
    record = None if notes is None else json_object(notes.record)
    if record is None:
        return None, "", []
    verdict, reasons = record.get("verdict"), record.get("reasons")
    return (
        _pose(record.get("registration")),
        verdict if isinstance(verdict, str) and verdict in LEVELS else "",
        [each for each in reasons if isinstance(each, str)] if isinstance(reasons, list) else [],
    )


def _pose(registration: object) -> Float | None:
    rows = registration.get("camera_from_applicator") if isinstance(registration, dict) else None
    if rows is None:
        return None
    try:
        return check_transform("camera_from_applicator", rows)
    except (ValueError, TypeError, OverflowError):
        return None

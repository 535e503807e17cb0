"""Frames of a source into what a QA run gathers: labels, the phantom's pose, the base's depth."""

from __future__ import annotations

from dataclasses import dataclass

from calibration.qa.baseline import Baseline
from calibration.qa.frame_figures import Gathered
from models.segmenter import Segmenter
from pipeline.catalogued_cone import catalogued_cone
from recordings.progress import Report
from recordings.source import Source
from tracking.applicator import Applicator
from tracking.errors import SourceError
from tracking.frame import SourceFrame
from tracking.register import register
from tracking.rig import Rig


@dataclass(frozen=True, eq=False)
class Measured:
    """What was gathered, and the last frame with its labels for the report's pictures."""

    gathered: Gathered
    last: SourceFrame | None


class PhantomMeasurer:
    """Registers the phantom frame by frame, as the tracker registers a planned cone."""

    def __init__(self, applicator: Applicator, rig: Rig, segmenter: Segmenter) -> None:
        self._model = catalogued_cone(applicator)
        self._rig, self._segmenter = rig, segmenter

    def measure(
        self,
        source: Source,
        n_frames: int,
        baseline: Baseline | None,
        report: Report,
        first: SourceFrame | None = None,
    ) -> Measured:
        """Take in up to `n_frames`; a source that ends early or breaks gives fewer.

        Parameters
        ----------
        first : SourceFrame or None
            A frame that was read already (`first_frame`).

        Raises
        ------
        SourceError
            Not one frame could be read.
        """
        gathered, last, prior = Gathered(baseline), None, None
        noise = self._rig.depth
        while gathered.n_frames < n_frames:
            source_frame = first or _read(source, gathered.n_frames)
            first = None
            if source_frame is None:
                break
            frame, last = source_frame.frame, source_frame
            depth_mm = noise.correct(frame.depth_mm)
            labels = self._segmenter.segment(source_frame)
            found = register(
                self._model, labels, depth_mm, frame.intrinsics, noise, prior, frame.color_rgb
            )
            prior = found.camera_from_applicator if found.is_ok else None
            gathered.add(frame, depth_mm, labels.applicator_mask, found)
            report(gathered.n_frames, n_frames)
        return Measured(gathered, last)


def first_frame(source: Source) -> SourceFrame | None:
    """Read a frame before a run begins; None: the source is empty. Raises SourceError."""
    return source.read()


def _read(source: Source, n_done: int) -> SourceFrame | None:
    """A camera that fails in the middle leaves a run that is too short, which fails its check."""
    try:
        return source.read()
    except SourceError:
        if n_done == 0:
            raise
        return None

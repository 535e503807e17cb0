"""Runs a segmenter over labelled frames, as the pipeline uses it: in the depth grid."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from models.evaluation.frame_score import FrameScore, score_frame
from models.evaluation.strata import frame_strata
from models.segmenter import Segmenter
from tracking.arrays import UInt8
from tracking.errors import SourceError
from tracking.frame import SourceFrame

Watcher = Callable[[FrameScore, SourceFrame, UInt8], None]
"""Told each frame's score, the frame, and the labels that were found."""


def score(
    segmenter: Segmenter,
    source_frame: SourceFrame,
    name: str,
    *,
    facts: Mapping[str, str] | None = None,
    watcher: Watcher | None = None,
) -> FrameScore:
    """Segment one labelled frame and compare.

    Parameters
    ----------
    facts
        Further groups that the frame belongs to, by the name of the division.

    Raises
    ------
    SourceError
        The frame has no labels.
    """
    truth = source_frame.labels
    if truth is None:
        raise SourceError(f"frame {name} has no labels", remedy="evaluate labelled frames only")
    predicted = segmenter.segment(source_frame).labels
    strata = frame_strata(source_frame.frame.depth_mm, truth) | dict(facts or {})
    scored = score_frame(name, truth, predicted, strata, tells_bed=source_frame.labels_tell_bed)
    if watcher is not None:
        watcher(scored, source_frame, predicted)
    return scored


def without_color(source_frame: SourceFrame) -> SourceFrame:
    """The same frame as a recording without colour gives it."""
    return replace(source_frame, frame=replace(source_frame.frame, color_rgb=None))

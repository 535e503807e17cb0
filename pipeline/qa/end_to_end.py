"""`qa end-to-end`: a docked phantom of known geometry through the whole tracker."""

from __future__ import annotations

from collections.abc import Mapping

from calibration.qa.end_to_end import Known, judge
from calibration.qa_metric import Metric
from models.segmenter import Segmenter
from pipeline.config.load import RunConfig
from pipeline.evidence import evidence_for
from pipeline.tracker import Tracker
from recordings.progress import Report
from recordings.source import Source
from tracking.alignment import Alignment
from tracking.errors import CalibrationError


def measure_end_to_end(
    source: Source,
    config: RunConfig,
    segmenter: Segmenter,
    known: Mapping[str, Known],
    n_frames: int,
    report: Report,
) -> tuple[Metric, ...]:
    """Track to the source's end, or until `n_frames` show the cone, and judge those.

    Frames without an applicator come first and are not judged: the bed is surveyed in them, as in
    a treatment.

    Raises
    ------
    CalibrationError
        Another camera than the rig's, no frame with a registered cone, or a quantity is missing.
    """
    start = evidence_for(source.header, config.rig, now=None)
    tracker = Tracker(config, segmenter, start.evidence)
    found: list[Alignment] = []
    while len(found) < n_frames and (read := source.read()) is not None:
        record = tracker.process(read).record
        if record.registration.is_ok:
            found.append(record.alignment)
            report(len(found), n_frames)
    if not found:
        raise CalibrationError(
            "The phantom is not registered in any frame.",
            expected=f"{config.applicator.id} docked in its jig",
            remedy="Free the view of ring and rim; check the plan's applicator.",
        )
    return judge(found, known)

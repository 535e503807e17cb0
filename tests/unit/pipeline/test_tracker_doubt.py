"""What the segmenter says against its labels reaches the gate and the record."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from models.mask_segmenter import MaskSegmenter
from models.segmenter import Ahead
from pipeline.config.catalogue_file import read_catalogue
from pipeline.config.load import load_config
from pipeline.evidence import evidence_for
from pipeline.tracker import Tracker
from recordings.simulation.source import open_simulation
from tracking.doubt import STORED_LABELS, UNPROVEN, DoubtCause, LabelDoubt
from tracking.frame import SourceFrame
from tracking.reasons import Reason
from tracking.segmentation import Segmentation


class Doubtful(MaskSegmenter):
    """True labels, of which anything may be said."""

    def __init__(self, doubt: LabelDoubt) -> None:
        self._doubt = doubt

    def segment(self, source_frame: SourceFrame, _ahead: Ahead = None) -> Segmentation:
        return replace(super().segment(source_frame), doubt=self._doubt)


@pytest.mark.parametrize(
    ("doubt", "reason"),
    [
        (STORED_LABELS, None),
        (UNPROVEN, Reason.LABELS_DOUBTFUL),
        (LabelDoubt(0.6, 0.5, DoubtCause.LIGHT), Reason.LIGHT_UNSUITABLE),
    ],
)
def test_doubt_decides_and_is_recorded(
    doubt: LabelDoubt, reason: Reason | None, tmp_path: Path
) -> None:
    source = open_simulation("sim:bench", read_catalogue(None).applicators)
    for name, text in source.header.embedded:
        (tmp_path / name).write_text(text)
    config = load_config(tmp_path / "rig.toml", tmp_path / "plan.toml")
    evidence = evidence_for(source.header, config.rig, None).evidence
    record = Tracker(config, Doubtful(doubt), evidence).process(source.frame(0)).record
    told = {Reason.LABELS_DOUBTFUL, Reason.LIGHT_UNSUITABLE} & set(record.decision.reasons)
    assert told == (set() if reason is None else {reason})
    assert record.decision.checks_passed == (record.decision.reasons == (Reason.ARMING,))
    assert record.to_json()["labels"] == {
        "doubt": doubt.score,
        "limit": doubt.limit,
        "cause": str(doubt.cause),
    }

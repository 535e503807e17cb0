"""Notes of a live recording that are none: damage where they lie, never a software failure."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import pytest

from models.mask_segmenter import MaskSegmenter
from pipeline.cli.app import main
from pipeline.config.load import RunConfig
from pipeline.diff.records import read_records
from pipeline.recorder.client import LiveRecorder
from pipeline.recorder.handed import Handed
from pipeline.recorder.noting import SessionNotes
from pipeline.recorder.recorded_tracker import RecordedTracker
from pipeline.recorder.texts import header_of_session
from pipeline.surroundings import Surroundings
from pipeline.tracker import Tracker
from recordings.session.writer import SessionWriter
from recordings.simulation.source import open_simulation
from recordings.source import SourceHeader
from tests.unit.pipeline.test_recorded_revision import SCENARIO, Kept, config_in
from tracking.errors import SourceError
from tracking.frame import LiveNotes, SourceFrame
from tracking.snapshot import SessionEvidence

N_FRAMES = 3
SPOILT = 1  # the frame whose notes are none
DEEP = '{"a":' * 40_000
NO_RECORDS = ["[", "[]", "3", '"a"', DEEP, '{"a":NaN}']
NO_NOTES = [LiveNotes("{}", "["), LiveNotes("{}", DEEP), LiveNotes("[]", "{}")]


@dataclass(frozen=True)
class Recorded:
    """A short live session as its recorder was handed it."""

    header: SourceHeader
    config: RunConfig
    handed: list[Handed]

    def frame(self, position: int, **changes: str) -> SourceFrame:
        """One frame as a recording hands it over, its notes changed."""
        handed = self.handed[position]
        assert handed.notes is not None
        return replace(handed.source_frame, live=replace(handed.notes, **changes))

    def written(self, path: Path, notes: LiveNotes | None = None) -> Path:
        """As a file; `notes` in place of the spoilt frame's."""
        handed = list(self.handed)
        if notes is not None:
            handed[SPOILT] = replace(handed[SPOILT], notes=notes)
        with SessionWriter(path, self.header) as writer:
            for one in handed:
                writer.write_encoded(one.encoded())
        return path


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    config = config_in(tmp_path_factory.mktemp("config"))
    source, segmenter, kept = open_simulation(SCENARIO, config.applicators), MaskSegmenter(), Kept()
    header = replace(source.header, origin="live")
    notes = SessionNotes(cast(LiveRecorder, kept))
    evidence = SessionEvidence()
    ask = notes.around(lambda _facts: Surroundings(evidence, faults=frozenset()))
    tracker = Tracker(config, segmenter, evidence, age_ms=notes.aged(lambda _frame: 40.0), ask=ask)
    for _ in range(N_FRAMES):
        frame = source.read()
        assert frame is not None
        notes.begin(tracker)
        notes.decided(tracker.process(frame, notes.as_recorded))
    return Recorded(header_of_session(header, config, "s", segmenter.model_id), config, kept.handed)


def replayed(path: Path, out: Path) -> int:
    return main(["replay", str(path), "--out", str(out), "--segmenter", "masks", "--no-video"])


def test_the_whole_session_replays_as_it_was_decided(recorded: Recorded, tmp_path: Path) -> None:
    assert replayed(recorded.written(tmp_path / "s.mcap"), tmp_path / "out") == 0
    found = json.loads((tmp_path / "out" / "live_comparison.json").read_text())
    assert (found["n_equal"], found["n_differing"]) == (N_FRAMES, 0)


@pytest.mark.parametrize("notes", NO_NOTES, ids=["open", "deep", "list"])
def test_a_replay_ends_before_notes_that_are_none(
    recorded: Recorded, tmp_path: Path, notes: LiveNotes, capsys: pytest.CaptureFixture[str]
) -> None:
    path, out = recorded.written(tmp_path / "s.mcap", notes), tmp_path / "out"
    assert replayed(path, out) == 5
    assert "The software failed" not in capsys.readouterr().err
    assert len((out / "records.jsonl").read_text().splitlines()) == SPOILT
    assert json.loads((out / "summary.json").read_text())["truncated"] is True


def test_decisions_that_are_none_are_compared_with_nothing(
    recorded: Recorded, tmp_path: Path
) -> None:
    path = recorded.written(tmp_path / "s.mcap", LiveNotes("{}", "[" * 40_000))
    with pytest.raises(SourceError, match="cannot be read to its end") as caught:
        read_records(path)
    assert "no JSON object" in caught.value.actual


def tracker_of(recorded: Recorded) -> RecordedTracker:
    return RecordedTracker(recorded.header, recorded.config, MaskSegmenter(), SessionEvidence())


@pytest.mark.parametrize("record", NO_RECORDS, ids=lambda text: text[:8])
def test_a_record_that_is_none_is_refused_by_the_tracker_too(
    recorded: Recorded, record: str
) -> None:
    with pytest.raises(SourceError, match="cannot be used"):
        tracker_of(recorded).process(recorded.frame(0, record=record))


@pytest.mark.parametrize("around", ["[", "[]", DEEP, '{"ordinal":0}'], ids=lambda text: text[:8])
def test_surroundings_that_are_none_are_refused(recorded: Recorded, around: str) -> None:
    with pytest.raises(SourceError, match="cannot be used"):
        tracker_of(recorded).process(recorded.frame(0, around=around))


@pytest.mark.parametrize("ids", ["[]", "3", "null", '"software"'])
def test_a_record_with_other_ids_differs(recorded: Recorded, ids: str) -> None:
    tracker = tracker_of(recorded)
    tracker.process(recorded.frame(0, record=f'{{"ids":{ids}}}'))
    assert tracker.comparison is not None
    assert (tracker.comparison.n_equal, tracker.comparison.n_differing) == (0, 1)


def test_an_ordinal_beyond_all_measure_is_refused(recorded: Recorded) -> None:
    """Else so many frames are missing that their number cannot be written."""
    handed = recorded.handed[0].notes
    assert handed is not None
    table = {**json.loads(handed.around), "ordinal": 2**63}
    with pytest.raises(SourceError, match="cannot be used"):
        tracker_of(recorded).process(recorded.frame(0, around=json.dumps(table)))

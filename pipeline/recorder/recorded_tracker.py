"""Tracks a recording as it was tracked live, where it says how.

For a recording of a live session the kernel is handed, frame by frame, what it was handed then:
persons, QA, faults, ages, revisions of the plan. Fails to: not done.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic import ValidationError

from models.segmenter import Segmenter
from pipeline.config.load import RunConfig
from pipeline.privacy.note import privacy_of
from pipeline.recorder.around import AroundRecord
from pipeline.recorder.comparison import LiveComparison
from pipeline.recorder.revision_record import RevisionRecord
from pipeline.recorder.texts import keeps_notes, recorded_plan
from pipeline.sinks.sink import FrameResult
from pipeline.surroundings import FrameFacts, Surroundings
from pipeline.tracker import Tracker, recorded_age_ms
from recordings.session.notes import json_object
from recordings.session.parts import part_of
from recordings.source import SourceHeader
from tracking.errors import SourceError, TrackerError
from tracking.frame import RgbdFrame, SourceFrame
from tracking.snapshot import SessionEvidence


@dataclass(eq=False)
class RecordedTracker:
    """A tracker of recordings.

    Attributes
    ----------
    comparison : LiveComparison or None
        So far; None where the recording keeps no live session.
    begins_within : bool
        The first frame is not the recording's first: what lies before it is not missing.
    """

    header: SourceHeader
    config: RunConfig
    segmenter: Segmenter
    evidence: SessionEvidence
    is_independent: bool = False
    begins_within: bool = False
    comparison: LiveComparison | None = field(default=None, init=False)
    _tracker: Tracker = field(init=False)
    _around: AroundRecord | None = field(default=None, init=False)
    _ordinal: int | None = field(default=None, init=False)
    _revised: RevisionRecord | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        is_live = keeps_notes(self.header)
        part = part_of(self.header)
        n_earlier = 0 if part is None else part.n_frames_before
        if is_live:
            self.comparison = LiveComparison(
                n_earlier=n_earlier,
                colour=privacy_of(self.header).colour,
                has_its_plan=recorded_plan(self.header) == self.config.plan.id,
                begins_within=self.begins_within,
            )
        if not self.begins_within:
            self._ordinal = n_earlier - 1
        self._tracker = Tracker(
            self.config,
            self.segmenter,
            self.evidence,
            age_ms=self._age_ms,
            is_independent=self.is_independent,
            ask=self._ask if is_live else None,
        )

    def process(self, source_frame: SourceFrame) -> FrameResult:
        """Process one frame into a record.

        Raises
        ------
        SourceError
            What the recording keeps of the live session is no record of this software.
        """
        self._around = self._read(source_frame)
        if self._around is not None and self._around.revision is not None:
            self._revise(self._around)
        try:
            result = self._tracker.process(source_frame)
        except TypeError as error:
            if self._around is None:
                raise
            raise _unusable(source_frame, error) from error
        self._compare(source_frame, result)
        return result

    def _read(self, source_frame: SourceFrame) -> AroundRecord | None:
        if self.comparison is None or source_frame.live is None:
            return None
        try:
            return AroundRecord.model_validate_json(source_frame.live.around)
        except ValidationError as error:
            raise _unusable(source_frame, error) from error

    def _revise(self, around: AroundRecord) -> None:
        revision = around.revision
        if revision is None or revision.base_plan != self.config.plan.id:
            return  # the recording's revision is of another plan than the one given here
        if revision == self._revised:
            return  # a part begins with what is in force: told again, it is no news
        self._revised = revision
        try:
            self._tracker.revise(revision.config(self.config), revision.marks)
        except (TrackerError, KeyError, ValueError) as error:
            raise SourceError(
                "The recording's revision of the plan cannot be used.",
                actual=str(error),
                remedy="Replay with the plan and catalogue of the session.",
            ) from error

    def _age_ms(self, frame: RgbdFrame) -> float:
        return recorded_age_ms(frame) if self._around is None else self._around.age_ms

    def _ask(self, facts: FrameFacts) -> Surroundings:
        if self._around is None:
            return Surroundings(self.evidence)
        return self._around.surroundings(facts.running)

    def _compare(self, source_frame: SourceFrame, result: FrameResult) -> None:
        before, around, live = self.comparison, self._around, source_frame.live
        if before is None or around is None or live is None:
            return
        then = json_object(live.record)
        if then is None:
            raise _unusable(source_frame, "its record is no JSON object")
        now = json_object(json.dumps(result.record.to_json())) or {}
        is_equal = _comparable(then) == _comparable(now)
        first = before.first_differing
        if first is None and not is_equal:
            first = source_frame.frame.frame_index
        self.comparison = replace(
            before,
            n_equal=before.n_equal + is_equal,
            n_differing=before.n_differing + (not is_equal),
            first_differing=first,
            n_unrecorded=before.n_unrecorded + self._n_missing(around.ordinal),
        )
        self._ordinal = around.ordinal

    def _n_missing(self, ordinal: int) -> int:
        """Frames that were decided between the one before and this one."""
        return 0 if self._ordinal is None else max(0, ordinal - self._ordinal - 1)


def _comparable(record: Mapping[str, Any]) -> dict[str, Any]:
    """What must be equal; ids that are none, in a record that is not ours, stay as they are."""
    kept = {name: value for name, value in record.items() if name != "stage_ms"}
    ids = kept.get("ids")
    if isinstance(ids, dict):
        kept["ids"] = {name: value for name, value in ids.items() if name != "software"}
    return kept


def _unusable(source_frame: SourceFrame, why: Exception | str) -> SourceError:
    return SourceError(
        f"What the recording keeps of frame {source_frame.frame.frame_index} cannot be used.",
        expected="as a live session writes it",
        actual=str(why).partition("\n")[0],
        remedy="Replay it with the software that recorded it.",
    )

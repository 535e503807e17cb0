"""Notes what a live loop hands to the kernel, frame by frame."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace

from pipeline.config.load import RunConfig
from pipeline.recorder.around import AroundRecord
from pipeline.recorder.client import LiveRecorder
from pipeline.recorder.handed import Handed
from pipeline.recorder.revision_record import RevisionRecord
from pipeline.recorder.veil import Veil
from pipeline.sinks.sink import FrameResult
from pipeline.surroundings import AskSurroundings, FrameFacts, Surroundings
from pipeline.tracker import AgeMs, Tracker
from recordings.encoded_picture import as_recorded, color_as_recorded
from tracking.frame import LiveNotes, RgbdFrame, SourceFrame
from tracking.reasons import Reason


@dataclass(eq=False)
class SessionNotes:
    """Stands between the session and its tracker, and feeds the recorder.

    The pixels that are decided on are those that are recorded: colour goes through its encoding
    before the frame is measured, unless not all of it is recorded.
    """

    recorder: LiveRecorder
    veil: Veil = field(default_factory=Veil)
    _jpeg: bytes | None = field(default=None, init=False)
    _around: Surroundings | None = field(default=None, init=False)
    _age_ms: float = field(default=0.0, init=False)
    _base: RunConfig | None = field(default=None, init=False)
    _in_force: RunConfig | None = field(default=None, init=False)
    _revision: RevisionRecord | None = field(default=None, init=False)
    _ordinal: int = field(default=0, init=False)

    def around(self, ask: AskSurroundings) -> AskSurroundings:
        """The session's surroundings, a recorder that failed among the faults."""

        def asked(facts: FrameFacts) -> Surroundings:
            told = ask(facts)
            if self.recorder.status.failure:
                faults = told.faults or frozenset()
                told = replace(told, faults=faults | {Reason.RECORDER_FAILED})
            self._around = told
            return told

        return asked

    def aged(self, age_ms: AgeMs) -> AgeMs:
        """The same age, noted."""

        def asked(frame: RgbdFrame) -> float:
            self._age_ms = age_ms(frame)
            return self._age_ms

        return asked

    def begin(self, tracker: Tracker) -> None:
        """Take note of what the next frame will be decided by."""
        if self._base is None:
            self._base = self._in_force = tracker.config
        elif tracker.config is not self._in_force:
            self._in_force = tracker.config
            self._revision = RevisionRecord.of(self._base, tracker.config, tracker.marks)
            self.veil.learn(self._revision.plan)

    def as_recorded(self, source_frame: SourceFrame) -> SourceFrame:
        """The frame as its replay will see it."""
        if not self.veil.shows_colour:
            return source_frame
        picture = source_frame.picture
        if picture is not None and not picture.encoded:
            source_frame = replace(source_frame, picture=as_recorded(picture))
        recorded, self._jpeg = color_as_recorded(source_frame)
        return recorded

    def decided(self, result: FrameResult) -> None:
        """Hand the frame over, with what it was decided by; never waits."""
        around, jpeg = self._around, self._jpeg
        told = (self._age_ms, self._ordinal, self._revision)

        def made() -> Handed:
            notes = None
            if around is not None:
                record = json.dumps(result.record.to_json(), allow_nan=False, ensure_ascii=False)
                notes = LiveNotes(AroundRecord.of(around, *told).model_dump_json(), record)
                notes = self.veil.notes(notes)
            return Handed.of(self.veil.frame(result), jpeg, notes)

        taken = self.recorder.write(made)
        self._ordinal += 1
        if taken:
            self._revision = None  # a revision whose frame is not taken is told with the next one

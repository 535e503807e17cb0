"""Time-outs and acknowledgements as a recording keeps them, and their replay.

A live session folds its events into a `ControlRecord`; a replay of it asks the record instead of
people, and gets for each frame what the live session had.

Fails to: no time-out, no acknowledgement.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated

from pydantic import Field, ValidationError, model_validator

from pipeline.session.answers import IdentitiesMessage
from pipeline.session.commands import MAX_FRAME_INDEX, Message, Word
from pipeline.session.control import ControlState
from pipeline.session.events import Event, EventKind
from pipeline.session.time_out import N_PERSONS
from tracking.errors import SourceError
from tracking.identities import Identities
from tracking.snapshot import Evidence

FrameIndex = Annotated[int, Field(ge=0, le=MAX_FRAME_INDEX)]


class TimeOutRecord(Message):
    """A completed time-out: who, for what, and for which frames it held.

    `until_frame` is the first frame for which it held no more; null where it held to the end.
    """

    persons: Annotated[list[Word], Field(min_length=N_PERSONS, max_length=N_PERSONS)]
    identities: IdentitiesMessage
    from_frame: FrameIndex
    until_frame: FrameIndex | None = None

    @model_validator(mode="after")
    def _makes_sense(self) -> TimeOutRecord:
        if len(set(self.persons)) != len(self.persons):
            raise ValueError("one person cannot confirm twice")
        if self.until_frame is not None and self.until_frame < self.from_frame:
            raise ValueError("it cannot end before it began")
        return self

    @property
    def confirmed(self) -> Identities:
        """What it was held for."""
        return Identities(**self.identities.model_dump())

    def is_in_time(self, frame_index: int) -> bool:
        """Whether it stood when this frame was decided."""
        is_before_end = self.until_frame is None or frame_index < self.until_frame
        return self.from_frame <= frame_index and is_before_end


class AcknowledgementRecord(Message):
    """An accepted acknowledgement: who, of which frame's fault, before which frame's decision."""

    person: Word
    fault_frame: FrameIndex
    frame_index: FrameIndex


class ControlRecord(Message):
    """All of one session, in order."""

    time_outs: list[TimeOutRecord] = Field(default=[])
    acknowledgements: list[AcknowledgementRecord] = Field(default=[])

    def to_json(self) -> dict[str, object]:
        """As a JSON object."""
        return self.model_dump(mode="json")

    def with_events(self, events: Iterable[Event]) -> ControlRecord:
        """Add what has happened since."""
        time_outs, acknowledgements = list(self.time_outs), list(self.acknowledgements)
        for event in events:
            if event.kind is EventKind.TIME_OUT_COMPLETE and event.identities is not None:
                time_outs.append(
                    TimeOutRecord(
                        persons=list(event.persons),
                        identities=IdentitiesMessage(**vars(event.identities)),
                        from_frame=event.frame_index,
                    )
                )
            elif event.kind is EventKind.TIME_OUT_VOID and time_outs:
                last = time_outs[-1]
                if last.until_frame is None:
                    time_outs[-1] = last.model_copy(update={"until_frame": event.frame_index})
            elif event.kind is EventKind.ACKNOWLEDGED and event.fault_frame is not None:
                acknowledgements.append(
                    AcknowledgementRecord(
                        person=event.person,
                        fault_frame=event.fault_frame,
                        frame_index=event.frame_index,
                    )
                )
        return ControlRecord(time_outs=time_outs, acknowledgements=acknowledgements)

    def state(self, frame_index: int, identities: Identities) -> ControlState:
        """What held for one frame of the recording, run with `identities`.

        A time-out that was held for anything else is told as confirmed, and is none.
        """
        confirmed = next(
            (t.confirmed for t in reversed(self.time_outs) if t.is_in_time(frame_index)), None
        )
        given = [a.fault_frame for a in self.acknowledgements if a.frame_index <= frame_index]
        return ControlState(
            time_out=Evidence.PROVEN if confirmed == identities else Evidence.MISSING,
            acknowledged_frame=max(given, default=None),
            confirmed=confirmed,
        )


def control_record_from_json(table: Mapping[str, object], what: str) -> ControlRecord:
    """Validate what a recording holds; `what` names it in messages.

    Raises
    ------
    SourceError
        It is no record of this software.
    """
    try:
        return ControlRecord.model_validate(dict(table))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise SourceError(
            f"{what}: the record of time-outs and acknowledgements cannot be used.",
            expected="as a live session writes it",
            actual=f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}",
            remedy="Use the recording as it was written.",
        ) from error

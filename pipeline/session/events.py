"""What happened to a session's time-out, latches and beam, for audit log and recording."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum

from pipeline.session.refusals import Refusal
from tracking.identities import Identities


class EventKind(StrEnum):
    """Closed enumeration; the value is the code in the audit log."""

    TIME_OUT_CONFIRMED = "TIME_OUT_CONFIRMED"
    TIME_OUT_COMPLETE = "TIME_OUT_COMPLETE"
    TIME_OUT_VOID = "TIME_OUT_VOID"
    ACKNOWLEDGED = "ACKNOWLEDGED"
    TIME_OUT_REFUSED = "TIME_OUT_REFUSED"
    ACKNOWLEDGEMENT_REFUSED = "ACKNOWLEDGEMENT_REFUSED"
    BEAM_ON = "BEAM_ON"
    BEAM_OFF = "BEAM_OFF"
    BEAM_ON_REFUSED = "BEAM_ON_REFUSED"
    BEAM_OFF_REFUSED = "BEAM_OFF_REFUSED"
    STEP_TAKEN = "STEP_TAKEN"
    AREA_DRAWN = "AREA_DRAWN"
    DRAWING_CHANGED = "DRAWING_CHANGED"
    APPLICATOR_CHOSEN = "APPLICATOR_CHOSEN"
    REVISION_APPROVED = "REVISION_APPROVED"
    REPORT_ASKED = "REPORT_ASKED"
    WORKFLOW_REFUSED = "WORKFLOW_REFUSED"


WORKFLOW_EVENTS = frozenset(
    {
        EventKind.STEP_TAKEN,
        EventKind.AREA_DRAWN,
        EventKind.DRAWING_CHANGED,
        EventKind.APPLICATOR_CHOSEN,
        EventKind.REVISION_APPROVED,
        EventKind.REPORT_ASKED,
    }
)


@dataclass(frozen=True)
class Event:
    """One thing that happened before the decision of frame `frame_index`.

    Attributes
    ----------
    person : str
        Whose command it was, as they named themselves; empty where it was nobody's.
    persons : tuple of str
        Of a completed time-out: all who confirmed.
    identities : Identities or None
        Of a time-out: what was running when it began.
    differs : tuple of str
        What was read back otherwise, or has changed since.
    fault_frame : int or None
        Of an acknowledgement: the frame that it refers to.
    what : str
        Of the workflow: what was drawn, chosen, approved or refused.
    """

    kind: EventKind
    frame_index: int
    person: str = ""
    refusal: Refusal | None = None
    persons: tuple[str, ...] = ()
    identities: Identities | None = None
    differs: tuple[str, ...] = ()
    fault_frame: int | None = None
    what: str = ""

    def to_json(self) -> dict[str, object]:
        """As a JSON object; what is empty is left out."""
        table: dict[str, object] = {"event": str(self.kind), "frame_index": self.frame_index}
        if self.person:
            table["person"] = self.person
        if self.refusal is not None:
            table["refusal"] = str(self.refusal)
        if self.persons:
            table["persons"] = list(self.persons)
        if self.identities is not None:
            table["identities"] = asdict(self.identities)
        if self.differs:
            table["differs"] = list(self.differs)
        if self.fault_frame is not None:
            table["fault_frame"] = self.fault_frame
        if self.what:
            table["what"] = self.what
        return table

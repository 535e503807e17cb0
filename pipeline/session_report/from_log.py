"""What a session's audit log adds to its report: what no frame was decided with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from pipeline.audit.entry import Entry
from pipeline.audit.kinds import AuditKind
from pipeline.audit.reading import entries_of
from pipeline.session_report.facts import EventFacts
from pipeline.supervisor.events import EventKind
from pipeline.supervisor.permissive import Alarm

ALARMS: Mapping[str, str] = {
    Alarm.BEAM_WITHOUT_READY: "the beam came on without a lease",
    Alarm.NOT_READY_IN_BEAM: "the lease was lost under the beam",
    Alarm.BEAM_TOO_LONG: "the beam was on for longer than any treatment",
}


def told_by_log(log: Path) -> list[EventFacts]:
    """What a person overrode, what the recording lacked, and what the supervisor called out.

    Raises
    ------
    SourceError, TamperError
        The log cannot be read.
    """
    told: Mapping[AuditKind, Callable[[Entry], EventFacts | None]] = {
        AuditKind.OVERRIDE: _override,
        AuditKind.RECORDING: _recording,
        AuditKind.SUPERVISOR: _supervisor,
    }
    found = (told[entry.kind](entry) for entry in entries_of(log) if entry.kind in told)
    return [event for event in found if event is not None]


def _override(entry: Entry) -> EventFacts:
    body = entry.body
    text = f"OVERRIDE of {body['what']}: {body['why']}{_when(entry)}"
    return _event(entry, "OVERRIDE", text, str(body["person"]))


def _recording(entry: Entry) -> EventFacts:
    body = entry.body
    told = str(body.get("what") or "The recording goes on as it should.")
    counts = f"{body['n_written']} frames recorded, {body['n_dropped']} not"
    return _event(entry, "RECORDING", f"{told} {counts}{_when(entry)}.")


def _supervisor(entry: Entry) -> EventFacts | None:
    """An alarm, a fault, what was lost, or that frames stopped coming; None: what is everyday."""
    body, event = entry.body, entry.body.get("event")
    if event == EventKind.ALARM and body.get("what"):
        alarm = str(body["what"])
        text = f"ALARM of the supervisor: {ALARMS.get(alarm, alarm)}"
    elif event == EventKind.LOST:
        text = f"{body['n']} events of the supervisor were lost: alarms may be among them"
    elif event == EventKind.FAULT:
        text = f"FAULT of the supervisor: {body['what']}"
    elif event == "dropped":
        text = f"The lease was dropped: {body['why']}"
    else:
        return None
    return _event(entry, "SUPERVISOR", f"{text}{_when(entry)}.")


def _event(entry: Entry, kind: str, text: str, person: str = "") -> EventFacts:
    index = entry.body.get("frame_index")
    return EventFacts(
        stamp_ns=None,
        frame_index=index if isinstance(index, int) and index >= 0 else None,
        kind=kind,
        person=person,
        text=text,
    )


def _when(entry: Entry) -> str:
    return f" ({entry.wall})" if entry.wall else ""

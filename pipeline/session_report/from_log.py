"""What a session's audit log adds to its report: what no frame was decided with."""

from __future__ import annotations

from pathlib import Path

from pipeline.audit.entry import Entry
from pipeline.audit.kinds import AuditKind
from pipeline.audit.reading import entries_of
from pipeline.session_report.facts import EventFacts


def told_by_log(log: Path) -> list[EventFacts]:
    """What a person overrode, and what was wrong with the recording, as the audit log has it.

    Raises
    ------
    SourceError, TamperError
        The log cannot be read.
    """
    told = {AuditKind.OVERRIDE: _override, AuditKind.RECORDING: _recording}
    return [told[entry.kind](entry) for entry in entries_of(log) if entry.kind in told]


def _override(entry: Entry) -> EventFacts:
    body = entry.body
    text = f"OVERRIDE of {body['what']}: {body['why']}{_when(entry)}"
    return _event(entry, "OVERRIDE", text, str(body["person"]))


def _recording(entry: Entry) -> EventFacts:
    body = entry.body
    told = str(body.get("what") or "The recording goes on as it should.")
    counts = f"{body['n_written']} frames recorded, {body['n_dropped']} not"
    return _event(entry, "RECORDING", f"{told} {counts}{_when(entry)}.")


def _event(entry: Entry, kind: str, text: str, person: str = "") -> EventFacts:
    index = entry.body.get("frame_index")
    return EventFacts(
        stamp_ns=None,
        frame_index=index if isinstance(index, int) else None,
        kind=kind,
        person=person,
        text=text,
    )


def _when(entry: Entry) -> str:
    return f" ({entry.wall})" if entry.wall else ""

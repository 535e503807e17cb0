"""`sessions deidentify`: a copy of a recording that may leave the house."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.audit.pseudonym import pseudonym
from pipeline.privacy.colour import LabelsOf, with_colour
from pipeline.privacy.names import Colour
from pipeline.privacy.note import COPY_NOTE, privacy_of
from pipeline.privacy.own_records import CopyRecord
from pipeline.privacy.pseudonyms import Pseudonyms
from pipeline.privacy.texts import without_person
from pipeline.privacy.times import counted_from, zero_of
from pipeline.recorder.veil import pseudonymous
from recordings.appearing_file import appearing_whole
from recordings.file_hash import file_sha256
from recordings.progress import Report
from recordings.session.parts import PART_NAME, SESSION_NAME
from recordings.session.reader import SessionSource
from recordings.session.writer import EncodedFrame, SessionWriter, encoded
from recordings.source import SourceHeader
from tracking.errors import SourceError
from tracking.frame import SourceFrame

SERIAL_DIGITS, SESSION_DIGITS = 8, 16
SESSION_ID = "session_id"


@dataclass(frozen=True)
class Deidentified:
    """What was done, as the copy itself says it."""

    n_frames: int
    from_sha256: str
    colour: Colour
    has_serial: bool
    has_date: bool

    @property
    def note(self) -> str:
        """The text `deidentified.json`."""
        return CopyRecord(
            from_sha256=self.from_sha256,
            colour=self.colour,
            has_serial=self.has_serial,
            has_date=self.has_date,
        ).model_dump_json()


@dataclass(frozen=True, eq=False)
class _Change:
    """What becomes of each frame. `zero_ns` None: its times stay."""

    names: Pseudonyms
    serials: Mapping[str, str]
    colour: Colour
    labels_of: LabelsOf | None
    zero_ns: int | None

    def of(self, read: SourceFrame) -> EncodedFrame:
        """The frame as the copy holds it."""
        serial = read.frame.device_serial
        frame = replace(read.frame, device_serial=self.serials.get(serial, serial))
        live = None if read.live is None else pseudonymous(read.live, self.names)
        named = replace(read, frame=frame, live=live)
        told = named if self.zero_ns is None else counted_from(self.zero_ns, named)
        seen = with_colour(told, self.colour, self.labels_of)
        return encoded(seen, notes=seen.live)


def deidentify(
    path: Path,
    out: Path,
    key: bytes,
    report: Report,
    *,
    colour: Colour = Colour.OFF,
    keep_serial: bool = False,
    keep_date: bool = True,
    labels_of: LabelsOf | None = None,
) -> Deidentified:
    """Write the copy: patient as pseudonym, no comments, as much colour as is asked for.

    Depth, labels and truth stay bit for bit, stamps too unless the date is left out: then all times
    count from the recording's first frame (`times.zero_of`). Without its date a live recording that
    keeps no live notes is never READY in a replay: nothing says that its calibration held. Colour
    that is kept is encoded once more, so that a replay may decide otherwise than the session did;
    it says where it does. The copy appears when it is whole: whatever stops this leaves none.

    Raises
    ------
    SourceError
        The recording cannot be read, is damaged, or says something of which nobody knows whom it
        names: nothing is written.
    UsageError
        The copy exists or cannot be created.
    """
    source = SessionSource(path)
    try:
        header = source.header
        names = Pseudonyms(key)
        names.is_done = privacy_of(header).key == names.key_id
        change = _Change(
            names=names,
            serials={} if keep_serial else _stand_ins(header.device_serial, key),
            colour=colour,
            labels_of=labels_of,
            zero_ns=None if keep_date else zero_of(path, header),
        )
        done = Deidentified(0, _hash_of(path), colour, keep_serial, keep_date)
        cleaned = _cleaned(header, change, done, key)
        with appearing_whole(out) as partial, SessionWriter(partial, cleaned) as writer:
            while (read := source.read()) is not None:
                writer.write_encoded(change.of(read))
                report(writer.n_frames, header.n_frames)
            _refuse_damage(path, source)
            writer.close(goes_on=source.goes_on)
        return replace(done, n_frames=writer.n_frames)
    finally:
        source.close()


def _cleaned(header: SourceHeader, change: _Change, done: Deidentified, key: bytes) -> SourceHeader:
    """The copy's header, its ids learnt by `change.names`."""
    kept = tuple((name, text) for name, text in header.embedded if name != COPY_NOTE)
    texts = without_person(kept, change.names, change.serials)
    if not done.has_date:
        texts = tuple((name, _undated(name, text, key)) for name, text in texts)
    serial = header.device_serial
    return replace(
        header,
        device_serial=change.serials.get(serial, serial),
        recorded_at=header.recorded_at if done.has_date else "",
        embedded=(*texts, (COPY_NOTE, done.note)),
    )


def _stand_ins(serial: str, key: bytes) -> dict[str, str]:
    """What stands for the camera's serial number, where it has one."""
    return {serial: f"CAM-{pseudonym(serial, key)[:SERIAL_DIGITS]}"} if serial else {}


def _undated(name: str, text: str, key: bytes) -> str:
    """A session's id begins with its day: another stands for it, the same in all of its parts."""
    if name not in (SESSION_NAME, PART_NAME):
        return text
    told = json.loads(text)  # a table: `known_texts` has seen to it
    if SESSION_ID in told:
        told[SESSION_ID] = pseudonym(told[SESSION_ID], key)[:SESSION_DIGITS]
    return json.dumps(told)


def _hash_of(path: Path) -> str:
    try:
        return file_sha256(path)
    except OSError as error:
        raise SourceError(f"{path} cannot be read.", actual=error.strerror or str(error)) from error


def _refuse_damage(path: Path, source: SessionSource) -> None:
    """A copy of what is left of a recording would pass for the whole one."""
    if source.damage is not None:
        raise SourceError(
            f"{path} is damaged: nothing was copied.",
            actual=source.damage,
            remedy="Recover it first (sessions recover FILE NEW), and copy what is recovered: "
            "that says what is missing.",
        )

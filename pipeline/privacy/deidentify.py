"""`sessions deidentify`: a copy of a recording that may leave the house."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from pipeline.audit.pseudonym import pseudonym
from pipeline.privacy.colour import LabelsOf, with_colour
from pipeline.privacy.names import Colour
from pipeline.privacy.note import privacy_of
from pipeline.privacy.pseudonyms import Pseudonyms
from pipeline.privacy.texts import without_person
from pipeline.recorder.veil import pseudonymous
from recordings.session.parts import PART_NAME, SESSION_NAME
from recordings.session.reader import SessionSource
from recordings.session.writer import SessionWriter, encoded
from tracking.errors import SourceError

NOTE = "deidentified.json"
SERIAL_DIGITS, SESSION_DIGITS = 8, 16
BLOCK = 1 << 20

Report = Callable[[int, int | None], None]


@dataclass(frozen=True)
class Deidentified:
    """What was done, as the copy itself says it."""

    n_frames: int
    from_sha256: str
    colour: Colour
    has_serial: bool
    has_date: bool


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

    Depth, labels, stamps and truth stay bit for bit. Without its date a live recording is never
    READY in a replay: nothing says that its calibration held. Colour that is kept is encoded once
    more, so that a replay may decide otherwise than the session did; it says where it does.

    Raises
    ------
    SourceError
        The recording cannot be read, or is damaged: the whole frames before that are copied.
    UsageError
        The copy exists or cannot be created.
    """
    done = Deidentified(0, _sha256(path), colour, keep_serial, keep_date)
    source = SessionSource(path)
    try:
        header = source.header
        serial = header.device_serial
        stand_in = f"CAM-{pseudonym(serial, key)[:SERIAL_DIGITS]}"
        serials = {} if keep_serial or not serial else {serial: stand_in}
        kept = tuple((n, t) for n, t in header.embedded if n != NOTE)
        names = Pseudonyms(key)
        names.is_done = privacy_of(header).key == names.key_id
        texts = without_person(kept, names, serials)
        if not keep_date:
            texts = tuple((name, _undated(name, text, key)) for name, text in texts)
        note = json.dumps(
            {k: v for k, v in {**asdict(done), "colour": str(colour)}.items() if k != "n_frames"}
        )
        cleaned = replace(
            header,
            device_serial=serials.get(serial, serial),
            recorded_at=header.recorded_at if keep_date else "",
            embedded=(*texts, (NOTE, note)),
        )
        with SessionWriter(out, cleaned) as writer:
            while (frame := source.read()) is not None:
                own = frame.frame.device_serial
                named = replace(frame.frame, device_serial=serials.get(own, own))
                seen = with_colour(replace(frame, frame=named), colour, labels_of)
                notes = None if frame.live is None else pseudonymous(frame.live, names)
                writer.write_encoded(encoded(seen, notes=notes))
                report(writer.n_frames, header.n_frames)
        n_frames = writer.n_frames
    finally:
        source.close()
    if source.damage is not None:
        raise SourceError(
            f"{path} was copied up to its damage only.",
            actual=source.damage,
            remedy=f"{out} holds the {n_frames} whole frames.",
        )
    return replace(done, n_frames=n_frames)


def _undated(name: str, text: str, key: bytes) -> str:
    """A session's id begins with its day: another stands for it, the same in all of its parts."""
    if name not in (SESSION_NAME, PART_NAME):
        return text
    told = json.loads(text)
    if isinstance(told.get("session_id"), str):
        told["session_id"] = pseudonym(told["session_id"], key)[:SESSION_DIGITS]
    return json.dumps(told)


def _sha256(path: Path) -> str:
    found = hashlib.sha256()
    try:
        with path.open("rb") as stream:
            while block := stream.read(BLOCK):
                found.update(block)
    except OSError as error:
        raise SourceError(f"{path} cannot be read.", actual=error.strerror or str(error)) from error
    return found.hexdigest()

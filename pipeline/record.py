"""`record`: a source into a file, with what its replay needs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from calibration.rig_file import parse_rig
from models.loading import load_segmenter
from pipeline.config.catalogue_file import read_catalogue
from pipeline.config.load import read_catalogue_text
from pipeline.config.session_config import PLAN_TEXT, RIG_TEXT, GivenTexts, session_config
from pipeline.evidence import evidence_for
from pipeline.privacy.colour import with_colour
from pipeline.privacy.header import private_header
from pipeline.privacy.names import Colour
from pipeline.privacy.note import PSEUDONYM, naming_anew, privacy_of
from pipeline.privacy.of_recording import names_for
from pipeline.privacy.pseudonyms import Pseudonyms
from pipeline.recorder.texts import keeps_notes, without_ids, without_notes
from pipeline.say import Say
from recordings.naming import DB3_SUFFIX, SESSION_SUFFIX
from recordings.opening import open_source
from recordings.progress import Report
from recordings.recorder import Recorded, record_db3, record_session
from recordings.session.part_limit import LIMIT_BYTES
from recordings.source import CATALOGUE_TEXT, Source, SourceHeader
from tracking.errors import UsageError
from tracking.frame import SourceFrame

SUFFIXES = (SESSION_SUFFIX, DB3_SUFFIX)
NO_NOTES = (
    "note: what the live session was handed and decided is left out, and its colour is encoded "
    "once more: copy the file itself to keep them."
)


@dataclass(frozen=True)
class RecordRequest:
    """What to record, and how. Paths are as given; nothing has been opened yet.

    `rig`, `plan` and `catalogue` are carried by the recording, so that it replays alone. The
    patient of a plan that is given, or that a camera's recording carries, is a pseudonym unless
    `is_identified`: by `pseudonym_key`, or by the `archive`'s.
    """

    source: str
    out: Path
    rig: Path | None = None
    plan: Path | None = None
    catalogue: Path | None = None
    colour: Colour = Colour.KEEP
    pseudonym_key: Path | None = None
    is_identified: bool = False
    archive: Path = Path()
    limit_frames: int | None = None
    limit_bytes: int = LIMIT_BYTES

    @property
    def is_db3(self) -> bool:
        """Whether the vendor's own recorder writes it."""
        return self.out.suffix == DB3_SUFFIX


def record(
    request: RecordRequest,
    progress: Report,
    has_to_end: Callable[[], bool],
    say: Say,
) -> Recorded:
    """Record until the source ends, or `has_to_end`.

    Raises
    ------
    TrackerError
        The source or a file that is given cannot be used, the recording exists or cannot be
        created, or the source failed: what was recorded before is whole.
    """
    _check(request)
    given = GivenTexts.read(request.rig, request.plan, request.catalogue)
    applicators = read_catalogue(request.catalogue).applicators
    source = open_source(request.source, applicators=applicators)
    try:
        changed = _change(request.colour)
        if request.is_db3:
            return record_db3(
                source, request.out, request.limit_frames, progress, changed, has_to_end
            )
        header = _carrying(source, given, say)
        names = _names(request, source.header, has_plan=PLAN_TEXT in dict(header.embedded))
        return record_session(
            source,
            request.out,
            request.limit_frames,
            progress,
            changed,
            request.limit_bytes,
            private_header(header, request.colour, names),
            has_to_end,
        )
    finally:
        source.close()


def _names(request: RecordRequest, header: SourceHeader, *, has_plan: bool) -> Pseudonyms | None:
    """By which the patient is named; a simulation has none, nor has a plan that is one already."""
    is_real = header.origin == "live" or request.plan is not None
    if privacy_of(header).patient == PSEUDONYM and request.plan is None:
        return None
    if request.pseudonym_key is None and not (has_plan and is_real):
        return None
    return names_for(
        request.out, request.pseudonym_key, request.archive, is_identified=request.is_identified
    )


def _check(request: RecordRequest) -> None:
    if request.out.suffix not in SUFFIXES:
        raise UsageError(
            f"OUT must name an {' or '.join(SUFFIXES)} file.",
            actual=str(request.out),
            remedy=f"Write {request.out.stem}.mcap.",
        )
    if not request.out.parent.is_dir():
        raise UsageError(f"There is no folder {request.out.parent}.", remedy="Make it first.")
    named = {
        "--rig": request.rig,
        "--plan": request.plan,
        "--pseudonym-key": request.pseudonym_key,
        "--identified": request.is_identified,
        "--part-mb": request.limit_bytes != LIMIT_BYTES,
    }
    misplaced = ", ".join(option for option, given in named.items() if given)
    if request.is_db3 and misplaced:
        raise UsageError(
            f"{misplaced}: a {DB3_SUFFIX} carries no texts, and is one file.",
            remedy=f"Record {request.out.stem}.mcap, or leave out {misplaced}.",
        )


def _carrying(source: Source, given: GivenTexts, say: Say) -> SourceHeader:
    """The source's header with the texts that were given, which agree with those it carries."""
    header = source.header
    if keeps_notes(header):
        say(NO_NOTES)
        header = without_notes(header)
    given.check()
    if given != GivenTexts():
        header = without_ids(header)
    if given.plan is not None:
        header = naming_anew(header)
    if CATALOGUE_TEXT not in dict(header.embedded) and given.catalogue is None:
        given = replace(given, catalogue=read_catalogue_text(None))
    texts = {RIG_TEXT: given.rig, PLAN_TEXT: given.plan, CATALOGUE_TEXT: given.catalogue}
    for name, text in texts.items():
        if text is not None:
            header = header.carrying(name, text.text)
    carried = dict(header.embedded)
    missing = [name for name in (RIG_TEXT, PLAN_TEXT) if name not in carried]
    if given.rig is not None:  # of another camera, or out of date: now, not at its replay
        evidence_for(header, parse_rig(given.rig.text, str(given.rig.path)), now=None)
    if not missing and (given.rig is not None or given.plan is not None):
        session_config(header, given)  # refuses what does not belong together
    if missing:
        options = " and ".join(f"--{name.removesuffix('.toml')}" for name in missing)
        say(f"note: it carries no {' and no '.join(missing)}: its replay will need {options}.")
    return header


def _change(colour: Colour) -> Callable[[SourceFrame], SourceFrame] | None:
    """What is done to a frame before it is written."""
    if colour is Colour.KEEP:
        return None
    if colour is Colour.OFF:
        return lambda frame: with_colour(frame, colour)
    segmenter = load_segmenter("onnx")
    return lambda frame: with_colour(frame, colour, lambda f: segmenter.segment(f).labels)

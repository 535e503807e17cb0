"""`sessions recover`: a new session of every whole frame of a damaged one."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from recordings.appearing_file import appearing_whole
from recordings.file_hash import file_sha256
from recordings.progress import Report
from recordings.session.reader import SessionSource
from recordings.session.salvage import Salvaged, salvaged
from recordings.session.writer import SessionWriter
from recordings.source import SourceHeader
from tracking.errors import SourceError

NOTE = "recovery"


@dataclass(frozen=True)
class Gap:
    """Frames that are lost.

    Attributes
    ----------
    after_frame_index, before_frame_index : int or None
        The whole frames beside it; None at the session's start or end.
    n_lost : int or None
        None: the file ends here, and nothing says how many there were.
    """

    after_frame_index: int | None
    before_frame_index: int | None
    n_lost: int | None


@dataclass(frozen=True)
class Salvage:
    """What of a file is whole."""

    n_frames: int
    gaps: tuple[Gap, ...]


@dataclass(frozen=True)
class Recovery:
    """What the new file holds, as it says itself."""

    from_sha256: str
    n_frames: int
    gaps: tuple[Gap, ...]


def survey_salvage(path: Path, report: Report) -> Salvage:
    """Count what could be recovered. Raises SourceError where the header cannot be read."""
    source = SessionSource(path)
    source.close()
    header = source.header
    gaps: list[Gap] = []
    last: Salvaged | None = None
    n_frames = 0
    for found in salvaged(path, header):
        due = 0 if last is None else last.position + 1
        if found.position != due:
            gaps.append(_gap(last, found, found.position - due))
        last = found
        n_frames += 1
        report(n_frames, header.n_frames)
    due = 0 if last is None else last.position + 1
    if header.n_frames is None:
        gaps.append(_gap(last, None, None))
    elif header.n_frames > due:
        gaps.append(_gap(last, None, header.n_frames - due))
    return Salvage(n_frames, tuple(gaps))


def recover(path: Path, out: Path, report: Report) -> Recovery:
    """Write every whole frame of `path` to a new file `out`, in which the gaps are told.

    Images and records are copied as they are; positions are counted anew. `out` appears when it is
    whole: whoever interrupts this has none.

    Raises
    ------
    SourceError
        No readable header, no whole frame, or the file changed meanwhile: nothing is written.
    UsageError
        `out` exists or cannot be created.
    """
    found = survey_salvage(path, report)
    if found.n_frames == 0:
        raise SourceError(
            f"{path} holds no whole frame.", remedy="Take another copy, or record again."
        )
    source = SessionSource(path)
    source.close()
    header = source.header
    done = Recovery(file_sha256(path), found.n_frames, found.gaps)
    note = (_note_name(name for name, _ in header.embedded), json.dumps(asdict(done)))
    told = replace(header, embedded=(*header.embedded, note))
    with appearing_whole(out) as partial, SessionWriter(partial, told) as writer:
        for whole in salvaged(path, header):
            writer.write_encoded(whole.frame)
            report(writer.n_frames, done.n_frames)
        if writer.n_frames != done.n_frames:
            raise SourceError(
                f"{path} changed while it was read.",
                expected=f"{done.n_frames} whole frames, as were counted before",
                actual=str(writer.n_frames),
                remedy="Recover it when nothing writes to it any more.",
            )
        writer.close(goes_on=source.goes_on)
    return done


def recovery_sentences(header: SourceHeader) -> tuple[str, ...]:
    """What a session says of having been recovered; nothing of one that never was."""
    texts = [text for name, text in header.embedded if _is_note(name)]
    return tuple(_sentence(text) for text in texts)


def told_recovery(path: Path) -> str:
    """The same of a file; nothing of one whose header cannot be read."""
    try:
        source = SessionSource(path)
    except SourceError:
        return ""
    source.close()
    return " ".join(recovery_sentences(source.header))


def _sentence(text: str) -> str:
    unknown = "This session was recovered from a damaged file; how much was lost is not known."
    try:
        lost = [gap["n_lost"] for gap in json.loads(text)["gaps"]]
        known = sum(int(n) for n in lost if n is not None)
    except (ValueError, TypeError, KeyError):
        return unknown
    if None in lost and not known:
        return unknown
    at_least = "at least " if None in lost else ""
    return f"This session was recovered from a damaged file; frames lost: {at_least}{known}."


def _is_note(name: str) -> bool:
    return name == f"{NOTE}.json" or (name.startswith(f"{NOTE}-") and name.endswith(".json"))


def _gap(before: Salvaged | None, after: Salvaged | None, n_lost: int | None) -> Gap:
    return Gap(
        after_frame_index=None if before is None else before.frame_index,
        before_frame_index=None if after is None else after.frame_index,
        n_lost=n_lost,
    )


def _note_name(taken: Iterable[str]) -> str:
    """A file that is recovered twice keeps both notes."""
    n_before = sum(_is_note(name) for name in taken)
    return f"{NOTE}.json" if n_before == 0 else f"{NOTE}-{n_before + 1}.json"

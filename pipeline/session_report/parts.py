"""What an earlier process left in a session's folder: put aside under its id, never overwritten.

While a session runs it keeps its facts again and again, without pictures (`KEPT_NAME`); at its end
the facts proper take their place. Where a process was killed, what it kept last becomes the facts
of its part, with the pictures of the last report where they are of the same frame.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from pipeline.audit.naming import check_session_id
from pipeline.session_report.facts import SessionFacts
from pipeline.session_report.facts_file import (
    FACTS_NAME,
    facts_bytes,
    parse_facts,
)
from pipeline.session_report.write import DICOM_NAME, HTML_NAME, PDF_NAME
from recordings.whole_file import write_whole
from tracking.errors import SourceError, UsageError

PARTS_NAME = "parts"
KEPT_NAME = "session_facts.kept.json"
REPORT_FOLDER = "report"
UNREADABLE = "unreadable"


def keep_facts(folder: Path, facts: SessionFacts) -> None:
    """Keep facts of a session that goes on: on one line, which takes least of its loop's time.

    Raises OSError.
    """
    write_whole(folder / KEPT_NAME, facts.model_dump_json().encode())


def drop_kept(folder: Path) -> None:
    """The facts proper are written: what was kept on the way is not needed. Raises OSError."""
    (folder / KEPT_NAME).unlink(missing_ok=True)


def put_aside(folder: Path) -> None:
    """Move what an earlier process left into a folder of its own.

    Raises
    ------
    UsageError
        It cannot be moved: it would be overwritten.
    """
    written, kept = _facts(folder / FACTS_NAME), _facts(folder / KEPT_NAME)
    left = [folder / FACTS_NAME, folder / KEPT_NAME, folder / REPORT_FOLDER]
    left += [folder / name for name in (HTML_NAME, PDF_NAME, DICOM_NAME)]
    left = [path for path in left if path.exists()]
    if not left:
        return
    known = kept or written
    try:
        aside = _new_folder(folder / PARTS_NAME, known)
        pictures = () if written is None else written.pictures
        for path in [*left, *(folder / told.file for told in pictures)]:
            if path.exists():
                path.rename(aside / path.name)
        if kept is not None:
            facts_path = aside / FACTS_NAME
            write_whole(facts_path, facts_bytes(_with_pictures(kept, written)))
            (aside / KEPT_NAME).unlink()
    except OSError as error:
        raise UsageError(
            f"What an earlier process left in {folder} cannot be put aside.",
            actual=error.strerror or str(error),
            remedy="Use another --session folder.",
        ) from error


def earlier_parts(folder: Path) -> tuple[str, ...]:
    """Names of the parts that were put aside, oldest first."""
    parts = folder / PARTS_NAME
    return tuple(sorted(path.name for path in parts.iterdir())) if parts.is_dir() else ()


def part_notes(folder: Path) -> tuple[str, ...]:
    """What a report says of them."""
    return tuple(
        f"An earlier part of this session, {name}, has its facts in {PARTS_NAME}/{name}: "
        "this report does not repeat them."
        for name in earlier_parts(folder)
    )


def _facts(path: Path) -> SessionFacts | None:
    with contextlib.suppress(OSError, SourceError):
        return parse_facts(path)
    return None


def _with_pictures(kept: SessionFacts, written: SessionFacts | None) -> SessionFacts:
    is_same = (
        written is not None
        and written.session_id == kept.session_id
        and written.frame.frame_index == kept.frame.frame_index
    )
    pictures = written.pictures if is_same and written is not None else ()
    return kept.model_copy(update={"pictures": pictures})


def _new_folder(parts: Path, known: SessionFacts | None) -> Path:
    """A folder that was not there, named by the session where it can be."""
    name = UNREADABLE
    if known is not None:
        with contextlib.suppress(UsageError):
            check_session_id(known.session_id)
            name = known.session_id
    for path in _names(parts, name):
        try:
            path.mkdir(parents=True)
        except FileExistsError:
            continue
        return path
    raise OSError("no name is free for it")


def _names(parts: Path, name: str) -> Iterator[Path]:
    yield parts / name
    for number in range(2, 1000):
        yield parts / f"{name}-{number}"

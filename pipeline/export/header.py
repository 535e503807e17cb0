"""What a session's header says beyond the catalogue's columns, and the texts that it carries."""

from __future__ import annotations

from pathlib import Path

from pipeline.privacy.note import PSEUDONYM, privacy_of
from recordings.camera_settings import settings_of
from recordings.session.neighbours import about_file
from recordings.session.reader import SessionSource
from recordings.session.recover import recovery_sentences
from recordings.source import SourceHeader
from tracking.errors import SourceError, UsageError


def header_lines(path: Path) -> list[tuple[str, str]]:
    """Name and value of what there is to say; nothing of a file without a readable header."""
    try:
        header = _header(path)
    except SourceError:
        return []
    privacy = privacy_of(header)
    colour = f"colour {privacy.colour}"
    is_named = privacy.patient == PSEUDONYM
    hidden = f"{colour}, patient {'as pseudonym' if is_named else 'in clear'}"
    settings = settings_of(header)
    camera = () if settings is None else tuple(settings.lines())
    told = [
        ("part", about_file(path)),
        ("recovered", " ".join(recovery_sentences(header))),
        ("privacy", "" if privacy.is_plain else hidden),
        ("settings", "; ".join(camera)),
    ]
    return [(name, value) for name, value in told if value]


def write_texts(path: Path, folder: Path) -> None:
    """Write every text of the header into a new folder, under its name.

    Raises
    ------
    SourceError
        The session has no readable header.
    UsageError
        The folder exists or cannot be made.
    """
    header = _header(path)
    try:
        folder.mkdir(parents=True)
        for name, text in header.embedded:  # names are never paths: the header's schema says so
            (folder / name).write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise UsageError(
            f"--texts: {folder} cannot be written.",
            actual=error.strerror or str(error),
            remedy="Name a new folder.",
        ) from error


def _header(path: Path) -> SourceHeader:
    source = SessionSource(path)
    source.close()
    return source.header

"""`session_facts.json` and the pictures beside it: written once, read back as they were."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from pipeline.session_report.facts import PictureFacts, SessionFacts
from recordings.whole_file import write_whole
from tracking.errors import SourceError

FACTS_NAME = "session_facts.json"
MAX_FACTS_BYTES = 64 * 1024 * 1024  # hours of verdicts that change in every frame
MAX_PICTURE_BYTES = 32 * 1024 * 1024


@dataclass(frozen=True)
class Picture:
    """A PNG with what it shows."""

    name: str
    caption: str
    png: bytes

    @property
    def facts(self) -> PictureFacts:
        """How the facts name it."""
        digest = hashlib.sha256(self.png).hexdigest()
        return PictureFacts(file=f"{self.name}.png", caption=self.caption, sha256=digest)


def write_facts(folder: Path, facts: SessionFacts, pictures: Sequence[Picture]) -> Path:
    """Write the facts, pictures first: facts that are there are whole. Return their path."""
    for picture in pictures:
        (folder / picture.facts.file).write_bytes(picture.png)
    path = folder / FACTS_NAME
    write_whole(path, facts_bytes(facts))
    return path


def facts_bytes(facts: SessionFacts) -> bytes:
    """The file's content."""
    text = json.dumps(facts.model_dump(mode="json"), ensure_ascii=False, indent=1, allow_nan=False)
    return (text + "\n").encode()


def facts_sha256(facts: SessionFacts) -> str:
    """Of the file, by which a printed page finds its facts."""
    return hashlib.sha256(facts_bytes(facts)).hexdigest()


def read_facts(folder: Path) -> SessionFacts:
    """Read a session's facts.

    Raises
    ------
    SourceError
        Missing, too large, or not what this version writes.
    """
    path = folder / FACTS_NAME
    try:
        return parse_facts(path)
    except FileNotFoundError as error:
        raise SourceError(
            f"The session {folder} has no facts to report.",
            expected=str(path),
            remedy="End the session first; a recording is reported with --recording.",
        ) from error
    except OSError as error:
        raise SourceError(f"cannot read {path}", actual=error.strerror or str(error)) from error


def parse_facts(path: Path) -> SessionFacts:
    """Read one file of facts.

    Raises
    ------
    OSError
        It cannot be read.
    SourceError
        Too large, or not what this version writes.
    """
    text = _bounded(path, MAX_FACTS_BYTES)
    try:
        return SessionFacts.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the document"
        raise SourceError(
            f"{path} is not what this version of the software writes.",
            actual=f"{where}: {first['msg']}",
            remedy="Report the session with the version that ran it; its id is in the audit log.",
        ) from error


def read_pictures(folder: Path, facts: SessionFacts) -> tuple[Picture, ...]:
    """Read the pictures that the facts name.

    Raises
    ------
    SourceError
        One is missing, too large, or another than the session wrote.
    """
    found = []
    for told in facts.pictures:
        path = folder / told.file
        try:
            png = _bounded(path, MAX_PICTURE_BYTES)
        except OSError as error:
            raise SourceError(
                f"A picture of the session is missing: {path}",
                actual=error.strerror or str(error),
                remedy="Restore the session's folder from its copy.",
            ) from error
        digest = hashlib.sha256(png).hexdigest()
        if digest != told.sha256:
            raise SourceError(
                f"{path} is not the picture that the session wrote.",
                expected=f"SHA-256 {told.sha256}",
                actual=digest,
                remedy="Restore the session's folder from its copy.",
            )
        found.append(Picture(told.file.removesuffix(".png"), told.caption, png))
    return tuple(found)


def _bounded(path: Path, limit: int) -> bytes:
    with path.open("rb") as stream:
        content = stream.read(limit + 1)
    if len(content) > limit:
        raise SourceError(f"{path} is larger than it can be", expected=f"at most {limit} bytes")
    return content

"""`sessions retention`: what an archive has kept for longer than it should.

Nothing is deleted unless asked for; what is under hold never is, nor a symbolic link: what it
leads to would stay. Whatever goes is written down first: a hash of it proves later what was there.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from recordings.file_hash import file_sha256
from recordings.naming import SESSION_SUFFIX
from recordings.session.parts import first_path
from recordings.session.reader import SessionSource
from tracking.errors import SourceError, UsageError

HOLD = ".hold"  # beside a session as NAME.hold, or a file of that name in a folder: all below it
LOG_NAME = "retention.jsonl"


@dataclass(frozen=True)
class Kept:
    """One session of the archive.

    `dated_by`: "recording" or, where the file does not say when it was made, "file". The bytes of a
    symbolic link are its own.
    """

    name: str
    n_bytes: int
    recorded_at: str
    dated_by: str
    age_days: float
    is_due: bool
    hold: str = ""
    is_link: bool = False

    @property
    def goes(self) -> bool:
        """Whether it is deleted when asked for."""
        return self.is_due and not self.hold and not self.is_link


def review(archive: Path, older_than: timedelta, now: datetime) -> list[Kept]:
    """Every session with its age, oldest first. Raises UsageError where ARCHIVE is no folder."""
    if not archive.is_dir():
        raise UsageError("ARCHIVE is no folder.", actual=str(archive))
    found = []
    for path in archive.rglob(f"*{SESSION_SUFFIX}"):
        if path.is_dir() and not path.is_symlink():
            continue
        recorded, dated_by = _recorded(path)
        age = now - recorded
        found.append(
            Kept(
                name=str(path.relative_to(archive)),
                n_bytes=path.lstat().st_size,
                recorded_at=recorded.isoformat(),
                dated_by=dated_by,
                age_days=age.total_seconds() / 86_400,
                is_due=age > older_than,
                hold=_hold(path, archive),
                is_link=path.is_symlink(),
            )
        )
    return sorted(found, key=lambda kept: (-kept.age_days, kept.name))


def delete(archive: Path, sessions: Sequence[Kept], now: datetime) -> list[Kept]:
    """Delete what goes, each written down before; return what is gone.

    Raises
    ------
    UsageError
        Something cannot be written down or deleted; what came before it is gone.
    """
    gone = []
    for kept in sessions:
        path = archive / kept.name
        if not kept.goes or path.is_symlink() or _hold(path, archive):
            continue
        try:
            entry = {"deleted_at": now.isoformat(), "sha256": file_sha256(path), **asdict(kept)}
            with (archive / LOG_NAME).open("a", encoding="utf-8") as log:
                log.write(json.dumps(entry) + "\n")
            path.unlink()
        except OSError as error:
            raise UsageError(
                f"{path} cannot be deleted.", actual=error.strerror or str(error)
            ) from error
        gone.append(kept)
    return gone


def _recorded(path: Path) -> tuple[datetime, str]:
    try:
        source = SessionSource(path)
        moment = source.header.recorded_moment
        source.close()
    except SourceError:
        moment = None
    if moment is not None:
        return moment, "recording"
    return datetime.fromtimestamp(path.lstat().st_mtime, UTC), "file"


def _hold(path: Path, archive: Path) -> str:
    """The file that holds a session, "" for none."""
    for named in (path, first_path(path)):  # a hold of the first part holds the whole session
        beside = named.with_suffix(HOLD)
        if beside.exists():
            return str(beside.relative_to(archive))
    for folder in path.parents:
        if (folder / HOLD).exists():
            return str((folder / HOLD).relative_to(archive))
        if folder == archive:
            break
    return ""

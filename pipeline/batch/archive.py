"""Which sessions an archive holds: a folder, or anything that fsspec can list (`s3://...`)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, BinaryIO, cast

from recordings.naming import SESSION_SUFFIX, session_name
from recordings.session.parts import first_path, part_order
from tracking.errors import SourceError, UsageError

BLOCK_BYTES = 1 << 20  # of a ranged read: about five frames
# What an object is taken to be the same by: of an object store its tag, of a disk its time.
CONTENT_KEYS = ("ETag", "etag", "md5Hash", "versionId", "mtime", "LastModified", "last_modified")


@dataclass(frozen=True)
class SessionFile:
    """One recorded session of an archive: a file, or the parts of one recording.

    Attributes
    ----------
    name : str
        Path of its first file below the archive, as `session_name` tells it: names its results.
    urls : tuple of str
        Of its files in order: open them from any worker.
    content : str
        Hash of their sizes and of the store's tags or the files' times; no content is read.
    """

    name: str
    urls: tuple[str, ...]
    content: str


def list_sessions(archive: str) -> tuple[SessionFile, ...]:
    """Every session below an archive, by name; parts of one recording are one session.

    Raises
    ------
    UsageError
        The archive cannot be listed, is a single file, or its protocol is not known.
    SourceError
        It holds no session.
    """
    from fsspec.core import url_to_fs

    try:
        filesystem, root = url_to_fs(archive)
        is_folder = filesystem.isdir(root)
        found: dict[str, dict[str, Any]] = filesystem.find(root, detail=True) if is_folder else {}
    except Exception as error:  # each store's library has errors of its own
        raise _unlisted(archive, str(error) or type(error).__name__) from error
    if not is_folder:
        raise _unlisted(archive, f"there is no folder {root}")
    files = [
        path
        for path, info in found.items()
        if path.endswith(SESSION_SUFFIX) and info.get("type") == "file"
    ]
    if not files:
        raise SourceError(
            f"{archive} holds no session.",
            expected=f"files that end in {SESSION_SUFFIX}, at any depth",
            actual=f"{len(found)} other files",
        )
    sessions = [
        SessionFile(
            _name(parts[0], root),
            tuple(filesystem.unstrip_protocol(part) for part in parts),
            _content([found[part] for part in parts]),
        )
        for parts in _recordings(files)
    ]
    return tuple(sorted(sessions, key=lambda session: session.name))


def open_session(url: str) -> BinaryIO:
    """Open a session for ranged reads. Raises OSError."""
    from fsspec.core import url_to_fs

    filesystem, path = url_to_fs(url)
    opened = filesystem.open(path, "rb", block_size=BLOCK_BYTES, cache_type="readahead")
    return cast(BinaryIO, opened)


def _unlisted(archive: str, actual: str) -> UsageError:
    return UsageError(
        f"ARCHIVE: {archive} cannot be listed.",
        expected="a folder of .mcap sessions, or a URL that fsspec opens, such as s3://bucket/x",
        actual=actual,
        remedy="Check the address and the credentials of the store.",
    )


def _recordings(files: Sequence[str]) -> list[list[str]]:
    """Paths grouped by the recording that their names say they are parts of, each in order."""
    grouped: dict[PurePosixPath, list[str]] = {}
    for path in sorted(files, key=lambda path: part_order(PurePosixPath(path))):
        grouped.setdefault(first_path(PurePosixPath(path)), []).append(path)
    return list(grouped.values())


def _name(path: str, root: str) -> str:
    below = PurePosixPath(path).relative_to(PurePosixPath(root))
    if any(part in ("..", ".") for part in below.parts) or below.is_absolute():
        raise UsageError(
            "A name in the archive leads out of it.",
            actual=str(below),
            remedy="Rename the object.",
        )
    return session_name(below)


def _content(infos: Sequence[Mapping[str, Any]]) -> str:
    told = []
    for info in infos:
        told.append(str(int(info.get("size") or 0)))
        told += [f"{key}={info[key]}" for key in CONTENT_KEYS if info.get(key) is not None]
    return hashlib.sha256("\n".join(told).encode()).hexdigest()[:16]

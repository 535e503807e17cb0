"""Which sessions an archive holds: a folder, or anything that fsspec can list (`s3://...`)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, BinaryIO, cast

from recordings.naming import SESSION_SUFFIX, session_name
from tracking.errors import SourceError, UsageError

BLOCK_BYTES = 1 << 20  # of a ranged read: about five frames
# What an object is taken to be the same by: of an object store its tag, of a disk its time.
CONTENT_KEYS = ("ETag", "etag", "md5Hash", "versionId", "mtime", "LastModified", "last_modified")


@dataclass(frozen=True)
class SessionFile:
    """One recorded session of an archive.

    Attributes
    ----------
    name : str
        Its path below the archive, as `session_name` tells it: names its results.
    url : str
        Opens it from any worker.
    content : str
        Hash of its size and of the store's tag or the file's time; the content is not read.
    """

    name: str
    url: str
    n_bytes: int
    content: str


def list_sessions(archive: str) -> tuple[SessionFile, ...]:
    """Every session below an archive, by name.

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
    sessions = [
        _session(filesystem.unstrip_protocol(path), path, root, info)
        for path, info in found.items()
        if path.endswith(SESSION_SUFFIX) and info.get("type") == "file"
    ]
    if not sessions:
        raise SourceError(
            f"{archive} holds no session.",
            expected=f"files that end in {SESSION_SUFFIX}, at any depth",
            actual=f"{len(found)} other files",
        )
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


def _session(url: str, path: str, root: str, info: dict[str, Any]) -> SessionFile:
    below = PurePosixPath(path).relative_to(PurePosixPath(root))
    if any(part in ("..", ".") for part in below.parts) or below.is_absolute():
        raise UsageError(
            "A name in the archive leads out of it.",
            actual=str(below),
            remedy="Rename the object.",
        )
    n_bytes = int(info.get("size") or 0)
    told = [f"{key}={info[key]}" for key in CONTENT_KEYS if info.get(key) is not None]
    content = hashlib.sha256("\n".join([str(n_bytes), *told]).encode()).hexdigest()[:16]
    return SessionFile(session_name(below), url, n_bytes, content)

"""What a crash left of a last line: kept aside, and told in the log."""

from __future__ import annotations

import os
from hashlib import sha256
from itertools import count
from pathlib import Path

from pipeline.audit.append_file import AppendFile, sync_folder
from pipeline.audit.canonical import JsonValue
from pipeline.audit.walk import Tear


def set_torn_bytes_aside(file: AppendFile, tear: Tear) -> Path | None:
    """Copy torn bytes into a file beside the log, durably, and only then cut them off.

    Returns
    -------
    Path or None
        The new file; None where nothing was torn.
    """
    if tear.offset is None:
        return None
    aside = _new_name(file.path)
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o440)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(tear.data)
        stream.flush()
        os.fsync(stream.fileno())
    sync_folder(aside.parent)
    file.cut(tear.offset)
    return aside


def _new_name(path: Path) -> Path:
    """Return the first free name; the log's lock keeps others from taking it."""
    names = (path.with_name(f"{path.name}.torn-{number}") for number in count(1))
    return next(name for name in names if not name.exists())


def resumed_body(head: str, tear: Tear, aside: Path | None) -> dict[str, JsonValue]:
    """Body of the entry that tells of the crash."""
    return {
        "head": head,
        "torn_bytes": len(tear.data),
        "torn_sha256": sha256(tear.data).hexdigest(),
        "torn_file": None if aside is None else aside.name,
    }

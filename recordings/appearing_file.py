"""A file that appears when it is whole: whoever interrupts its making has none of its name."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tracking.errors import UsageError

PARTIAL_SUFFIX = ".partial"
NEW_NAME = "name a new file"


@contextmanager
def appearing_whole(path: Path) -> Iterator[Path]:
    """Give a place beside `path` to write to, which becomes `path` when the context is left.

    Whatever is raised within, Ctrl-C too, leaves neither. A process that is killed leaves
    `NAME.partial`, which the next run refuses: another one may still be writing it.

    Raises
    ------
    UsageError
        `path` or its `.partial` exists, or nobody may look.
    """
    partial = path.with_name(f"{path.name}{PARTIAL_SUFFIX}")
    _refuse_existing(path, NEW_NAME)
    _refuse_existing(
        partial, "if no run is writing it any more, it was left by one that was killed: remove it"
    )
    try:
        yield partial
        _refuse_existing(path, NEW_NAME)
        partial.rename(path)
    finally:
        partial.unlink(missing_ok=True)


def _refuse_existing(path: Path, remedy: str) -> None:
    try:
        path.lstat()
    except FileNotFoundError:
        return
    except OSError as error:
        raise UsageError(
            f"cannot create the file {path}",
            actual=error.strerror or str(error),
            remedy="name a new file in a folder that can be written",
        ) from error
    raise UsageError(f"cannot create the file {path}", actual="it exists", remedy=remedy)

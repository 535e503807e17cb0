"""The folder of a run's artefacts: complete, or not there.

Artefacts are written into `DIR.partial` beside it. `commit` moves them into DIR, where it
replaces an earlier run's artefacts and touches nothing else. Without `commit` (a failing start, an
exception, a commit that fails half-way) the partial folder is removed and DIR stays as it was.
"""

from __future__ import annotations

import errno
import shutil
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType

from tracking.errors import UsageError

ARTEFACTS = (
    "records.jsonl",
    "summary.json",
    "overlay.mp4",
    "overlay.png",
    "report.html",
    "effective_config.toml",
    "masks",
)
PARTIAL_SUFFIX = ".partial"
ASIDE_NAME = "replaced"  # in the partial folder: the earlier run's artefacts during the commit
PROBE_NAME = ".write-probe"
DISK_FULL = (errno.ENOSPC, errno.EDQUOT)
ANOTHER_OUT = "choose another --out"


class OutputDir:
    """Context manager around one run's folder.

    Raises
    ------
    UsageError
        DIR has no folder to lie in, it or its partial folder is a file, holds something foreign,
        or cannot be written; or the disk is full.
    """

    def __init__(self, final_path: Path) -> None:
        self._final = _resolved(final_path)
        self._partial = self._final.with_name(self._final.name + PARTIAL_SUFFIX)

    @property
    def path(self) -> Path:
        """Where artefacts are written until `commit`."""
        return self._partial

    def __enter__(self) -> OutputDir:
        try:
            is_there = self._final.exists()
            if is_there and not self._final.is_dir():
                raise UsageError(
                    f"The output folder {self._final} is a file.",
                    expected="a folder, or a name that does not exist yet",
                    remedy=ANOTHER_OUT,
                )
            self._discard()  # of a run that was killed
            self._partial.mkdir(parents=True)
        except OSError as error:
            raise _cannot_be_written(self._final, error) from error
        if is_there:
            self._probe()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._discard()
        if isinstance(exc, OSError) and exc.errno in DISK_FULL:
            raise UsageError(
                f"The disk is full; nothing was written into {self._final}.",
                actual=str(exc),
                remedy="free some space, or choose another --out",
            ) from exc

    def commit(self) -> None:
        """Move what was written into DIR; an artefact that this run lacks leaves none behind.

        Raises
        ------
        UsageError
            DIR cannot be written; what it held is back in its place.
        """
        written = sorted(self._partial.iterdir())
        aside = self._partial / ASIDE_NAME
        try:
            with ExitStack() as undo:  # called in reverse unless all of it succeeds
                if not self._final.exists():
                    self._final.mkdir(parents=True)
                    undo.callback(self._final.rmdir)
                aside.mkdir()
                undo.callback(aside.rmdir)
                earlier = [self._final / name for name in ARTEFACTS]
                moves = [(path, aside / path.name) for path in earlier if _is_taken(path)]
                moves += [(path, self._final / path.name) for path in written]
                for source, target in moves:
                    source.rename(target)
                    undo.callback(target.rename, source)
                undo.pop_all()
        except OSError as error:
            raise _cannot_be_written(self._final, error) from error
        _remove(aside)

    def _probe(self) -> None:
        """Move a file into DIR and remove it: what forbids that is told before a long run."""
        probe, arrived = self._partial / PROBE_NAME, self._final / PROBE_NAME
        try:
            probe.touch()
            probe.rename(arrived)
            arrived.unlink()
        except OSError as error:
            _remove(probe)
            self._discard()
            raise _cannot_be_written(self._final, error) from error

    def _discard(self) -> None:
        """Remove the partial folder, and only what a run writes into one."""
        if not self._partial.exists():
            return
        if not self._partial.is_dir():
            raise UsageError(
                f"{self._partial} is in the way.",
                expected="no file of that name",
                remedy=f"remove it, or {ANOTHER_OUT}",
            )
        for name in ARTEFACTS:
            _remove(self._partial / name)
        foreign = sorted(path.name for path in self._partial.iterdir())
        if foreign:
            raise UsageError(
                f"{self._partial} is in the way.",
                expected="nothing but a run's artefacts",
                actual=", ".join(foreign),
                remedy=f"move it away, or {ANOTHER_OUT}",
            )
        self._partial.rmdir()


def _resolved(path: Path) -> Path:
    """Follow links and dots, so that the partial folder lies beside the real one."""
    try:
        if path.is_symlink() and not path.exists():
            raise UsageError(
                f"The output folder {path} is a link to nothing.",
                actual=f"it points to {path.readlink()}",
                remedy=f"make that folder, or {ANOTHER_OUT}",
            )
        resolved = path.resolve()
    except (OSError, RuntimeError) as error:  # RuntimeError: links in a circle
        raise _cannot_be_written(path, error) from error
    if not resolved.name:
        raise UsageError(
            f"The output folder {path} has no folder beside which a run could be prepared.",
            expected="a folder inside another one",
            remedy=ANOTHER_OUT,
        )
    return resolved


def _cannot_be_written(path: Path, error: Exception) -> UsageError:
    return UsageError(
        f"The output folder {path} cannot be written.", actual=str(error), remedy=ANOTHER_OUT
    )


def _is_taken(path: Path) -> bool:
    return path.exists() or path.is_symlink()


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)

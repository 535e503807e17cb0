"""The folder of a run's artefacts: complete, or not there.

Artefacts are written into `DIR.partial` beside it. `commit` moves them into DIR, where it
replaces an earlier run's artefacts and touches nothing else. Without `commit` (a failing start, an
exception) the partial folder is removed and DIR stays as it was.
"""

from __future__ import annotations

import shutil
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


class OutputDir:
    """Context manager around one run's folder.

    Raises
    ------
    UsageError
        DIR or its partial folder is a file, holds something foreign, or cannot be written.
    """

    def __init__(self, final_path: Path) -> None:
        self._final = final_path
        self._partial = final_path.with_name(final_path.name + PARTIAL_SUFFIX)

    @property
    def path(self) -> Path:
        """Where artefacts are written until `commit`."""
        return self._partial

    def __enter__(self) -> OutputDir:
        if self._final.exists() and not self._final.is_dir():
            raise UsageError(
                f"The output folder {self._final} is a file.",
                expected="a folder, or a name that does not exist yet",
                remedy="choose another --out",
            )
        try:
            self._discard()  # of a run that was killed
            self._partial.mkdir(parents=True)
        except OSError as error:
            raise UsageError(
                f"The output folder {self._final} cannot be written.",
                actual=str(error),
                remedy="choose another --out",
            ) from error
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._discard()

    def commit(self) -> None:
        """Move what was written into DIR; an artefact that this run lacks leaves none behind."""
        self._final.mkdir(parents=True, exist_ok=True)
        for name in ARTEFACTS:
            _remove(self._final / name)
        for written in sorted(self._partial.iterdir()):
            written.rename(self._final / written.name)

    def _discard(self) -> None:
        """Remove the partial folder, and only what a run writes into one."""
        if not self._partial.exists():
            return
        if not self._partial.is_dir():
            raise UsageError(
                f"{self._partial} is in the way.",
                expected="no file of that name",
                remedy="remove it, or choose another --out",
            )
        for name in ARTEFACTS:
            _remove(self._partial / name)
        foreign = sorted(path.name for path in self._partial.iterdir())
        if foreign:
            raise UsageError(
                f"{self._partial} is in the way.",
                expected="nothing but a run's artefacts",
                actual=", ".join(foreign),
                remedy="move it away, or choose another --out",
            )
        self._partial.rmdir()


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)

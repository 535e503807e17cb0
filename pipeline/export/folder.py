"""A new folder of files that appears whole or not at all."""

from __future__ import annotations

import shutil
from pathlib import Path

from pipeline.export.exporter import refuse_existing
from tracking.errors import UsageError


class NewFolder:
    """Files are written beside `final` and moved there when closed. Raises UsageError."""

    def __init__(self, option: str, final: Path) -> None:
        if final.exists():
            raise refuse_existing(option, str(final))
        self._final = final
        self.path = final.with_name(f".{final.name}.part")
        try:
            shutil.rmtree(self.path, ignore_errors=True)  # of an export that was killed
            self.path.mkdir(parents=True)
        except OSError as error:
            raise UsageError(
                f"{option}: {final} cannot be created.", actual=error.strerror or str(error)
            ) from error

    def close(self) -> None:
        """Let the folder appear; safe to call twice."""
        if self.path.exists():
            self.path.rename(self._final)

    def abandon(self) -> None:
        """Remove what was written."""
        shutil.rmtree(self.path, ignore_errors=True)

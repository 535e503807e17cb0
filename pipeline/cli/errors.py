"""The one place where an exception becomes a message on stderr and an exit code."""

from __future__ import annotations

import errno
import os
import sys
import tempfile
import traceback
from collections.abc import Callable
from dataclasses import dataclass

from tracking.errors import TrackerError, UsageError

FAULT_EXIT_CODE = 6
INTERRUPTED_EXIT_CODE = 130  # 128 + SIGINT, as shells count
TRACEBACK_PREFIX = "run_tracker-"
# What the disk says, and no defect of ours: full, over quota, read-only, too large a file or name.
DISK_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG, errno.ENAMETOOLONG)


@dataclass
class ErrorBoundary:
    """Runs the command line and tells people, without a traceback, why it failed."""

    shows_traceback: bool = False  # set by --debug, which is parsed inside the boundary

    def run(self, command: Callable[[], int]) -> int:
        """Return the command's exit code, or that of the error it raised."""
        try:
            return command()
        except TrackerError as error:
            self._tell(str(error))
            return error.exit_code
        except KeyboardInterrupt:
            self._tell("Interrupted.")
            return INTERRUPTED_EXIT_CODE
        except BrokenPipeError:
            # The reader (`| head`) went away: what it asked for has been written.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 0
        except OSError as error:
            if error.errno not in DISK_ERRORS:
                self._tell(self._defect(error))
                return FAULT_EXIT_CODE
            refusal = disk_refusal(error)
            self._tell(str(refusal))
            return refusal.exit_code
        except Exception as error:  # noqa: BLE001 - the boundary: every defect ends here
            self._tell(self._defect(error))
            return FAULT_EXIT_CODE

    def _tell(self, message: str) -> None:
        from rich.console import Console
        from rich.text import Text

        console = Console(stderr=True, soft_wrap=True, highlight=False)
        if self.shows_traceback:
            console.print(Text(traceback.format_exc()))
        headline, *details = message.splitlines() or [""]
        console.print(Text.assemble(("error: ", "bold red"), (headline, "bold")))
        for line in details:
            label, separator, rest = line.partition(":")
            console.print(Text.assemble((label + separator, "dim"), rest))

    def _defect(self, error: Exception) -> str:
        summary = f"The software failed: {type(error).__name__}: {error}"
        headline = " ".join(summary.split())
        if self.shows_traceback:
            return headline
        with tempfile.NamedTemporaryFile(
            "w", prefix=TRACEBACK_PREFIX, suffix=".log", delete=False, encoding="utf-8"
        ) as log:
            log.write(traceback.format_exc())
        return (
            f"{headline}\n  traceback: {log.name}\n"
            "  what to do: Report this with the traceback; --debug before the command shows it."
        )


def disk_refusal(error: OSError) -> UsageError:
    """What a disk that takes no more says, and what becomes of what was begun."""
    named = f": {error.filename}" if error.filename else ""
    return UsageError(
        "The disk did not take what was to be written.",
        actual=f"{error.strerror}{named}",
        remedy="Free space or name another place, and remove what was left half-written; the "
        "whole frames of a recording that was begun are saved by sessions recover.",
    )

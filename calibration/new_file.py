"""Writing a calibration's file: never over another one unless that was asked for."""

from __future__ import annotations

from pathlib import Path

from tracking.errors import UsageError


def refuse_existing(path: Path, *, force: bool) -> None:
    """Refuse a file that is there, and a folder that is not.

    Raises
    ------
    UsageError
        As said.
    """
    if path.exists() and not force:
        raise UsageError(
            "--out: the file exists, and a calibration is never overwritten.",
            actual=str(path),
            remedy="Name another file, or add --force.",
        )
    if path.is_dir() or not path.parent.is_dir():
        raise UsageError(
            "--out: there is no place for this file.",
            actual=str(path),
            remedy="Make the folder, and name a file in it.",
        )


def write_new(path: Path, text: str, *, force: bool) -> None:
    """Write `text` whole or not at all. Raises as `refuse_existing`, and for a full disk."""
    refuse_existing(path, force=force)
    partial = path.with_name(path.name + ".partial")
    try:
        partial.write_text(text, encoding="utf-8")
        partial.replace(path)
    except OSError as error:
        raise UsageError(
            "--out: the file cannot be written.",
            actual=f"{path}: {error.strerror}",
            remedy="Check the folder's permissions and the disk's space.",
        ) from error

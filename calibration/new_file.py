"""Writing a calibration's file: never over another one unless that was asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from tracking.errors import UsageError

Value = str | bool | int | float | datetime | Sequence["Value"]


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


def table_lines(values: Mapping[str, Value]) -> list[str]:
    """Lines `key = value` of a TOML table."""
    return [f"{key} = {toml_value(value)}" for key, value in values.items()]


def toml_value(value: Value) -> str:
    """One value as TOML; a matrix is written a row to a line."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        return '"' + "".join(c if c >= " " and c != "\x7f" else " " for c in escaped) + '"'
    if isinstance(value, int | float):
        return repr(value)
    inner = [toml_value(element) for element in value]
    if inner and inner[0].startswith("["):
        return "[\n    " + ",\n    ".join(inner) + ",\n]"
    return "[" + ", ".join(inner) + "]"

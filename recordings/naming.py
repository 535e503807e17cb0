"""What results call a source and a session: the same, from wherever the file was named."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path, PurePath

LIVE_NAME = "realsense"
SIMULATION_PREFIX = "sim:"
SESSION_SUFFIX = ".mcap"
DB3_SUFFIX = ".db3"  # librealsense's own
STATUS_NAME = "status.json"  # of a folder of results, beside the others
RESULT_NAMES = ("records.jsonl", "summary.json", "report.html")
# Of a folder's name: file systems take 255, and a folder that is being written has a longer name.
LONGEST_FOLDER_BYTES = 200
HASH_DIGITS = 16
_NOT_UTF8 = re.compile("[\ud800-\udfff]")  # how Python keeps the bytes of a name that is not UTF-8


def source_name(uri: str) -> str:
    """Return `sim:` and `realsense` names as they are, of a path the file's or folder's name."""
    if uri.partition(":")[0] == LIVE_NAME or uri.startswith(SIMULATION_PREFIX):
        return uri
    return file_name(Path(uri))


def file_name(path: Path) -> str:
    """Return the name without the folders above it, printable; `.` and `..` have names too."""
    name = Path(os.path.abspath(path)).name  # noqa: PTH100 - keeps a link's name
    return printable(name or str(path))


def printable(text: str) -> str:
    r"""The text with bytes that are not UTF-8 as `\xff`, so that it can be shown and stored."""
    return _NOT_UTF8.sub(_escaped, text)


def session_name(below: PurePath) -> str:
    """A session's name by its path below the archive: printable, without the suffix.

    A backslash is doubled, so that no two files have one name.
    """
    return printable(str(below.with_suffix("")).replace("\\", "\\\\"))


def results_folder(name: str) -> str:
    """The folder of a session's results: its name, a part too long or taken with a hash.

    Taken is what another session's results are called, whose folder it may lie in.
    """
    return "/".join(_short(part) for part in name.split("/"))


def _escaped(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\x{code - 0xDC00:02x}" if 0xDC80 <= code <= 0xDCFF else f"\\u{code:04x}"


def _short(part: str) -> str:
    data = part.encode()
    is_taken = any(name in part for name in (STATUS_NAME, *RESULT_NAMES))
    if len(data) <= LONGEST_FOLDER_BYTES and not is_taken:
        return part
    digits = hashlib.sha256(data).hexdigest()[:HASH_DIGITS]
    return f"{data[: LONGEST_FOLDER_BYTES - HASH_DIGITS - 1].decode(errors='ignore')}~{digits}"

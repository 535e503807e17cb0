"""TOML text into tables, also where the text was written to stop whoever reads it.

The parser of Python's library takes time with the square of a key's dotted parts: minutes for a
few hundred kilobytes. No file of ours has keys of more than a handful.
"""

from __future__ import annotations

import re
import tomllib
from typing import Any

MAX_KEY_PARTS = 32
MAX_CHARACTERS = 4_000_000  # far beyond any plan, rig or catalogue
_PART = r"""(?:[A-Za-z0-9_-]+|"[^"\\n]*"|'[^'\\n]*')"""
_LONG_KEY = re.compile(rf"{_PART}(?:[ \t]*\.[ \t]*{_PART}){{{MAX_KEY_PARTS}}}")


def load_toml(text: str) -> dict[str, Any]:
    """Parse TOML.

    Raises
    ------
    ValueError
        Not TOML, or nested or long beyond any use.
    """
    if len(text) > MAX_CHARACTERS:
        raise ValueError(f"{len(text)} characters, where at most {MAX_CHARACTERS} are read")
    if _LONG_KEY.search(text):
        raise ValueError(f"a key of more than {MAX_KEY_PARTS} parts")
    try:
        return tomllib.loads(text)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error

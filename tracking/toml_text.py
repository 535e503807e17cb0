"""Writes nested tables as TOML: the same input gives the same bytes, which parse back."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime

TomlValue = str | bool | int | float | datetime | Sequence["TomlValue"] | Mapping[str, "TomlValue"]

MAX_DEPTH = 2  # deeper tables are written inline, as limits are in a plan

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_DELETE = "\x7f"  # the one control character that JSON leaves bare and TOML forbids


def toml_text(table: Mapping[str, TomlValue]) -> str:
    """Return `table` as TOML; a key's order is the mapping's, values before tables."""
    return "\n".join(_lines(table, ())).lstrip("\n") + "\n"


def table_lines(values: Mapping[str, TomlValue]) -> list[str]:
    """Lines `key = value` of one table; a table inside it is written inline."""
    return [f"{_key(key)} = {_value(value)}" for key, value in values.items()]


def _lines(table: Mapping[str, TomlValue], path: tuple[str, ...]) -> list[str]:
    tables = {
        key: v for key, v in table.items() if isinstance(v, Mapping) and len(path) < MAX_DEPTH
    }
    plain = {key: v for key, v in table.items() if key not in tables}
    lines = []
    if path and (plain or not tables):
        lines += ["", f"[{'.'.join(_key(part) for part in path)}]"]
    lines += table_lines(plain)
    for key, nested in tables.items():
        lines += _lines(nested, (*path, key))
    return lines


def _key(key: str) -> str:
    return key if _BARE_KEY.fullmatch(key) else _string(key)


def _string(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace(_DELETE, "\\u007f")


def _value(value: TomlValue) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, str):
        return _string(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_key(key)} = {_value(v)}" for key, v in value.items()) + "}"
    return "[" + ", ".join(_value(element) for element in value) + "]"

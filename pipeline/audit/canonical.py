"""One way to write a value as JSON: what is hashed and signed must have one form only."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from math import isfinite

JsonValue = None | bool | int | float | str | Sequence["JsonValue"] | Mapping[str, "JsonValue"]

MAX_LINE_BYTES = 256 * 1024  # an effective configuration takes about 10 kB
MAX_DEPTH = 16
MAX_INT = 2**63 - 1  # any reader has integers of this size, and nanoseconds of 292 years fit

_ENCODER = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), allow_nan=False, ensure_ascii=True
)


class CanonicalError(ValueError):
    """A value that has no canonical form, or bytes that are not one."""


def canonical_bytes(value: JsonValue) -> bytes:
    """Write `value` with sorted keys, no spaces and ASCII only.

    Raises
    ------
    CanonicalError
        NaN, infinity, an integer beyond 64 bits, a key that is no string, a type that JSON lacks,
        deeper nesting than `MAX_DEPTH`, or more bytes than `MAX_LINE_BYTES`.
    """
    _check(value, MAX_DEPTH)
    data = _dumped(value)
    if len(data) > MAX_LINE_BYTES:
        raise CanonicalError(f"{len(data)} bytes, at most {MAX_LINE_BYTES}")
    return data


def parse_canonical(data: bytes) -> dict[str, JsonValue]:
    """Read an object that `canonical_bytes` has written; every other spelling is refused.

    Comparing with the canonical form also finds keys given twice, spaces and other escapes.

    Raises
    ------
    CanonicalError
        For whatever else the bytes may be: they come from a file that anyone may have changed.
    """
    if len(data) > MAX_LINE_BYTES:
        raise CanonicalError(f"more than {MAX_LINE_BYTES} bytes")
    try:
        value = json.loads(data.decode("ascii"))
        _check(value, MAX_DEPTH)
        is_canonical = _dumped(value) == data
    except CanonicalError:
        raise
    except (ValueError, RecursionError) as error:
        raise CanonicalError(f"not JSON in ASCII ({type(error).__name__})") from error
    if not isinstance(value, dict):
        raise CanonicalError(f"not a JSON object but a {type(value).__name__}")
    if not is_canonical:
        raise CanonicalError("JSON, but not in the one form in which it is written")
    return value


def _dumped(value: JsonValue) -> bytes:
    return _ENCODER.encode(value).encode("ascii")


def _check(value: object, depth: int) -> None:
    if value is None or isinstance(value, str | bool):
        return
    if isinstance(value, int | float):
        _check_number(value)
        return
    if depth == 0:
        raise CanonicalError(f"nested deeper than {MAX_DEPTH}")
    for item in _items(value):
        _check(item, depth - 1)


def _items(value: object) -> Iterable[object]:
    if isinstance(value, dict):
        for key in value:
            if not isinstance(key, str):
                raise CanonicalError(f"the key {key!r} is no string")
        return value.values()
    if isinstance(value, list | tuple):
        return value
    raise CanonicalError(f"JSON has no {type(value).__name__}")


def _check_number(value: float) -> None:
    if not isfinite(value):
        raise CanonicalError(f"{value} is not a finite number")
    if isinstance(value, int) and abs(value) > MAX_INT:
        raise CanonicalError("an integer beyond 64 bits")

"""Vertices of a PLY file, read exactly as its header counts them: a file that is cut short fails.

Other readers fill what is missing with whatever lies in memory. After Turk, "The PLY Polygon File
Format" (1994): elements in the header's order, ascii or binary of either byte order.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.cloud_errors import MAX_HEADER_BYTES, Unit, cut_short, unit_of, unreadable
from tracking.errors import SourceError

END = b"end_header"
UNIT_KEYS = ("unit", "units")
BYTE_ORDERS = {"ascii": "", "binary_little_endian": "<", "binary_big_endian": ">"}
CODES = (
    ("i1", "char int8"),
    ("u1", "uchar uint8"),
    ("i2", "short int16"),
    ("u2", "ushort uint16"),
    ("i4", "int int32"),
    ("u4", "uint uint32"),
    ("f4", "float float32"),
    ("f8", "double float64"),
)
NUMBERS = {word: code for code, words in CODES for word in words.split()}


@dataclass(frozen=True)
class _Element:
    """One `element`: how many, and its properties as (name, numpy code); "" is a list."""

    name: str
    count: int
    properties: tuple[tuple[str, str], ...]

    @property
    def is_fixed(self) -> bool:
        return all(code for _, code in self.properties)


@dataclass(frozen=True)
class _Header:
    order: str
    elements: tuple[_Element, ...]
    unit: Unit | None
    length: int


def read_ply(path: Path) -> tuple[NDArray[np.float64], Unit | None]:
    """Return the vertices (n, 3) and the unit that a comment tells, if one does.

    Raises
    ------
    SourceError
        No PLY file, no x, y, z, or fewer bytes or numbers than the header counts.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise _broken(path, error.strerror or str(error)) from error
    header = _header(path, data)
    before: list[_Element] = []
    for element in header.elements:
        if element.name == "vertex":
            break
        before.append(element)
    else:
        raise _broken(path, "no element called vertex")
    names = [name for name, _ in element.properties]
    if not {"x", "y", "z"} <= set(names):
        raise _broken(path, f"vertices of {', '.join(names)}")
    if any(len(dict(one.properties)) < len(one.properties) for one in (*before, element)):
        raise _broken(path, "two properties of one name")
    if not all(one.is_fixed for one in (*before, element)):
        raise _broken(path, "a list before the vertices' end")
    body = data[header.length :]
    if header.order:
        return _binary(path, body, header.order, before, element), header.unit
    return _ascii(path, body, before, element), header.unit


def _binary(
    path: Path, body: bytes, order: str, before: list[_Element], vertex: _Element
) -> NDArray[np.float64]:
    skipped = sum(_record(one, order).itemsize * one.count for one in before)
    record = _record(vertex, order)
    needed = skipped + vertex.count * record.itemsize
    if len(body) < needed:
        raise _short(path, vertex, f"{needed} bytes after the header", f"{len(body)} bytes")
    rows = np.frombuffer(body, record, vertex.count, skipped)
    return np.column_stack([rows[axis].astype(np.float64) for axis in "xyz"])


def _ascii(
    path: Path, body: bytes, before: list[_Element], vertex: _Element
) -> NDArray[np.float64]:
    width = len(vertex.properties)
    skipped = sum(one.count * len(one.properties) for one in before)
    needed = skipped + vertex.count * width
    words = body.split(maxsplit=min(needed, len(body)))[:needed]
    if len(words) < needed:
        raise _short(path, vertex, f"{needed} numbers after the header", f"{len(words)} numbers")
    try:
        rows = np.array(words[skipped:], np.float64).reshape(vertex.count, width)
    except ValueError as error:
        raise _broken(path, str(error)) from error
    names = [name for name, _ in vertex.properties]
    return rows[:, [names.index(axis) for axis in "xyz"]]


def _record(element: _Element, order: str) -> np.dtype[np.void]:
    return np.dtype([(name, order + code) for name, code in element.properties])


def _header(path: Path, data: bytes) -> _Header:
    head, found, _ = data[:MAX_HEADER_BYTES].partition(END)
    lines = head.decode("ascii", "replace").splitlines()
    if not found or not lines or lines[0].strip() != "ply":
        raise _broken(path, "no PLY header")
    order, unit = None, None
    elements: list[_Element] = []
    for line in lines[1:]:
        words = line.split()
        try:
            if words[:1] == ["format"]:
                order = BYTE_ORDERS[words[1]]
            elif words[:1] == ["element"]:
                elements.append(_Element(words[1], _count(words[2]), ()))
            elif words[:1] == ["property"]:
                last = elements[-1]
                more = (words[-1], "" if words[1] == "list" else NUMBERS[words[1]])
                elements[-1] = _Element(last.name, last.count, (*last.properties, more))
            elif words[:1] == ["comment"]:
                unit = _agreed(unit, _unit(line))
        except (IndexError, KeyError, ValueError) as error:
            why = f": {error}" if words[:1] == ["comment"] else ""
            raise _broken(path, f'header line "{line[:60]}"{why}') from error
    if order is None:
        raise _broken(path, "no format line")
    end = data.find(b"\n", len(head)) + 1
    return _Header(order, tuple(elements), unit, end or len(data))


def _agreed(known: Unit | None, told: Unit | None) -> Unit | None:
    if known and told and known != told:
        raise ValueError(f"{told} after {known}")
    return known or told


def _count(word: str) -> int:
    if not word.isdigit():
        raise ValueError(word)
    return int(word)


def _unit(line: str) -> Unit | None:
    """What `comment unit mm`, or `comment units: metre`, says."""
    words = line.replace(":", " ").replace(",", " ").replace("=", " ").lower().split()
    at = next((k for k, word in enumerate(words) if word in UNIT_KEYS), len(words))
    after = words[at + 1 : at + 2]
    return unit_of(after[0]) if after else None


def _short(path: Path, vertex: _Element, expected: str, actual: str) -> SourceError:
    return cut_short(path, f"{vertex.count} vertices: {expected}", actual)


def _broken(path: Path, actual: str) -> SourceError:
    return unreadable(path, "a PLY file whose vertices have x, y, z", actual)

"""Rows of a SQLite file page by page, for files that SQLite itself refuses because they were cut.

Only what rosbag2 files need: table leaf pages with their overflow chains (SQLite file format,
sections 1.6 and 2.1). A row is returned only if every page of it is in the file.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

MAGIC = b"SQLite format 3\0"
HEADER_BYTES = 100
LEAF_TABLE_PAGE = 0x0D
MIN_PAGE_BYTES, MAX_PAGE_BYTES = 512, 65536
TEXT_OR_BLOB = 12
INTEGER_BYTES = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8}
CONSTANTS = {8: 0, 9: 1}

Value = int | str | bytes | None


class PageError(Exception):
    """A page or row is not whole."""


@dataclass(frozen=True)
class Cell:
    """Where a row is: its id, its number of columns, its page and its place there."""

    row_id: int
    n_columns: int
    page: int
    offset: int


class PageFile:
    """A SQLite file held in memory-mapped bytes.

    Raises
    ------
    PageError
        No SQLite header.
    """

    def __init__(self, data: memoryview) -> None:
        if len(data) < HEADER_BYTES or bytes(data[: len(MAGIC)]) != MAGIC:
            raise PageError("it does not start like a recording database")
        (size,) = struct.unpack_from(">H", data, 16)
        self._page_bytes = MAX_PAGE_BYTES if size == 1 else int(size)
        if not MIN_PAGE_BYTES <= self._page_bytes <= MAX_PAGE_BYTES:
            raise PageError("its page size is invalid")
        self._usable = self._page_bytes - data[20]
        self._data = data
        self.n_pages_present = len(data) // self._page_bytes
        (self.n_pages_announced,) = struct.unpack_from(">I", data, 28)

    def cells(self) -> Iterator[Cell]:
        """Yield the cells of every table leaf that is there, page by page."""
        for number in range(1, self.n_pages_present + 1):
            page = self._page(number)
            header = HEADER_BYTES if number == 1 else 0
            if page[header] != LEAF_TABLE_PAGE:
                continue
            (n_cells,) = struct.unpack_from(">H", page, header + 3)
            end = header + 8 + 2 * n_cells
            if end > self._usable:
                continue
            for (offset,) in struct.iter_unpack(">H", page[header + 8 : end]):
                try:
                    yield _cell(page, number, offset)
                except (PageError, IndexError):
                    continue  # not whole: the caller sees the gap in the ids

    def row(self, cell: Cell) -> tuple[Value, ...]:
        """Return the columns of a row; PageError unless every page of it is there."""
        try:
            page = self._page(cell.page)
            length, offset = _varint(page, cell.offset)
            _, offset = _varint(page, offset)
            return _columns(self._payload(page, offset, length))
        except (IndexError, struct.error, UnicodeDecodeError) as error:
            raise PageError(f"row {cell.row_id} is malformed") from error

    def _page(self, number: int) -> memoryview:
        if not 1 <= number <= self.n_pages_present:
            raise PageError(f"page {number} is missing")
        start = (number - 1) * self._page_bytes
        return self._data[start : start + self._page_bytes]

    def _payload(self, page: memoryview, offset: int, length: int) -> bytes:
        usable = self._usable
        if length <= usable - 35:
            return _slice(page, offset, length)
        if length > len(self._data):
            raise PageError("a row is larger than the file")
        minimum = (usable - 12) * 32 // 255 - 23
        local = minimum + (length - minimum) % (usable - 4)
        local = local if local <= usable - 35 else minimum
        parts = [_slice(page, offset, local)]
        (following,) = struct.unpack_from(">I", page, offset + local)
        left = length - local
        while left > 0:
            overflow = self._page(following)
            (following,) = struct.unpack_from(">I", overflow, 0)
            parts.append(bytes(overflow[4 : 4 + min(left, usable - 4)]))
            left -= usable - 4
        return b"".join(parts)


def _cell(page: memoryview, number: int, start: int) -> Cell:
    """Read a cell's ids; the row's header always lies in the leaf itself."""
    _, offset = _varint(page, start)
    row_id, offset = _varint(page, offset)
    header_bytes, position = _varint(page, offset)
    end, n_columns = offset + header_bytes, 0
    while position < end:
        _, position = _varint(page, position)
        n_columns += 1
    return Cell(row_id, n_columns, number, start)


def _slice(page: memoryview, offset: int, length: int) -> bytes:
    if offset + length > len(page):
        raise PageError("a row runs over its page")
    return bytes(page[offset : offset + length])


def _varint(data: memoryview | bytes, offset: int) -> tuple[int, int]:
    value = 0
    for _ in range(8):
        byte = data[offset]
        offset += 1
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, offset
    return value << 8 | data[offset], offset + 1


def _columns(payload: bytes) -> tuple[Value, ...]:
    header_end, offset = _varint(payload, 0)
    position, values = header_end, []
    while offset < header_end:
        kind, offset = _varint(payload, offset)
        value, position = _value(payload, kind, position)
        values.append(value)
    return tuple(values)


def _value(payload: bytes, kind: int, position: int) -> tuple[Value, int]:
    if kind == 0:
        return None, position
    if kind in CONSTANTS:
        return CONSTANTS[kind], position
    length = INTEGER_BYTES.get(kind, (kind - TEXT_OR_BLOB) // 2)
    if kind in (7, 10, 11) or position + length > len(payload):
        raise PageError("a row's columns are malformed")
    raw = payload[position : position + length]
    if kind in INTEGER_BYTES:
        return int.from_bytes(raw, "big", signed=True), position + length
    return (raw.decode("utf-8") if kind % 2 else raw), position + length

"""Whether a DICOM file is whole: every element ends inside what contains it (DICOM PS3.5, PS3.10).

The reading library returns what it could read of a file that was cut, without a word; a plan that
lost its end must never look like a plan that says less.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from pipeline.config.dicom_magic import MAGIC, PREAMBLE_BYTES

IMPLICIT_LITTLE = "1.2.840.10008.1.2"
EXPLICIT_LITTLE = "1.2.840.10008.1.2.1"
TRANSFER_SYNTAX = (0x0002, 0x0010)
META_GROUP = 0x0002
UNDEFINED = 0xFFFFFFFF
ITEM, ITEM_END, SEQUENCE_END = (0xFFFE, 0xE000), (0xFFFE, 0xE00D), (0xFFFE, 0xE0DD)
LONG_VRS = {b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT"} | {
    b"UV"
}
MAX_DEPTH = 16  # a plan's deepest item lies five sequences down

Tag = tuple[int, int]


@dataclass(frozen=True)
class _Element:
    tag: Tag
    vr: bytes
    value: int  # where it begins
    length: int


def check_whole(data: bytes) -> None:
    """Raise ValueError where `data` is no DICOM file, or does not end where it says."""
    if data[PREAMBLE_BYTES : PREAMBLE_BYTES + len(MAGIC)] != MAGIC:
        raise ValueError("no DICOM file: it has no preamble with DICM")
    position, syntax = _meta(data, PREAMBLE_BYTES + len(MAGIC))
    if syntax not in (IMPLICIT_LITTLE, EXPLICIT_LITTLE):
        raise ValueError(f"its transfer syntax is {syntax or 'not given'}; little endian is needed")
    if position >= len(data):
        raise ValueError("it ends before its data set begins")
    _walk(data, position, len(data), explicit=syntax == EXPLICIT_LITTLE, depth=0, is_item=False)


def _meta(data: bytes, position: int) -> tuple[int, str]:
    """End of the file's meta group, and the transfer syntax that it names."""
    syntax = ""
    while data[position : position + 2] == struct.pack("<H", META_GROUP):
        element = _element(data, position, len(data), explicit=True)
        position = _end(element, len(data))
        if element.tag == TRANSFER_SYNTAX:
            syntax = data[element.value : position].rstrip(b"\0 ").decode("ascii", "replace")
    return position, syntax


def _walk(
    data: bytes, position: int, end: int, *, explicit: bool, depth: int, is_item: bool
) -> int:
    """Step over the elements up to `end`, or to the delimiter of an item without a length."""
    last: Tag = (0, 0)
    while position < end:
        if is_item and _tag(data, position, end) == ITEM_END:
            return position + 8
        element = _element(data, position, end, explicit=explicit)
        if element.tag <= last:
            raise ValueError(f"element {_name(element.tag)} is out of order")
        last = element.tag
        if element.length == UNDEFINED:
            inner = explicit and element.vr != b"UN"  # PS3.5, 6.2.2: such items are implicit
            position = _walk_items(data, element, end, explicit=inner, depth=depth + 1)
        else:
            position = _end(element, end)
    if is_item:
        raise ValueError("it ends inside an item")
    return position


def _walk_items(data: bytes, sequence: _Element, end: int, *, explicit: bool, depth: int) -> int:
    """Step over the items of a sequence without a length."""
    if depth > MAX_DEPTH:
        raise ValueError(f"its sequences lie more than {MAX_DEPTH} deep")
    position = sequence.value
    while True:
        item = _element(data, position, end, explicit=False)
        if item.tag == SEQUENCE_END:
            return item.value
        if item.tag != ITEM:
            raise ValueError(f"sequence {_name(sequence.tag)} holds something that is no item")
        if item.length == UNDEFINED:
            position = _walk(data, item.value, end, explicit=explicit, depth=depth, is_item=True)
        else:
            position = _end(item, end)


def _element(data: bytes, position: int, end: int, *, explicit: bool) -> _Element:
    tag = _tag(data, position, end)
    if not explicit or tag in (ITEM, ITEM_END, SEQUENCE_END):
        return _Element(tag, b"", position + 8, _number("<I", data, position + 4, end))
    vr = data[position + 4 : position + 6]
    if not (len(vr) == 2 and vr.isalpha() and vr.isupper()):
        raise ValueError(f"element {_name(tag)} has no type")
    if vr in LONG_VRS:
        return _Element(tag, vr, position + 12, _number("<I", data, position + 8, end))
    return _Element(tag, vr, position + 8, _number("<H", data, position + 6, end))


def _end(element: _Element, end: int) -> int:
    position = element.value + element.length
    if position > end:
        missing = position - end
        raise ValueError(
            f"it ends inside element {_name(element.tag)}: {missing} bytes are missing"
        )
    return position


def _tag(data: bytes, position: int, end: int) -> Tag:
    return _number("<H", data, position, end), _number("<H", data, position + 2, end)


def _number(form: str, data: bytes, position: int, end: int) -> int:
    if position + struct.calcsize(form) > end:
        raise ValueError("it ends inside an element's header")
    number: int = struct.unpack_from(form, data, position)[0]
    return number


def _name(tag: Tag) -> str:
    return f"({tag[0]:04X},{tag[1]:04X})"

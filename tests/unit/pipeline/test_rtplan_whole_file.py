from __future__ import annotations

import struct

import pytest

from pipeline.config.rtplan.whole_file import check_whole
from pipeline.faults.made_dicom import dicom_bytes, rt_plan, rt_structure_set

PLAN = dicom_bytes(rt_plan())
EXPLICIT = dicom_bytes(rt_plan(), implicit=False)
LAST_ELEMENT = 8 + 8  # header and value of Approval Status, implicit


@pytest.mark.parametrize("implicit", [True, False])
def test_whole_files_pass(*, implicit: bool) -> None:
    check_whole(dicom_bytes(rt_plan(), implicit=implicit))
    check_whole(dicom_bytes(rt_structure_set(), implicit=implicit))


@pytest.mark.parametrize("data", [PLAN, EXPLICIT], ids=["implicit", "explicit"])
def test_a_file_cut_anywhere_is_refused_or_has_lost_its_approval(data: bytes) -> None:
    approval = data.rindex(b"APPROVED")
    for end in range(len(data)):
        try:
            check_whole(data[:end])
        except ValueError:
            continue
        assert end <= approval, f"cut at {end} of {len(data)} it seems whole"


def test_what_is_appended_is_refused() -> None:
    for tail in (b"\0", b"\0" * 8, PLAN[132:], b"x" * 100):
        with pytest.raises(ValueError, match=r"ends inside|out of order"):
            check_whole(PLAN + tail)


@pytest.mark.parametrize(
    ("data", "part"),
    [
        (b"", "no DICOM file"),
        (PLAN[128:], "no DICOM file"),
        (b"schema = 1\n" * 20, "no DICOM file"),
        (PLAN[:132], "transfer syntax is not given"),
        (PLAN.replace(b"1.2.840.10008.1.2\0", b"1.2.840.10008.1.3\0"), "transfer syntax is"),
    ],
)
def test_what_is_no_plain_dicom_file_is_refused(data: bytes, part: str) -> None:
    with pytest.raises(ValueError, match=part):
        check_whole(data)


def body(*elements: bytes) -> bytes:
    """A file with these elements after the meta group, implicit little endian."""
    start = PLAN.index(struct.pack("<HHI", 0x0008, 0x0016, 30))
    return PLAN[:start] + b"".join(elements)


def element(tag: tuple[int, int], value: bytes, length: int | None = None) -> bytes:
    return struct.pack("<HHI", *tag, len(value) if length is None else length) + value


ITEM, END_ITEM, END = (0xFFFE, 0xE000), (0xFFFE, 0xE00D), (0xFFFE, 0xE0DD)
OPEN = 0xFFFFFFFF
INNER = element((0x300A, 0x00C0), b"1 ")


def nested(n: int) -> bytes:
    inner = INNER
    for _ in range(n):
        item = element(ITEM, inner, OPEN) + element(END_ITEM, b"")
        inner = element((0x300A, 0x00B0), item, OPEN) + element(END, b"")
    return inner


def test_sequences_without_length_are_followed() -> None:
    check_whole(body(nested(1)))
    check_whole(body(nested(16)))
    check_whole(body(element((0x300A, 0x00B0), element(ITEM, INNER) + element(END, b""), OPEN)))


@pytest.mark.parametrize(
    "data",
    [
        body(nested(17)),
        body(nested(2)[:-8]),
        body(nested(2)[:-9]),
        body(nested(1)[:-16]),
        body(element((0x300A, 0x00B0), INNER, OPEN)),
        body(element((0x300A, 0x00B0), element(ITEM, INNER, 999) + element(END, b""), OPEN)),
        body(element((0x300A, 0x00B0), b"xx", 4)),
        body(INNER, INNER),
        body(INNER, element((0x0010, 0x0020), b"")),
    ],
)
def test_sequences_that_do_not_end_where_they_say_are_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"ends inside|no item|deep|out of order|missing"):
        check_whole(data)


def test_an_explicit_element_without_a_type_is_refused() -> None:
    place = EXPLICIT.index(b"LO", EXPLICIT.index(b"patient-1") - 8)
    damaged = EXPLICIT[:place] + b"\0\0" + EXPLICIT[place + 2 :]
    with pytest.raises(ValueError, match="has no type"):
        check_whole(damaged)

"""Files that somebody made to harm: refused soon, with little memory, and nothing written."""

from __future__ import annotations

import hashlib
import json
import struct
import time
import tracemalloc
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from mcap.writer import CompressionType, Writer

from recordings.images import encode_depth, encode_grey, encode_jpeg, encode_png
from recordings.progress import unheard
from recordings.session import schema
from recordings.session.chunks import CHUNK_HEAD, FRAMING
from recordings.session.convert import header_record
from recordings.session.foxglove import image_message
from recordings.session.reader import SessionSource
from recordings.session.recover import recover
from recordings.session.writer import encoded
from tests.recording_frames import make_frames, make_header
from tracking.errors import TrackerError
from tracking.frame import LiveNotes

WITHIN_S = 0.1
WITHIN_BYTES = 64 * 1024 * 1024
HUGE = 4096
MANY = 1_000_000  # records that say nothing
NOTE_BYTES = 1024 * 1024  # of a note that is not read as JSON here


def header_text(**changes: object) -> str:
    return json.dumps({**json.loads(header_record(make_header()).model_dump_json()), **changes})


def session_bytes(
    text: str,
    messages: list[tuple[str, bytes]],
    tmp_path: Path,
    beside: dict[str, str] | None = None,
) -> bytes:
    """A session with right checksums of whatever is in it; `beside`: in the header's record."""
    path = tmp_path / "made.mcap"
    with path.open("wb") as stream:
        writer = Writer(stream, compression=CompressionType.NONE, enable_data_crcs=True)
        writer.start(schema.PROFILE, "")
        sha256 = hashlib.sha256(text.encode()).hexdigest()
        told = {"json": text, "sha256": sha256} | (beside or {})
        writer.add_metadata(schema.HEADER_NAME, told)
        channels = {t: writer.register_channel(t, "json", 0) for t in schema.TOPICS}
        for topic, data in messages:
            writer.add_message(channels[topic], 0, data, 0)
        writer.finish()  # type: ignore[no-untyped-call]
    return path.read_bytes()


def frame_messages(**parts: bytes) -> list[tuple[str, bytes]]:
    """A frame with other images than its record tells, but with their hashes."""
    made = encoded(make_frames(1)[0])
    table: dict[str, Any] = json.loads(made.record.model_dump_json())
    messages = dict(made.parts)
    formats = {
        "depth": (schema.DEPTH_TOPIC, schema.DEPTH_FORMAT),
        "color": (schema.COLOR_TOPIC, schema.COLOR_FORMAT),
        "labels": (schema.LABELS_TOPIC, schema.LABELS_FORMAT),
    }
    for name, payload in parts.items():
        topic, image_format = formats[name]
        messages[topic] = image_message(payload, image_format, 0)
        table[f"{name}_sha256"] = hashlib.sha256(payload).hexdigest()
    return [*messages.items(), (schema.FRAME_TOPIC, json.dumps(table).encode())]


def raw_chunk(compression: bytes, size: int, data: bytes) -> bytes:
    body = struct.pack("<QQQI", 0, 0, size, zlib.crc32(data))
    body += struct.pack("<I", len(compression)) + compression + struct.pack("<Q", len(data)) + data
    return FRAMING.pack(6, len(body)) + body


def huge_record(folder: Path) -> bytes:
    good = session_bytes(header_text(), frame_messages(), folder)
    return good[: good.index(b"\x06", 8)] + FRAMING.pack(6, 2**62) + bytes(5000)


def huge_metadata(folder: Path) -> bytes:
    good = session_bytes(header_text(), [], folder)
    return good[:8] + FRAMING.pack(12, 2**40) + bytes(5000)


def huge_inside(folder: Path) -> bytes:
    data = FRAMING.pack(5, 2**60) + bytes(500)
    head = before_chunks(folder)
    body = CHUNK_HEAD.pack(0, 0, len(data), zlib.crc32(data), 0, len(data)) + data
    return head + FRAMING.pack(6, len(body)) + body


def many_entries(folder: Path) -> bytes:
    beside = {str(number): "" for number in range(250_000)}
    return session_bytes(header_text(), frame_messages(), folder, beside)


def before_chunks(folder: Path) -> bytes:
    text = header_text()
    good = session_bytes(text, [], folder)
    return good[: good.index(b"sha256") + 6 + 4 + 64]


def lz4_bomb(folder: Path) -> bytes:
    return before_chunks(folder) + raw_chunk(b"lz4", 2**40, bytes(2000))


def zstd_bomb(folder: Path) -> bytes:
    return before_chunks(folder) + raw_chunk(b"zstd", 2**34, bytes(2000))


def deep_header(folder: Path) -> bytes:
    return session_bytes("[" * 300_000, [], folder)


def deep_embedded(folder: Path) -> bytes:
    text = header_text()[:-1] + ',"more":' + '{"a":' * 100_000
    return session_bytes(text, [], folder)


def deep_frame(folder: Path) -> bytes:
    return session_bytes(header_text(), [(schema.FRAME_TOPIC, b'{"truth":' * 200_000)], folder)


def path_name(folder: Path) -> bytes:
    return session_bytes(header_text(embedded=[["../../owned", "x"]]), [], folder)


def absolute_name(folder: Path) -> bytes:
    return session_bytes(header_text(embedded=[["/tmp/owned", "x"]]), [], folder)  # noqa: S108


def huge_picture(folder: Path) -> bytes:
    return session_bytes(
        header_text(
            intrinsics={
                **json.loads(header_text())["intrinsics"],
                "width": HUGE,
                "height": HUGE,
            }
        ),
        [],
        folder,
    )


def png_bomb(folder: Path) -> bytes:
    return session_bytes(
        header_text(),
        frame_messages(labels=encode_png(np.zeros((HUGE, HUGE), np.uint8))),
        folder,
    )


def jpeg_xl_bomb(folder: Path) -> bytes:
    return session_bytes(
        header_text(),
        frame_messages(depth=encode_depth(np.zeros((HUGE, HUGE), np.uint16))),
        folder,
    )


def jpeg_bomb(folder: Path) -> bytes:
    picture = np.zeros((HUGE, HUGE, 3), np.uint8)
    return session_bytes(header_text(), frame_messages(color=encode_jpeg(picture)), folder)


def grey_for_colour(folder: Path) -> bytes:
    picture = np.zeros((HUGE, HUGE), np.uint8)
    return session_bytes(header_text(), frame_messages(color=encode_grey(picture)), folder)


def empty_records(folder: Path) -> bytes:
    return before_chunks(folder) + FRAMING.pack(200, 0) * MANY


def empty_records_inside(folder: Path) -> bytes:
    return before_chunks(folder) + raw_chunk(b"", 9 * MANY, FRAMING.pack(200, 0) * MANY)


def empty_chunks(folder: Path) -> bytes:
    return before_chunks(folder) + raw_chunk(b"", 0, b"") * (MANY // 5)


def empty_messages(folder: Path) -> bytes:
    return session_bytes(header_text(), [(schema.DEPTH_TOPIC, b"")] * (MANY // 20), folder)


def empty_summary(folder: Path) -> bytes:
    good = session_bytes(header_text(), [], folder)
    return good[:-37] + FRAMING.pack(200, 0) * MANY + good[-37:]


def endless_record(folder: Path) -> bytes:
    messages = frame_messages()
    table = json.loads(messages[-1][1])
    table["picture"] = {"distortion": [0.0] * MANY}
    return session_bytes(
        header_text(), [*messages[:-1], (schema.FRAME_TOPIC, json.dumps(table).encode())], folder
    )


def many_texts(folder: Path) -> bytes:
    return session_bytes(
        header_text(embedded=[[f"t{k}", ""] for k in range(MANY // 10)]), [], folder
    )


def live_bytes(folder: Path, around: bytes = b"{}", record: bytes = b"{}") -> bytes:
    """A live session of one frame with these notes."""
    *parts, frame = frame_messages()
    notes = [(schema.AROUND_TOPIC, around), (schema.RECORD_TOPIC, record)]
    return session_bytes(header_text(origin="live"), [*parts, *notes, frame], folder)


def open_record(folder: Path) -> bytes:
    return live_bytes(folder, record=b"[")


def list_record(folder: Path) -> bytes:
    return live_bytes(folder, record=b"[]")


def deep_record(folder: Path) -> bytes:
    return live_bytes(folder, record=b'{"a":' * 40_000)


def nested_record(folder: Path) -> bytes:
    return live_bytes(folder, record=b'{"a":' * 500 + b"1" + b"}" * 500)


def long_record(folder: Path) -> bytes:
    return live_bytes(folder, record=b'{"a":"' + b"x" * schema.MAX_DECISION_BYTES + b'"}')


def unreadable_record(folder: Path) -> bytes:
    return live_bytes(folder, record=b'{"a":"\xff"}')


def list_around(folder: Path) -> bytes:
    return live_bytes(folder, around=b"[]")


def long_around(folder: Path) -> bytes:
    return live_bytes(folder, around=b'{"a":"' + b"x" * schema.MAX_AROUND_BYTES + b'"}')


def unreadable_around(folder: Path) -> bytes:
    return live_bytes(folder, around=b'{"a":"' + b"x" * NOTE_BYTES + b'\xff"}')


def heavy_parts(folder: Path) -> bytes:
    """Parts that no frame needs, each of which might be one."""
    topics = (schema.PICTURE_TOPIC, schema.TRANSFORM_TOPIC, schema.LOG_TOPIC)
    parts = [(topic, bytes(schema.MAX_PARTS_BYTES // 3 + 1)) for topic in topics]
    return session_bytes(header_text(), [*parts, *frame_messages()], folder)


def heavy_message(folder: Path) -> bytes:
    heavy = (schema.LOG_TOPIC, bytes(schema.MAX_PART_BYTES + 1))
    return session_bytes(header_text(), [heavy, *frame_messages()], folder)


def strange_cut(folder: Path) -> bytes:
    """The file ends in a chunk whose message is of a channel that there is not."""
    data = FRAMING.pack(5, 22) + struct.pack("<HIQQ", 99, 0, 0, 0)
    announced = len(data) + 1000
    head = CHUNK_HEAD.pack(0, 0, announced, 0, 0, announced)
    return before_chunks(folder) + FRAMING.pack(6, len(head) + announced) + head + data


CRAFTED: list[Callable[[Path], bytes]] = [
    huge_record,
    huge_metadata,
    huge_inside,
    many_entries,
    lz4_bomb,
    zstd_bomb,
    deep_header,
    deep_embedded,
    deep_frame,
    path_name,
    absolute_name,
    huge_picture,
    png_bomb,
    jpeg_xl_bomb,
    jpeg_bomb,
    grey_for_colour,
    empty_records,
    empty_records_inside,
    empty_chunks,
    empty_messages,
    empty_summary,
    endless_record,
    many_texts,
    open_record,
    list_record,
    deep_record,
    nested_record,
    long_record,
    unreadable_record,
    list_around,
    long_around,
    unreadable_around,
    heavy_parts,
    strange_cut,
]


def read_whole(path: Path) -> str:
    """Why it was refused."""
    try:
        source = SessionSource(path)
    except TrackerError as error:
        return str(error)
    try:
        assert source.read() is None
        return source.damage or ""
    finally:
        source.close()


def costs_of(read: Callable[[], object]) -> tuple[float, int]:
    """Seconds, the best of three (other work on this computer), and the most bytes held."""
    seconds = []
    for _ in range(3):
        start = time.perf_counter()
        read()
        seconds.append(time.perf_counter() - start)
    tracemalloc.start()
    read()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return min(seconds), peak


@pytest.mark.parametrize("crafted", CRAFTED, ids=lambda made: made.__name__)
def test_it_is_refused_soon_and_with_little_memory(
    crafted: Callable[[Path], bytes], tmp_path: Path
) -> None:
    path = tmp_path / "crafted.mcap"
    path.write_bytes(crafted(tmp_path))
    assert read_whole(path)  # libraries are loaded, files cached
    seconds, peak = costs_of(lambda: read_whole(path))
    assert seconds < WITHIN_S
    assert peak < WITHIN_BYTES


@pytest.mark.parametrize("crafted", CRAFTED, ids=lambda made: made.__name__)
def test_nothing_is_recovered_from_it(crafted: Callable[[Path], bytes], tmp_path: Path) -> None:
    path = tmp_path / "crafted.mcap"
    path.write_bytes(crafted(tmp_path))
    with pytest.raises(TrackerError):
        recover(path, tmp_path / "out.mcap", unheard)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["crafted.mcap", "made.mcap"]


def test_the_same_frame_unharmed_is_read(tmp_path: Path) -> None:
    """What refuses the crafted ones is what was crafted."""
    path = tmp_path / "fine.mcap"
    path.write_bytes(session_bytes(header_text(), frame_messages(), tmp_path))
    source = SessionSource(path)
    assert source.read() is not None
    assert source.read() is None
    assert source.damage is None
    source.close()


def test_a_live_frame_unharmed_is_read_with_its_notes(tmp_path: Path) -> None:
    path = tmp_path / "fine.mcap"
    path.write_bytes(live_bytes(tmp_path, record=b'{"verdict":"HOLD"}'))
    source = SessionSource(path)
    frame = source.read()
    source.close()
    assert frame is not None
    assert frame.live == LiveNotes("{}", '{"verdict":"HOLD"}')


def test_a_message_of_no_frame_is_bounded_and_costs_no_frame(tmp_path: Path) -> None:
    path = tmp_path / "crafted.mcap"
    path.write_bytes(heavy_message(tmp_path))
    assert f"at most {schema.MAX_PART_BYTES}" in read_whole(path)
    assert recover(path, tmp_path / "out.mcap", unheard).n_frames == 1

"""Look through a rosbag2 recording (.db3), and copy what is whole of a damaged one.

The vendor's library refuses a database that was cut, and hands over damaged images without a
word. Images in it are PNGs, so each one's checksums prove it.
"""

from __future__ import annotations

import mmap
import sqlite3
import struct
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import astuple, dataclass
from pathlib import Path

from recordings.realsense.db3_pages import Cell, PageError, PageFile, Value
from recordings.realsense.survey import (
    Survey,
    is_color_image,
    is_depth_image,
    is_depth_metadata,
)

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
PNG_FRAMING_BYTES = 12  # length, type and checksum of a chunk
MAX_PREFIX_BYTES = 256  # the message's header before the PNG
N_MESSAGE_COLUMNS = 4
N_TOPIC_COLUMNS = 5
SCHEMA = """
CREATE TABLE topics(id INTEGER PRIMARY KEY,name TEXT NOT NULL,type TEXT NOT NULL,
    serialization_format TEXT NOT NULL,offered_qos_profiles TEXT NOT NULL);
CREATE TABLE messages(id INTEGER PRIMARY KEY,topic_id INTEGER NOT NULL,
    timestamp INTEGER NOT NULL, data BLOB NOT NULL);
CREATE INDEX timestamp_idx ON messages (timestamp ASC);
"""

Topics = dict[int, tuple[Value, ...]]


@dataclass(frozen=True)
class Message:
    """One row of the table `messages`."""

    row_id: int
    topic_id: int
    timestamp: int
    data: bytes


Log = tuple[Topics, Iterator[Message]]


class DamagedError(Exception):
    """What stands behind this point cannot be trusted."""


def survey_db3(path: Path) -> Survey:
    """Count the whole images of a recording and say what is wrong with the rest."""
    try:
        with _pages(path) as pages:
            if pages.n_pages_present < pages.n_pages_announced:
                announced, present = pages.n_pages_announced, pages.n_pages_present
                reason = f"cut short: {announced} pages announced, {present} there"
                return _count(_log_of_pages(pages), reason)
            try:
                with closing(_open_read_only(path)) as database:
                    return _count(_log_of_database(database), None)
            except sqlite3.DatabaseError as error:
                return _count(_log_of_pages(pages), str(error))
    except PageError as error:
        return Survey(0, 0, str(error))


def write_repaired_db3(source: Path, target: Path) -> None:
    """Write what stands before the first damage of `source` into a new database."""
    with _pages(source) as pages, closing(sqlite3.connect(target)) as database, database:
        topics, messages = _log_of_pages(pages)
        database.executescript(SCHEMA)
        database.executemany("INSERT INTO topics VALUES (?, ?, ?, ?, ?)", topics.values())
        with suppress(DamagedError):  # the survey has told of it
            for message in _checked(topics, messages):
                database.execute("INSERT INTO messages VALUES (?, ?, ?, ?)", astuple(message))


@contextmanager
def _pages(path: Path) -> Iterator[PageFile]:
    with (
        path.open("rb") as stream,
        mmap.mmap(stream.fileno(), 0, prot=mmap.PROT_READ) as data,
        memoryview(data) as view,
    ):
        yield PageFile(view)


def _open_read_only(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)


def _log_of_database(database: sqlite3.Connection) -> Log:
    topics = {int(row[0]): tuple(row) for row in database.execute("SELECT * FROM topics")}
    rows = database.execute("SELECT id, topic_id, timestamp, data FROM messages ORDER BY id")
    return topics, (Message(*row) for row in rows)


def _log_of_pages(pages: PageFile) -> Log:
    cells = list(pages.cells())
    topics: Topics = {}
    for cell in cells:
        if cell.n_columns == N_TOPIC_COLUMNS:
            _, *texts = pages.row(cell)
            # the schema's own table has five columns too, and no name that starts like a topic
            if str(texts[0]).startswith("/"):
                topics[cell.row_id] = (cell.row_id, *texts)
    return topics, _messages_of_pages(pages, [c for c in cells if c.n_columns == N_MESSAGE_COLUMNS])


def _messages_of_pages(pages: PageFile, cells: list[Cell]) -> Iterator[Message]:
    """Yield messages in the order they were written, up to the first that is not whole."""
    for row_id, cell in enumerate(sorted(cells, key=lambda c: c.row_id), start=1):
        try:
            _, topic_id, timestamp, data = pages.row(cell)
        except PageError as error:
            raise DamagedError(str(error)) from error
        if not (isinstance(topic_id, int) and isinstance(timestamp, int)):
            raise DamagedError(f"message {row_id} is malformed")
        if cell.row_id != row_id or not isinstance(data, bytes):
            raise DamagedError(f"message {row_id} is missing")
        yield Message(row_id, topic_id, timestamp, data)


def _checked(topics: Topics, messages: Iterator[Message]) -> Iterator[Message]:
    """Pass messages on; DamagedError at the first image whose checksums do not match."""
    for message in messages:
        name = _name(topics, message)
        if (is_depth_image(name) or is_color_image(name)) and not _is_whole_image(message.data):
            raise DamagedError(f"the image in message {message.row_id} is damaged")
        yield message


def _count(log: Log, reason: str | None) -> Survey:
    """Count images; a depth image without its metadata was cut off."""
    topics, messages = log
    n_depth = n_metadata = n_color = 0
    try:
        for message in _checked(topics, messages):
            name = _name(topics, message)
            n_depth += is_depth_image(name)
            n_color += is_color_image(name)
            n_metadata += is_depth_metadata(name)
    except DamagedError as error:
        reason = reason or str(error)
    return Survey(min(n_depth, n_metadata), n_color, reason)


def _name(topics: Topics, message: Message) -> str:
    return str(topics.get(message.topic_id, (0, ""))[1])


def _is_whole_image(data: bytes) -> bool:
    """Whether every checksum of the PNG inside matches; images of other kinds carry none."""
    offset = data.find(PNG_SIGNATURE, 0, MAX_PREFIX_BYTES)
    if offset < 0:
        return True
    offset += len(PNG_SIGNATURE)
    while offset + PNG_FRAMING_BYTES <= len(data):
        (length,) = struct.unpack_from(">I", data, offset)
        end = offset + PNG_FRAMING_BYTES + length
        if end > len(data):
            return False
        (expected,) = struct.unpack_from(">I", data, end - 4)
        if zlib.crc32(data[offset + 4 : end - 4]) != expected:
            return False
        if data[offset + 4 : offset + 8] == b"IEND":
            return True
        offset = end
    return False

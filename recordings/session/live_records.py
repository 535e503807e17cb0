"""What a live session decided, out of its recording: no image is decoded."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from recordings.naming import file_name
from recordings.session import schema
from recordings.session.chunks import DamagedError
from recordings.session.messages import MessageReader
from recordings.session.notes import note_text
from tracking.errors import SourceError


def live_records(path: Path) -> Iterator[str]:
    """Yield every proven record as JSON, in the order of the file.

    Raises
    ------
    SourceError
        The file cannot be read, is damaged or ends early: what came before has been yielded.
    """
    try:
        with path.open("rb") as stream:
            reader = MessageReader(stream)
            reader.metadata(schema.HEADER_NAME)
            for message in reader.messages():
                if message.topic == schema.RECORD_TOPIC and message.is_proven:
                    yield note_text(message.topic, message.data)
    except (OSError, DamagedError) as error:
        raise SourceError(
            f"{file_name(path)} cannot be read to its end.",
            actual=str(error),
            remedy="Name what `sessions recover` makes of it.",
        ) from error

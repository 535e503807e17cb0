"""What a live recording keeps beside a frame, as text that may be used: bounded, and JSON.

A note is proven to be a JSON object here, unless it is so long that it must hold drawn areas:
as a tree of objects that one would take many times its bytes. Whoever uses it reads it by types.
"""

from __future__ import annotations

from typing import Any

from pydantic_core import from_json

from recordings.session import schema
from recordings.session.chunks import DamagedError

MOST_BYTES = {
    schema.AROUND_TOPIC: schema.MAX_AROUND_BYTES,
    schema.RECORD_TOPIC: schema.MAX_DECISION_BYTES,
}
PROVEN_BYTES = 256 * 1024  # of a note: what its objects take stays below 10 MB


def json_object(text: str | bytes) -> dict[str, Any] | None:
    """A JSON object; None for anything else: NaN in it, too, or a depth beyond 200."""
    try:
        found = from_json(text, allow_inf_nan=False)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def note_text(topic: str, data: bytes) -> str:
    """The note of a frame as text; DamagedError where it is too long, or is no JSON object."""
    most = MOST_BYTES[topic]
    if len(data) > most:
        raise DamagedError(f"{topic} of a frame has {len(data)} bytes, at most {most} allowed")
    if len(data) <= PROVEN_BYTES and json_object(data) is None:
        raise DamagedError(f"{topic} of a frame is no JSON object")
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise DamagedError(f"{topic} of a frame is no text ({error})") from error

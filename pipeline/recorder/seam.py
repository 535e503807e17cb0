"""What a recording's next part takes over from the one before, so that it replays alone."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace

from recordings.session import schema
from recordings.session.writer import EncodedFrame
from tracking.frame import LiveNotes

REVISION = "revision"


@dataclass(eq=False)
class Seam:
    """Remembers the revision of the plan in force, which is told with its first frame only.

    The areas that were drawn come along as they lay on the survey then. The part's replay has no
    such survey, so it drops them: its coverage cannot be told before they are placed anew.
    """

    _revision: str = field(default="", init=False)  # the key and its value, as JSON

    def passed(self, notes: LiveNotes | None) -> None:
        """Take note of a frame that was written."""
        revision = None if notes is None else _around(notes.around).get(REVISION)
        if revision is not None:
            self._revision = json.dumps(revision, allow_nan=False, ensure_ascii=False)

    def begun(self, frame: EncodedFrame) -> EncodedFrame:
        """The first frame of a part, with the revision that decided it."""
        parts = dict(frame.parts)
        data = parts.get(schema.AROUND_TOPIC)
        if not self._revision or data is None:
            return frame
        around = _around(data.decode())
        if around.get(REVISION) is not None:
            return frame
        around[REVISION] = json.loads(self._revision)
        text = json.dumps(around, allow_nan=False, ensure_ascii=False, separators=(",", ":"))
        parts[schema.AROUND_TOPIC] = text.encode()
        return replace(frame, parts=tuple(parts.items()))


def _around(text: str) -> dict[str, object]:
    found = json.loads(text)
    return found if isinstance(found, dict) else {}

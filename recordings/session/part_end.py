"""What a part says at its end: whether the recording goes on in another file.

Known only when the part is finished. A file that was cut does not say it, nor does an older one.
"""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import StrictBool, ValidationError

from recordings.session.chunks import DamagedError
from recordings.session.intrinsics_record import StrictRecord
from recordings.session.sealed_text import sealed, unsealed

END_NAME = "session_end"
MAX_END_CHARS = 1024


class EndRecord(StrictRecord):
    """The last thing that is written of a part."""

    goes_on: StrictBool


def end_record(*, goes_on: bool) -> dict[str, str]:
    """What the metadata record `END_NAME` says."""
    return sealed(EndRecord(goes_on=goes_on).model_dump_json())


def told_end(record: Mapping[str, str] | None) -> bool | None:
    """Whether the recording goes on; None where nothing, or nothing that proves right, says it."""
    if record is None:
        return None
    try:
        text = unsealed(record, "end", MAX_END_CHARS)
        return EndRecord.model_validate_json(text).goes_on
    except (DamagedError, ValidationError):
        return None

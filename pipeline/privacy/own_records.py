"""Texts that this software itself writes into a recording's header, as strict models.

They hold numbers, hashes and ids; a key that is not here may name anybody.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from pipeline.privacy.names import Colour
from recordings.session.intrinsics_record import NotNegative, Sha256, StrictRecord

KeyId = Annotated[str, Field(pattern=r"^[0-9a-f]*$")]


class SessionRecord(StrictRecord):
    """`session.json`: ids of what a live session ran with; a copy may leave some out."""

    notes: NotNegative = 0
    session_id: str = ""
    software: str = ""
    model: str = ""
    plan: str = ""
    rig: str = ""
    catalogue: str = ""
    site: str | None = None


class PrivacyRecord(StrictRecord):
    """`privacy.json`, as `pipeline.privacy.note` writes it."""

    colour: Colour
    patient: Literal["clear", "pseudonym"]
    key: KeyId = ""


class CopyRecord(StrictRecord):
    """`deidentified.json`: what `sessions deidentify` kept, and the hash of the file it read."""

    from_sha256: Sha256
    colour: Colour
    has_serial: bool
    has_date: bool


class GapRecord(StrictRecord):
    """One gap of `recovery.json`."""

    after_frame_index: int | None
    before_frame_index: int | None
    n_lost: NotNegative | None


class RecoveryRecord(StrictRecord):
    """`recovery.json`, `recovery-2.json` ..., as `sessions recover` writes them."""

    from_sha256: Sha256
    n_frames: NotNegative
    gaps: tuple[GapRecord, ...]

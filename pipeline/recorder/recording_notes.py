"""What whoever replays a recording has to know of it before anything is compared."""

from __future__ import annotations

from pipeline.privacy.note import privacy_of
from recordings.session.parts import part_of
from recordings.session.recover import recovery_sentences
from recordings.source import SourceHeader


def notes_of(header: SourceHeader) -> tuple[str, ...]:
    """Sentences on what was lost or left out of it, and on the parts before it."""
    return (*_memory(header), *recovery_sentences(header), *privacy_of(header).sentences())


def _memory(header: SourceHeader) -> tuple[str, ...]:
    part = part_of(header)
    if part is None or part.n_frames_before == 0:
        return ()
    sentence = (
        f"This is part {part.part} of session {part.session_id}: it starts without memory of the "
        f"{part.n_frames_before} frames before it, so survey, pose and arming begin anew."
    )
    return (sentence,)

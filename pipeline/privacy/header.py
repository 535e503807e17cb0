"""The header of a recording that leaves out what names a person."""

from __future__ import annotations

from dataclasses import replace

from pipeline.privacy.names import Colour
from pipeline.privacy.note import PSEUDONYM, Privacy, with_privacy
from pipeline.privacy.pseudonyms import Pseudonyms
from pipeline.privacy.texts import without_person
from recordings.source import SourceHeader


def private_header(header: SourceHeader, colour: Colour, names: Pseudonyms | None) -> SourceHeader:
    """The header as it is recorded, with a note of what is left out.

    Raises
    ------
    SourceError
        A text of the header is of no known form: nobody knows what it says.
    """
    if names is not None:
        header = replace(header, embedded=without_person(header.embedded, names, {}))
    if names is None:
        return with_privacy(header, Privacy(colour))
    return with_privacy(header, Privacy(colour, PSEUDONYM, names.key_id))

"""`privacy.json` in a recording's header: what of a person was left out when it was written."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace

from pipeline.privacy.names import Colour
from recordings.source import SourceHeader

NOTE = "privacy.json"
COPY_NOTE = "deidentified.json"  # of `sessions deidentify`
CLEAR, PSEUDONYM = "clear", "pseudonym"
COLOUR_WORDS = {
    Colour.CONE: "cropped to the cone",
    Colour.OFF: "left out",
}


@dataclass(frozen=True)
class Privacy:
    """How a recording was written.

    Attributes
    ----------
    colour : Colour
        What of the colour is recorded. A live session decided on all of it.
    patient : str
        "clear" or "pseudonym".
    key : str
        `Pseudonyms.key_id` of the pseudonym's key; "" where nothing says it.
    """

    colour: Colour = Colour.KEEP
    patient: str = CLEAR
    key: str = ""

    @property
    def is_plain(self) -> bool:
        """Whether nothing was left out."""
        return self == Privacy()

    def sentences(self) -> Iterator[str]:
        """For people who replay it or look at it."""
        if self.colour is not Colour.KEEP:
            yield (
                f"Its colour was {COLOUR_WORDS[self.colour]} when it was recorded: what is decided "
                "here is decided on what is left."
            )
        if self.patient == PSEUDONYM:
            yield "Its patient is a pseudonym."


def with_privacy(header: SourceHeader, privacy: Privacy) -> SourceHeader:
    """The header with the note; where nothing is left out now, what it says already stands."""
    before = privacy_of(header)
    both = Privacy(
        colour=max(before.colour, privacy.colour, key=list(Colour).index),
        patient=PSEUDONYM if PSEUDONYM in (before.patient, privacy.patient) else CLEAR,
        key=privacy.key or before.key,
    )
    if both.is_plain:
        return header
    kept = tuple(pair for pair in header.embedded if pair[0] != NOTE)
    return replace(header, embedded=(*kept, (NOTE, json.dumps(asdict(both)))))


def naming_anew(header: SourceHeader) -> SourceHeader:
    """The header of a copy with another plan: what was said of the patient holds no more."""
    colour = privacy_of(header).colour
    kept = tuple(pair for pair in header.embedded if pair[0] not in (NOTE, COPY_NOTE))
    return with_privacy(replace(header, embedded=kept), Privacy(colour))


def privacy_of(header: SourceHeader) -> Privacy:
    """What a recording says of itself. Fails to: nothing was left out."""
    texts = dict(header.embedded)
    copied, told = _table(texts.get(COPY_NOTE)), _table(texts.get(NOTE))
    colours = [_colour(copied), _colour(told)]
    is_named = told.get("patient") == PSEUDONYM or bool(copied)
    patient, key = PSEUDONYM if is_named else CLEAR, told.get("key")
    return Privacy(
        max(colours, key=list(Colour).index), patient, key if isinstance(key, str) else ""
    )


def _table(text: str | None) -> dict[str, object]:
    try:
        found = json.loads(text or "null")
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _colour(table: dict[str, object]) -> Colour:
    found = table.get("colour")
    return Colour(str(found)) if found in list(Colour) else Colour.KEEP

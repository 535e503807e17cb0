"""A person's key for the beam: says that it is on, or off again.

It tells what has happened, so it is taken at any time, twice too. It allows nothing: the supervisor
counts a beam only under a lease, and where the machine's line is wired, only by that line.
"""

from __future__ import annotations

from pipeline.session.commands import BeamCommand
from pipeline.session.events import Event, EventKind
from pipeline.session.refusals import Refusal

_TAKEN = {True: EventKind.BEAM_ON, False: EventKind.BEAM_OFF}
_REFUSED = {True: EventKind.BEAM_ON_REFUSED, False: EventKind.BEAM_OFF_REFUSED}
_IS_ON = {kind: is_on for is_on, kind in _TAKEN.items()}


def beam_event(command: BeamCommand, refusal: Refusal | None, frame_index: int) -> Event:
    """What the command has become, before the decision of frame `frame_index`."""
    kinds = _TAKEN if refusal is None else _REFUSED
    return Event(kinds[command.is_on], frame_index, person=command.person, refusal=refusal)


def beam_told(event: Event) -> bool | None:
    """Whether a person said that the beam is on, or off; None where the event is another one."""
    return _IS_ON.get(event.kind)

"""Whether a person is who they say they are: PINs of a site's persons, with few attempts each."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from pipeline.config.site import Person

MAX_WRONG_PINS = 5  # of one person and session, right ones in between or not


class PinCheck(StrEnum):
    """What became of one person's PIN."""

    RIGHT = "right"
    WRONG = "wrong"
    LOCKED = "locked"
    NO_PIN = "no_pin"
    UNKNOWN_PERSON = "unknown_person"


class Gatekeeper:
    """Checks PINs and counts the wrong ones of a session.

    One check takes some 50 ms: not for the thread that decides frames.
    """

    def __init__(self, persons: Iterable[Person]) -> None:
        self._verifiers = {person.id: person.pin for person in persons}
        self._n_wrong = dict.fromkeys(self._verifiers, 0)

    def check(self, person: str, pin: str) -> PinCheck:
        """Check one PIN; after `MAX_WRONG_PINS` wrong ones even the right one is refused."""
        if person not in self._verifiers:
            return PinCheck.UNKNOWN_PERSON
        verifier = self._verifiers[person]
        if verifier is None:
            return PinCheck.NO_PIN
        if self._n_wrong[person] >= MAX_WRONG_PINS:
            return PinCheck.LOCKED
        if verifier.accepts(pin):
            return PinCheck.RIGHT
        self._n_wrong[person] += 1
        return PinCheck.WRONG

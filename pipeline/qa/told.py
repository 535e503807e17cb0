"""What people are told of a rig's QA: a code for the display's words, and an English sentence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from calibration.qa.standing import SENTENCES, QaState

NO_ANSWER: Final = "no_answer"
UNREADABLE: Final = "unreadable"
ASSUMED: Final = "assumed"
CODES: Final = (*(str(state) for state in QaState), NO_ANSWER, UNREADABLE, ASSUMED)
_OTHERS: Final = {
    NO_ANSWER: "The QA store has not answered.",
    ASSUMED: "Simulated: taken as passed.",
}


@dataclass(frozen=True)
class QaTold:
    """One of `CODES`, and what the store said where it cannot be read."""

    state: str
    detail: str = ""

    @property
    def sentence(self) -> str:
        """For terminal and report."""
        if self.state == UNREADABLE:
            return self.detail
        if self.state in _OTHERS:
            return _OTHERS[self.state]
        return SENTENCES[QaState(self.state)]

"""The four outcomes of a check, and of a whole run: the worst of its checks."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum


class Outcome(StrEnum):
    """From good to bad, in the words of tracker control charts (DOMAIN.md).

    PASS: inside every limit. NOTE: unusual, worth a look. ALERT: inside the last limit, and the
    physicist has to know. FAILURE: beyond it, or not measured; the rig is not ready.
    """

    PASS = "Pass"  # noqa: S105 - the word of the charts
    NOTE = "Note"
    ALERT = "Alert"
    FAILURE = "Failure"

    @property
    def rank(self) -> int:
        """0 for PASS, rising with badness."""
        return _ORDER.index(self)

    @property
    def is_accepted(self) -> bool:
        """Whether a run with this outcome proves the rig."""
        return self is not Outcome.FAILURE


_ORDER = (Outcome.PASS, Outcome.NOTE, Outcome.ALERT, Outcome.FAILURE)


def worst(outcomes: Iterable[Outcome]) -> Outcome:
    """The worst of `outcomes`. Fails to: FAILURE, where there is none."""
    return max(outcomes, key=lambda outcome: outcome.rank, default=Outcome.FAILURE)

"""What a fault of the kernel's campaign is: a change of a session's moments from its onset on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from pipeline.faults.nominal import Moment, NominalSession
from tracking.alignment import Alignment
from tracking.reasons import Reason
from tracking.snapshot import Evidence, Snapshot

SEVERITIES = (1, 2, 3, 4, 5)
WINDOW = 14  # moments from the onset on: longer than it takes to arm


@dataclass(frozen=True)
class FaultedMoment:
    """A moment, and whether the fault stands in it: READY would be false."""

    moment: Moment
    is_faulted: bool = True


@dataclass(frozen=True)
class Case:
    """Where and how badly a fault strikes which session."""

    session: NominalSession
    onset: int
    severity: int

    @property
    def rng(self) -> np.random.Generator:
        """Of this case alone."""
        return np.random.default_rng([self.session.seed, 107, self.onset, self.severity])

    @property
    def window(self) -> list[Moment]:
        """The moments from the onset on, without the fault."""
        return [self.session.moment(self.onset + i) for i in range(WINDOW)]


Strike = Callable[[Case], Sequence[FaultedMoment]]


@dataclass(frozen=True)
class Fault:
    """One class of faults.

    Attributes
    ----------
    expects : frozenset of str
        What may be told first on a faulted frame. Empty: no frame comes, silence must do.
    """

    name: str
    strike: Strike
    expects: frozenset[str]


def fault(name: str, strike: Strike, *expects: Reason) -> Fault:
    """Return a class of faults."""
    return Fault(name, strike, frozenset(map(str, expects)))


def changed(case_of: Callable[[Snapshot, Case], Snapshot]) -> Strike:
    """Change every frame from the onset on."""

    def strike(case: Case) -> list[FaultedMoment]:
        return [
            FaultedMoment(replace(moment, frame=case_of(moment.frame, case)))
            for moment in case.window
        ]

    return strike


def with_fields(**changes: Any) -> Strike:  # noqa: ANN401 - fields of Snapshot of any type
    """Give every frame these fields."""
    return changed(lambda frame, _case: replace(frame, **changes))


def with_evidence(name: str, state: Evidence) -> Strike:
    """Give every frame this state of one piece of evidence."""
    return changed(
        lambda frame, _case: replace(frame, evidence=replace(frame.evidence, **{name: state}))
    )


def with_alignment(change: Callable[[Alignment, Case], Alignment]) -> Strike:
    """Change what was measured in every frame."""
    return changed(lambda frame, case: replace(frame, alignment=change(frame.alignment, case)))

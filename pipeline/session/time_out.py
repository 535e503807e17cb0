"""The time-out: two registered persons read back what is running and confirm it.

Pure: no clock, no file, no PIN. It holds for exactly the identities that were confirmed; any change
of one of them, and anybody who reads back something else, takes it away.

Fails to: no time-out.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

from pipeline.session.refusals import Refusal
from tracking.identities import Identities

N_PERSONS = 2


@dataclass(frozen=True)
class ReadBack:
    """What one person read back; None is an item that they did not confirm."""

    plan: str | None
    patient: str | None
    machine: str | None
    applicator: str | None

    def differences(self, running: Identities) -> tuple[str, ...]:
        """Names of the items that are not those of `running`."""
        names = (field.name for field in fields(self))
        return tuple(n for n in names if getattr(self, n) != getattr(running, n))


@dataclass(frozen=True)
class TimeOut:
    """What is running, and who has confirmed it."""

    running: Identities
    confirmed_by: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if len(set(self.confirmed_by)) != len(self.confirmed_by):
            raise ValueError(f"one person cannot confirm twice: {', '.join(self.confirmed_by)}")
        if len(self.confirmed_by) > N_PERSONS or not all(self.confirmed_by):
            raise ValueError(f"at most {N_PERSONS} named persons confirm, got {self.confirmed_by}")

    @property
    def is_complete(self) -> bool:
        """Whether enough persons have confirmed."""
        return len(self.confirmed_by) == N_PERSONS

    def is_valid_for(self, identities: Identities) -> bool:
        """Whether it is complete, for exactly these identities."""
        return self.is_complete and self.running == identities

    def refusal(self, by: str, read_back: ReadBack) -> Refusal | None:
        """Why this confirmation cannot count; None where it can."""
        if read_back.differences(self.running):
            return Refusal.READ_BACK_DIFFERS
        if self.is_complete:
            return Refusal.ALREADY_COMPLETE
        if by in self.confirmed_by:
            return Refusal.SAME_PERSON
        return None

    def confirmed(self, by: str, read_back: ReadBack) -> TimeOut:
        """Add one person's confirmation. Raises ValueError where `refusal` names a reason."""
        refusal = self.refusal(by, read_back)
        if refusal is not None:
            raise ValueError(refusal.value)
        return TimeOut(self.running, (*self.confirmed_by, by))

    def changed(self, identities: Identities) -> tuple[str, ...]:
        """Names of what is not as it was when the time-out began."""
        names = (field.name for field in fields(identities))
        return tuple(n for n in names if getattr(identities, n) != getattr(self.running, n))

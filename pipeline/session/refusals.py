"""Why a command into a running session is refused: a closed set, each with its sentence."""

from __future__ import annotations

from enum import StrEnum


class Refusal(StrEnum):
    """The value is the code in answers and in the audit log."""

    UNKNOWN_PERSON = "UNKNOWN_PERSON"
    NO_PIN = "NO_PIN"
    WRONG_PIN = "WRONG_PIN"
    PERSON_LOCKED = "PERSON_LOCKED"
    CONE_NOT_PLACED = "CONE_NOT_PLACED"
    OTHER_CONE = "OTHER_CONE"
    READ_BACK_DIFFERS = "READ_BACK_DIFFERS"
    SAME_PERSON = "SAME_PERSON"
    ALREADY_COMPLETE = "ALREADY_COMPLETE"
    NO_FAULT = "NO_FAULT"
    FAULT_IS_NEWER = "FAULT_IS_NEWER"
    NOT_A_FAULT = "NOT_A_FAULT"
    ALREADY_ACKNOWLEDGED = "ALREADY_ACKNOWLEDGED"


SENTENCES: dict[Refusal, str] = {
    Refusal.UNKNOWN_PERSON: "This person is not registered in the site file.",
    Refusal.NO_PIN: "This person has no PIN: run `site pin` and add its line to the site file.",
    Refusal.WRONG_PIN: "The PIN is wrong.",
    Refusal.PERSON_LOCKED: "Too many wrong PINs: this person is locked for this session.",
    Refusal.CONE_NOT_PLACED: "The planned cone is not measured: place and dock it first.",
    Refusal.OTHER_CONE: "The image shows another cone than the planned one.",
    Refusal.READ_BACK_DIFFERS: "What was read back is not what is running: compare again.",
    Refusal.SAME_PERSON: "This person has confirmed already: a second person must confirm.",
    Refusal.ALREADY_COMPLETE: "The time-out is complete.",
    Refusal.NO_FAULT: "No fault waits for an acknowledgement.",
    Refusal.FAULT_IS_NEWER: "The fault has come again since: look at it, then acknowledge.",
    Refusal.NOT_A_FAULT: "That frame has no fault.",
    Refusal.ALREADY_ACKNOWLEDGED: "This fault is acknowledged.",
}

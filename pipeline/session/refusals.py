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
    NOT_DOCKED = "NOT_DOCKED"
    NOT_APPROVED = "NOT_APPROVED"
    READ_BACK_DIFFERS = "READ_BACK_DIFFERS"
    SAME_PERSON = "SAME_PERSON"
    ALREADY_COMPLETE = "ALREADY_COMPLETE"
    NO_FAULT = "NO_FAULT"
    FAULT_IS_NEWER = "FAULT_IS_NEWER"
    NOT_A_FAULT = "NOT_A_FAULT"
    ALREADY_ACKNOWLEDGED = "ALREADY_ACKNOWLEDGED"
    NO_WORKFLOW = "NO_WORKFLOW"
    STEP_BLOCKED = "STEP_BLOCKED"
    UNDER_BEAM = "UNDER_BEAM"
    NO_SURVEY = "NO_SURVEY"
    UNKNOWN_FRAME = "UNKNOWN_FRAME"
    NO_OUTLINE = "NO_OUTLINE"
    NOT_ON_BED = "NOT_ON_BED"
    NO_LIMIT = "NO_LIMIT"
    NAME_TAKEN = "NAME_TAKEN"
    TOO_MANY_OUTLINES = "TOO_MANY_OUTLINES"
    NOTHING_TO_UNDO = "NOTHING_TO_UNDO"
    NOTHING_TO_REDO = "NOTHING_TO_REDO"
    NOTHING_TO_CLEAR = "NOTHING_TO_CLEAR"
    UNKNOWN_APPLICATOR = "UNKNOWN_APPLICATOR"
    OTHER_REVISION = "OTHER_REVISION"
    AREA_LOST = "AREA_LOST"
    REPORT_FAILED = "REPORT_FAILED"
    NOT_KEPT = "NOT_KEPT"


SENTENCES: dict[Refusal, str] = {
    Refusal.UNKNOWN_PERSON: "This person is not registered in the site file.",
    Refusal.NO_PIN: "This person has no PIN: run `site pin` and add its line to the site file.",
    Refusal.WRONG_PIN: "The PIN is wrong.",
    Refusal.PERSON_LOCKED: "Too many wrong PINs: this person is locked for this session.",
    Refusal.CONE_NOT_PLACED: "The planned cone is not measured: place and dock it first.",
    Refusal.OTHER_CONE: "The image shows another cone than the planned one.",
    Refusal.NOT_DOCKED: "The head is not docked: move it until nothing is left to move.",
    Refusal.NOT_APPROVED: "What was drawn or chosen is not approved: approve it first.",
    Refusal.READ_BACK_DIFFERS: "What was read back is not what is running: compare again.",
    Refusal.SAME_PERSON: "This person has confirmed already: a second person must confirm.",
    Refusal.ALREADY_COMPLETE: "The time-out is complete.",
    Refusal.NO_FAULT: "No fault waits for an acknowledgement.",
    Refusal.FAULT_IS_NEWER: "The fault has come again since: look at it, then acknowledge.",
    Refusal.NOT_A_FAULT: "That frame has no fault.",
    Refusal.ALREADY_ACKNOWLEDGED: "This fault is acknowledged.",
    Refusal.NO_WORKFLOW: "This session has no workflow.",
    Refusal.STEP_BLOCKED: "A step before this one is not done.",
    Refusal.UNDER_BEAM: "The beam is on: nothing is changed now.",
    Refusal.NO_SURVEY: "The bed is not surveyed: show it without the cone first.",
    Refusal.UNKNOWN_FRAME: "Where the bed lay in that picture is not known: draw on a newer one.",
    Refusal.NO_OUTLINE: "The line encloses no area, or crosses itself: draw it again.",
    Refusal.NOT_ON_BED: "The outline leaves the surveyed bed: draw it on the bed.",
    Refusal.NO_LIMIT: "The plan has no limit for this: neither it nor a drawing can be held to.",
    Refusal.NAME_TAKEN: "The plan has a structure of this name itself.",
    Refusal.TOO_MANY_OUTLINES: "As many structures as can be shown are drawn: clear one first.",
    Refusal.NOTHING_TO_UNDO: "There is nothing to undo.",
    Refusal.NOTHING_TO_REDO: "There is nothing to redo.",
    Refusal.NOTHING_TO_CLEAR: "Nothing of this name is drawn.",
    Refusal.UNKNOWN_APPLICATOR: "The machine of this plan has no such cone.",
    Refusal.OTHER_REVISION: "What is shown has changed since: look at it, then approve.",
    Refusal.AREA_LOST: "A drawn outline is not on the bed any more: draw it again, or clear it.",
    Refusal.REPORT_FAILED: "The report could not be written.",
    Refusal.NOT_KEPT: "It could not be written to disk, so it was not done: make room, try again.",
}

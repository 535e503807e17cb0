"""The steps, in order, and what keeps one from being entered."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Step(StrEnum):
    """The value is the word on the wire."""

    BRIEFING = "briefing"
    SURVEY = "survey"
    DRAW = "draw"
    APPROVE = "approve"
    PLACE = "place"
    DOCK = "dock"
    TIME_OUT = "time_out"
    READY = "ready"
    BEAM = "beam"
    REPORT = "report"


STEPS = tuple(Step)


class Why(StrEnum):
    """What is missing before a step can be left behind; the page has the words."""

    NO_QA = "NO_QA"
    CALIBRATION_EXPIRED = "CALIBRATION_EXPIRED"
    NO_SURVEY = "NO_SURVEY"
    AREA_LOST = "AREA_LOST"
    AREA_NOT_DRAWN = "AREA_NOT_DRAWN"
    NOT_APPROVED = "NOT_APPROVED"
    CONE_NOT_PLACED = "CONE_NOT_PLACED"
    OTHER_CONE = "OTHER_CONE"
    NOT_DOCKED = "NOT_DOCKED"
    NO_TIME_OUT = "NO_TIME_OUT"
    NOT_READY = "NOT_READY"
    NO_BEAM = "NO_BEAM"


@dataclass(frozen=True)
class StepFacts:
    """What one frame, and what was said until then, means for the steps.

    Attributes
    ----------
    has_qa, has_calibration : bool
        The rig is proven today, and in date.
    has_survey : bool
        The bed was surveyed, or a cone stands on it already.
    is_area_wanted, is_area_lost : bool
        The plan limits coverage and marks no area itself; a marked one is no longer placed.
    is_approved : bool
        Nothing was changed since the revision in force was approved.
    is_placed, is_other_cone : bool
        The planned cone is measured; another one is.
    is_docked : bool
        Nothing is left to move.
    was_ready : bool
        GEOMETRY READY was reached, and the time-out that it was reached with still holds.
    was_beam_on : bool
        In this session.
    """

    has_qa: bool = False
    has_calibration: bool = False
    has_survey: bool = False
    is_area_wanted: bool = False
    is_area_lost: bool = False
    is_approved: bool = False
    is_placed: bool = False
    is_other_cone: bool = False
    is_docked: bool = False
    has_time_out: bool = False
    is_ready: bool = False
    was_ready: bool = False
    is_beam_on: bool = False
    was_beam_on: bool = False


def missing(step: Step, facts: StepFacts) -> tuple[Why, ...]:
    """What the step still lacks; nothing where it is done."""
    found = {
        Step.BRIEFING: (
            (not facts.has_qa, Why.NO_QA),
            (not facts.has_calibration, Why.CALIBRATION_EXPIRED),
        ),
        Step.SURVEY: ((not facts.has_survey, Why.NO_SURVEY),),
        Step.DRAW: (
            (facts.is_area_lost, Why.AREA_LOST),
            (facts.is_area_wanted, Why.AREA_NOT_DRAWN),
        ),
        Step.APPROVE: ((not facts.is_approved, Why.NOT_APPROVED),),
        Step.PLACE: (
            (facts.is_other_cone, Why.OTHER_CONE),
            (not facts.is_placed, Why.CONE_NOT_PLACED),
        ),
        Step.DOCK: ((not facts.is_docked, Why.NOT_DOCKED),),
        Step.TIME_OUT: ((not facts.has_time_out, Why.NO_TIME_OUT),),
        Step.READY: ((not facts.was_ready, Why.NOT_READY),),
        Step.BEAM: ((not facts.was_beam_on or facts.is_beam_on, Why.NO_BEAM),),
        Step.REPORT: (),
    }[step]
    return tuple(why for is_missing, why in found if is_missing)


# Where what is held to is changed: while people are there, no time-out holds.
CHANGING = frozenset({Step.DRAW, Step.APPROVE})

# Steps that may be passed although they lack something: people see what, and the verdict holds.
# Nothing that the kernel needs is skipped by passing them.
PASSABLE = frozenset({Step.BRIEFING, Step.SURVEY, Step.DRAW, Step.BEAM, Step.READY})


def blocked_by(step: Step, facts: StepFacts) -> tuple[Why, ...]:
    """What keeps a step from being entered: the first one before it that lacks something.

    Nothing keeps people from the beam's step while the beam is on, where they say that it is off
    again, nor from the report: of an aborted session, too, and once the cone is gone.
    """
    if step is Step.REPORT or (step is Step.BEAM and facts.is_beam_on):
        return ()
    for before in STEPS[: STEPS.index(step)]:
        if before not in PASSABLE and (why := missing(before, facts)):
            return why
    return ()


def advanced(step: Step, facts: StepFacts, before: StepFacts) -> Step:
    """The step after what has just happened: only where nobody has to look at a page first.

    What held in the frame `before` too moves nobody: who has gone back may stay there.
    """
    if step is Step.TIME_OUT and facts.has_time_out and not before.has_time_out:
        return Step.READY
    if facts.is_beam_on and STEPS.index(step) >= STEPS.index(Step.TIME_OUT):
        return Step.BEAM
    if step is Step.BEAM and before.is_beam_on and not facts.is_beam_on:
        return Step.REPORT
    return step

"""A workflow's desk over an exact survey, without a session around it."""

from __future__ import annotations

import errno
import os
from dataclasses import replace
from pathlib import Path

import numpy as np

from pipeline.session.answers import Answer
from pipeline.session.commands import (
    AcknowledgeMessage,
    BeamMessage,
    StatusMessage,
    TimeOutMessage,
    WorkflowCommand,
    message_of,
)
from pipeline.session.events import Event
from pipeline.session.persons import PinCheck
from pipeline.workflow.desk import WorkflowDesk
from pipeline.workflow.step import Step, StepFacts
from pipeline.workflow.store import WorkflowStore
from tests.builders import INTRINSICS, bed_coefficients, make_applicator, pose_looking_at
from tests.builders_results import APPLICATOR, LIMITS, PLAN
from tests.builders_survey import make_survey
from tests.session_report_parts import CONFIG as REPORTED
from tests.shell_parts import record
from tracking.arrays import Float
from tracking.decision import Verdict
from tracking.reasons import Reason
from tracking.survey_alignment import AlignedSurvey
from tracking.transforms import transform_points

POSE = pose_looking_at(540.0)
BED = bed_coefficients(make_applicator(), 2.0)
SURVEY = make_survey(BED, POSE)
SMALLER = replace(APPLICATOR, id="MOB-D50-B15", inner_diameter_mm=50.0)
FOREIGN = replace(APPLICATOR, id="LIAC-D60-B15", machine="liac")
LIMITED = replace(LIMITS, coverage_minimum_fraction=0.9, intrusion_maximum_mm=5.0)
CONFIG = replace(
    REPORTED,
    plan=replace(PLAN, limits=LIMITED),
    applicators={a.id: a for a in (APPLICATOR, SMALLER, FOREIGN)},
)
ALL_DONE = StepFacts(
    has_qa=True,
    has_calibration=True,
    has_survey=True,
    is_placed=True,
    is_docked=True,
    has_time_out=True,
    is_ready=True,
    was_ready=True,
)


def square_px(
    centre_mm: tuple[float, float] = (0.0, 0.0), half_mm: float = 12.0
) -> list[list[float]]:
    """A square on the bed as it is drawn in the survey's own frame."""
    x = centre_mm[0] + half_mm * np.array([-1, 1, 1, -1])
    y = centre_mm[1] + half_mm * np.array([-1, -1, 1, 1])
    points = np.stack([x, y, BED[0] + BED[1] * x], axis=1)
    uv: Float = INTRINSICS.project(transform_points(POSE, points))
    return [[float(u), float(v)] for u, v in uv]


def another_survey() -> AlignedSurvey:
    """The same bed, surveyed anew: what was drawn on the first one is lost."""
    assert SURVEY.survey is not None
    return replace(SURVEY, survey=replace(SURVEY.survey, origin_frame_index=40))


class Desk:
    """A desk with its store; commands are decided at once, frames seen when told."""

    def __init__(self, folder: Path, *, base: object = CONFIG) -> None:
        assert isinstance(base, type(CONFIG))
        self.store = WorkflowStore(folder, base.plan.id)
        self.n_reports = 0
        self.frame_index = 6
        self.events: list[Event] = []
        self.desk = WorkflowDesk(base, INTRINSICS, self.store, self._report)

    def _report(self) -> None:
        self.n_reports += 1

    def see(self, survey: AlignedSurvey = SURVEY, facts: StepFacts = ALL_DONE) -> None:
        """One frame."""
        self.frame_index += 1
        seen = replace(
            record(self.frame_index, Verdict.HOLD, (Reason.LATERAL_HIGH,)), survey=survey
        )
        self.desk.see(seen, facts)

    def is_approved(self) -> bool:
        """As the desk says now."""
        return self.desk.is_approved

    def is_settled(self) -> bool:
        """As the desk says now."""
        return self.desk.is_settled

    def is_area_wanted(self) -> bool:
        """As the desk says now."""
        return self.desk.is_area_wanted

    def step(self) -> Step:
        """Where people are now."""
        return self.desk.state.step

    def do(self, kind: str, checked: PinCheck | None = None, **content: object) -> Answer:
        """One command."""
        message = message_of({"kind": kind, **content})
        others = AcknowledgeMessage | BeamMessage | StatusMessage | TimeOutMessage
        assert not isinstance(message, others)
        answer, events = self.desk.decide(WorkflowCommand(1, message, checked), self.frame_index)
        self.events += events
        return answer

    def draw(
        self,
        name: str = "area_at_risk",
        points: list[list[float]] | None = None,
        frame_index: int | None = None,
    ) -> Answer:
        """Draw on the last frame, or on another one."""
        return self.do(
            "draw",
            name=name,
            frame_index=self.frame_index if frame_index is None else frame_index,
            points=square_px() if points is None else points,
            person="surgeon-1",
        )

    def approve(
        self,
        pin: PinCheck = PinCheck.RIGHT,
        revision: int | None = None,
        content_id: str | None = None,
    ) -> Answer:
        """By a person whose PIN was looked at; of what is drawn and chosen now, or as told."""
        return self.do(
            "approve",
            pin,
            person="surgeon-1",
            pin="-",
            plan_revision=self.desk.next_revision if revision is None else revision,
            content_id=content_id or self.desk.status().content_id,
        )


class FullDisk:
    """Stands where the store's file stands: takes `room` bytes, then is full."""

    def __init__(self, behind: object, room: int = 0) -> None:
        self.behind, self.room = behind, room
        self.closed = False

    def write(self, line: bytes) -> int:
        if self.room == 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        part = line[: self.room]
        self.room -= len(part)
        return int(self.behind.write(part))  # type: ignore[attr-defined]

    def fileno(self) -> int:
        return int(self.behind.fileno())  # type: ignore[attr-defined]

    def close(self) -> None:
        self.closed = True
        self.behind.close()  # type: ignore[attr-defined]

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipeline.session.events import Event, EventKind
from pipeline.session_report.build import build_facts
from pipeline.session_report.facts import BeamSpan, FrameFacts, Moment, VerdictSpan
from pipeline.session_report.facts_file import (
    FACTS_NAME,
    facts_sha256,
    read_facts,
    read_pictures,
    write_facts,
)
from pipeline.session_report.gather import Gatherer
from pipeline.session_report.not_measured import BED_SENTENCES, why_not_measured
from pipeline.session_report.spans import BeamFolder, Decided, SpanFolder
from tests.builders_results import PLAN, Geometry, hidden, make_alignment, make_result
from tests.builders_survey import make_survey
from tests.session_report_parts import (
    AGAIN_ON,
    BEAM_OFF,
    BEAM_ON,
    CONFIG,
    DEVIATION,
    IN_FORCE,
    TOLD,
    frame,
    gathered,
    gathered_twice,
    live_session,
)
from tracking.bed import BedStatus, BedSurface
from tracking.decision import Verdict
from tracking.errors import FaultError, SourceError
from tracking.outline import Outline
from tracking.reasons import Reason
from tracking.survey_alignment import SurveyStatus


def _decided(words: str) -> list[Decided]:
    names = {"R": "READY", "H": "HOLD", "U": "UNSURE"}
    return [
        Decided(i, 100 * i, names[word], () if word == "R" else (f"{word}_REASON",))  # type: ignore[arg-type]
        for i, word in enumerate(words)
    ]


def _table() -> dict[str, Any]:
    return live_session()[0].model_dump(mode="json")


def _spans(decided: Iterable[Decided]) -> tuple[VerdictSpan, ...]:
    folder = SpanFolder()
    for one in decided:
        folder.add(one)
    return folder.spans()


def _beam(words: str, told: dict[int, list[bool]]) -> tuple[BeamSpan, ...]:
    folder = BeamFolder()
    for one in _decided(words):
        for is_on in told.get(one.frame_index, []):
            folder.tell("p", is_on=is_on)
        folder.add(one)
    return folder.spans()


class TestSpans:
    def test_every_frame_is_in_exactly_one_span(self) -> None:
        found = _spans(_decided("UURRRHRR"))
        assert [(s.verdict, s.first_frame, s.n_frames) for s in found] == [
            *(("UNSURE", 0, 2), ("READY", 2, 3), ("HOLD", 5, 1), ("READY", 6, 2))
        ]
        assert (found[1].from_ns, found[1].to_ns) == (200, 400)

    def test_another_first_reason_is_another_span(self) -> None:
        first = Decided(0, 0, "HOLD", ("A", "B"))
        second = Decided(1, 1, "HOLD", ("A", "C"))
        third = Decided(2, 2, "HOLD", ("C", "A"))
        assert [s.n_frames for s in _spans([first, second, third])] == [2, 1]

    def test_what_was_read_before_does_not_grow(self) -> None:
        folder = SpanFolder()
        folder.add(Decided(0, 0, "READY", ()))
        before = folder.spans()
        folder.add(Decided(1, 1, "READY", ()))
        assert (before[0].n_frames, folder.spans()[0].n_frames) == (1, 2)

    def test_only_what_is_under_the_beam_is_a_deviation(self) -> None:
        (beam,) = _beam("HURRHRHH", {2: [True], 3: [True], 6: [False]})
        assert (beam.from_frame, beam.from_ns, beam.to_ns, beam.is_open) == (2, 200, 500, False)
        assert [(d.verdict, d.first_frame) for d in beam.deviations] == [("HOLD", 4)]

    def test_a_beam_that_nobody_ended_lasts_to_the_end(self) -> None:
        (beam,) = _beam("RRH", {1: [True]})
        assert beam.is_open
        assert [d.first_frame for d in beam.deviations] == [2]

    def test_every_time_it_was_on_is_told(self) -> None:
        beams = _beam("RRRRRR", {1: [True], 2: [False], 4: [True]})
        assert [(b.from_frame, b.is_open) for b in beams] == [(1, False), (4, True)]

    def test_a_beam_without_frames_and_an_end_without_beam_are_none(self) -> None:
        assert _beam("RRR", {0: [False], 2: [True, False]}) == ()


class TestGathering:
    def test_the_frame_at_beam_on_is_reported(self) -> None:
        facts, _ = live_session()
        assert facts.frame.moment is Moment.BEAM_ON
        assert facts.frame.frame_index == BEAM_ON
        assert [d.first_frame for d in facts.deviations] == [DEVIATION]
        assert facts.beam[0].from_frame == BEAM_ON
        assert facts.beam[0].to_ns == frame(BEAM_OFF - 1).record.stamp_ns

    def test_without_beam_the_last_ready_frame_is_reported(self) -> None:
        found = Gatherer()
        for index in range(DEVIATION + 1):
            found.emit(frame(index), IN_FORCE)
        moment, result, _ = found.reported
        assert (moment, result.record.frame_index) == (Moment.LAST_READY, DEVIATION - 1)

    def test_without_ready_the_last_frame_is_reported(self) -> None:
        moment, result, _ = gathered(3).reported
        assert (moment, result.record.frame_index) == (Moment.LAST, 2)

    def test_nothing_is_reported_of_no_frame(self) -> None:
        with pytest.raises(SourceError, match="no frame was decided"):
            _ = Gatherer().reported

    def test_a_refused_beam_is_an_event_and_no_beam(self) -> None:
        found = Gatherer()
        found.note([Event(EventKind.BEAM_ON_REFUSED, 0, person="x")])
        found.emit(frame(3), IN_FORCE)
        assert found.reported[0] is Moment.LAST_READY
        assert [e.kind for e in found.events] == ["BEAM_ON_REFUSED"]
        assert found.beam.spans() == ()

    def test_persons_are_those_who_confirmed(self) -> None:
        facts, _ = live_session()
        assert [c.person for c in facts.confirmations] == ["physicist-1", "physicist-1, surgeon-1"]
        assert facts.events[0].text.startswith("Time-out refused")


class TestFigures:
    def test_figures_are_the_records_own(self) -> None:
        facts, _ = live_session()
        alignment = frame(BEAM_ON).record.alignment
        for figure in facts.frame.figures:
            measured = getattr(alignment, figure.name)
            assert (figure.value, figure.sigma) == (measured.value, measured.sigma)
            assert (figure.value is None) == bool(figure.why)

    def test_inside_needs_three_sigmas(self) -> None:
        figures = {f.name: f for f in live_session()[0].frame.figures}
        gap = figures["docking_gap_mm"]
        assert gap.is_inside is True
        assert gap.model_copy(update={"value": 42.8, "sigma": 0.1}).is_inside is False
        assert gap.model_copy(update={"value": 42.8, "sigma": 0.05}).is_inside is True
        assert gap.model_copy(update={"value": None, "sigma": None}).is_inside is None
        assert figures["tilt_x_deg"].is_inside is None

    def test_a_frame_without_pose_says_why_of_every_quantity(self) -> None:
        found = Gatherer()
        reasons = (Reason.NO_APPLICATOR,)
        found.emit(make_result(Verdict.UNSURE, reasons, has_pose=False, arming_passed=0), IN_FORCE)
        facts, pictures = build_facts(found, TOLD)
        assert all("not registered" in f.why for f in facts.frame.figures)
        assert [p.name for p in pictures] == ["report_view"]

    def test_a_missing_coverage_names_the_missing_area(self) -> None:
        why = {f.name: f.why for f in live_session()[0].frame.figures}
        assert why["coverage_fraction"] == "The plan marks no area at risk."
        assert "survey" in why["intrusion_mm"]

    def test_both_extremes_at_the_rim_are_held_to_its_limit(self) -> None:
        found = Gatherer()
        limits = replace(CONFIG.plan.limits, air_gap_rim_maximum_mm=5.0)
        config = replace(CONFIG, plan=replace(CONFIG.plan, limits=limits))
        found.emit(frame(BEAM_ON), replace(IN_FORCE, config=config))
        facts, _ = build_facts(found, TOLD)
        names = ("air_gap_max_mm", "air_gap_min_mm")
        rim = {f.name: (f.lower, f.upper) for f in facts.frame.figures if f.name in names}
        assert rim == {"air_gap_max_mm": (-5.0, 5.0), "air_gap_min_mm": (-5.0, 5.0)}

    def test_roll_that_cannot_be_told_is_said(self) -> None:
        found = Gatherer()
        alignment = hidden(make_alignment(Geometry()), "incidence_x_deg")
        found.emit(make_result(alignment=alignment), IN_FORCE)
        facts, _ = build_facts(found, TOLD)
        why = {f.name: f.why for f in facts.frame.figures}
        assert "roll" in why["incidence_x_deg"]


class TestBeams:
    """Each has the plan and the figures that it came on with; the last one is reported first."""

    def gap_mm(self, frame: FrameFacts) -> float | None:
        return next(f.value for f in frame.figures if f.name == "air_gap_mm")

    def test_a_second_beam_after_a_revision_is_the_one_reported(self) -> None:
        facts, pictures = build_facts(gathered_twice(), TOLD)
        assert (facts.frame.moment, facts.frame.frame_index) == (Moment.BEAM_ON, AGAIN_ON)
        assert (facts.plan.revision, facts.plan.approved_by) == (4, "surgeon-1")
        assert self.gap_mm(facts.frame) == pytest.approx(1.5)
        assert pictures != live_session()[1]

    def test_every_beam_keeps_its_own(self) -> None:
        facts, _ = build_facts(gathered_twice(), TOLD)
        told = [beam.at_on for beam in facts.beam if beam.at_on is not None]
        assert [at.frame.frame_index for at in told] == [BEAM_ON, AGAIN_ON]
        assert [at.plan.revision for at in told] == [3, 4]
        assert [self.gap_mm(at.frame) for at in told] == pytest.approx([0.3, 1.5])

    def test_a_copy_does_not_learn_of_a_later_beam(self) -> None:
        found = gathered()
        copied = found.copied()
        found.note((Event(EventKind.BEAM_ON, 10, person="physicist-1"),))
        found.emit(frame(10), IN_FORCE)
        assert (len(copied.beam_ons), len(found.beam_ons)) == (1, 2)

    def test_a_beam_from_before_this_part_has_no_frame_at_beam_on(self) -> None:
        found = Gatherer()
        found.beam.tell("physicist-1", is_on=True)
        for index in range(3):
            found.emit(frame(index), IN_FORCE)
        facts, _ = build_facts(found, TOLD)
        assert facts.beam[0].at_on is None
        assert facts.frame.moment is Moment.LAST

    def test_an_earlier_beam_by_another_plan_than_was_said_is_a_fault(self) -> None:
        found = gathered_twice()
        record, in_force = found.beam_ons[0]
        other = replace(in_force.config, plan=replace(PLAN, id="plan@2"))
        found.beam_ons[0] = record, replace(in_force, config=other)
        with pytest.raises(FaultError, match="another plan"):
            build_facts(found, TOLD)


class TestFile:
    def test_facts_and_pictures_come_back_as_they_were(self, tmp_path: Path) -> None:
        facts, pictures = live_session()
        write_facts(tmp_path, facts, pictures)
        again = read_facts(tmp_path)
        written = (tmp_path / FACTS_NAME).read_bytes()
        assert facts_sha256(again) == hashlib.sha256(written).hexdigest()
        assert again == facts
        assert read_pictures(tmp_path, again) == pictures

    def test_a_changed_picture_is_refused(self, tmp_path: Path) -> None:
        facts, pictures = live_session()
        write_facts(tmp_path, facts, pictures)
        path = tmp_path / facts.pictures[0].file
        path.write_bytes(path.read_bytes()[:-1] + b"x")
        with pytest.raises(SourceError, match="not the picture"):
            read_pictures(tmp_path, facts)

    def test_a_missing_picture_is_told(self, tmp_path: Path) -> None:
        facts, pictures = live_session()
        write_facts(tmp_path, facts, pictures)
        (tmp_path / facts.pictures[1].file).unlink()
        with pytest.raises(SourceError, match="is missing"):
            read_pictures(tmp_path, facts)

    def test_no_picture_outside_the_folder_can_be_named(self, tmp_path: Path) -> None:
        table = _table()
        table["pictures"][0]["file"] = "../secret.png"
        (tmp_path / FACTS_NAME).write_text(json.dumps(table))
        with pytest.raises(SourceError, match="not what this version"):
            read_facts(tmp_path)

    @pytest.mark.parametrize(
        ("key", "value"),
        [("unknown", 1), ("schema_version", 2), ("session_id", ""), ("origin", "real")],
    )
    def test_what_this_version_does_not_write_is_refused(
        self, tmp_path: Path, key: str, value: object
    ) -> None:
        (tmp_path / FACTS_NAME).write_text(json.dumps(_table() | {key: value}))
        with pytest.raises(SourceError, match=key):
            read_facts(tmp_path)

    def test_a_session_without_facts_says_what_to_do(self, tmp_path: Path) -> None:
        with pytest.raises(SourceError, match="no facts"):
            read_facts(tmp_path)


class TestWhyNotMeasured:
    @pytest.mark.parametrize("status", [s for s in BedStatus if s is not BedStatus.OK])
    def test_every_state_of_the_bed_has_its_sentence(self, status: BedStatus) -> None:
        record = replace(frame(BEAM_ON).record, bed=BedSurface(status))
        assert why_not_measured("air_gap_mm", record, PLAN) == BED_SENTENCES[status]

    def test_a_cone_whose_place_along_its_axis_is_open_is_told(self) -> None:
        record = frame(BEAM_ON).record
        assert not record.registration.axial_observable
        assert "along its axis" in why_not_measured("docking_gap_mm", record, PLAN)

    @pytest.mark.parametrize(
        ("status", "name", "word"),
        [
            (SurveyStatus.STALE, "intrusion_mm", "no longer agreed"),
            (SurveyStatus.LOST, "coverage_fraction", "hidden"),
            (SurveyStatus.OK, "intrusion_mm", "95 % of the field"),
            (SurveyStatus.OK, "coverage_fraction", "slid along the bed"),
        ],
    )
    def test_a_survey_that_does_not_serve_is_told(
        self, status: SurveyStatus, name: str, word: str
    ) -> None:
        outline = Outline(0, ((10.0, 10.0), (60.0, 10.0), (60.0, 60.0)))
        limits = replace(PLAN.limits, coverage_minimum_fraction=0.98)
        plan = replace(PLAN, limits=limits, area_at_risk=outline)
        record = frame(BEAM_ON).record
        bed, pose = record.bed.coefficients, record.registration.camera_from_applicator
        assert bed is not None
        assert pose is not None
        survey = make_survey(bed, pose, status=status, in_plane_observable=False)
        assert word in why_not_measured(name, replace(record, survey=survey), plan)
        placed = make_survey(bed, pose, status=SurveyStatus.OK)
        assert "no place on" in why_not_measured(
            "coverage_fraction", replace(record, survey=placed), plan
        )

"""What listeners of a session hear of persons and beam."""

from __future__ import annotations

import pytest

from pipeline.audit.kinds import AuditKind
from pipeline.session.events import Event, EventKind
from pipeline.session_report.gather import Gatherer
from pipeline.supervisor.events import Detail, SupervisorEvent
from pipeline.supervisor.events import EventKind as SupervisorEventKind
from tests.session_report_parts import IN_FORCE, frame
from tests.shell_parts import Around


class TestShell:
    def test_the_listener_hears_every_event_once_it_is_written(self) -> None:
        around = Around()
        heard: list[Event] = []
        around.shell.listen(heard.extend)
        around.typed.confirm("physicist-1")
        around.frame()
        around.frame()
        assert [e.kind for e in heard] == [EventKind.TIME_OUT_CONFIRMED]

    @pytest.mark.parametrize("is_on", [True, False])
    def test_the_listener_hears_the_machines_line(self, *, is_on: bool) -> None:
        around = Around()
        heard: list[Event] = []
        around.shell.listen(heard.extend)
        around.supervisor.reports = [beam(is_on=is_on, source="line", counts=True)]
        around.frame()
        kind = EventKind.BEAM_ON if is_on else EventKind.BEAM_OFF
        assert heard == [Event(kind, around.frame_index)]

    def test_with_a_line_a_persons_word_ends_no_beam_and_is_in_the_audit_log(
        self,
    ) -> None:
        around, found = Around(), Gatherer()
        around.supervisor.has_beam_line = True
        around.shell.listen(found.note)
        told = {1: [beam(is_on=True, source="line", counts=True)]}
        told[3] = [beam(is_on=False, source="key", counts=False)]
        for index in range(5):
            if index == 2:
                around.typed.beam("surgeon-1", is_on=False)
            around.supervisor.reports = told.get(index, [])
            around.frame()
            found.emit(frame(index), IN_FORCE)
        (span,) = found.beam.spans()
        assert (span.from_frame, span.is_open, span.told_by) == (1, True, "")
        entries = [kind for kind, body in around.audit.entries if body.get("is_on") is False]
        assert entries == [AuditKind.SUPERVISOR, AuditKind.BEAM]

    def test_without_a_line_a_persons_word_counts_at_once_and_is_kept_with_the_name(self) -> None:
        around = Around()
        heard: list[Event] = []
        around.shell.listen(heard.extend)
        around.typed.beam("surgeon-1", is_on=True)
        around.frame()
        around.supervisor.reports = [beam(is_on=True, source="key", counts=True)]
        around.frame()
        assert [(e.kind, e.person) for e in heard] == [
            (EventKind.BEAM_ON, "surgeon-1"),
            (EventKind.BEAM_ON, ""),
        ]


def beam(*, is_on: bool, source: str, counts: bool) -> SupervisorEvent:
    """What the supervisor says of the beam."""
    detail: dict[str, Detail] = {"on": is_on, "source": source, "counts": counts}
    return SupervisorEvent(SupervisorEventKind.BEAM, 5_000, 7, 3, detail)

"""The report of a recording: a short piece of the sample session, with its true labels."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.cli.app import main
from pipeline.demo import PLAN, RIG, SESSION
from pipeline.request import RunRequest
from pipeline.session_report.facts import Moment, SessionFacts
from pipeline.session_report.from_recording import facts_of_recording
from recordings.recorder import record_session
from recordings.session.reader import SessionSource

N_FRAMES = 30  # the cone comes at frame 23 and is never READY before frame 82


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("clip") / "clip.mcap"
    source = SessionSource(SESSION)
    try:
        record_session(source, path, limit_frames=N_FRAMES)
    finally:
        source.close()
    return path


def _facts(clip: Path) -> SessionFacts:
    request = RunRequest(
        source=str(clip), rig_path=RIG, plan_path=PLAN, out_dir=clip.parent, segmenter="masks"
    )
    return facts_of_recording(request)[0]


@pytest.fixture(scope="module")
def facts(clip: Path) -> SessionFacts:
    return _facts(clip)


def test_a_recording_is_reported_as_far_as_it_tells(facts: SessionFacts) -> None:
    assert (facts.origin, facts.n_frames, facts.source) == ("simulated", N_FRAMES, "clip.mcap")
    assert (facts.frame.moment, facts.frame.frame_index) == (Moment.LAST, N_FRAMES - 1)
    assert facts.frame.verdict != "READY"
    assert facts.beam == ()
    assert facts.confirmations == ()
    assert facts.audit_head == ""
    taken = {state.name for state in facts.states if state.holds is None}
    assert {"Daily QA", "Time-out"} <= taken
    assert any("does not tell when the beam was on" in note for note in facts.notes)
    assert facts.ids.camera_serial == "SIM0000415"


def test_the_facts_of_a_recording_follow_from_what_it_holds(
    clip: Path, facts: SessionFacts
) -> None:
    assert _facts(clip) == facts
    assert facts.session_id.startswith("clip@")


def test_the_command_writes_the_pages_and_a_damaged_source_is_told_on_them(
    clip: Path, tmp_path: Path
) -> None:
    cut = tmp_path / "cut.mcap"
    cut.write_bytes(clip.read_bytes()[: clip.stat().st_size // 2])
    given = ["session", "report", "--recording", str(cut), "--out", str(tmp_path / "out")]
    given += ["--rig", str(RIG), "--plan", str(PLAN), "--segmenter", "masks"]
    assert main(given) == 5
    page = (tmp_path / "out" / "session_report.html").read_text()
    assert "It ended early: cut.mcap ends after" in page
    assert "SIMULATION" in page

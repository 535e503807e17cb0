"""The whole workflow of a training session by socket commands: real supervisor, audit log, report.

The frames are the sample's (simulated); no display is served here.
"""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipeline.audit.archive import load_ledger, verify_archive
from pipeline.audit.naming import LEDGER_NAME
from pipeline.session_report.facts_file import parse_facts, read_facts
from pipeline.session_report.parts import KEPT_NAME, PARTS_NAME
from tests.machine_speed import LONGEST_ALONE_MS, answer_ms, skip_where_slow
from tests.training_session import PATIENCE_S, PINS, SQUARE, Training, rendered

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def out(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    folder = tmp_path / "t"
    folder.mkdir()
    shutil.copy(rendered(request), folder)
    return folder


@pytest.mark.slow
@pytest.mark.alone
def test_the_whole_way_from_briefing_to_report(out: Path) -> None:
    network_ms = answer_ms()  # before anything runs beside it
    with Training(out) as session:
        assert session.ask("step", to="dock").code == "STEP_BLOCKED"
        session.go("survey")
        session.go("draw")
        session.until(lambda: session.draw("area_at_risk", *SQUARE).accepted)
        assert session.ask("undo").accepted
        assert session.ask("undo").code == "NOTHING_TO_UNDO"
        assert session.ask("redo").accepted
        assert session.draw("keep_out.rib", (5, 5), (9, 5), (9, 9)).code in (
            "NOT_ON_BED",
            "NO_OUTLINE",
            "UNKNOWN_FRAME",
        )
        assert session.draw("area_at_risk", (1, 1), (50, 50), (50, 1), (1, 50)).code == "NO_OUTLINE"
        session.go("approve")
        assert session.ask("choose", applicator="nothing").code == "UNKNOWN_APPLICATOR"
        wrong = session.ask(
            "approve", person="surgeon", pin="999999", plan_revision=1, content_id="revision@0"
        )
        assert wrong.code == "WRONG_PIN"
        assert session.approve("surgeon", 7).code == "OTHER_REVISION"
        before = session.ask("status").status
        assert before is not None
        assert session.approve("surgeon", 1).accepted
        session.until(
            lambda: session.ask("status").status.identities.plan != before.identities.plan  # type: ignore[union-attr]
        )
        session.go("place")
        session.go("dock")
        session.go("time_out")
        session.until(lambda: session.confirm("surgeon").accepted)
        assert session.confirm("surgeon").code == "SAME_PERSON"
        assert not session.is_ready()
        session.until(lambda: session.confirm("physicist").accepted)
        skip_where_slow(network_ms, LONGEST_ALONE_MS, "from READY on not walked")
        session.until(session.is_ready)
        _a_change_takes_the_time_out_away(session)
        assert session.sign("beam", "physicist", is_on=True).accepted
        assert session.ask("clear", name="area_at_risk").code == "UNDER_BEAM"
        time.sleep(0.5)
        assert session.sign("beam", "physicist", is_on=False).accepted
        session.until(lambda: session.ask("report").accepted)
        session.until((session.folder / "report" / "session_report.pdf").exists)
    archive = out / "archive"
    verified = verify_archive(archive, load_ledger(archive / LEDGER_NAME))
    assert not verified.faults
    page = (out / "session" / "report" / "session_report.html").read_text()
    assert "revision 1" in page
    assert "surgeon" in page


def _a_change_takes_the_time_out_away(session: Training) -> None:
    n_said = len(session.said)
    assert session.ask("clear", name="area_at_risk").accepted
    session.until(lambda: session.has_said("UNSURE", n_said))
    n_said = len(session.said)
    assert session.ask("undo").accepted  # as it was confirmed: it holds again
    session.until(lambda: session.is_ready(n_said))


RUN = """
import sys
from pathlib import Path
from pipeline.session_report.facts_file import parse_facts, read_facts
from pipeline.session_report.parts import KEPT_NAME, PARTS_NAME
from pipeline.workflow.training import train
pins = dict(pair.split("=") for pair in sys.argv[2:])
train(Path(sys.argv[1]), lambda line: print(line, flush=True), serve=False, pins=pins)
"""


class Killed(Training):
    """The same in a process of its own, which ends by SIGKILL."""

    def __init__(self, out: Path) -> None:
        super().__init__(out)
        pins = [f"{person}={pin}" for person, pin in PINS.items()]
        self.process: subprocess.Popen[bytes] | None = None
        self.command = [sys.executable, "-c", RUN, str(out), *pins]

    def __enter__(self) -> Training:
        self.process = subprocess.Popen(self.command, cwd=ROOT, stdout=subprocess.DEVNULL)
        self.until(lambda: self.ask("status").status is not None)
        return self

    def __exit__(self, *_: object) -> None:
        assert self.process is not None
        self.process.kill()
        assert self.process.wait(PATIENCE_S) == -signal.SIGKILL


@pytest.mark.slow
@pytest.mark.alone
def test_after_a_kill_under_the_beam_the_session_goes_on_to_its_report(out: Path) -> None:
    network_ms = answer_ms()  # before anything runs beside it
    with Killed(out) as first:
        first.go("draw")
        first.until(lambda: first.draw("area_at_risk", *SQUARE).accepted)
        assert first.approve("surgeon", 1).accepted
        first.go("place")
        assert first.sign("beam", "physicist", is_on=True).accepted
        first.until(lambda: has_beam(out / "session" / KEPT_NAME))
    kept = out / "session" / "workflow.jsonl"
    kept.write_text(kept.read_text() + '{"kind": "st')  # as a crash can leave it
    with Training(out) as again:
        assert again.step() == "beam"
        assert again.ask("clear", name="area_at_risk").code == "UNDER_BEAM"
        assert again.ask("step", to="draw").code == "UNDER_BEAM"
        assert again.sign("beam", "physicist", is_on=False).accepted
        again.until(lambda: again.step() == "report")
        assert again.ask("step", to="place").code == "STEP_BLOCKED"
        assert again.approve("surgeon", 2).code == "AREA_LOST"
        again.go("draw")
        again.until(lambda: again.draw("area_at_risk", *SQUARE).accepted)
        assert again.approve("surgeon", 2).accepted
        again.go("place")
        again.go("time_out")
        again.until(lambda: again.confirm("surgeon").accepted)
        again.until(lambda: again.confirm("oncologist").accepted)
        skip_where_slow(network_ms, LONGEST_ALONE_MS, "from READY on not walked")
        again.until(again.is_ready)
        assert again.sign("beam", "physicist", is_on=True).accepted
        again.until(lambda: again.step() == "beam")
        assert again.sign("beam", "physicist", is_on=False).accepted
    (part,) = (out / "session" / PARTS_NAME).iterdir()
    before, after = read_facts(part), read_facts(out / "session")
    assert before.session_id == part.name != after.session_id
    assert before.beam[-1].is_open
    assert [beam.is_open for beam in after.beam] == [False, False]
    assert after.beam[0].deviations, "no time-out held under the beam that went on"
    assert any(part.name in note for note in after.notes)
    assert after.plan.revision == 2


def has_beam(path: Path) -> bool:
    return path.exists() and bool(parse_facts(path).beam)
